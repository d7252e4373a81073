package sealing

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/browser/netns"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
)

var (
	red  = hooks.Participant{Colour: "#ff0000", Tone: 440}
	blue = hooks.Participant{Colour: "#0000ff", Tone: 660}
)

// two is a room of two who are up with each other.
func two(t *testing.T, first, second bidi.Kind) (*room, *member, *member) {
	t.Helper()
	url := site(t)
	r := &room{t: t}
	open := func(kind bidi.Kind) *bidi.Browser { return bidi.Start(t, kind, bidi.Options{}) }
	a := open(first)
	b := a
	if second != first {
		b = open(second)
	}
	ann := r.joins(page(t, a, url, red), first, "ann", red.Colour, "four words of it")
	bob := r.joins(page(t, b, url, blue), second, "bob", blue.Colour, "four words of it")
	r.meets(port.PhaseUp)
	assert.Equal(t, ann.state.Code, bob.state.Code, "security codes")
	assert.NotEmpty(t, ann.state.Code)
	return r, ann, bob
}

// seesAndHears waits until to's decoders have got from's colour and sound, in a codec.
func seesAndHears(to, from *member, codec string) {
	to.t.Helper()
	to.waits(`(async () => { const s = await sealing.seen(%q, %q); return s.decoded > 20 && s.energy > 0.0001 && s.codec === %q; })()`,
		to.name, from.name, codec)
	to.waits(`probe.near(%q, %q)`, "#"+to.name+"-"+from.name+"-video", from.colour)
}

// Every codec goes from every browser to every other.
func TestSealedMediaArrives(t *testing.T) {
	for _, kinds := range [][2]bidi.Kind{
		{bidi.Chromium, bidi.Chromium}, {bidi.Chromium, bidi.Firefox}, {bidi.Firefox, bidi.Firefox},
	} {
		t.Run(fmt.Sprintf("%s and %s", kinds[0], kinds[1]), func(t *testing.T) {
			netns.Run(t, bidi.Required(), func(t *testing.T) {
				r, ann, bob := two(t, kinds[0], kinds[1])
				for _, codec := range []string{"video/VP8", "video/VP9", "video/AV1"} {
					for _, way := range [][2]*member{{ann, bob}, {bob, ann}} {
						from, to := way[0], way[1]
						t.Logf("%s from %s to %s", codec, from.kind, to.kind)
						r.sends(from, to, codec)
						r.shows(to, from, from)
						seesAndHears(to, from, codec)
						r.hang(from, to)
					}
				}
			})
		})
	}
}

func TestASlotShowsOnlyWhomThePageNamed(t *testing.T) {
	r, ann, bob := two(t, bidi.Chromium, bidi.Chromium)
	r.sends(ann, bob, "video/VP8")
	nothing := func(why string) {
		t.Helper()
		// Until the worker has said that it dropped ten frames more for that reason.
		bob.other = nil
		r.until(func() bool {
			r.pass()
			return dropped(bob, -22) >= 10
		})
		var seen struct{ Decoded int }
		bob.eval(&seen, `sealing.seen("bob", "ann")`)
		assert.Zero(t, seen.Decoded, why)
	}
	nothing("a slot of which nothing was said")
	r.shows(bob, ann, bob)
	nothing("a slot for somebody else")
	r.shows(bob, ann, ann)
	seesAndHears(bob, ann, "video/VP8")
}

// dropped is how many frames m's worker reported as dropped for a reason.
func dropped(m *member, reason int8) (n uint32) {
	for _, r := range m.other {
		if d, ok := r.(*port.Drops); ok {
			for _, c := range d.Counts {
				if c.Reason == reason {
					n += c.Count
				}
			}
		}
	}
	return n
}

func TestWithAnotherPassphraseNothingIsDecoded(t *testing.T) {
	url, b := site(t), bidi.Start(t, bidi.Chromium, bidi.Options{})
	r := &room{t: t}
	ann := r.joins(page(t, b, url, red), bidi.Chromium, "ann", red.Colour, "four words of it")
	bob := r.joins(page(t, b, url, blue), bidi.Chromium, "bob", blue.Colour, "four words of it")
	r.meets(port.PhaseUp)
	eve := r.joins(page(t, b, url, blue), bidi.Chromium, "eve", blue.Colour, "four other words")
	r.until(func() bool { r.pass(); return eve.state.Phase == port.PhaseMismatch })
	for _, to := range []*member{bob, eve} {
		r.sends(ann, to, "video/VP8")
		r.shows(to, ann, ann)
	}
	seesAndHears(bob, ann, "video/VP8")
	r.until(func() bool { r.pass(); return dropped(eve, -3) >= 20 })
	var seen struct {
		Decoded int
		Energy  float64
	}
	eve.eval(&seen, `sealing.seen("eve", "ann")`)
	assert.Zero(t, seen.Decoded)
	assert.Less(t, seen.Energy, 1e-6)
}

func TestAWorkerWithoutItsProgramSaysSo(t *testing.T) {
	url := siteBehind(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/"+asset(t, "sealer-*.wasm")) {
				http.NotFound(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	m := &member{t: t, page: page(t, b, url, red), name: "ann"}
	m.eval(nil, `sealing.start("ann")`)
	m.waits(`sealing.reports("ann").ended === 'crypto.load'`)
}
