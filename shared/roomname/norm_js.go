//go:build js

package roomname

import "unicode/utf8"

// normalize is the browser's String.prototype.normalize. Set once, before anything else.
var normalize func(form, s string) string

// UseNormalizer gives the package the browser's own normalisation (ECMA-262, String.prototype.normalize); the page calls
// it once, before all else. The tables of x/text would take 31 kB of the page's 900. Browser and relay agree although
// their versions of Unicode may not: normalisation of assigned characters never changes (Unicode, Normalization
// Stability Policy), and Parse refuses what Go's tables do not know. The rest of Parse is the same code on both sides,
// and the name in the relay's welcome decides.
func UseNormalizer(f func(form, s string) string) { normalize = f }

func nfkc(s string) string { return normalized("NFKC", s) }
func nfd(s string) string  { return normalized("NFD", s) }

// NFC brings s to Unicode normalisation form C, as UseNormalizer says.
func NFC(s string) string { return normalized("NFC", s) }

func normalized(form, s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return normalize(form, s)
		}
	}
	return s // every form leaves ASCII alone
}
