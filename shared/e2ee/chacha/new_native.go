//go:build !wasm

package chacha

import (
	"crypto/cipher"

	"golang.org/x/crypto/chacha20poly1305"
)

// New returns the cipher for a key of [KeySize] bytes, which is copied; an error for another size. It may be used by
// several goroutines. Its Seal and Open allocate nothing where dst has room.
func New(key []byte) (cipher.AEAD, error) { return chacha20poly1305.New(key) }
