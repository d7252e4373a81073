package media

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/relay/media/estimate"
	"github.com/conclave-meet/conclave/shared/wire"
)

// watches is a call in which bob's slot v0 shows ann's camera; the key frame has arrived.
func watches(t *testing.T) (c *call, ann, bob *client, k *track, first rtp.Packet) {
	t.Helper()
	c = newCall(t)
	ann, bob = c.join(1, counted(describe(1, 1)), both), c.join(2, describe(1, 2), nothing)
	bob.s.Want([]wire.Want{{Source: cam(1), Height: 180}})
	c.until("ann in bob's slot", func() bool { return c.slots[2]["v0"].Source == cam(1) })
	k = ann.camera(77)
	return c, ann, bob, k, k.begins(bob, bob.slot("v0"))
}

func TestARetransmissionIsTheSamePacket(t *testing.T) {
	c, _, bob, k, first := watches(t)
	k.x.send(k.next(false))
	slot := bob.slot("v0")
	second := bob.gets("the frame", slot.SSRC, anything)
	require.Equal(t, first.SequenceNumber+1, second.SequenceNumber)

	ask := &rtcp.TransportLayerNack{MediaSSRC: slot.SSRC, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{second.SequenceNumber, second.SequenceNumber + 900})}
	bob.say(ask)
	again := bob.gets("the retransmission", slot.RTX, anything)
	assert.Equal(t, uint8(rtxPT), again.PayloadType)
	assert.Equal(t, second.SequenceNumber, binary.BigEndian.Uint16(again.Payload))
	assert.Equal(t, second.Payload, again.Payload[2:])
	assert.Equal(t, second.Timestamp, again.Timestamp)
	assert.Equal(t, second.Marker, again.Marker)
	assert.Equal(t, second.CSRC, again.CSRC)

	bob.say(ask)
	require.Eventually(t, func() bool { return bob.s.Stats()[DropRepeated] == 1 }, time.Second, time.Millisecond)
	st := bob.s.Stats()
	assert.Equal(t, uint64(1), st[RTXOut])
	assert.Equal(t, uint64(4), st[NacksIn])
	assert.Equal(t, uint64(2), st[NacksMissed], "it was never sent")
	assert.Equal(t, c.engine.Stats()[RTXOut], st[RTXOut])
}

func TestARetransmissionGoesTwiceWhereMuchIsLost(t *testing.T) {
	_, _, bob, k, _ := watches(t)
	k.x.send(k.next(false))
	slot := bob.slot("v0")
	second := bob.gets("the frame", slot.SSRC, anything)
	bob.s.down.frail.Store(true)
	bob.say(&rtcp.TransportLayerNack{MediaSSRC: slot.SSRC, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{second.SequenceNumber})})
	again := bob.gets("the retransmission", slot.RTX, anything)
	assert.Equal(t, second.Payload, again.Payload[2:])
	st := bob.s.Stats()
	assert.Equal(t, uint64(1), st[RTXOut])
	require.Eventually(t, func() bool { return bob.s.Stats()[RTXTwice] == 1 }, 5*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { return bob.replays.Load() == 1 }, 5*time.Second, time.Millisecond,
		"SRTP takes the other for a replay")
}

func TestWhoseWayIsFrail(t *testing.T) {
	var d down
	for _, x := range []struct {
		loss  float64
		queue time.Duration
		frail bool
	}{
		{0, 0, false}, {0.04, 0, false},
		{0.05, frailQueue, false}, // congestion
		{0.05, 0, true}, {0.03, 0, true}, {0.03, frailQueue, false}, {0.04, 0, false},
		{0.2, 0, true}, {0.01, 0, false},
	} {
		d.weighLossLocked(&estimate.Snapshot{Loss: x.loss, Queue: x.queue})
		assert.Equal(t, x.frail, d.frail.Load(), "%+v", x)
	}
}

func TestAMissingPacketIsAskedForAndPassedOn(t *testing.T) {
	_, ann, bob, k, first := watches(t)
	lost := k.next(false)
	k.x.send(k.next(false))
	slot := bob.slot("v0")
	after := bob.gets("the frame behind the gap", slot.SSRC, anything)
	require.Equal(t, first.SequenceNumber+2, after.SequenceNumber)

	nack := told(ann, "a NACK", func(*rtcp.TransportLayerNack) bool { return true })
	assert.Equal(t, k.ssrc, nack.MediaSSRC)
	require.Equal(t, []uint16{lost.SequenceNumber}, nack.Nacks[0].PacketList())

	// RFC 4588: its own SSRC, which is learned from the mid, and the original number before the payload.
	rtx := *lost
	rtx.PayloadType, rtx.SSRC, rtx.SequenceNumber = rtxPT, 4711, 9
	rtx.Payload = append(binary.BigEndian.AppendUint16(nil, lost.SequenceNumber), lost.Payload...)
	k.x.send(&rtx)
	got := bob.gets("the repaired frame", slot.SSRC, anything)
	assert.Equal(t, first.SequenceNumber+1, got.SequenceNumber)
	k.x.send(lost) // late after all: no second packet with this number
	rtx.SequenceNumber++
	k.x.send(&rtx)
	rtx.SequenceNumber, rtx.Payload = rtx.SequenceNumber+1, nil
	k.x.send(&rtx) // a probe
	require.Eventually(t, func() bool {
		st := ann.s.Stats()
		return st[DropDuplicate] == 2 && st[DropRTXPadding] == 1
	}, time.Second, time.Millisecond)
	assert.Equal(t, uint64(1), ann.s.Stats()[Recovered])
}

func TestKeyFrameRequestsAreHeldTogether(t *testing.T) {
	c, ann, bob, k, _ := watches(t)
	cid := c.join(3, describe(0, 1), nothing)
	cid.s.Want([]wire.Want{{Source: cam(1), Height: 180}})
	c.until("ann in cid's slot", func() bool { return c.slots[3]["v0"].Source == cam(1) })
	told(ann, "the request for cid", func(p *rtcp.PictureLossIndication) bool { return p.MediaSSRC == k.ssrc })
	before := ann.s.Stats()[PLIOut]
	for range 5 {
		bob.say(&rtcp.PictureLossIndication{MediaSSRC: bob.slot("v0").SSRC})
		cid.say(&rtcp.FullIntraRequest{MediaSSRC: cid.slot("v0").SSRC, FIR: []rtcp.FIREntry{{SSRC: cid.slot("v0").SSRC}}})
	}
	require.Eventually(t, func() bool { return bob.s.Stats()[PLIIn]+cid.s.Stats()[PLIIn] == 10 }, time.Second, time.Millisecond)
	told(ann, "one request for all, later", func(p *rtcp.PictureLossIndication) bool { return true })
	assert.Equal(t, before+1, ann.s.Stats()[PLIOut])
	k.x.send(k.next(true))
	cid.gets("the key frame", cid.slot("v0").SSRC, anything)
}

func TestKeyFrames(t *testing.T) {
	var k keyFrames
	now := time.Unix(1000, 0)
	const can = true
	assert.False(t, k.ask(0, now, !can), "there is nobody to ask")
	assert.True(t, k.due(0, now, can), "the request was remembered")
	assert.False(t, k.due(0, now.Add(time.Hour), can), "once")
	now = now.Add(keyFrameEvery)
	assert.True(t, k.ask(0, now, can))
	assert.False(t, k.ask(0, now.Add(keyFrameEvery-1), can))
	assert.False(t, k.ask(1, now.Add(keyFrameEvery-1), can), "all layers share the time")
	k.came(0)
	assert.False(t, k.due(0, now.Add(keyFrameEvery), can), "the key frame came for both")
	assert.True(t, k.due(1, now.Add(keyFrameEvery), can), "but not for the other layer")
}

func TestASlotGoesOnAcrossSources(t *testing.T) {
	c, _, bob, _, first := watches(t)
	cid := c.join(3, describe(0, 1), both)
	bob.s.Want([]wire.Want{{Source: cam(3), Height: 180}})
	c.until("cid in the same slot", func() bool { return c.slots[2]["v0"].Source == cam(3) })
	k := cid.camera(900_000)
	stop := k.plays(true)
	p := bob.gets("cid's picture", bob.slot("v0").SSRC, anything)
	stop()
	assert.Equal(t, cam(3).CSRC(), p.CSRC[0])
	assert.Equal(t, first.SequenceNumber+1, p.SequenceNumber)
	assert.Positive(t, int32(p.Timestamp-first.Timestamp))
	var was, is codec.Info
	require.True(t, was.Parse(codec.VP8, first.Payload))
	require.True(t, is.Parse(codec.VP8, p.Payload))
	assert.True(t, is.Key)
	assert.Equal(t, (was.Picture+1)&0x7fff, is.Picture)
	assert.Equal(t, was.TL0+1, is.TL0)
}

func TestTheSenderIsToldWhatArrived(t *testing.T) {
	_, ann, _, k, _ := watches(t)
	stop := k.plays(false)
	defer stop()
	told(ann, "transport-wide feedback", func(p *rtcp.TransportLayerCC) bool { return p.PacketStatusCount > 1 })
	ann.say(&rtcp.SenderReport{SSRC: k.ssrc, NTPTime: 0x123456789abcdef0})
	r := told(ann, "a receiver report that answers the sender's", func(p *rtcp.ReceiverReport) bool {
		return len(p.Reports) == 1 && p.Reports[0].LastSenderReport != 0
	})
	assert.Equal(t, k.ssrc, r.Reports[0].SSRC)
	assert.Equal(t, uint32(0x56789abc), r.Reports[0].LastSenderReport)
	assert.Zero(t, r.Reports[0].FractionLost)
}
