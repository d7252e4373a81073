//go:build js && wasm

package main

import "syscall/js"

// random reads the browser's randomness. (crypto/rand brings math/big and fmt.)
type random struct{}

// mostRandom is how many bytes the browser gives at once (Web Cryptography API, getRandomValues).
const mostRandom = 65536

// Read fills b; it never fails.
func (random) Read(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		n := min(len(rest), mostRandom)
		array := js.Global().Get("Uint8Array").New(n)
		js.Global().Get("crypto").Call("getRandomValues", array)
		js.CopyBytesToGo(rest[:n], array)
		rest = rest[n:]
	}
	return len(b), nil
}
