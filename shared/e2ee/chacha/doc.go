// Package chacha is the cipher AEAD_CHACHA20_POLY1305 (RFC 8439), fast in WebAssembly.
//
// Elsewhere [New] gives golang.org/x/crypto's, which has assembly for each processor. In WebAssembly that one falls back to
// code for processors with a wide multiplication, which WebAssembly does not have: a frame of 1200 bytes took half as long
// again as a browser's own AES-GCM. Here numbers are cut into 26 bits, so that products fit 64, and the rounds are laid
// out one after the other, because a Go loop is a table of jumps there. Both together take half the time.
//
// It is written to take the same time whatever the key and the bytes are: no branch and no index depends on them.
// (WebAssembly promises nothing, but engines multiply and add in constant time.)
package chacha

// Sizes in bytes (RFC 8439, section 2.8).
const (
	KeySize   = 32
	NonceSize = 12
	Overhead  = 16 // of the tag
)
