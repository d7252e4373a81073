package wan_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/wan"
	"github.com/conclave-meet/conclave/e2e/wan/linkem"
)

// From the moment the page's layout changes to the first frame of the layer
// that fits shown in the tile.
func TestTheLayerFollowsTheSizeOfTheTile(t *testing.T) {
	wan.Run(t, func(t *testing.T, n *wan.Network) {
		home := n.Place(linkem.Options{Duplex: linkem.Both(linkem.Conditions{Delay: 20 * time.Millisecond})})
		ann := enters(t, n, n.Browser(bidi.Options{}), "Ann", size{300, 300},
			hooks.Participant{Colour: "#c04040", Tone: 440, Grain: true, Width: 1280, Height: 720})
		bob := enters(t, n, home.Browser(bidi.Options{}), "Bob", size{1280, 800}, hooks.Participant{Colour: "#40c040"})
		ann.sees(bob)
		bob.sees(ann)
		bob.waits(`watch.video("Ann").videoHeight === 720`)
		bob.eval(`(watch.follow("Ann"), watch.observe("Ann"))`, nil)

		var took []time.Duration
		for i := range 4 {
			for _, step := range []struct {
				window size
				lines  int
			}{{size{360, 400}, 180}, {size{620, 700}, 360}, {size{1280, 800}, 720}, {size{360, 400}, 180}, {size{1280, 800}, 720}} {
				took = append(took, follows(bob, ann, step.window, step.lines))
			}
			bob.rests(time.Duration(i) * 700 * time.Millisecond) // layers that nobody watches go to sleep in between
		}
		slices.Sort(took)
		t.Logf("from the layout's change to the first frame of the new layer, %d changes: median %v, most %v", len(took), took[len(took)/2], took[len(took)-1])
		assert.Less(t, took[len(took)/2], time.Second, "median")
		assert.Less(t, took[len(took)-1], 2*time.Second, "slowest, on a busy machine")
	})
}

// follows resizes the window of who and waits until the picture of has the
// wanted lines. It returns how long that took from the change of the tile.
func follows(who, of *person, window size, lines int) time.Duration {
	who.t.Helper()
	var begin float64
	who.eval(fmt.Sprintf(`(watch.observe(%q), performance.now())`, of.name), &begin)
	who.resizes(window)
	who.waitsFor(10*time.Second, fmt.Sprintf(`watch.moved(%q) && watch.frames(%q, watch.moved(%[1]q)).some(f => f.height === %[3]d)`, of.name, of.name, lines))
	var took float64
	who.eval(fmt.Sprintf(`watch.frames(%q, watch.moved(%[1]q)).find(f => f.height === %d).at - watch.moved(%[1]q)`, of.name, lines), &took)
	return time.Duration(took * float64(time.Millisecond))
}
