package soak

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/bot"
	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

const (
	crowd    = 20
	speakers = 3
	// rate is slow, as two cores carry the relay, all bots and two browsers that decode, draw and encode. It also says what
	// a browser calls a freeze (libwebrtc's video_stream_buffer_controller and VideoQualityObserver): a picture that stays
	// for three times the mean, or 150 ms longer than it. At 5 frames a second that is 0.6 s, a freeze to people too and
	// about what bots count; at 10 it would be 0.3 s, which two busy cores make without any fault of the relay's.
	rate = 5 // frames per second
	// bitrate makes three packets of each frame, so that the relay has as much to forward as with more frames.
	bitrate = 100_000 // of the lowest layer, bit/s
	// tileHeight is what bots have room for: the lowest layer fills it.
	tileHeight = 180
)

// What it counts: pictures that stay, in pages by libwebrtc's own count (see rate) and in bots for half a second beyond what
// the sender's frames are apart, by the time they came through the network; the network is idle, so one is too many. The
// relay's memory and goroutines from the second third to the last. The bytes that bots send of each layer, of which those
// that nobody watches must be none.
func TestTwentyBotsAndTwoBrowsersForMinutes(t *testing.T) {
	long, err := time.ParseDuration(os.Getenv("CONCLAVE_SOAK"))
	if err != nil {
		t.Skip("CONCLAVE_SOAK does not say for how long (make soak)")
	}
	m := newMeeting(t)
	m.everybodyIsSeen()
	m.settles()
	before, begun := m.look(), time.Now()
	waits := watchStalls(t)
	samples := []sample{before}
	tick := time.NewTicker(max(time.Second, long/60))
	defer tick.Stop()
	for time.Since(begun) < long {
		<-tick.C
		samples = append(samples, m.look())
	}
	after := samples[len(samples)-1]
	t.Logf("%d bots and 2 browsers for %.0f s", crowd, time.Since(begun).Seconds())
	waits.log(t)
	m.picturesFlowed(before, after)
	m.onlyWatchedLayersWereSent(before, after)
	nothingGrew(t, samples)
}

// meeting is who is there.
type meeting struct {
	t     *testing.T
	relay *harness.Process
	bots  []*bot.Bot
	pages []*bidi.Page
	names []string // of the pages
}

const room = "quiet-otters"

func newMeeting(t *testing.T) *meeting {
	m := &meeting{t: t, relay: harness.StartProcess(t, filepath.Join("..", "..", "build", "conclave"))}
	host := m.relay.Host(t, "host")
	for i := range crowd {
		cfg := bot.Config{
			URL: m.relay.WebSocket(), Room: room, Name: fmt.Sprintf("bot-%02d", i), Mark: uint32(i + 1),
			FPS: rate, Chooses: true, FirstVideo: crowd + 5, Rate: bitrate, Mixed: true,
		}
		if i == 0 {
			cfg.API = host.API
		}
		b := bot.Start(cfg)
		t.Cleanup(b.Close)
		b.Hush(i >= speakers)
		m.bots = append(m.bots, b)
		require.NoError(t, b.Await(t.Context(), func(v conf.View) bool { return v.App.Screen == conf.ScreenCall }))
	}
	// A quarter of the pixels: without a graphics card drawing them takes much of the processor.
	browser := bidi.Start(t, bidi.Chromium, bidi.Options{Args: []string{"--force-device-scale-factor=0.5"}})
	for _, name := range []string{"Ann", "Bob"} {
		m.opens(browser, name)
	}
	for _, b := range m.bots {
		require.NoError(t, b.Await(t.Context(), func(v conf.View) bool { return len(v.Peers) == crowd+1 && allFilm(v) }))
		b.Watch(m.watches(b)...)
	}
	return m
}

func allFilm(v conf.View) bool {
	return !slices.ContainsFunc(v.Peers, func(p conf.Peer) bool { return !p.Cam.On })
}

// watches is what a bot has on its screen: everybody, small; the second bot has the first one in front.
func (m *meeting) watches(b *bot.Bot) (list []conf.Watch) {
	for _, p := range b.View().Peers {
		w := conf.Watch{Source: wire.Source{Member: p.Index, Stream: wire.Cam}, Height: tileHeight}
		if b == m.bots[1] && p.Index == m.bots[0].View().Me.Index {
			w.Height, w.Prio = 720, 1
		}
		list = append(list, w)
	}
	return list
}

// opens lets somebody with a browser join. The window is as small as it can be with everybody in it.
func (m *meeting) opens(b *bidi.Browser, name string) {
	ctx, t := m.t.Context(), m.t
	page, err := b.NewPage(ctx)
	require.NoError(t, err)
	require.NoError(t, page.SetViewport(ctx, 960, 720))
	require.NoError(t, page.Preload(ctx, hooks.Media(hooks.Participant{Colour: "#c03030", Width: 320, Height: 180, Rate: rate})))
	require.NoError(t, page.Preload(ctx, hooks.Probe()))
	require.NoError(t, page.Navigate(ctx, m.relay.URL()+"/"+room))
	require.NoError(t, page.WaitFor(ctx, `document.querySelector('input[name=name]')`))
	require.NoError(t, page.Fill(ctx, `input[name=name]`, name))
	require.NoError(t, page.WaitFor(ctx, `document.querySelector('video')?.videoWidth > 0`))
	require.NoError(t, page.Click(ctx, `form .submit button[type=submit]`))
	require.NoError(t, page.WaitFor(ctx, `document.querySelector('[data-member=me]')`))
	m.pages, m.names = append(m.pages, page), append(m.names, name)
}

// everybodyIsSeen waits until each bot and each page has a picture of everybody else.
func (m *meeting) everybodyIsSeen() {
	const patience = 2 * time.Minute
	var have string
	ok := func() bool {
		var bots, pages []int
		for _, b := range m.bots {
			bots = append(bots, seen(b))
		}
		for _, p := range m.pages {
			pages = append(pages, len(m.videos(p)))
		}
		have = fmt.Sprintf("pictures that bots see: %d, that pages see: %d", bots, pages)
		return slices.Min(bots) == crowd+1 && slices.Min(pages) == crowd+1
	}
	if !assert.Eventually(m.t, ok, patience, time.Second, "everybody sees everybody") {
		m.t.Fatal(have)
	}
}

// seen is how many cameras a bot has pictures of.
func seen(b *bot.Bot) (n int) {
	for s, r := range b.Records() {
		if s.Stream == wire.Cam && r.Decoded > rate {
			n++
		}
	}
	return n
}

// settles waits until nothing of what the beginning cost is measured: no layer is switched off any more.
func (m *meeting) settles() {
	const calm = 5 * time.Second
	sent, since := m.sentAbove(), time.Now()
	require.Eventually(m.t, func() bool {
		if now := m.sentAbove(); now != sent {
			sent, since = now, time.Now()
		}
		return time.Since(since) > calm
	}, time.Minute, 200*time.Millisecond, "layers that nobody watches are switched off")
}

// sentAbove is how many packets were sent in layers that nobody watches.
func (m *meeting) sentAbove() (n int) {
	for i, b := range m.bots {
		for l, x := range b.Sent(wire.Cam) {
			if l > 0 && !(i == 0 && l == 2) {
				n += x.Packets
			}
		}
	}
	return n
}

// video is what a page says of a slot (W3C webrtc-stats, RTCInboundRtpStreamStats).
type video struct {
	Mid                  string
	FramesDecoded        int
	FrameHeight          int
	FreezeCount          int
	TotalFreezesDuration float64 // s
	PacketsLost          int
}

// videos are the slots of a page in which pictures came.
func (m *meeting) videos(p *bidi.Page) map[string]video {
	var list []video
	require.NoError(m.t, p.Eval(m.t.Context(), `probe.stats('inbound-rtp').then(all => all
		.filter(s => s.kind === 'video' && s.framesDecoded > 0)
		.map(s => ({Mid: s.mid, FramesDecoded: s.framesDecoded, FrameHeight: s.frameHeight, FreezeCount: s.freezeCount ?? 0,
			TotalFreezesDuration: s.totalFreezesDuration ?? 0, PacketsLost: s.packetsLost})))`, &list))
	out := map[string]video{}
	for _, v := range list {
		out[v.Mid] = v
	}
	return out
}

// sample is one look at everything.
type sample struct {
	at         time.Time
	memory     int64 // bytes
	goroutines int
	media      map[string]uint64
	seen       []map[wire.Source]bot.Record
	sent       [][]bot.Sent
	pages      []map[string]video
}

func (m *meeting) look() sample {
	s := sample{at: time.Now()}
	var err error
	s.memory, err = m.relay.Memory()
	require.NoError(m.t, err)
	report, err := m.relay.Report(m.t.Context())
	require.NoError(m.t, err)
	s.goroutines, s.media = report.Goroutines, report.Media
	for _, b := range m.bots {
		s.seen = append(s.seen, b.Records())
		s.sent = append(s.sent, b.Sent(wire.Cam))
	}
	for _, p := range m.pages {
		s.pages = append(s.pages, m.videos(p))
	}
	return s
}

// picturesFlowed checks that nothing froze, in any page or bot, and that everything went on.
func (m *meeting) picturesFlowed(before, after sample) {
	t, seconds := m.t, after.at.Sub(before.at).Seconds()
	for i, name := range m.names {
		freezes, frozen, decoded, fewest, lost := 0, 0.0, 0, 1<<30, 0
		assert.Len(t, after.pages[i], crowd+1, "slots with pictures in %s's page", name)
		for mid, now := range after.pages[i] {
			was := before.pages[i][mid]
			freezes += now.FreezeCount - was.FreezeCount
			frozen += now.TotalFreezesDuration - was.TotalFreezesDuration
			lost += now.PacketsLost - was.PacketsLost
			n := now.FramesDecoded - was.FramesDecoded
			decoded, fewest = decoded+n, min(fewest, n)
		}
		t.Logf("%s's page: %d frames decoded, %.1f to %.1f a second and tile; %d freezes, %.2f s; %d packets lost",
			name, decoded, float64(fewest)/seconds, float64(decoded)/seconds/(crowd+1), freezes, frozen, lost)
		assert.Zero(t, freezes, "freezes in %s's page, %.2f s", name, frozen)
		assert.Greater(t, float64(fewest)/seconds, rate/2.0, "frames a second of the slowest tile in %s's page", name)
		for _, e := range m.pages[i].Errors() {
			t.Errorf("%s's page says: %v", name, e)
		}
	}
	freezes, frozen, lost, fewest := 0, time.Duration(0), 0, 1<<30
	for i, b := range m.bots {
		assert.Empty(t, b.Faults(), "what %s saw", b.Name())
		for src, now := range after.seen[i] {
			was := before.seen[i][src]
			lost += now.Lost - was.Lost
			if src.Stream != wire.Cam {
				continue
			}
			if n := now.Freezes - was.Freezes; n > 0 {
				freezes, frozen = freezes+n, frozen+now.Frozen-was.Frozen
			}
			fewest = min(fewest, now.Decoded-was.Decoded)
		}
	}
	t.Logf("%d bots: %d freezes, %.2f s; the slowest picture had %.1f frames a second; %d packets lost for good",
		crowd, freezes, frozen.Seconds(), float64(fewest)/seconds, lost)
	assert.Zero(t, freezes, "freezes that bots saw, %v", frozen)
}

// onlyWatchedLayersWereSent counts the bytes of each layer.
func (m *meeting) onlyWatchedLayersWereSent(before, after sample) {
	var bytes [wire.MaxRids]int
	for i, b := range m.bots {
		for l := range after.sent[i] {
			n := after.sent[i][l].Bytes - before.sent[i][l].Bytes
			bytes[l] += n
			watched := l == 0 || i == 0 && l == 2
			if watched {
				assert.Positive(m.t, n, "bytes that %s sent in layer %d", b.Name(), l)
			} else {
				assert.Zero(m.t, n, "bytes that %s sent in layer %d, which nobody watches", b.Name(), l)
			}
		}
	}
	m.t.Logf("bytes sent by bots in the layers q, h, f: %d, %d, %d (f of one bot is watched, h of nobody)", bytes[0], bytes[1], bytes[2])
}

// nothingGrew compares the last third of the time with the second: the first warms up.
func nothingGrew(t *testing.T, samples []sample) {
	third := len(samples) / 3
	middle := func(list []sample, of func(s sample) int64) int64 {
		var all []int64
		for _, s := range list {
			all = append(all, of(s))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	memory := func(s sample) int64 { return s.memory }
	routines := func(s sample) int64 { return int64(s.goroutines) }
	second, last := samples[third:2*third], samples[2*third:]
	const mb = 1 << 20
	t.Logf("relay: %.1f MB at the beginning, %.1f in the second third, %.1f in the last; %d, %d and %d goroutines",
		float64(samples[0].memory)/mb, float64(middle(second, memory))/mb, float64(middle(last, memory))/mb,
		samples[0].goroutines, middle(second, routines), middle(last, routines))
	// The heap's size moves with each collection.
	assert.LessOrEqual(t, middle(last, memory), middle(second, memory)*110/100+2*mb, "resident memory of the relay")
	assert.LessOrEqual(t, middle(last, routines), middle(second, routines)+2, "goroutines of the relay")
	var moved []string
	for name, n := range samples[len(samples)-1].media {
		if d := n - samples[0].media[name]; d > 0 {
			moved = append(moved, fmt.Sprintf("%s %d", name, d))
		}
	}
	slices.Sort(moved)
	t.Logf("the relay counted: %s", strings.Join(moved, ", "))
}
