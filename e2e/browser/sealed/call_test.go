package sealed

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/people"
)

func TestWhoHasThePassphraseMeetsAndWhoHasNotDoesNot(t *testing.T) {
	r := opens(t, netip.Addr{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann, bob, cleo := r.comes(b, "Ann", red), r.comes(b, "Bob Müller", green), r.comes(b, "Клео", blue)
	dan := r.comes(b, "Dan", yellow)
	joins(ann, right)
	joins(bob, "  "+right+" ")
	follows(cleo)

	t.Run("everybody sees everybody in the right colour under the right name", func(t *testing.T) {
		ann.SeesExactly(bob, cleo)
		bob.SeesExactly(ann, cleo)
		cleo.SeesExactly(ann, bob)
		ann.Shot("three")
	})
	t.Run("everybody hears everybody", func(t *testing.T) {
		ann.Hears(bob, cleo)
		bob.Hears(ann, cleo)
		cleo.Hears(ann, bob)
	})
	t.Run("all have one security code", func(t *testing.T) { agree(ann, bob, cleo) })
	t.Run("the passphrase of a link is not in the address any more", func(t *testing.T) {
		var address string
		cleo.Eval(`location.href`, &address)
		assert.Equal(t, r.url+encrypted, address)
	})
	t.Run("another passphrase shows nothing, and says so", func(t *testing.T) {
		joins(dan, wrong)
		dan.Waits(`view.crypto.phase === 'mismatch'`)
		for _, p := range []*people.Person{ann, bob, cleo} {
			p.Waits(fmt.Sprintf(`view.peers.length === 3 && view.peers.filter(p => p.crypto === 'up').length === 2`))
		}
		ann.Waits(`view.crypto.different === 1`)
		dan.Shot("mismatch")
		ann.Shot("different")
		nothing(dan)
	})
}
