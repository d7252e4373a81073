package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/relay/media/estimate"
	"github.com/conclave-meet/conclave/relay/media/layers"
	"github.com/conclave-meet/conclave/shared/wire"
)

// path is a bottleneck before a client, which reports what comes through. It delays nothing but the reports: the client
// reads at once what a real one would later.
type path struct {
	rate atomic.Int64 // bit/s

	mu     sync.Mutex
	busy   time.Time // until when the packets before take
	coming []arrival
	seen   *twcc.Recorder
	pads   int // packets of padding
	lost   int
}

type arrival struct {
	seq uint16
	at  time.Time
}

const holds = 200 * time.Millisecond // the longest queue of a path

// behind puts x behind a path and has it report.
func (x *client) behind(rate layers.Bitrate) *path {
	p := &path{seen: twcc.NewRecorder(1)}
	p.rate.Store(int64(rate))
	x.path.Store(p)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { p.report(ctx, x) })
	x.t.Cleanup(func() { cancel(); done.Wait() })
	return p
}

// carry takes a packet of so many encrypted bytes, which came to this host at now. It reports whether there is something for
// the client in it.
func (p *path) carry(x *rtp.Packet, size int, now time.Time) bool {
	const headers = 28 // of IPv4 and UDP
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy.Before(now) {
		p.busy = now
	}
	if p.busy.Sub(now) > holds {
		p.lost++
		return false
	}
	p.busy = p.busy.Add(time.Duration(int64(size+headers) * 8 * int64(time.Second) / p.rate.Load()))
	if e := x.GetExtension(transportExt); len(e) == 2 {
		p.coming = append(p.coming, arrival{binary.BigEndian.Uint16(e), p.busy})
	}
	if len(x.Payload) == 0 && x.PaddingSize == 255 {
		p.pads++
		return false
	}
	return true
}

func (p *path) report(ctx context.Context, x *client) {
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			p.mu.Lock()
			n := 0
			for ; n < len(p.coming) && !p.coming[n].at.After(now); n++ {
				p.seen.Record(7, p.coming[n].seq, p.coming[n].at.UnixMicro())
			}
			p.coming = p.coming[n:]
			reports := p.seen.BuildFeedbackPacket()
			p.mu.Unlock()
			if len(reports) > 0 && !x.s.ended.Load() {
				x.say(reports...)
			}
		}
	}
}

// soon waits for a condition that the network takes its time for.
func (x *client) soon(what string, most time.Duration, ok func() bool) time.Duration {
	x.t.Helper()
	begin := time.Now()
	require.Eventually(x.t, ok, most, 10*time.Millisecond, what)
	return time.Since(begin)
}

// layer is what flows in a slot, -1 for nothing.
func (x *client) layer(mid string) int {
	x.s.group.mu.Lock()
	defer x.s.group.mu.Unlock()
	for _, sl := range x.s.control.slots {
		if l := sl.flowing(); sl.mid == mid && l != nil && sl.place.why == wire.WhyNone {
			return l.index
		}
	}
	return -1
}

const wide = 50_000_000 // bit/s

func TestADownlinkIsFoundOut(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, counted(describe(1, 1)), nothing)
	p := bob.behind(wide)
	ann.opensStudio(never)
	v := bob.watches(bob.slot("v0"))
	bob.wants(1, 720)
	v.sees(2)
	took := bob.soon("all is known to fit", 20*time.Second, func() bool { d := bob.s.Down(); return d.Reports > 5 && d.Rate > d.Wanted })
	t.Log(took, bob.s.Down())
	assert.False(t, bob.s.Down().Limited)
	assert.NotZero(t, bob.s.Stats()[ProbesOut])
	assert.Zero(t, bob.s.Stats()[Paced], "nothing waits where there is no limit")
	assert.Empty(t, v.holes())
	p.mu.Lock()
	defer p.mu.Unlock()
	assert.NotZero(t, p.pads)
}

// The layers of a studio take about 0.5, 1 and 3 Mbit/s.
func TestANarrowDownlinkHasTheLowLayerAndSoundAndComesBack(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, counted(describe(1, 1)), nothing)
	p := bob.behind(wide)
	ann.opensStudio(never)
	k := ann.mic(77)
	stop := k.plays(false)
	defer stop()
	bob.wants(1, 720)
	bob.soon("the high layer", 20*time.Second, func() bool { return bob.layer("v0") == 2 })

	p.rate.Store(900_000)
	took := bob.soon("the low layer", 30*time.Second, func() bool { return bob.layer("v0") == 0 && bob.s.Down().Limited })
	t.Log("down after", took, bob.s.Down())
	p.mu.Lock()
	p.lost = 0
	p.mu.Unlock()
	begin := time.Now()
	heard, seen := 0, 0
	for time.Since(begin) < 3*time.Second {
		select {
		case x := <-bob.media:
			switch x.SSRC {
			case bob.slot("a0").SSRC:
				heard++
			case bob.slot("v0").SSRC:
				seen++
			}
		case <-time.After(time.Second):
		}
	}
	t.Log("heard", heard, "seen", seen, bob.s.Down())
	assert.Positive(t, heard)
	assert.Positive(t, seen, "at least one picture")

	p.rate.Store(wide)
	took = bob.soon("the high layer again", 30*time.Second, func() bool { return bob.layer("v0") == 2 })
	t.Log("back after", took, bob.s.Down())
}

func TestAPictureThatDoesNotFitIsPausedAndComesBack(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, counted(describe(0, 1)), nothing)
	p := bob.behind(wide)
	ann.opensStudio(never).only.Store(&[]int{2})
	bob.wants(1, 720)
	bob.soon("the picture", 20*time.Second, func() bool { return bob.layer("v0") == 2 })
	p.rate.Store(600_000)
	paused := func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.slots[2]["v0"] == wire.SlotState{Mid: "v0", Source: cam(1), Why: wire.WhyBandwidth}
	}
	t.Log("paused after", bob.soon("bob is told of the pause", 20*time.Second, paused))
	p.rate.Store(wide)
	t.Log("back after", bob.soon("the picture again", 30*time.Second, func() bool { return !paused() && bob.layer("v0") == 2 }), bob.s.Down())
}

// What waited keeps its order, and nothing is made up or sent twice.
func TestPacedPacketsAreWhole(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, describe(0, 1), nothing)
	ann.opensStudio(never)
	v := bob.watches(bob.slot("v0"))
	bob.wants(1, 720)
	v.sees(2)
	bob.s.down.bucket.SetRate(1_500_000) // half of what comes
	var numbers []uint64
	read := func() bool {
		for len(bob.media) > 0 {
			if p := <-bob.media; p.SSRC == v.slot.SSRC {
				ext := v.high + uint64(int64(int16(p.SequenceNumber-uint16(v.high))))
				numbers, v.high = append(numbers, ext), max(v.high, ext)
				var info codec.Info
				require.True(t, info.Parse(codec.VP8, p.Payload))
			}
		}
		return bob.s.Stats()[Paced] > 200 && bob.s.Stats()[DropPaced] > 10
	}
	bob.soon("packets wait, and too many do", 20*time.Second, read)
	bob.s.down.bucket.SetRate(0)
	bob.soon("none does any more", 20*time.Second, func() bool { return !bob.s.down.busy.Load() })
	for n := range v.numbers {
		numbers = append(numbers, n)
	}
	var given int // numbers, up to the last that came
	bob.soon("something came behind what was dropped", 20*time.Second, func() bool {
		read()
		slices.Sort(numbers)
		given = int(numbers[len(numbers)-1]-numbers[0]) + 1
		return given > len(numbers)
	})
	// Not those that came: a busy machine may lose some on the way to the test.
	st := bob.s.Stats()
	assert.LessOrEqual(t, given, int(st[PacketsOut]+st[DropPaced]), "each was sent or counted as dropped")
	assert.Len(t, slices.Compact(slices.Clone(numbers)), len(numbers), "none came twice")
}

func TestAMalformedReportDoesNoHarm(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, counted(describe(0, 1)), nothing)
	bob.behind(wide)
	ann.opensStudio(never)
	v := bob.watches(bob.slot("v0"))
	bob.wants(1, 720)
	v.sees(2)
	for _, b := range [][]byte{
		{0x8f, 205, 0, 1, 0, 0, 0, 1},
		{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x3f, 0xff, 0xff, 0xff},
		{0x8f, 205, 0xff, 0xff, 0, 0, 0, 1},
	} {
		bob.mu.Lock()
		e, err := bob.out.EncryptRTCP(nil, append([]byte{0x80, 201, 0, 1, 0, 0, 0, 9}, b...), nil)
		bob.mu.Unlock()
		require.NoError(t, err)
		_, err = bob.conn.Write(e)
		require.NoError(t, err)
	}
	bob.soon("they are refused", waitMost, func() bool { return bob.s.Stats()[DropMalformed] >= 2 })
	before := len(v.numbers)
	bob.soon("the picture goes on", waitMost, func() bool { v.drain(10 * time.Millisecond); return len(v.numbers) > before+100 })
	assert.Empty(t, v.holes())
}

func TestFeedbackIsTakenOutOfACompound(t *testing.T) {
	other := []byte{0x80, 201, 0, 1, 0, 0, 0, 9}
	report := []byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0x20, 1, 4, 0}
	torn := []byte{0x80, 201, 0, 9}
	for _, x := range []struct {
		parts     [][]byte
		malformed uint64
	}{
		{[][]byte{other, report, other}, 0},
		{[][]byte{report}, 0},
		{[][]byte{other, report, torn}, 1}, // what comes before the fault counts
	} {
		r, now := unconnected(t), time.Unix(1001, 0)
		r.s.down.sent.Sent(now, 100)
		r.control(bytes.Join(x.parts, nil), now.Add(time.Second))
		assert.Equal(t, 1, r.s.Down().Reports)
		assert.Equal(t, x.malformed, r.s.Stats()[DropMalformed])
	}
}

func TestAudioGoesOutWhateverWaits(t *testing.T) {
	s := unconnected(t).s
	var audio, video *slot
	for _, sl := range *s.slots.Load() {
		if sl.kind == wire.Audio {
			audio = sl
		} else {
			video = sl
		}
	}
	now := time.Unix(1001, 0)
	s.down.bucket.SetRate(10_000)
	for range 100 {
		require.True(t, audio.mayGoLocked(100, now))
	}
	assert.False(t, video.mayGoLocked(100, now))
	now = now.Add(estimate.Burst)
	assert.False(t, video.mayGoLocked(100, now), "one waits before it")
}

func TestTheQueueIsBounded(t *testing.T) {
	var q queue
	for i := range uint16(3 * maxQueued) {
		if q.put(late{seq: i}) != (int(i) < maxQueued) {
			require.Fail(t, "not bounded", "%d", i)
		}
	}
	for i := range uint16(2 * maxQueued) {
		x, ok := q.take()
		require.True(t, ok)
		require.True(t, q.put(late{seq: x.seq + maxQueued}))
		require.Equal(t, i, x.seq)
	}
	for q.len() > 0 {
		q.take()
	}
	_, ok := q.take()
	assert.False(t, ok)
}
