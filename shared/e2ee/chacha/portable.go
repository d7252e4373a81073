package chacha

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"unsafe"
)

var (
	errKey       = errors.New("chacha: wrong size of key")
	errAuthentic = errors.New("chacha: not authentic")
)

// maxMessage is where the block counter would begin anew, in bytes (RFC 8439, section 2.8).
const maxMessage = (1<<32 - 2) * blockSize

// portable is the cipher in plain Go.
type portable struct {
	key [KeySize / 4]uint32 // constant after newPortable; secret
}

func newPortable(key []byte) (*portable, error) {
	if len(key) != KeySize {
		return nil, errKey
	}
	c := new(portable)
	for i := range c.key {
		c.key[i] = word(key, i)
	}
	return c, nil
}

// NonceSize is that of [cipher.AEAD].
func (*portable) NonceSize() int { return NonceSize }

// Overhead is that of [cipher.AEAD].
func (*portable) Overhead() int { return Overhead }

// Seal is that of [cipher.AEAD] (RFC 8439, section 2.8). It panics for a nonce of another size and for 256 GB.
func (c *portable) Seal(dst, nonce, plaintext, additional []byte) []byte {
	if len(nonce) != NonceSize || uint64(len(plaintext)) > maxMessage {
		panic("chacha: wrong size of nonce or message")
	}
	whole, out := grow(dst, len(plaintext)+Overhead)
	if overlapsBadly(out, plaintext) {
		panic("chacha: output overlaps input")
	}
	var s state
	var m mac
	c.begin(&s, &m, nonce)
	sealed := out[:len(plaintext)]
	s.xor(sealed, plaintext)
	m.message(additional, sealed)
	tag := m.sum()
	copy(out[len(plaintext):], tag[:])
	return whole
}

// Open is that of [cipher.AEAD]. It panics where Seal does. Where it fails it has written nothing.
func (c *portable) Open(dst, nonce, sealed, additional []byte) ([]byte, error) {
	if len(nonce) != NonceSize || uint64(len(sealed)) > maxMessage+Overhead {
		panic("chacha: wrong size of nonce or message")
	}
	n := len(sealed) - Overhead
	if n < 0 {
		return nil, errAuthentic
	}
	var s state
	var m mac
	c.begin(&s, &m, nonce)
	m.message(additional, sealed[:n])
	tag := m.sum()
	if subtle.ConstantTimeCompare(tag[:], sealed[n:]) != 1 {
		return nil, errAuthentic
	}
	whole, out := grow(dst, n)
	if overlapsBadly(out, sealed) {
		panic("chacha: output overlaps input")
	}
	s.xor(out, sealed[:n])
	return whole, nil
}

// begin sets s to the key stream of a message, at its first block, and m to its authenticator: the block before it is
// the authenticator's key (RFC 8439, section 2.6). Both are zero.
func (c *portable) begin(s *state, m *mac, nonce []byte) {
	s[0], s[1], s[2], s[3] = 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 // "expand 32-byte k"
	copy(s[4:12], c.key[:])
	s[13], s[14], s[15] = word(nonce, 0), word(nonce, 1), word(nonce, 2)
	var first [blockSize]byte
	s.block(first[:], first[:])
	m.begin((*[32]byte)(first[:32]))
}

func word(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }

// grow returns dst with n bytes more, and these.
func grow(dst []byte, n int) (whole, more []byte) {
	if free := cap(dst) - len(dst); free < n {
		dst = append(make([]byte, 0, len(dst)+n), dst...)
	}
	whole = dst[:len(dst)+n]
	return whole, whole[len(dst):]
}

// overlapsBadly tells whether writing out from its start would change bytes of in that were not read yet, or already:
// they share memory, but do not begin at the same byte.
func overlapsBadly(out, in []byte) bool {
	if len(out) == 0 || len(in) == 0 || &out[0] == &in[0] {
		return false
	}
	o, i := uintptr(unsafe.Pointer(&out[0])), uintptr(unsafe.Pointer(&in[0]))
	return o < i+uintptr(len(in)) && i < o+uintptr(len(out))
}
