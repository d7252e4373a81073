//go:build js

package browser

// Normalize brings s to a Unicode normalisation form, "NFC", "NFD", "NFKC" or "NFKD" (ECMA-262,
// String.prototype.normalize).
func Normalize(form, s string) string {
	// syscall/js has no methods of primitive strings.
	return global("String.prototype.normalize").Call("call", s, form).String()
}
