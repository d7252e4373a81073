package call

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/e2e/bot"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// heights are those of a bot's camera, lowest layer first.
var heights = [...]int{180, 360, 720}

func TestTheLayerFollowsTheWantedHeight(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann", fps(25)), c.join("bob", choosing)
	for _, layer := range []int{0, 2, 1, 0, 1, 2} {
		begun := time.Now()
		bob.watches(wire.Cam, heights[layer], ann)
		bob.seesLayer(layer, wire.Cam, ann)
		t.Logf("layer %d after %.2f s", layer, time.Since(begun).Seconds())
	}
	// A window that is 10 % higher than a layer is not worth two and a half times as much.
	bob.watches(wire.Cam, 380, ann)
	bob.seesLayer(1, wire.Cam, ann)
	t.Logf("frozen for %.1f s through all of it", bob.Records()[ann.source(wire.Cam)].Frozen.Seconds())
	assert.Equal(t, [2]int{1, 1}, c.negotiations(ann)["ann"])
}

func TestEverybodyGetsTheLayerOfTheirOwnHeight(t *testing.T) {
	c := newCall(t)
	ann := c.host("ann", fps(25))
	low, mid, high := c.join("low", choosing), c.join("mid", choosing), c.join("high", choosing)
	for layer, p := range []*person{low, mid, high} {
		p.watches(wire.Cam, heights[layer], ann)
	}
	for layer, p := range []*person{low, mid, high} {
		p.seesLayer(layer, wire.Cam, ann)
	}
}

func TestAScreenComesInTheLayerOfItsHeight(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob", choosing)
	ann.Do(&conf.ShareScreen{On: true})
	bob.until("sees that ann shares", func(v conf.View) bool { x, ok := bob.peer(v, "ann"); return ok && x.Screen.On })
	bob.watches(wire.Screen, 1080, ann)
	bob.seesLayer(1, wire.Screen, ann)
	bob.watches(wire.Screen, 200, ann)
	bob.seesLayer(0, wire.Screen, ann)
}

func TestLayersThatNobodyWatchesAreOffAndFlowAgainWhenWanted(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann", fps(25)), c.join("bob", choosing)
	bob.watches(wire.Cam, 180, ann)
	bob.seesLayer(0, wire.Cam, ann)
	off := ann.stopsSending(1, 2)
	t.Logf("the upper layers are off %.2f s after the lowest was seen", off.Seconds())
	sent := ann.Sent(wire.Cam)

	begun := time.Now()
	bob.watches(wire.Cam, 720, ann)
	c.eventually("ann sends the highest layer", func() bool { return ann.Sent(wire.Cam)[2].Packets > sent[2].Packets })
	t.Logf("the highest layer flows %.3f s after it was wanted", time.Since(begun).Seconds())
	bob.seesLayer(2, wire.Cam, ann)
	off = ann.stopsSending(0, 1)
	t.Logf("the lower layers are off %.2f s after the highest was seen", off.Seconds())

	begun = time.Now()
	bob.Watch()
	ann.stopsSending(0, 1, 2)
	t.Logf("everything is off %.2f s after nobody watched", time.Since(begun).Seconds())
	cyd := c.join("cyd", choosing)
	cyd.watches(wire.Cam, 360, ann)
	cyd.seesLayer(1, wire.Cam, ann)
}

func TestTenPercentLossFreezesLittle(t *testing.T) {
	c := newCall(t)
	ann := c.host("ann", fps(25), rate(100_000))
	bob := c.join("bob", choosing, network(bot.Network{Loss: 0.1, Delay: 40 * time.Millisecond}))
	bob.watches(wire.Cam, 360, ann)
	src := ann.source(wire.Cam)
	c.eventually("bob sees ann", func() bool { return bob.Records()[src].Decoded > 0 })
	was, begun := bob.Records()[src], time.Now()
	c.eventually("many frames", func() bool { return bob.Records()[src].Frames >= was.Frames+75 })
	now := bob.Records()[src]
	lost, _ := bob.Dropped()
	t.Logf("in %.1f s: %d packets lost on the way, %d never came, %d of %d frames seen, frozen for %.1f s",
		time.Since(begun).Seconds(), lost, now.Lost-was.Lost, now.Decoded-was.Decoded, now.Frames-was.Frames, now.Frozen.Seconds())
	assert.Positive(t, lost)
	assert.GreaterOrEqual(t, now.Decoded-was.Decoded, 60)
}

func TestALossyUplinkIsRepairedForEverybody(t *testing.T) {
	c := newCall(t)
	ann := c.host("ann", fps(25), network(bot.Network{Loss: 0.1, Delay: 20 * time.Millisecond}))
	bob := c.join("bob", choosing)
	bob.watches(wire.Cam, 360, ann)
	src := ann.source(wire.Cam)
	c.eventually("many frames", func() bool { return bob.Records()[src].Frames >= 75 })
	now := bob.Records()[src]
	again := 0
	for _, l := range ann.Sent(wire.Cam) {
		again += l.Again
	}
	t.Logf("%d packets sent again; %d of %d frames seen, frozen for %.1f s", again, now.Decoded, now.Frames, now.Frozen.Seconds())
	assert.Positive(t, again)
	assert.GreaterOrEqual(t, now.Decoded, 60)
}

func TestSwitchingAtRandomUnderLossShowsNoWrongPicture(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	c := newCall(t)
	people := []*person{c.host("ann", fps(25)), c.join("bob", fps(25)), c.join("cyd", fps(25))}
	rough := network(bot.Network{Loss: 0.03, Delay: 10 * time.Millisecond, Jitter: 20 * time.Millisecond})
	eve, fay := c.join("eve", choosing, slots(2), rough), c.join("fay", choosing, slots(1))
	for range 15 {
		for _, p := range []*person{eve, fay} {
			var list []conf.Watch
			for _, i := range r.Perm(len(people))[:1+r.IntN(2)] {
				list = append(list, conf.Watch{Source: people[i].source(wire.Cam), Height: heights[r.IntN(3)]})
			}
			p.Watch(list...)
		}
		// Before, during and after the switch that this leads to.
		until := eve.frames(people) + r.IntN(15)
		c.eventually("pictures go on", func() bool { return eve.frames(people) >= until })
	}
	for _, p := range []*person{eve, fay} {
		p.watches(wire.Cam, 180, people...)
		for _, o := range people {
			p.seesLayer(0, wire.Cam, o)
		}
		assert.Empty(t, p.Faults(), "what %s saw", p.Name())
	}
}

// choosing wants only what watches says.
func choosing(c *bot.Config) { c.Chooses = true }

func rate(lowest int) with       { return func(c *bot.Config) { c.Rate = lowest } }
func network(n bot.Network) with { return func(c *bot.Config) { c.Network = n } }

func (p *person) source(s wire.Stream) wire.Source { return wire.Source{Member: p.index(), Stream: s} }

// watches wants a stream of these others, so high, and nothing else.
func (p *person) watches(s wire.Stream, height int, others ...*person) {
	var list []conf.Watch
	for _, o := range others {
		list = append(list, conf.Watch{Source: o.source(s), Height: height})
	}
	p.Watch(list...)
}

// seesLayer waits until pictures of one layer, and of no other, arrive of somebody.
func (p *person) seesLayer(layer int, s wire.Stream, other *person) {
	p.c.t.Helper()
	src := other.source(s)
	was := p.Records()[src]
	p.c.eventually(fmt.Sprintf("%s sees layer %d of %s's %s", p.Name(), layer, other.Name(), s), func() bool {
		now := p.Records()[src]
		if now.Layer != layer {
			was = now
		}
		return now.Layers[layer].Frames >= was.Layers[layer].Frames+3
	})
}

// stopsSending waits until nothing of these layers of the camera is sent any more, and returns how long it took.
func (p *person) stopsSending(layers ...int) (after time.Duration) {
	p.c.t.Helper()
	const pause = 500 * time.Millisecond
	begun := time.Now()
	sent, since := p.Sent(wire.Cam), begun
	p.c.eventually(fmt.Sprintf("%s stops sending the layers %v", p.Name(), layers), func() bool {
		now := p.Sent(wire.Cam)
		for _, l := range layers {
			if now[l].Packets != sent[l].Packets {
				sent, since = now, time.Now()
			}
		}
		return time.Since(since) > pause
	})
	return since.Sub(begun)
}

// frames is how many frames of these people's cameras reached p.
func (p *person) frames(people []*person) (n int) {
	all := p.Records()
	for _, o := range people {
		n += all[o.source(wire.Cam)].Frames
	}
	return n
}
