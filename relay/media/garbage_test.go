package media

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Eve's layers have names that nobody offered, share a name, change their codec with each packet, and say that they are
// 16,383 lines high. Bob, who wants to see her and ann, sees ann as if eve were not there.
func TestALiarHarmsNobodyElse(t *testing.T) {
	c := newCall(t, "VP9", "H264")
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, withCodecs(0, 2), nothing)
	o := withCodecs(0, 0)
	o.Send[wire.Cam].Rids = rids
	eve := c.join(3, o, both)
	ann.opensStudio(never)
	bob.s.Want([]wire.Want{{Source: cam(1), Height: 720}, {Source: cam(3), Height: 90, Prio: 9}})
	v := bob.watches(bob.slot("v0"))
	c.until("both have slots", func() bool { return c.slots[2]["v0"].Member != 0 && c.slots[2]["v1"].Member != 0 })
	if bob.s.Slots()[0].Member == 3 {
		v = bob.watches(bob.slot("v1"))
	}
	v.sees(2)

	r := rand.New(rand.NewPCG(3, 4))
	k := eve.camera(50)
	liar := func(n int) *rtp.Packet {
		p := k.next(n%3 == 0)
		p.SSRC = uint32(r.IntN(30)) + 1
		p.PayloadType = []uint8{vp8PT, vp9PT, h264PT, rtxPT, 99, 103, opusPT}[r.IntN(7)]
		_ = p.SetExtension(ridExt, []byte([]string{"q", "h", "f", "x", "q~"}[r.IntN(5)]))
		_ = p.SetExtension(repairExt, []byte([]string{"q", "f", "y"}[r.IntN(3)]))
		p.Payload = append([]byte{byte(r.Uint32()), 0x80, 0x80, byte(n), 0, 0, 0, 0x9d, 1, 0x2a, 255, 255, 255, 255}, make([]byte, r.IntN(300))...)
		p.SequenceNumber = uint16(r.IntN(200)) + uint16(n)
		return p
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 1500 {
			eve.send(liar(n))
		}
	}()
	v.drain(300 * time.Millisecond)
	<-done
	from := v.high
	bob.gets("more of ann", v.slot.SSRC, func(p *rtp.Packet) bool { v.take(p); return v.high > from+20 })
	assert.Empty(t, v.holes())
	st := eve.s.Stats()
	assert.Positive(t, st[DropUnknown])
	assert.Positive(t, st[DropPT])
	assert.Zero(t, c.engine.Stats()[Panics])
	require.Empty(t, c.gone)
}
