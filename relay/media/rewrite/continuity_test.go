package rewrite

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
)

// sent is what the receiver got with a number.
type sent struct {
	layer *sender
	p     packet
	out   Out
	pad   bool
}

// call is a slot with its senders and its receiver.
type call struct {
	t       *testing.T
	r       *rand.Rand
	now     time.Time
	senders []*sender
	nets    map[*sender]*network
	newest  map[*sender]uint64
	cache   map[*sender]map[uint64]packet // what came
	before  map[*sender]map[uint64]bool   // what came without being in the slot
	ordered map[*sender]map[uint64]bool   // frames of which a packet came in order

	stream *Stream[*sender]
	filter codec.Filter
	point  codec.Point
	to     *sender // switched to
	began  uint64  // the mapping's first packet

	got   map[uint64]sent // by extended number
	first uint64
	high  uint64
	hole  uint64 // the next number to look whether it is a hole
}

func newCall(t *testing.T, r *rand.Rand, loss int, kinds ...codec.Kind) *call {
	c := &call{
		t: t, r: r, now: start, nets: map[*sender]*network{}, newest: map[*sender]uint64{},
		cache: map[*sender]map[uint64]packet{}, before: map[*sender]map[uint64]bool{},
		ordered: map[*sender]map[uint64]bool{}, got: map[uint64]sent{},
		stream: New[*sender](false, 90000, uint16(r.Uint32()), r.Uint32()), point: codec.Point{Temporal: 2},
	}
	for n, k := range kinds {
		x := newSender(r, string(rune('a'+n)), k)
		c.senders = append(c.senders, x)
		c.nets[x] = &network{loss: loss}
		c.cache[x], c.before[x], c.ordered[x] = map[uint64]packet{}, map[uint64]bool{}, map[uint64]bool{}
	}
	c.to = c.senders[0]
	c.stream.Switch(c.to)
	return c
}

// turn lets each sender send a packet, and now and then wishes for something else.
func (c *call) turn() {
	c.now = c.now.Add(time.Duration(c.r.IntN(12)) * time.Millisecond)
	if c.r.IntN(400) == 0 {
		c.to = c.senders[c.r.IntN(len(c.senders))]
		if c.r.IntN(5) == 0 {
			c.stream.Stop()
		}
		c.stream.Switch(c.to)
	}
	if c.r.IntN(100) == 0 {
		c.point.Temporal = uint8(c.r.IntN(3))
	}
	for _, x := range c.senders {
		for _, p := range c.nets[x].pass(c.r, x.next(c.r)) {
			c.arrive(x, p)
		}
	}
}

func (c *call) arrive(x *sender, p packet) {
	_, again := c.cache[x][p.in.Seq]
	inOrder := p.in.Seq > c.newest[x]
	c.newest[x] = max(c.newest[x], p.in.Seq)
	c.cache[x][p.in.Seq] = p
	was, on := c.stream.Current()
	if on && was == x && !p.in.Empty {
		pass, _ := c.filter.Take(&p.info, p.in.TS, c.point)
		p.in.Drop = !pass
	}
	out, v := c.stream.Next(x, c.now, p.in, c.newest[x])
	is, _ := c.stream.Current()
	switch {
	case v == Send && (!on || was != is || c.started(x, p)):
		require.True(c.t, p.in.Start, "a mapping begins with a start")
		c.filter.Begin(&p.info, p.in.TS, c.point)
		c.began = p.in.Seq
	case (is != x || p.in.Seq < c.began) && !again:
		c.before[x][p.in.Seq] = true
	}
	require.False(c.t, v == Skip && inOrder && was == x && is == x && !p.in.Drop && !p.in.Empty, "a packet is left out")
	if inOrder && is == x {
		c.ordered[x][p.frame] = true
	}
	require.False(c.t, v == Send && (p.in.Drop || p.in.Empty), "what is not for the slot does not go out")
	require.False(c.t, v != Skip && is != x, "nothing passes that is not in the slot")
	if v != Skip {
		c.receive(x, p, out, v == Pad)
	}
}

// started reports whether the sender began anew with p: its numbers leapt, and the slot's did not.
func (c *call) started(x *sender, p packet) bool {
	last, ok := c.got[c.high]
	return ok && last.layer == x && p.in.Seq > last.p.in.Seq+maxLeap
}

func (c *call) receive(x *sender, p packet, out Out, pad bool) {
	if len(c.got) == 0 {
		require.Less(c.t, out.Seq, uint16(1<<15))
		c.high = 1<<16 + uint64(out.Seq)
		c.first, c.hole = c.high, c.high
	}
	ext := c.high + uint64(int64(int16(out.Seq-uint16(c.high))))
	_, used := c.got[ext]
	require.False(c.t, used, "a number was used twice")
	require.GreaterOrEqual(c.t, ext, c.first)
	c.got[ext] = sent{x, p, out, pad}
	c.high = max(c.high, ext)
	c.again(c.high - uint64(c.r.IntN(videoAge/2)))
	for c.high-c.hole > videoAge/2 {
		c.explain(c.hole)
		c.hole++
	}
}

// again asks for a packet again: it must be what it was.
func (c *call) again(ext uint64) {
	x, was := c.got[ext]
	from, in, ok := c.stream.Origin(uint16(ext))
	if !was {
		return
	}
	require.True(c.t, ok)
	require.Equal(c.t, x.layer, from)
	require.Equal(c.t, x.p.in.Seq, in)
	p := x.p.in
	p.Drop = c.r.IntN(2) == 0 // the filter may see it otherwise by now
	out, v := c.stream.Again(uint16(ext), p)
	if x.pad {
		require.Equal(c.t, Pad, v)
		require.Equal(c.t, x.out, out)
		return
	}
	require.Equal(c.t, Send, v)
	require.Equal(c.t, x.out, out)
}

// explain looks at a number that is so old that nothing can come any more: where it is a hole, its packet was lost, or
// came when it was not in the slot yet.
func (c *call) explain(ext uint64) {
	if _, ok := c.got[ext]; ok {
		return
	}
	from, in, ok := c.stream.Origin(uint16(ext))
	require.True(c.t, ok, "number %d is nobody's", ext)
	_, came := c.cache[from][in]
	require.True(c.t, !came || c.before[from][in], "packet %d of %s came and is a hole all the same", in, from.name)
}

// inOrder checks what a receiver makes of all of it, in the order of numbers.
func (c *call) inOrder() {
	var last *sent
	for ext := c.first; ext <= c.high; ext++ {
		x, ok := c.got[ext]
		if !ok || x.pad {
			continue
		}
		if last != nil {
			require.GreaterOrEqual(c.t, int32(x.out.TS-last.out.TS), int32(0), "the timestamp went back")
			require.GreaterOrEqual(c.t, int16(x.out.Frame-last.out.Frame), int16(0), "the frame number went back")
			require.GreaterOrEqual(c.t, int8(x.out.TL0-last.out.TL0), int8(0), "TL0PICIDX went back")
			step := (x.out.Picture - last.out.Picture) & 0x7fff
			if x.layer == last.layer && x.p.frame == last.p.frame {
				require.Zero(c.t, step, "one frame has two picture ids")
			} else if x.p.info.Kind == codec.VP8 {
				require.NotZero(c.t, step, "two frames have one picture id")
				require.Less(c.t, step, uint16(1<<14), "the picture id went back")
			}
			c.missing(last, &x, step)
		}
		last = &x
	}
}

// missing checks that picture ids are only missing for frames of which nothing came in time.
func (c *call) missing(a, b *sent, step uint16) {
	if a.p.info.Kind != codec.VP8 || a.layer != b.layer || b.p.frame-a.p.frame > 1000 || b.p.in.Seq-a.p.in.Seq > maxLeap {
		return
	}
	unknown := uint16(0)
	for f := a.p.frame + 1; f < b.p.frame; f++ {
		if !c.ordered[a.layer][f] {
			unknown++
		}
	}
	require.LessOrEqual(c.t, step, unknown+1, "picture ids are missing between frames %d and %d", a.p.frame, b.p.frame)
}

// Over random switching between sources and layers, temporal layers left out, loss, reordering, repetition, padding, new
// beginnings and wrap-around of every counter, a receiver sees one stream.
func TestContinuity(t *testing.T) {
	for name, kinds := range map[string][]codec.Kind{
		"layers of VP8":   {codec.VP8, codec.VP8, codec.VP8},
		"sources of AV1":  {codec.AV1, codec.AV1},
		"one of each":     {codec.VP8, codec.AV1, codec.VP9},
		"a single source": {codec.VP8},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(3) {
				c := newCall(t, rand.New(rand.NewPCG(seed, 2)), int(seed%3)*8, kinds...)
				for range 4_000 {
					c.turn()
				}
				c.inOrder()
				require.Greater(t, len(c.got), 800)
			}
		})
	}
}

func TestASlotThatLivesLongWrapsEveryCounter(t *testing.T) {
	c := newCall(t, rand.New(rand.NewPCG(1, 3)), 3, codec.VP8)
	for c.high < 2<<16+2_000 {
		c.turn()
	}
	c.inOrder()
	assert.Greater(t, c.senders[0].frame, uint64(1<<17+1<<15+1000), "picture ids must have wrapped too")
}
