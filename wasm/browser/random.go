//go:build js

package browser

import "syscall/js"

// Random reads from the browser's cryptographic source (crypto.getRandomValues).
type Random struct{}

// Read fills p. It never fails.
func (Random) Read(p []byte) (int, error) {
	const most = 1 << 16 // Web Cryptography API, section 10.1.1: no more at once
	for n := 0; n < len(p); n += most {
		part := p[n:min(n+most, len(p))]
		a := js.Global().Get("Uint8Array").New(len(part))
		js.Global().Get("crypto").Call("getRandomValues", a)
		js.CopyBytesToGo(part, a)
	}
	return len(p), nil
}
