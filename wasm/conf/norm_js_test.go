//go:build js

package conf

import (
	"os"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/conclave-meet/conclave/shared/roomname"
)

// Under node the tests bring the normaliser that the page gets from its browser.
func TestMain(m *testing.M) {
	roomname.UseNormalizer(func(form, s string) string {
		if form == "NFD" {
			return norm.NFD.String(s)
		}
		return norm.NFKC.String(s)
	})
	os.Exit(m.Run())
}
