package wan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/e2e/wan"
	"github.com/conclave-meet/conclave/e2e/wan/linkem"
)

func TestANarrowDownlinkKeepsTheSoundAndAPicture(t *testing.T) {
	wan.Run(t, harness.Options{}, func(t *testing.T, n *wan.Network) {
		const window = 20 * time.Second
		wide := linkem.Both(linkem.Conditions{Delay: 20 * time.Millisecond})
		capped := wide
		capped.Down.Rate = 300 * linkem.Kbit
		home := n.Place(linkem.Options{Duplex: wide})
		b := n.Browser(bidi.Options{})
		var others []*person
		for i, name := range []string{"Ann", "Cleo", "Dan", "Eve"} {
			others = append(others, enters(t, n, b, name, size{320, 480},
				hooks.Participant{Colour: "#c04040", Tone: 440 + 110*float64(i), Grain: true, Width: 640, Height: 360, Rate: 10}))
		}
		bob := enters(t, n, home.Browser(bidi.Options{}), "Bob", size{1280, 800}, hooks.Participant{Colour: "#40c040", Width: 320, Height: 180})
		bob.sees(others...)
		// The upper one of two layers: 360 lines, less where Chromium is busy.
		const high = `(name => watch.video(name)?.videoHeight > 180)`
		bob.waits(`["Ann", "Cleo", "Dan", "Eve"].every` + high)

		home.Link.Set(capped)
		bob.rests(5 * time.Second) // finds out
		before := bob.reads(others...)
		_, dropped := home.Link.Counts()
		bob.rests(window)
		after := bob.reads(others...)
		_, now := home.Link.Counts()
		t.Logf("behind 300 kbit/s, from the 5th second to the 25th; %d packets were dropped:", now.Overflowed-dropped.Overflowed)
		playing := 0
		for i, r := range after {
			r = r.since(before[i])
			t.Logf("\t%v", r)
			assert.Greater(t, float64(r.Sounds)*1000/r.At, 45.0, "packets of sound a second from %s", r.Name)
			assert.Greater(t, r.Energy, 0.001, "energy of %s's sound", r.Name)
			assert.Less(t, r.concealment(), 0.1, "share of %s's sound that was made up", r.Name)
			if r.Decoded > 40 {
				playing++
			}
		}
		t.Logf("\t%d of 4 pictures play", playing)
		assert.Positive(t, playing)

		home.Link.Set(wide)
		lifted := time.Now()
		bob.waitsFor(40*time.Second, `["Ann", "Cleo", "Dan", "Eve"].some`+high)
		first := time.Since(lifted)
		bob.waitsFor(40*time.Second, `["Ann", "Cleo", "Dan", "Eve"].every`+high)
		all := time.Since(lifted)
		t.Logf("the cap is lifted: the first picture has its high layer back after %.1f s, all four after %.1f s", first.Seconds(), all.Seconds())
		assert.Less(t, all, 15*time.Second)
	})
}
