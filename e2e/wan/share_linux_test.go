package wan_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/bot"
	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/e2e/wan"
	"github.com/conclave-meet/conclave/e2e/wan/linkem"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// Two people behind one line follow three others, who are bots: five browsers
// would leave a small machine no time to tell the relay what arrives, and that
// is all the relay can go by. Each of the two would take more than half of the
// line. Three pictures with two layers of three frame rates give a share in
// steps of about 150 kbit/s; those of one picture with three layers are as
// large as what is to be shared.
func TestTwoReceiversShareABottleneck(t *testing.T) {
	wan.Run(t, harness.Options{}, func(t *testing.T, n *wan.Network) {
		const window = time.Minute
		flow := &trace{}
		narrow := linkem.Conditions{Delay: 20 * time.Millisecond, Rate: 1600 * linkem.Kbit, Queue: 200 * time.Millisecond}
		home := n.Place(linkem.Options{
			Duplex:   linkem.Duplex{Up: linkem.Conditions{Delay: 20 * time.Millisecond}, Down: narrow},
			TapsDown: linkem.Taps{Delivered: flow.tap()},
		})
		others := []string{"Ann", "Cleo", "Dan"}
		for i, name := range others {
			films(t, n, bot.Config{Name: name, Mark: uint32(i + 1), Rate: 150_000, Mixed: true, FirstVideo: len(others) + 1})
		}
		b := home.Browser(bidi.Options{})
		quiet := hooks.Participant{Colour: "#40c040", Width: 320, Height: 180}
		bob, eve := enters(t, n, b, "Bob", size{1280, 800}, quiet), enters(t, n, b, "Eve", size{1280, 800}, quiet)
		bob.sees(others...)
		eve.sees(others...)
		bob.rests(15 * time.Second) // both have found their share

		flow.take()
		_, counted := home.Link.Counts()
		bobs, eves := bob.reads(others...), eve.reads(others...)
		bob.rests(window)
		_, after := home.Link.Counts()
		rates := slices.Sorted(maps.Values(kbps(flow.take(), window)))
		require.Len(t, rates, 2, "peer connections behind the link")
		share := rates[0] / (rates[0] + rates[1])
		t.Logf("two receivers behind %d kbit/s: %.0f and %.0f kbit/s, the smaller share is %.0f %%; %d packets were dropped",
			narrow.Rate/linkem.Kbit, rates[0], rates[1], 100*share, after.Overflowed-counted.Overflowed)
		for who, before := range map[*person][]reading{bob: bobs, eve: eves} {
			for i, r := range who.reads(others...) {
				r = r.since(before[i])
				t.Logf("\t%s sees %v", who.name, r)
				assert.Less(t, r.concealment(), 0.1, "share of the sound that was made up")
			}
		}
		assert.GreaterOrEqual(t, share, 0.4)
		assert.Less(t, rates[0]+rates[1], 1.05*float64(narrow.Rate/linkem.Kbit))
		assert.Greater(t, rates[0]+rates[1], 0.5*float64(narrow.Rate/linkem.Kbit), "the line is used")
	})
}

// films has a bot join the call beside the relay, of everybody's pictures
// wanting none.
func films(t *testing.T, n *wan.Network, cfg bot.Config) {
	cfg.URL, cfg.Room, cfg.Chooses = n.Relay.WebSocket(), room, true
	b := bot.Start(cfg)
	t.Cleanup(b.Close)
	require.NoError(t, b.Await(t.Context(), func(v conf.View) bool { return v.App.Screen == conf.ScreenCall }), "%s joins", cfg.Name)
}
