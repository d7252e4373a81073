package media

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/layers"
	"github.com/conclave-meet/conclave/relay/media/red"
	"github.com/conclave-meet/conclave/shared/wire"
)

// hears is a call in which bob's slot a0 has ann's microphone. bob can take RED.
func hears(t *testing.T) (ann, bob *client, k *track) {
	t.Helper()
	c := newCall(t)
	o := describe(1, 0)
	o.Codecs = append(o.Codecs, wire.Codec{Kind: wire.Audio, Name: "red", PT: 63, Clock: 48000, Fmtp: "111/111"})
	ann, bob = c.join(1, describe(0, 0), both), c.join(2, o, nothing)
	c.until("ann in bob's slot", func() bool { return c.slots[2]["a0"].Source == mic(1) })
	k = ann.mic(77)
	return ann, bob, k
}

// speaks sends packets with a level until bob hears one of them, and returns it.
func (k *track) speaks(bob *client, l uint8) rtp.Packet {
	for range 100 {
		k.x.send(level(k.next(false), l))
		select {
		case p := <-bob.media:
			return p
		case <-time.After(20 * time.Millisecond):
		}
	}
	require.Fail(bob.t, "nothing was heard")
	return rtp.Packet{}
}

func TestSilenceIsNotPassedOn(t *testing.T) {
	ann, bob, k := hears(t)
	last := k.speaks(bob, 30)
	const unheard = 20
	require.Eventually(t, func() bool {
		ann.send(level(k.next(false), 127))
		return bob.s.Stats()[DropSilence] >= unheard
	}, 5*time.Second, 20*time.Millisecond)
	ann.send(level(k.next(false), 40))
	step := uint32(0)
	bob.gets("the next word", bob.slot("a0").SSRC, func(p *rtp.Packet) bool {
		require.Equal(t, last.SequenceNumber+1, p.SequenceNumber, "numbers have no holes")
		step = p.Timestamp - last.Timestamp
		last = *p
		return p.GetExtension(levelExt)[0] == 40
	})
	assert.Equal(t, uint32(bob.s.Stats()[DropSilence]+1)*960, step, "time went on")
}

func TestHush(t *testing.T) {
	const none = -1
	start := time.Unix(1000, 0)
	for name, x := range map[string]struct {
		level, size int
		want        bool
	}{
		"silence":                              {127, 80, true},
		"a low hum":                            {90, 80, false},
		"silence that is called speech":        {voiceBit | 127, 80, true},
		"speech":                               {voiceBit | 126, 80, false},
		"a packet without a level":             {none, 80, false},
		"one that says that there is nothing":  {none, 1, true},
		"the same, with the level of a breath": {100, 2, true},
	} {
		h := hush{}
		assert.False(t, h.silent(30, 80, start), name)
		assert.False(t, h.silent(x.level, x.size, start.Add(hushTail)), "%s: the tail passes", name)
		h.loud = start
		assert.Equal(t, x.want, h.silent(x.level, x.size, start.Add(hushTail+1)), name)
	}
}

func TestAudioIsRepeatedForWhoLosesIt(t *testing.T) {
	_, bob, k := hears(t)
	slot := bob.slot("a0")
	p := k.speaks(bob, 30)
	assert.Equal(t, uint8(opusPT), p.PayloadType)
	report := func(lost uint8) {
		bob.say(&rtcp.ReceiverReport{SSRC: 5, Reports: []rtcp.ReceptionReport{{SSRC: slot.SSRC, FractionLost: lost}}})
	}
	report(30) // 12 %
	var blocks [red.MaxBlocks]red.Block
	n := 0
	for n < 3 {
		p = k.speaks(bob, 30)
		if p.PayloadType != 63 {
			continue
		}
		var ok bool
		n, ok = red.Split(p.Payload, &blocks)
		require.True(t, ok)
	}
	require.Equal(t, 3, n)
	for i, b := range blocks[:3] {
		assert.Equal(t, uint8(opusPT), b.PT)
		assert.Equal(t, uint32(2-i)*960, b.Offset)
	}
	assert.True(t, slices.Equal(blocks[0].Payload, blocks[2].Payload), "the test's packets are all alike")
	assert.Positive(t, bob.s.Stats()[Redundant])
}

func TestRepetitionStopsWhenLittleWasLostForAWhile(t *testing.T) {
	var l lossy
	now, down := time.Unix(1000, 0), layers.Budget{Rate: 300_000, Audio: 250_000}
	report := func(after time.Duration, lost uint8) bool {
		now = now.Add(after)
		l.report(lost, down, now)
		return l.on.Load()
	}
	assert.False(t, report(0, 12), "5 % are not too much")
	assert.True(t, report(time.Second, 14))
	assert.True(t, report(9*time.Second, 0))
	assert.True(t, report(time.Second/2, 8), "between the limits it stays")
	assert.True(t, report(9*time.Second, 5), "and the time begins anew")
	assert.False(t, report(time.Second, 5))
	assert.False(t, report(time.Hour, 12))

	down.Proven = true
	assert.False(t, report(time.Second, 80), "what is lost for want of room is not sent twice")
	down.Audio = 75_000
	assert.True(t, report(time.Second, 80))
	down.Audio = 150_000
	assert.True(t, report(time.Second, 80), "which costs something")
	down.Rate = 250_000
	assert.False(t, report(time.Second, 80))
}
