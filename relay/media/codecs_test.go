package media

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/shared/wire"
)

const (
	vp9PT, av1PT, h264PT = 98, 45, 102
	ddExt                = 9
)

// withCodecs is an offer with all video codecs.
func withCodecs(audio, video int) *wire.Offer {
	o := describe(audio, video)
	o.Codecs = append(o.Codecs,
		wire.Codec{Kind: wire.Video, Name: "AV1", PT: av1PT, RTX: 46, Clock: 90000, Fmtp: "level-idx=5;profile=0;tier=0"},
		wire.Codec{Kind: wire.Video, Name: "H264", PT: h264PT, RTX: 103, Clock: 90000, Fmtp: "packetization-mode=1;profile-level-id=42e01f"},
	)
	return o
}

// scalable is a camera that sends three spatial layers of VP9 in one stream (L3T1), a packet each.
type scalableCamera struct {
	*track
	n    int
	need atomic.Bool // a key frame
}

func (x *client) scalableCamera() *scalableCamera {
	k := x.camera(9000)
	k.pt = vp9PT
	return &scalableCamera{track: k}
}

// picture is the next picture's packets.
func (k *scalableCamera) picture() (all []*rtp.Packet) {
	key := k.need.Swap(false) || k.n == 0
	k.n++
	k.ts, k.pic = k.ts+3000, k.pic+1
	for sid := range 3 {
		k.seq++
		p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: sid == 2, PayloadType: k.pt, SequenceNumber: k.seq, Timestamp: k.ts, SSRC: k.ssrc}}
		_ = p.SetExtension(midExt, []byte(k.mid))
		// I, L, B and E, not flexible; P on what refers to earlier pictures, D on what refers to the layer below.
		first := byte(0x80 | 0x20 | 0x08 | 0x04)
		if !key {
			first |= 0x40
		}
		var structure []byte
		if key && sid == 0 {
			first |= 0x02
			structure = []byte{2<<5 | 0x10}
			for i := range 3 {
				structure = binary.BigEndian.AppendUint16(structure, uint16(320<<i))
				structure = binary.BigEndian.AppendUint16(structure, uint16(180<<i))
			}
		}
		d := byte(0)
		if sid > 0 {
			d = 1
		}
		p.Payload = append([]byte{first, 0x80 | byte(k.pic>>8&0x7f), byte(k.pic), byte(sid)<<1 | d, byte(k.n)}, structure...)
		p.Payload = append(p.Payload, make([]byte, 40<<(2*sid))...)
		all = append(all, p)
	}
	return all
}

// plays sends pictures, with key frames when they are asked for.
func (k *scalableCamera) plays() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		t := time.NewTicker(5 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case p := <-k.x.ctrl:
				if p, is := p.(*rtcp.PictureLossIndication); is && p.MediaSSRC == k.ssrc {
					k.need.Store(true)
				}
			case <-t.C:
				for _, p := range k.picture() {
					k.x.send(p)
				}
			}
		}
	})
	return func() { cancel(); done.Wait() }
}

func TestSpatialLayersOfOneStream(t *testing.T) {
	c := newCall(t, "VP9")
	ann, bob := c.join(1, describe(0, 0), both), c.join(2, describe(0, 1), nothing)
	assert.Equal(t, []uint8{opusPT, vp9PT, vp8PT}, types(ann.answer), "the first video codec is the one to send")
	slot := bob.slot("v0")
	bob.wants(1, 180)
	defer ann.scalableCamera().plays()()
	c.until("ann is told to send VP9", func() bool { return c.encoded[1][wire.Cam].Codec == "VP9" })
	first, last := true, uint16(0)
	sees := func(what string, layer uint8) {
		pictures := 0
		bob.gets(what, slot.SSRC, func(p *rtp.Packet) bool {
			var f codec.Info
			require.True(t, f.Parse(codec.VP9, p.Payload))
			require.Equal(t, uint8(vp9PT), p.PayloadType)
			if !first {
				require.Equal(t, last+1, p.SequenceNumber, "numbers have no holes")
			}
			first, last = false, p.SequenceNumber
			if p.Marker && f.Spatial == layer { // pictures of that height, one after the other
				pictures++
			} else if p.Marker || f.Spatial > layer {
				pictures = 0
			}
			return pictures == 10
		})
	}
	sees("the small picture alone", 0)
	c.until("the others are switched off", func() bool { return slices.Equal(c.encoded[1][wire.Cam].Layers, []int{0}) })
	bob.wants(1, 720)
	c.until("all are switched on", func() bool { return slices.Equal(c.encoded[1][wire.Cam].Layers, []int{0, 1, 2}) })
	sees("the large picture", 2)
	bob.wants(1, 360)
	sees("the middle one", 1)
}

func types(a *wire.Answer) (list []uint8) {
	for _, c := range a.Codecs {
		list = append(list, c.PT)
	}
	return list
}

func TestARoomUsesTheFirstCodecThatAllCanReceive(t *testing.T) {
	c := newCall(t, "AV1", "VP9")
	uses := func(name string) func() bool { return func() bool { return c.encoded[1][wire.Cam].Codec == name } }
	c.enter(1, withCodecs(0, 1), both)
	c.until("ann alone", uses("AV1"))
	c.enter(2, describe(0, 1), nothing)
	c.until("bob has no AV1", uses("VP9"))
	old := describe(0, 1)
	old.Codecs = slices.DeleteFunc(old.Codecs, func(c wire.Codec) bool { return c.Name == "VP9" })
	cid := c.enter(3, old, nothing)
	c.until("cid has VP8 only", uses("VP8"))
	deaf := describe(1, 0)
	deaf.Codecs, deaf.Send = deaf.Codecs[:1], deaf.Send[:1]
	c.enter(4, deaf, nothing)
	cid.s.Close()
	c.until("who has no video does not count", uses("VP9"))
}

func TestASenderMayChangeItsCodec(t *testing.T) {
	c := newCall(t, "H264")
	ann, bob := c.join(1, withCodecs(0, 0), both), c.join(2, withCodecs(0, 1), nothing)
	bob.wants(1, 720)
	c.until("ann in bob's slot", func() bool { return c.slots[2]["v0"].Source == cam(1) })
	k, slot := ann.camera(77), bob.slot("v0")
	first := k.begins(bob, slot)
	assert.Equal(t, uint8(vp8PT), first.PayloadType)
	k.pt = h264PT
	slice := k.next(false)
	slice.Payload = []byte{0x41, 1, 2, 3} // a slice that refers to others: nothing to begin with
	ann.send(slice)
	idr := k.next(true)
	idr.Payload = []byte{0x65, 7, 7, byte(k.seq)} // an IDR picture (RFC 6184, section 1.3)
	ann.send(idr)
	p := bob.gets("the first picture in H.264", slot.SSRC, anything)
	assert.Equal(t, uint8(h264PT), p.PayloadType)
	assert.Equal(t, idr.Payload, p.Payload)
	assert.Equal(t, first.SequenceNumber+1, p.SequenceNumber)
	ask := &rtcp.TransportLayerNack{MediaSSRC: slot.SSRC, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{p.SequenceNumber})}
	bob.say(ask)
	again := bob.gets("it once more", slot.RTX, anything)
	assert.Equal(t, uint8(103), again.PayloadType)
	assert.Equal(t, idr.Payload, again.Payload[2:])
}

func TestTheDependencyDescriptorIsForAV1Alone(t *testing.T) {
	for _, x := range []struct {
		codecs []string
		want   bool
	}{{nil, false}, {[]string{"VP9"}, false}, {[]string{"AV1"}, true}} {
		c := newCall(t, x.codecs...)
		a := c.enter(1, withCodecs(0, 1), both).answer
		has := slices.ContainsFunc(a.Exts, func(e wire.Ext) bool { return e.URI == wire.ExtDependency })
		assert.Equal(t, x.want, has, "%v", x.codecs)
	}
}
