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

// Four people talk in turns, as people do, and a fifth follows them behind a
// downlink that becomes narrow.
func TestANarrowDownlinkKeepsTheSoundAndAPicture(t *testing.T) {
	wan.Run(t, harness.Options{}, func(t *testing.T, n *wan.Network) {
		const window = 20 * time.Second
		wide := linkem.Both(linkem.Conditions{Delay: 20 * time.Millisecond})
		capped := wide
		capped.Down.Rate = 300 * linkem.Kbit
		home := n.Place(linkem.Options{Duplex: wide})
		b := n.Browser(bidi.Options{})
		names := []string{"Ann", "Cleo", "Dan", "Eve"}
		var others []*person
		for i, name := range names {
			others = append(others, enters(t, n, b, name, size{320, 480}, hooks.Participant{
				Colour: "#c04040", Tone: 440 + 110*float64(i), Turn: i, Turns: len(names), Grain: true, Width: 640, Height: 360, Rate: 10,
			}))
		}
		bob := enters(t, n, home.Browser(bidi.Options{}), "Bob", size{1280, 800}, hooks.Participant{Colour: "#40c040", Width: 320, Height: 180})
		bob.sees(names...)
		var began float64
		for _, name := range names {
			bob.eval(fmt.Sprintf(`watch.follow(%q)`, name), &began)
		}
		bob.waits(fmt.Sprintf(`watch.high(%f).length === 4`, began))

		home.Link.Set(capped)
		bob.rests(5 * time.Second) // finds out
		before := bob.reads(names...)
		bob.eval(`performance.now()`, &began)
		_, dropped := home.Link.Counts()
		bob.rests(window)
		after := bob.reads(names...)
		_, now := home.Link.Counts()
		t.Logf("behind 300 kbit/s, from the 5th second to the 25th; %d packets were dropped:", now.Overflowed-dropped.Overflowed)
		for i, r := range after {
			r = r.since(before[i])
			t.Logf("\t%v", r)
			assert.Greater(t, float64(r.Sounds)*1000/r.At, 8.0, "packets of sound a second from %s, who talks a quarter of the time", r.Name)
			assert.Greater(t, r.Energy, 0.001, "energy of %s's sound", r.Name)
			assert.Less(t, r.concealment(), 0.1, "share of %s's sound that was made up", r.Name)
		}
		// The picture is that of who talks, so it changes.
		frames, longest := bob.shown(others, began, began+window.Seconds()*1000)
		t.Logf("\tpictures: %.1f frames a second in all, %.1f s without any at most", float64(frames)/window.Seconds(), longest.Seconds())
		assert.Greater(t, frames, 30, "frames of all pictures")
		assert.Less(t, longest, 6*time.Second, "without a picture that goes on")

		home.Link.Set(wide)
		lifted := time.Now()
		bob.eval(`performance.now()`, &began)
		bob.waitsFor(40*time.Second, fmt.Sprintf(`watch.high(%f).length`, began))
		first := time.Since(lifted)
		bob.waitsFor(40*time.Second, fmt.Sprintf(`watch.high(%f).length === 4`, began))
		all := time.Since(lifted)
		t.Logf("the cap is lifted: the first picture has its high layer back after %.1f s, all four after %.1f s", first.Seconds(), all.Seconds())
		assert.Less(t, all, 15*time.Second)
	})
}
