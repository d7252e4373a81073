package wan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/e2e/wan"
	"github.com/conclave-meet/conclave/e2e/wan/linkem"
)

// Measured from a packet's way into the relay's kernel to its way out, so that
// the links' own delays are not in it, and the kernel's part is.
func TestTheRelayAddsNoDelayOnAnUncongestedPath(t *testing.T) {
	wan.Run(t, harness.Options{}, func(t *testing.T, n *wan.Network) {
		into, outOf := &trace{up: true}, &trace{}
		office := n.Place(linkem.Options{
			Duplex: linkem.Both(linkem.Conditions{Delay: 10 * time.Millisecond}), TapsUp: linkem.Taps{Delivered: into.tap()},
		})
		home := n.Place(linkem.Options{
			Duplex: linkem.Both(linkem.Conditions{Delay: 20 * time.Millisecond, Rate: 10000 * linkem.Kbit}), TapsDown: linkem.Taps{Offered: outOf.tap()},
		})
		ann := enters(t, n, office.Browser(bidi.Options{}), "Ann", size{400, 400},
			hooks.Participant{Colour: "#c04040", Tone: 440, Grain: true, Width: 1280, Height: 720})
		bob := enters(t, n, home.Browser(bidi.Options{}), "Bob", size{1280, 800}, hooks.Participant{Colour: "#40c040"})
		ann.sees(bob.name)
		bob.sees(ann.name)
		bob.rests(8 * time.Second) // until the picture has its full size
		into.take()
		outOf.take()
		before := bob.reads(ann.name)[0]
		bob.rests(15 * time.Second)
		got := bob.reads(ann.name)[0].since(before)
		all := residence(into.take(), outOf.take())
		require.Greater(t, len(all), 500, "packets that were found again")
		at := func(share float64) time.Duration { return all[int(share*float64(len(all)-1))] }
		t.Logf("added by the relay and its kernel: median %v, p95 %v, p99 %v, most %v of %d packets\n\t%v",
			at(0.5), at(0.95), at(0.99), at(1), len(all), got)
		assert.Less(t, at(0.5), 3*time.Millisecond, "median")
		assert.Less(t, at(0.95), 10*time.Millisecond, "p95, on a machine that two browsers keep busy")
		assert.GreaterOrEqual(t, at(0), time.Duration(0))
	})
}
