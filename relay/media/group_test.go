package media

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

func TestMutedIsMuted(t *testing.T) {
	c, ann, bob, k, _ := watches(t)
	ann.s.Sending(wire.Sending{Mic: true})
	c.until("bob is told why", func() bool {
		return c.slots[2]["v0"] == wire.SlotState{Mid: "v0", Why: wire.WhyMuted}
	})
	assert.Equal(t, c.slots[2]["v0"], bob.s.Slots()[1])
	for range 10 {
		k.x.send(k.next(true))
	}
	require.Eventually(t, func() bool { return ann.s.Stats()[DropMuted] == 10 }, time.Second, time.Millisecond)
	assert.Empty(t, bob.media)

	ann.s.Sending(both)
	c.until("it is back in the slot", func() bool { return c.slots[2]["v0"].Source == cam(1) })
	k.begins(bob, bob.slot("v0"))
	assert.Zero(t, ann.s.Stats()[NacksSent], "what was not sent is not asked for: %v", ann.s.Stats())
}

func TestOnlyThoseWhoseSlotsChangeAreTold(t *testing.T) {
	c, ann, _, _, _ := watches(t)
	cid := c.join(3, describe(1, 1), nothing)
	c.until("cid hears ann", func() bool { return c.slots[3]["a0"].Source == mic(1) })
	told := func(m wire.MemberIndex) int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.told[m]
	}
	bob, cidTold := told(2), told(3)
	ann.s.Sending(wire.Sending{Mic: true})
	c.until("bob's picture goes", func() bool { return c.slots[2]["v0"].Why == wire.WhyMuted })
	assert.Equal(t, bob+1, told(2))
	assert.Equal(t, cidTold, told(3))
	assert.Zero(t, told(1))

	ann.s.Close()
	c.until("bob and cid hear nobody", func() bool { return c.slots[2]["a0"].Member == 0 && c.slots[3]["a0"].Member == 0 })
	assert.Equal(t, wire.WhyNotWanted, c.slots[2]["a0"].Why)
	assert.Equal(t, bob+2, told(2))
	assert.Equal(t, cidTold+1, told(3))
	cid.s.Close()
	assert.Equal(t, bob+2, told(2))
	assert.Equal(t, uint64(3), c.engine.Stats()[Negotiations], "one each, whatever the others do")
}

func TestWantedBeforeItExists(t *testing.T) {
	c := newCall(t)
	ann := c.enter(1, describe(0, 1), nothing)
	ann.s.Want([]wire.Want{{Source: cam(2), Height: 180}})
	assert.Equal(t, []wire.SlotState{{Mid: "v0", Why: wire.WhyNotWanted}}, ann.s.Slots())
	c.enter(2, describe(0, 0), both)
	c.until("it comes", func() bool { return c.slots[1]["v0"].Source == cam(2) })
}

func TestTheLoudestAreHeardWhenSlotsAreShort(t *testing.T) {
	c := newCall(t)
	ann := c.join(1, describe(1, 0), nothing)
	bob, cid := c.join(2, describe(0, 0), both), c.join(3, describe(0, 0), both)
	stopBob := bob.mic(5).plays(false)
	c.until("bob is heard", func() bool { return c.slots[1]["a0"].Source == mic(2) && len(c.speakers.Speaking) == 1 })
	c.until("bob is dominant", func() bool { return c.speakers.Dominant == 2 })
	stopBob()
	stopCid := cid.mic(6).plays(false)
	defer stopCid()
	c.until("cid takes the slot", func() bool { return c.slots[1]["a0"].Source == mic(3) })
	p := ann.gets("cid's voice", ann.slot("a0").SSRC, func(p *rtp.Packet) bool { return p.CSRC[0] == mic(3).CSRC() })
	assert.Equal(t, uint8(opusPT), p.PayloadType)
}

// What one member sends amiss harms nobody else, and not the member's own good packets either.
func TestJunk(t *testing.T) {
	c, ann, bob, k, first := watches(t)
	for n := range 200 { // never encrypted
		b := make([]byte, n)
		_, _ = rand.Read(b)
		if n > 2 {
			b[0] = []byte{128, 144, 22, 200}[n%4]
		}
		if n > 0 {
			_, _ = ann.conn.Write(b)
		}
	}
	for _, change := range []func(*rtp.Packet){
		func(p *rtp.Packet) { p.PayloadType = 50 },
		func(p *rtp.Packet) { p.Payload = []byte{0x90} },
		func(p *rtp.Packet) { p.Padding, p.PaddingSize, p.Payload = true, 200, nil },
		func(p *rtp.Packet) {
			p.PayloadType, p.SSRC, p.Payload = rtxPT, k.ssrc+1, []byte{byte(k.seq >> 8), byte(k.seq - 1), 1}
		},
		func(p *rtp.Packet) {
			p.PayloadType, p.SSRC, p.Payload = rtxPT, k.ssrc+1, []byte{byte(k.seq>>8) + 90, 0, 1}
		},
	} {
		p := k.next(false)
		change(p)
		ann.send(p)
	}
	for n := range maxSSRCs + 10 { // well encrypted, of no m-line
		p := k.next(true)
		p.SSRC, p.Extensions, p.Extension = 100_000+uint32(n), nil, false
		k.seq--
		ann.send(p)
	}
	ann.say(&rtcp.RawPacket{0x80, 250, 0, 1, 1, 2, 3, 4})
	ann.say(&rtcp.TransportLayerNack{MediaSSRC: 12345, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}})
	for range 5 {
		ann.send(k.next(false))
	}
	p := bob.gets("the last good frame", bob.slot("v0").SSRC, func(p *rtp.Packet) bool {
		return len(p.Payload) > 0 && p.Payload[len(p.Payload)-1] == byte(k.seq)
	})
	assert.Less(t, p.SequenceNumber-first.SequenceNumber, uint16(20))
	st := ann.s.Stats()
	assert.Positive(t, st[DropAuth])
	assert.Positive(t, st[DropMalformed])
	assert.Positive(t, st[DropUnknown])
	assert.Positive(t, st[DropSSRCs], "they are bounded")
	assert.Positive(t, st[DropPT])
	assert.Positive(t, st[DropDuplicate])
	assert.Zero(t, st[Panics])
	assert.Empty(t, c.gone)
}

func TestAFaultEndsOneSessionOnly(t *testing.T) {
	c, ann, bob, k, _ := watches(t)
	func() {
		defer bob.s.guard()
		panic("a fault")
	}()
	c.until("it is reported", func() bool { return c.gone[2] != nil })
	_, why := refusal(t, c.gone[2])
	assert.Equal(t, "internal", why)
	assert.Equal(t, uint64(1), c.engine.Stats()[Panics])
	cid := c.join(3, describe(0, 1), nothing)
	cid.s.Want([]wire.Want{{Source: cam(1), Height: 180}})
	c.until("cid sees ann", func() bool { return c.slots[3]["v0"].Source == cam(1) })
	k.begins(cid, cid.slot("v0"))
	assert.False(t, ann.s.ended.Load())
}
