// Package suites holds SFrame's registered cipher suites (RFC 9605, section 8.1, and draft-barnes-sframe-iana-256). They
// exist for the published test vectors, which prove the framing that package sframe shares among all suites. Conclave
// negotiates none of them: in WebAssembly AES is slow, and Go's works with tables there.
package suites

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/sha512"
	"hash"

	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

// Registered returns the suites 0x0001 to 0x0008, in order.
func Registered() []sframe.Suite {
	return []sframe.Suite{
		ctrHMAC(1, sha256.New, 16, 10),
		ctrHMAC(2, sha256.New, 16, 8),
		ctrHMAC(3, sha256.New, 16, 4),
		gcm(4, sha256.New, 16),
		gcm(5, sha512.New, 32),
		ctrHMAC(6, sha512.New, 32, 10),
		ctrHMAC(7, sha512.New, 32, 8),
		ctrHMAC(8, sha512.New, 32, 4),
	}
}

// gcm is an AES_…_GCM_…_128 suite; keySize is in bytes.
func gcm(id uint16, h func() hash.Hash, keySize int) sframe.Suite {
	return sframe.Suite{ID: id, Hash: h, KeySize: keySize, AEAD: func(key []byte) (cipher.AEAD, error) {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		return cipher.NewGCM(block)
	}}
}

// ctrHMAC is an AES_…_CTR_HMAC_… suite: its keys are an AES key of cipherSize bytes and a MAC key as long as the hash.
func ctrHMAC(id uint16, h func() hash.Hash, cipherSize, tagSize int) sframe.Suite {
	return sframe.Suite{ID: id, Hash: h, KeySize: cipherSize + h().Size(), AEAD: func(key []byte) (cipher.AEAD, error) {
		return newCTRHMAC(h, key, cipherSize, tagSize)
	}}
}
