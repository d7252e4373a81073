package media

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// track is a stream that a client sends, packet by packet.
type track struct {
	x    *client
	mid  string
	ssrc uint32
	pt   uint8
	seq  uint16
	ts   uint32
	pic  uint16
	step uint32
}

func (x *client) camera(ssrc uint32) *track {
	return &track{x: x, mid: "1", ssrc: ssrc, pt: vp8PT, seq: uint16(ssrc), ts: ssrc * 7, pic: uint16(ssrc), step: 3000}
}

func (x *client) mic(ssrc uint32) *track {
	return &track{x: x, mid: "0", ssrc: ssrc, pt: opusPT, seq: uint16(ssrc), ts: ssrc * 7, step: 960}
}

// next makes the track's next packet; a video frame is one packet.
func (k *track) next(key bool) *rtp.Packet {
	k.seq, k.ts, k.pic = k.seq+1, k.ts+k.step, k.pic+1
	p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, PayloadType: k.pt, SequenceNumber: k.seq, Timestamp: k.ts, SSRC: k.ssrc}}
	_ = p.SetExtension(midExt, []byte(k.mid))
	_ = p.SetExtension(transportExt, binary.BigEndian.AppendUint16(nil, k.seq))
	if k.pt == opusPT {
		p.Payload = binary.BigEndian.AppendUint32(nil, k.ssrc)
		return p
	}
	first := byte(0x51)
	if key {
		first = 0x50
	}
	// X and S; I and L; picture id of 15 bits; TL0PICIDX; then the frame.
	p.Payload = []byte{0x90, 0xc0, 0x80 | byte(k.pic>>8&0x7f), byte(k.pic), byte(k.pic), first, byte(k.seq)}
	return p
}

// begins sends key frames until one arrives in x's slot, and returns the packet: the source is put into the slot only
// after it was announced, and packets before that go nowhere.
func (k *track) begins(x *client, slot wire.Slot) rtp.Packet {
	x.t.Helper()
	for range 100 {
		sent := k.next(true)
		k.x.send(sent)
		wait := time.After(50 * time.Millisecond)
		for waiting := true; waiting; {
			select {
			case p := <-x.media:
				if p.SSRC == slot.SSRC && p.Payload[len(p.Payload)-1] == byte(k.seq) {
					return p
				}
			case <-wait:
				waiting = false
			}
		}
	}
	require.Fail(x.t, "no key frame arrived")
	return rtp.Packet{}
}

// level sets the audio level of a packet.
func level(p *rtp.Packet, l uint8) *rtp.Packet {
	_ = p.SetExtension(levelExt, []byte{l})
	return p
}

// plays sends frames, each 5 ms, the first a key frame, until stop is called.
func (k *track) plays(key bool) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		t := time.NewTicker(5 * time.Millisecond)
		defer t.Stop()
		for ctx.Err() == nil {
			k.x.send(level(k.next(key), 30))
			select {
			case <-ctx.Done():
			case <-t.C:
			}
		}
	})
	return func() { cancel(); done.Wait() }
}
