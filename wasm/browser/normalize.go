//go:build js

package browser

import "syscall/js"

// Normalize brings s to a Unicode normalisation form, "NFC", "NFD", "NFKC" or "NFKD" (ECMA-262,
// String.prototype.normalize).
func Normalize(form, s string) string {
	return js.ValueOf(s).Call("normalize", form).String()
}
