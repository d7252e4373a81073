package sealed

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/browser/netns"
	"github.com/conclave-meet/conclave/e2e/browser/people"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/shared/wire"
)

func TestFirefoxMeetsChromiumEncrypted(t *testing.T) {
	// Firefox does not reach a lite relay on 127.0.0.1.
	netns.Run(t, bidi.Required(), func(t *testing.T) {
		b, fox := bidi.Start(t, bidi.Chromium, bidi.Options{}), bidi.Start(t, bidi.Firefox, bidi.Options{})
		for _, c := range videoCodecs {
			t.Run(c.name, func(t *testing.T) {
				r := opens(t, harness.Options{Media: netns.Address, Codecs: []string{c.name}})
				ann, bob := r.comes(b, "Ann", red), r.comes(fox, "Bob", green)
				joins(ann, right)
				joins(bob, right)
				pair(ann, bob, c.name)
				writes(bob, ann, "Hello")
				ann.Shot("firefox-" + c.name + "-ann")
				bob.Shot("firefox-" + c.name + "-bob")
				quietly(ann, bob)
			})
		}
	})
}

// pair waits until two see and hear each other, in a codec, and have one security code.
func pair(ann, bob *people.Person, codec string) {
	ann.T.Helper()
	for _, way := range [][2]*people.Person{{ann, bob}, {bob, ann}} {
		to, from := way[0], way[1]
		to.SeesExactly(from)
		to.Waits(fmt.Sprintf(`probe.stats().then(all => all.some(s => s.type === 'inbound-rtp' && s.kind === 'video' && s.framesDecoded > 20 &&
			all.find(c => c.id === s.codecId)?.mimeType === 'video/%s'))`, codec))
		to.HearsSomething(1)
	}
	agree(ann, bob)
}

// quietly closes windows in which nothing was complained about.
func quietly(all ...*people.Person) {
	for _, p := range all {
		p.Quiet()
		assert.NoError(p.T, p.Page.Close(p.T.Context()))
	}
}

// matrix tells whether the long tests are to run: every pair of browsers in every codec (make sealed-matrix).
func matrix(t *testing.T) {
	t.Helper()
	if os.Getenv("CONCLAVE_MATRIX") == "" {
		t.Skip("make sealed-matrix")
	}
}

// Whatever Firefox makes packets of: the same checks as of Chromium's.
func TestTheRelayForwardsNothingOfFirefoxThatItCouldRead(t *testing.T) {
	matrix(t)
	for _, c := range videoCodecs {
		t.Run(c.name, func(t *testing.T) {
			netns.Run(t, bidi.Required(), func(t *testing.T) {
				b, fox := bidi.Start(t, bidi.Chromium, bidi.Options{}), bidi.Start(t, bidi.Firefox, bidi.Options{})
				r := opens(t, harness.Options{Media: netns.Address, Site: tappedSite(t), Codecs: []string{c.name}})
				ann, bob := r.comes(b, "Ann", red), r.comes(fox, "Bob", noisy)
				joins(ann, right)
				joins(bob, right)
				ann.Waits(`probe.stats('inbound-rtp').then(all => all.some(s => s.framesDecoded > 20))`)
				w := listensIn(t, r.relay, people.Room, true)
				src := wire.Source{Member: me(bob), Stream: wire.Cam}
				all := collect(w, src.Member, c.codec)
				unreadable(t, knownOf(frames(ann), frames(bob)), all)
				for _, strip := range []func(piece) []byte{whole, withoutSeal} {
					got := decodes(ann, c.decoder, pictures(all, src, c.codec, strip), bob.Colour)
					assert.Zero(t, got.Right, "pictures like the camera's")
				}
				quietly(ann, bob)
			})
		})
	}
}

func TestEveryPairOfBrowsersInEveryCodec(t *testing.T) {
	matrix(t)
	for _, kinds := range [][2]bidi.Kind{
		{bidi.Chromium, bidi.Chromium}, {bidi.Firefox, bidi.Chromium}, {bidi.Firefox, bidi.Firefox},
	} {
		for _, c := range videoCodecs {
			t.Run(fmt.Sprintf("%s and %s/%s", kinds[0], kinds[1], c.name), func(t *testing.T) {
				netns.Run(t, bidi.Required(), func(t *testing.T) {
					r := opens(t, harness.Options{Media: netns.Address, Codecs: []string{c.name}})
					large := hooks.Participant{Colour: "#ff0000", Tone: 440, ScreenColour: "#ffff00", Width: 1280, Height: 720}
					first := bidi.Start(t, kinds[0], bidi.Options{})
					second := first
					if kinds[1] != kinds[0] {
						second = bidi.Start(t, kinds[1], bidi.Options{})
					}
					ann, bob := r.comes(first, "Ann", large), r.comes(second, "Bob", green)
					joins(ann, right)
					joins(bob, right)
					pair(ann, bob, c.name)
					ann.Clicks(`[data-id=share]`)
					bob.Waits(fmt.Sprintf(`probe.near('[data-screen] video', %q)`, ann.ScreenColour))
					quietly(ann, bob)
				})
			})
		}
	}
}
