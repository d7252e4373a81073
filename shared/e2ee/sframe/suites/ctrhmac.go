package suites

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"hash"
	"slices"
)

// aesCTRHMAC is AES in counter mode with an HMAC, cut to tagSize bytes (RFC 9605, section 4.5.1).
type aesCTRHMAC struct {
	block   cipher.Block
	mac     []byte // key of the MAC
	hash    func() hash.Hash
	tagSize int
}

var (
	errShortKey = errors.New("key holds no MAC key")
	errOpen     = errors.New("message is not authentic")
)

// newCTRHMAC takes the first cipherSize bytes of key for the cipher and the others for the MAC.
func newCTRHMAC(h func() hash.Hash, key []byte, cipherSize, tagSize int) (cipher.AEAD, error) {
	if len(key) <= cipherSize {
		return nil, errShortKey
	}
	block, err := aes.NewCipher(key[:cipherSize])
	if err != nil {
		return nil, err
	}
	return &aesCTRHMAC{block: block, mac: slices.Clone(key[cipherSize:]), hash: h, tagSize: tagSize}, nil
}

func (c *aesCTRHMAC) NonceSize() int { return 12 }

func (c *aesCTRHMAC) Overhead() int { return c.tagSize }

// Seal implements [cipher.AEAD]; nonce is 12 bytes long.
func (c *aesCTRHMAC) Seal(dst, nonce, plaintext, aad []byte) []byte {
	start := len(dst)
	dst = append(dst, plaintext...)
	sealed := dst[start:]
	c.stream(nonce).XORKeyStream(sealed, sealed)
	return append(dst, c.tag(nonce, sealed, aad)...)
}

// Open implements [cipher.AEAD]; nonce is 12 bytes long.
func (c *aesCTRHMAC) Open(dst, nonce, ciphertext, aad []byte) ([]byte, error) {
	if len(ciphertext) < c.tagSize {
		return nil, errOpen
	}
	body, tag := ciphertext[:len(ciphertext)-c.tagSize], ciphertext[len(ciphertext)-c.tagSize:]
	if !hmac.Equal(tag, c.tag(nonce, body, aad)) {
		return nil, errOpen
	}
	start := len(dst)
	dst = append(dst, body...)
	c.stream(nonce).XORKeyStream(dst[start:], dst[start:])
	return dst, nil
}

// stream starts at nonce || 0x00000000.
func (c *aesCTRHMAC) stream(nonce []byte) cipher.Stream {
	var iv [aes.BlockSize]byte
	copy(iv[:], nonce)
	return cipher.NewCTR(c.block, iv[:])
}

// tag is HMAC(be64(len(aad)) || be64(len(ciphertext)) || be64(tagSize) || nonce || aad || ciphertext), cut to size.
func (c *aesCTRHMAC) tag(nonce, ciphertext, aad []byte) []byte {
	m := hmac.New(c.hash, c.mac)
	var lengths []byte
	for _, n := range []int{len(aad), len(ciphertext), c.tagSize} {
		lengths = binary.BigEndian.AppendUint64(lengths, uint64(n))
	}
	for _, part := range [][]byte{lengths, nonce, aad, ciphertext} {
		m.Write(part)
	}
	return m.Sum(nil)[:c.tagSize]
}
