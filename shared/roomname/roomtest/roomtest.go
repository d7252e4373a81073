//go:build js

// Package roomtest is for tests under node of what parses or scores room names: it brings the normaliser that the page
// gets from its browser.
package roomtest

import (
	"os"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/conclave-meet/conclave/shared/roomname"
)

// Main is the TestMain of such a package.
func Main(m *testing.M) {
	roomname.UseNormalizer(func(form, s string) string {
		if form == "NFD" {
			return norm.NFD.String(s)
		}
		return norm.NFKC.String(s)
	})
	os.Exit(m.Run())
}
