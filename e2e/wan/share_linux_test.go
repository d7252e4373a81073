package wan_test

import (
	"maps"
	"slices"
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

func TestTwoReceiversShareABottleneck(t *testing.T) {
	wan.Run(t, harness.Options{}, func(t *testing.T, n *wan.Network) {
		const window = 30 * time.Second
		flow := &trace{}
		narrow := linkem.Conditions{Delay: 20 * time.Millisecond, Rate: 1600 * linkem.Kbit, Queue: 200 * time.Millisecond}
		home := n.Place(linkem.Options{
			Duplex:   linkem.Duplex{Up: linkem.Conditions{Delay: 20 * time.Millisecond}, Down: narrow},
			TapsDown: linkem.Taps{Delivered: flow.tap()},
		})
		ann := enters(t, n, n.Browser(bidi.Options{}), "Ann", size{300, 300},
			hooks.Participant{Colour: "#c04040", Tone: 440, Grain: true, Width: 1280, Height: 720})
		b := home.Browser(bidi.Options{})
		quiet := hooks.Participant{Colour: "#40c040", Width: 320, Height: 180}
		bob, cleo := enters(t, n, b, "Bob", size{1280, 1200}, quiet), enters(t, n, b, "Cleo", size{1280, 1200}, quiet)
		ann.sees(bob, cleo)
		bob.sees(ann, cleo)
		cleo.sees(ann, bob)
		bob.rests(15 * time.Second) // both have found their share

		flow.take()
		_, counted := home.Link.Counts()
		bobs, cleos := bob.reads(ann)[0], cleo.reads(ann)[0]
		bob.rests(window)
		_, after := home.Link.Counts()
		rates := slices.Sorted(maps.Values(kbps(flow.take(), window)))
		require.Len(t, rates, 2, "peer connections behind the link")
		share := rates[0] / (rates[0] + rates[1])
		bobs, cleos = bob.reads(ann)[0].since(bobs), cleo.reads(ann)[0].since(cleos)
		t.Logf("two receivers behind %d kbit/s: %.0f and %.0f kbit/s, the smaller share is %.0f %%; %d packets were dropped\n\tBob sees  %v\n\tCleo sees %v",
			narrow.Rate/linkem.Kbit, rates[0], rates[1], 100*share, after.Overflowed-counted.Overflowed, bobs, cleos)
		assert.GreaterOrEqual(t, share, 0.4)
		assert.Less(t, rates[0]+rates[1], 1.05*float64(narrow.Rate/linkem.Kbit))
		assert.Greater(t, rates[0], 250.0, "the bottleneck is used")
		for _, r := range []reading{bobs, cleos} {
			assert.Greater(t, float64(r.Decoded)*1000/r.At, 5.0, "frames a second of %s", r.Name)
			assert.Less(t, r.Frozen, window.Seconds()/4, "frozen, s")
			assert.Less(t, r.concealment(), 0.1, "share of the sound that was made up")
		}
	})
}
