//go:build !js

package roomname

import "golang.org/x/text/unicode/norm"

func nfkc(s string) string { return norm.NFKC.String(s) }
func nfd(s string) string  { return norm.NFD.String(s) }

// NFC brings s to Unicode normalisation form C.
func NFC(s string) string { return norm.NFC.String(s) }
