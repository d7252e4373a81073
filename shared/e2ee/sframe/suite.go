package sframe

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"

	"github.com/conclave-meet/conclave/shared/e2ee/chacha"
)

// Suite is a cipher suite (RFC 9605, section 4.5). The zero value is none.
type Suite struct {
	ID      uint16                                // as registered, or of the private range 0xF000–0xFFFF
	Hash    func() hash.Hash                      // of HKDF
	KeySize int                                   // bytes that AEAD takes; the RFC's Nk
	AEAD    func(key []byte) (cipher.AEAD, error) // with nonces of 12 bytes; its overhead is the RFC's Nt
}

// nonceSize is the RFC's Nn, which is the same in every suite, in bytes.
const nonceSize = 12

// ChaCha20Poly1305 is suite 0xF001, CHACHA20_POLY1305_SHA256_128, of the private range (e2ee.md, 4.1). In WebAssembly it
// is many times as fast as AES-GCM in Go, and takes the same time whatever the key.
func ChaCha20Poly1305() Suite {
	return Suite{ID: 0xF001, Hash: sha256.New, KeySize: chacha.KeySize, AEAD: chacha.New}
}

// Labels of the key derivation (RFC 9605, sections 4.4.2 and 5.1). The blanks at the end belong to them.
const (
	labelKey     = "SFrame 1.0 Secret key "
	labelSalt    = "SFrame 1.0 Secret salt "
	labelRatchet = "SFrame 1.0 Ratchet"
)

// ErrKey says that a base key cannot be used: it is empty.
var ErrKey = errors.New("no key material")

// key is one derived key with its scratch space. It belongs to whoever made it, one goroutine at a time.
type key struct {
	kid   KeyID
	aead  cipher.AEAD
	salt  [nonceSize]byte
	nonce [nonceSize]byte // of the frame at hand; here, so that it is not allocated per frame
	aad   []byte          // likewise; grows to the longest header and metadata
}

// newKey derives the key and the salt of (suite, kid, base): RFC 9605, section 4.4.2. Errors other than ErrKey come from
// the suite or from a Go run time that forbids the cipher; they are passed on bare, because fmt makes the
// sealer 75 kB larger (brotli).
func newKey(s Suite, kid KeyID, base []byte) (*key, error) {
	if len(base) == 0 {
		return nil, ErrKey
	}
	secret, err := hkdf.Extract(s.Hash, base, nil)
	if err != nil {
		return nil, err
	}
	derived, err := hkdf.Expand(s.Hash, secret, label(labelKey, s, kid), s.KeySize)
	if err != nil {
		return nil, err
	}
	salt, err := hkdf.Expand(s.Hash, secret, label(labelSalt, s, kid), nonceSize)
	if err != nil {
		return nil, err
	}
	k := &key{kid: kid, salt: [nonceSize]byte(salt)}
	k.aead, err = s.AEAD(derived)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// label is what HKDF expands for a key or a salt: text || be64(KID) || be16(suite).
func label(text string, s Suite, kid KeyID) string {
	b := binary.BigEndian.AppendUint64([]byte(text), uint64(kid))
	return string(binary.BigEndian.AppendUint16(b, s.ID))
}

// Ratchet returns the base key that follows base, as long as the suite's keys (RFC 9605, section 5.1). Who has the new
// one cannot find the old one.
func Ratchet(s Suite, base []byte) ([]byte, error) {
	if len(base) == 0 {
		return nil, ErrKey
	}
	secret, err := hkdf.Extract(s.Hash, base, nil)
	if err != nil {
		return nil, err
	}
	next, err := hkdf.Expand(s.Hash, secret, labelRatchet, s.KeySize)
	if err != nil {
		return nil, err
	}
	return next, nil
}

// prepare sets the nonce and the AAD of one frame: header is its encoded header.
func (k *key) prepare(counter Counter, header, metadata []byte) {
	k.nonce = k.salt
	low := binary.BigEndian.Uint64(k.nonce[nonceSize-8:])
	binary.BigEndian.PutUint64(k.nonce[nonceSize-8:], low^uint64(counter))
	k.aad = append(append(k.aad[:0], header...), metadata...)
}

// seal appends the frame numbered counter to dst.
func (k *key) seal(dst []byte, counter Counter, metadata, plaintext []byte) []byte {
	start := len(dst)
	dst = Header{k.kid, counter}.Append(dst)
	k.prepare(counter, dst[start:], metadata)
	return k.aead.Seal(dst, k.nonce[:], plaintext, k.aad)
}

// open appends the plaintext of a frame to dst; the frame's header is its first n bytes and says counter.
func (k *key) open(dst []byte, counter Counter, n int, metadata, frame []byte) ([]byte, error) {
	if len(frame)-n < k.aead.Overhead() {
		return nil, ErrMalformed
	}
	k.prepare(counter, frame[:n], metadata)
	out, err := k.aead.Open(dst, k.nonce[:], frame[n:], k.aad)
	if err != nil {
		return nil, ErrAuthentic
	}
	return out, nil
}
