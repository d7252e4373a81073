package media

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/layers"
	"github.com/conclave-meet/conclave/shared/wire"
)

// carries says what x's downlink can take from now on.
func (x *client) carries(rate layers.Bitrate) {
	x.s.down.known.Store(&layers.Budget{Rate: rate, Proven: true})
	x.s.group.touch()
}

func TestWhatDoesNotFitIsPaused(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, describe(0, 1), nothing)
	ann.opensStudio(never)
	v := bob.watches(bob.slot("v0"))
	bob.wants(1, 720)
	v.sees(2)

	bob.carries(1000)
	c.until("bob is told", func() bool {
		return c.slots[2]["v0"] == wire.SlotState{Mid: "v0", Source: cam(1), Why: wire.WhyBandwidth}
	})
	assert.Equal(t, c.slots[2]["v0"], bob.s.Slots()[0])
	c.until("ann sends nothing more", func() bool { return len(c.encoded[1][wire.Cam].Layers) == 0 })
	v.drain(50 * time.Millisecond)
	before := len(v.numbers)
	v.drain(50 * time.Millisecond)
	assert.Len(t, v.numbers, before)

	bob.carries(layers.Unlimited)
	c.until("bob is told again", func() bool {
		return c.slots[2]["v0"] == wire.SlotState{Mid: "v0", Source: cam(1)}
	})
	v.layer = -1
	v.sees(2)
	assert.Empty(t, v.holes())
	assert.Equal(t, uint64(1), bob.s.Stats()[Pauses])
}

func TestANarrowDownlinkGetsTheLowerLayer(t *testing.T) {
	c := newCall(t)
	ann, bob, cid := c.join(1, inLayers(0, 0), both), c.join(2, describe(0, 1), nothing), c.join(3, describe(0, 1), nothing)
	ann.opensStudio(never)
	seen := bob.watches(bob.slot("v0"))
	other := cid.watches(cid.slot("v0"))
	var rates [3]layers.Bitrate
	for layer := range 3 {
		bob.wants(1, 180<<layer)
		seen.sees(layer)
		seen.drain(2 * meterSettle)
		c.rates(1, &rates)
		require.Positive(t, rates[layer], "it was measured")
	}
	cid.wants(1, 720)
	other.sees(2)
	c.until("ann sends one layer", func() bool { return slices.Equal(c.encoded[1][wire.Cam].Layers, []int{2}) })
	bob.carries((rates[0] + rates[1]) / 2)
	seen.sees(0)
	c.until("ann sends two layers", func() bool { return slices.Equal(c.encoded[1][wire.Cam].Layers, []int{0, 2}) })
	other.sees(2)
	bob.carries(layers.Unlimited)
	seen.sees(2)
	assert.Empty(t, seen.holes())
	assert.Empty(t, other.holes())
}

// rates are those of the camera's layers, as the relay measured them.
func (c *call) rates(m wire.MemberIndex, rates *[3]layers.Bitrate) bool {
	c.group.mu.Lock()
	defer c.group.mu.Unlock()
	for i, l := range c.group.members[m].sources[wire.Cam].layers {
		rates[i] = l.meter.rate(0, maxTemporal-1)
	}
	return !slices.Contains(rates[:], 0)
}

// A budget for less than all frames of the lowest layer leaves frames out, and the rest goes on without a gap.
func TestANarrowerDownlinkGetsFewerFrames(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, describe(0, 1), nothing)
	ann.opensStudio(never)
	v := bob.watches(bob.slot("v0"))
	bob.wants(1, 180)
	v.sees(0)
	var rates [3]layers.Bitrate
	c.until("the layer was measured", func() bool { c.rates(1, &rates); return rates[0] > 100_000 })
	bob.carries(rates[0] * 2 / 3)
	c.until("frames are left out", func() bool { return bob.s.Stats()[DropLayer] > 100 })
	v.drain(100 * time.Millisecond)
	bob.carries(layers.Unlimited)
	for left, until := uint64(0), time.Now().Add(10*time.Second); left != bob.s.Stats()[DropLayer]; {
		require.True(t, time.Now().Before(until), "frames are still left out")
		left = bob.s.Stats()[DropLayer]
		v.drain(100 * time.Millisecond)
	}
	assert.Empty(t, v.holes())
	assert.LessOrEqual(t, v.jump, uint16(1), "picture ids have no holes")
}
