package channel

import (
	"encoding/binary"

	"golang.org/x/crypto/chacha20poly1305"
)

// SealPlain returns a record of any plaintext, as a peer could make it that follows the cipher but not the padding.
func SealPlain(key [32]byte, n uint64, plain []byte) []byte {
	number := binary.BigEndian.AppendUint64(nil, n)
	aead, err := chacha20poly1305.New(key[:])
	if err != nil {
		panic(err)
	}
	return aead.Seal(nil, append(make([]byte, 4), number...), plain, append([]byte("CNCL1ch"), number...))
}
