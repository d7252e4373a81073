package estimate_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/relay/media/estimate"
	"github.com/conclave-meet/conclave/relay/media/layers"
	"github.com/conclave-meet/conclave/shared/wire"
)

// call is a flow whose video is what an allocator chooses among the layers of four people.
type call struct {
	*flow
	a       layers.Allocator
	asks    []layers.Ask
	rate    estimate.Bitrate // of the layers that are being sent
	points  []int
	sounds  estimate.Bitrate // of other people's audio beside the flow's own
	changes int
	paused  time.Duration // in which nobody was seen
}

// newCall is a call of five: one on the stage, three in tiles. It decides every 100 ms; a change takes effect 200 ms later,
// as the key frame has to come first.
func (n *network) newCall() *call {
	c := &call{points: make([]int, 4)}
	for i := range 4 {
		ask := layers.Ask{Source: wire.Source{Member: wire.MemberIndex(i + 1), Stream: wire.Cam}, Height: 180, Prio: 5}
		if i == 0 {
			ask.Height, ask.Prio = 720, 7
		}
		for l, rate := range []estimate.Bitrate{200 * kbit, 500 * kbit, 1500 * kbit} {
			ask.Points = append(ask.Points, layers.Point{Height: 180 << l, Layer: l, Rate: rate})
		}
		c.asks = append(c.asks, ask)
	}
	n.begins(c)
	return c
}

// newSmallCall is a call of four, all in tiles with two layers of up to three frame rates.
func (n *network) newSmallCall() *call {
	c := &call{points: make([]int, 3), sounds: 2 * audioRate}
	for i := range 3 {
		ask := layers.Ask{Source: wire.Source{Member: wire.MemberIndex(i + 1), Stream: wire.Cam}, Height: 360, Prio: 5}
		for l, rates := range [][]estimate.Bitrate{{45 * kbit, 85 * kbit, 165 * kbit}, {220 * kbit, 400 * kbit}} {
			for t, rate := range rates {
				ask.Points = append(ask.Points, layers.Point{Height: 180 << l, Layer: l, Temporal: t, Rate: rate})
			}
		}
		c.asks = append(c.asks, ask)
	}
	n.begins(c)
	return c
}

func (n *network) begins(c *call) {
	c.flow = n.join(0, func(*flow) estimate.Bitrate { return c.rate + c.sounds })
	n.every(100*time.Millisecond, func() { c.decide() })
}

func (c *call) decide() {
	s := c.e.Snapshot()
	b := layers.Budget{Rate: s.Rate, Audio: audioRate + c.sounds, Proven: s.Limited}
	var rate estimate.Bitrate
	for i, x := range c.a.Allocate(c.n.clock(), b, c.asks) {
		if x.Point >= 0 {
			rate += c.asks[i].Points[x.Point].Rate
		}
		if x.Point != c.points[i] {
			c.points[i] = x.Point
			c.changes++
		}
	}
	c.wanted = c.a.Wanted()
	if rate == 0 {
		c.paused += 100 * time.Millisecond
	}
	c.n.after(200*time.Millisecond, func() { c.rate = rate })
}

func TestACallBehindACapAndAfterIt(t *testing.T) {
	n := newNetwork(t, 20_000*kbit, 20*time.Millisecond)
	c := n.newCall()
	n.run(5 * time.Second)
	assert.Equal(t, []int{2, 0, 0, 0}, c.points, "all that is wanted")

	n.rate = 300 * kbit
	n.run(5 * time.Second)
	c.delays, c.changes, c.paused = nil, 0, 0
	n.run(25 * time.Second)
	var late int
	for _, d := range c.delays {
		if d > 250*time.Millisecond {
			late++
		}
	}
	t.Logf("%d changes, nobody seen for %v, %d of %d packets late, %+v", c.changes, c.paused, late, len(c.delays), c.e.Snapshot())
	assert.LessOrEqual(t, c.changes, 6)
	assert.Less(t, c.paused, 2*time.Second, "at least one picture")
	assert.Less(t, late, len(c.delays)/20, "everybody's audio")

	n.rate = 20_000 * kbit
	took := n.until(30*time.Second, func() bool { return c.points[0] == 2 && c.points[3] == 0 })
	t.Log("all back after", took)
	assert.Less(t, took, 14*time.Second)
	c.changes = 0
	n.run(time.Minute)
	assert.Zero(t, c.changes, "nothing to change on a wide path")
}

func TestCallsThatJoinAreSoonInFull(t *testing.T) {
	n := newNetwork(t, 20_000*kbit, 20*time.Millisecond)
	c := n.newCall()
	took := n.until(5*time.Second, func() bool { return c.points[0] == 2 })
	t.Log(took)
	assert.Less(t, took, 1500*time.Millisecond)
	assert.LessOrEqual(t, c.changes, 3)
}

func TestTwoCallsShareAPath(t *testing.T) {
	const seeds = 6
	sum := 0.0
	for seed := range uint64(seeds) {
		n := newNetwork(t, 2200*kbit, 20*time.Millisecond)
		n.r = rand.New(rand.NewPCG(seed, 7))
		a := n.newCall()
		b := n.newCall()
		n.run(20 * time.Second)
		part, _ := n.part(a.flow, b.flow, 2*time.Minute)
		assert.InDelta(t, 0.5, part, 0.2)
		sum += part / seeds
	}
	t.Logf("%.2f", sum)
	assert.InDelta(t, 0.5, sum, 0.1)
}

// Where less than two thirds of what both want fits, nobody keeps more of it for having come first.
func TestTwoCallsShareANarrowPathWhoeverCameFirst(t *testing.T) {
	const seeds = 20
	var shares []float64
	used := 0.0
	for seed := range uint64(seeds) {
		n := newNetwork(t, 1600*kbit, 20*time.Millisecond)
		n.holds, n.r = 200*time.Millisecond, rand.New(rand.NewPCG(seed, 7))
		a := n.newSmallCall()
		n.run(time.Duration(n.r.IntN(3000)) * time.Millisecond)
		b := n.newSmallCall()
		n.run(15 * time.Second)
		part, rate := n.part(a.flow, b.flow, time.Minute)
		shares = append(shares, min(part, 1-part))
		used += float64(rate) / float64(n.rate) / seeds
	}
	slices.Sort(shares)
	t.Logf("smaller shares from %.2f, median %.2f; %.2f of the path in use", shares[0], shares[seeds/2], used)
	assert.Greater(t, shares[0], 0.4)
	assert.Greater(t, used, 0.85)
}
