package wan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/e2e/wan"
	"github.com/conclave-meet/conclave/e2e/wan/linkem"
)

func TestPicturesGoOnUnderLoss(t *testing.T) {
	wan.Run(t, harness.Options{}, func(t *testing.T, n *wan.Network) {
		const delay, window = 40 * time.Millisecond, 20 * time.Second
		home := n.Place(linkem.Options{Duplex: linkem.Both(linkem.Conditions{Delay: delay})})
		ann := enters(t, n, n.Browser(bidi.Options{}), "Ann", size{500, 500},
			hooks.Participant{Colour: "#c04040", Tone: 440, Grain: true})
		bob := enters(t, n, home.Browser(bidi.Options{}), "Bob", size{1280, 800},
			hooks.Participant{Colour: "#40c040", Tone: 660, Grain: true})
		ann.sees(bob.name)
		bob.sees(ann.name)

		// What stands still without loss is the machine's: too many browsers on it.
		var idle, idleBack float64
		for _, percent := range []float64{0, 5, 10, 20} {
			home.Link.Set(linkem.Both(linkem.Conditions{Delay: delay, Loss: percent / 100}))
			bob.rests(2 * time.Second) // what was under way before is not of this measurement
			var begin, end float64
			bob.eval(`watch.follow("Ann")`, &begin)
			before, there := bob.reads(ann.name)[0], ann.reads(bob.name)[0]
			bob.rests(window)
			got, back := bob.reads(ann.name)[0].since(before), ann.reads(bob.name)[0].since(there)
			bob.eval(`performance.now()`, &end)
			still := standstill(bob.frames(ann, begin), begin, end)
			t.Logf("%2.0f %% lost each way at %v: stood still for %.2f s of %v\n\tdown %v\n\tup   %v", percent, delay, still.Seconds(), window, got, back)
			frozen := max(still.Seconds(), got.Frozen)
			if percent == 0 {
				idle, idleBack = frozen, back.Frozen
			}
			if percent <= 10 {
				assert.LessOrEqual(t, frozen-idle, 2.0, "frozen at %v %% of loss, s", percent)
				// The other way has the relay's repair in it, of which the receiver knows nothing.
				assert.LessOrEqual(t, back.Frozen-idleBack, 5.0, "frozen on the way up at %v %% of loss, s", percent)
			}
			assert.Greater(t, got.Decoded, 20, fmt.Sprintf("frames at %v %%", percent))
			assert.Greater(t, got.Sounds, int64(100), "packets of sound")
		}
	})
}
