package wan_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
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

// layer is one of a camera of 720 lines: how tall its pictures are, and a
// window in which the tile of the other one of two people needs it. A busy
// Chromium may make its pictures smaller, all layers alike: the tiles need the
// same layers of a camera of 540 lines.
type layer struct {
	above, most int
	window      size
}

var (
	quarter = layer{0, 180, size{300, 400}}    // a tile of 133 lines
	half    = layer{180, 360, size{700, 700}}  // 276
	full    = layer{360, 720, size{1280, 800}} // 471
)

// From the moment the page's layout changes to the first frame of the layer
// that fits shown in the tile: simulcast with VP8, scalable streams with the
// others.
func TestTheLayerFollowsTheSizeOfTheTile(t *testing.T) {
	for _, codec := range []string{"VP8", "VP9", "AV1"} {
		t.Run(codec, func(t *testing.T) {
			wan.Run(t, harness.Options{Codecs: []string{strings.ToLower(codec)}}, func(t *testing.T, n *wan.Network) {
				layersFollow(t, n, codec)
			})
		})
	}
}

func layersFollow(t *testing.T, n *wan.Network, codec string) {
	home := n.Place(linkem.Options{Duplex: linkem.Both(linkem.Conditions{Delay: 20 * time.Millisecond})})
	ann := enters(t, n, n.Browser(bidi.Options{}), "Ann", size{300, 300},
		hooks.Participant{Colour: "#c04040", Tone: 440, Dust: true, Width: 1280, Height: 720})
	bob := enters(t, n, home.Browser(bidi.Options{}), "Bob", size{1280, 800}, hooks.Participant{Colour: "#40c040"})
	ann.sees(bob.name)
	bob.sees(ann.name)
	bob.waits(fmt.Sprintf(`watch.video("Ann").videoHeight > %d`, full.above))
	bob.waits(fmt.Sprintf(`(async () => (await watch.codec("Ann")) === "video/%s")()`, codec))
	bob.eval(`watch.follow("Ann")`, nil)
	before := bob.reads(ann.name)[0]

	var took []time.Duration
	for i := range 3 {
		for _, to := range []layer{quarter, half, full, quarter, full} {
			took = append(took, follows(bob, ann, to))
		}
		bob.rests(time.Duration(i) * 700 * time.Millisecond) // layers that nobody watches go to sleep in between
	}
	slices.Sort(took)
	t.Logf("%s, from the layout's change to the first frame of the new layer, %d changes: median %d ms, most %d ms\n\t%v", codec, len(took),
		took[len(took)/2].Milliseconds(), took[len(took)-1].Milliseconds(), bob.reads(ann.name)[0].since(before))
	assert.Less(t, took[len(took)/2], time.Second, "median")
	if codec == "VP8" { // the encoders of the others alone can keep a small machine busy for seconds
		assert.Less(t, took[len(took)-1], 2*time.Second, "slowest, on a busy machine")
	}
}

// follows resizes the window of who and waits until the picture of has the
// layer that fits. It returns how long that took from the change of the tile.
func follows(who, of *person, to layer) time.Duration {
	who.t.Helper()
	who.eval(fmt.Sprintf(`watch.observe(%q)`, of.name), nil)
	who.resizes(to.window)
	who.waits(fmt.Sprintf(`watch.moved(%q)`, of.name))
	first := fmt.Sprintf(`watch.frames(%q, watch.moved(%[1]q)).find(f => f.height > %d && f.height <= %d)`, of.name, to.above, to.most)
	ctx, cancel := context.WithTimeout(who.t.Context(), 10*time.Second)
	defer cancel()
	if err := who.page.WaitFor(ctx, first); err != nil {
		var sent string
		of.eval(`(async () => JSON.stringify((await probe.stats("outbound-rtp")).filter(s => s.kind === "video")))()`, &sent)
		require.NoError(who.t, err, "%s waits for a frame of %d to %d lines\nshown: %v\nsent: %s", who.name, to.above+1, to.most, who.frames(of, 0), sent)
	}
	var took float64
	who.eval(fmt.Sprintf(`(%s).at - watch.moved(%q)`, first, of.name), &took)
	return time.Duration(took * float64(time.Millisecond))
}
