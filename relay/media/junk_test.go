package media

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// dropped are the counters of drops that are not zero.
func dropped(s *Session) (list []Counter) {
	st := s.Stats()
	for c := DropEarly; c < counters; c++ {
		if st[c] > 0 {
			list = append(list, c)
		}
	}
	return list
}

func TestWhatBecomesOfAPacketOfEachShape(t *testing.T) {
	const screenMid = "2"
	named := func(p *rtp.Packet, profile uint16, id uint8, mid string) {
		p.Extensions, p.Extension, p.ExtensionProfile = nil, true, profile
		require.NoError(t, p.SetExtension(id, []byte(mid)))
	}
	// extended gives the packet a header extension as it is written, whose length is a multiple of four.
	extended := func(p *rtp.Packet, profile uint16, body ...byte) []byte {
		p.Extension, p.Extensions = false, nil
		b, err := p.Marshal()
		require.NoError(t, err)
		b[0] |= 1 << 4
		x := binary.BigEndian.AppendUint16(nil, profile)
		x = append(binary.BigEndian.AppendUint16(x, uint16(len(body)/4)), body...)
		return bytes.Join([][]byte{b[:12], x, b[12:]}, nil)
	}
	const taken = counters
	for name, x := range map[string]struct {
		change func(*rtp.Packet) []byte // returns the packet, nil for what the change made of it
		want   Counter
	}{
		"one like any other":           {func(*rtp.Packet) []byte { return nil }, taken},
		"fifteen contributing sources": {func(p *rtp.Packet) []byte { p.CSRC = make([]uint32, 15); return nil }, taken},
		"one of padding alone":         {func(p *rtp.Packet) []byte { p.Payload, p.Padding, p.PaddingSize = nil, true, 200; return nil }, taken},
		"no payload":                   {func(p *rtp.Packet) []byte { p.Payload = nil; return nil }, taken},
		"padding longer than the packet": {func(p *rtp.Packet) []byte {
			b, _ := p.Marshal()
			b[0] |= 1 << 5
			b[len(b)-1] = 200
			return b
		}, DropMalformed},
		"padding of no length": {func(p *rtp.Packet) []byte {
			b, _ := p.Marshal()
			b[0] |= 1 << 5
			b[len(b)-1] = 0
			return b
		}, DropMalformed},
		"padding, and nothing there": {func(p *rtp.Packet) []byte {
			p.Payload = nil
			b, _ := p.Marshal()
			b[0] |= 1 << 5
			return b
		}, DropMalformed},
		"a payload that is no VP8":           {func(p *rtp.Packet) []byte { p.Payload = []byte{0x90}; return nil }, DropMalformed},
		"a payload type of nobody's":         {func(p *rtp.Packet) []byte { p.PayloadType = 5; return nil }, DropPT},
		"sound where a picture belongs":      {func(p *rtp.Packet) []byte { p.PayloadType = opusPT; return nil }, DropPT},
		"a picture where sound belongs":      {func(p *rtp.Packet) []byte { named(p, oneByte, midExt, "0"); return nil }, DropPT},
		"a retransmission without a number":  {func(p *rtp.Packet) []byte { p.PayloadType, p.Payload = rtxPT, nil; return nil }, DropRTXPadding},
		"a retransmission of nothing known":  {func(p *rtp.Packet) []byte { p.PayloadType = rtxPT; return nil }, DropDuplicate},
		"no m-line":                          {func(p *rtp.Packet) []byte { p.Extension, p.Extensions = false, nil; return nil }, DropUnknown},
		"an m-line that is not there":        {func(p *rtp.Packet) []byte { named(p, oneByte, midExt, "9"); return nil }, DropUnknown},
		"an m-line with a long name":         {func(p *rtp.Packet) []byte { named(p, twoByte, midExt, string(make([]byte, 200))); return nil }, DropUnknown},
		"an m-line without a name":           {func(p *rtp.Packet) []byte { named(p, twoByte, midExt, ""); return nil }, DropUnknown},
		"a layered m-line without the layer": {func(p *rtp.Packet) []byte { named(p, oneByte, midExt, "1"); return nil }, DropUnknown},
		"a layer that is not there": {func(p *rtp.Packet) []byte {
			named(p, oneByte, midExt, "1")
			_ = p.SetExtension(ridExt, []byte("z"))
			return nil
		}, DropUnknown},
		"extensions of two bytes": {func(p *rtp.Packet) []byte { named(p, twoByte, midExt, screenMid); return nil }, taken},
		"extensions of two bytes with bits of their own": {func(p *rtp.Packet) []byte {
			return extended(p, twoByte|7, midExt, 1, '2', 0)
		}, DropUnknown},
		"extensions of another kind":        {func(p *rtp.Packet) []byte { return extended(p, 0xabcd, midExt<<4, '2', 0, 0) }, DropUnknown},
		"no extension in the room for them": {func(p *rtp.Packet) []byte { return extended(p, oneByte) }, DropUnknown},
		"padding between extensions":        {func(p *rtp.Packet) []byte { return extended(p, oneByte, 0, 0, 0, midExt<<4, '2', 0, 0, 0) }, taken},
		"id 15 before the name": {func(p *rtp.Packet) []byte {
			return extended(p, oneByte, 0xf0, 0, midExt<<4, '2')
		}, DropUnknown},
		"id 15 behind the name": {func(p *rtp.Packet) []byte { return extended(p, oneByte, midExt<<4, '2', 0xf0, 0) }, taken},
	} {
		t.Run(name, func(t *testing.T) {
			r := unconnected(t)
			k := &track{mid: screenMid, ssrc: 5, pt: vp8PT, seq: 9}
			p := k.next(true)
			b := x.change(p)
			if b == nil {
				var err error
				b, err = p.Marshal()
				require.NoError(t, err)
			}
			_, err := r.header.Unmarshal(b)
			require.NoError(t, err)
			r.take(b, time.Unix(1000, 0))
			if x.want == taken {
				assert.Empty(t, dropped(r.s))
				assert.True(t, r.s.sources[wire.Screen].layers[0].track.Started())
				return
			}
			assert.Equal(t, []Counter{x.want}, dropped(r.s))
			assert.False(t, r.s.sources[wire.Screen].layers[0].track.Started() && x.want != DropMalformed)
		})
	}
}

// A packet as large as any that is taken in, with all that the relay adds to it, still fits where it is made.
func TestTheLargestPacketFits(t *testing.T) {
	x := newStage(t, newEngine(t, "127.0.0.1:0"))
	x.g.engine.prefer = anyCodec
	sink := addrOf(loopback(t))
	ann := x.seat(1, counted(withCodecs(0, 0)), sink)
	bob := x.seat(2, counted(withCodecs(0, 1)), sink)
	bob.s.down.known.Store(nil)
	bob.s.control.wants = []wire.Want{{Source: wire.Source{Member: 1, Stream: wire.Screen}, Height: 180}}
	x.g.arrange(x.now)
	ear, k := newListener(t), &track{mid: "2", ssrc: 5, pt: vp8PT}
	const tag = 10 // of AES-CM, the least that can be
	for _, size := range []int{maxPacket - tag, maxPacket - tag - 1, maxPacket - 300} {
		for name, p := range map[string]*rtp.Packet{
			"a short descriptor": {Payload: []byte{0x10, 0x50, 0, 0, 0x9d, 0x01, 0x2a, 64, 1, 180, 0}},
			"a picture id":       {Payload: []byte{0x90, 0x80, 5, 0x50, 0, 0, 0x9d, 0x01, 0x2a, 64, 1, 180, 0}},
		} {
			p.Header = k.next(true).Header
			p.Extensions = p.Extensions[:1]
			p.Payload = append(p.Payload, make([]byte, size-p.MarshalSize())...)
			b, err := p.Marshal()
			require.NoError(t, err)
			require.Len(t, b, size)
			require.True(t, x.bring(ann, b))
			got := ear.takes(ann.out.got(bob.s), 1)
			require.Len(t, got, 1, name)
			require.GreaterOrEqual(t, len(got[0].Payload), len(p.Payload))

			nack := &rtcp.TransportLayerNack{
				MediaSSRC: got[0].SSRC, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{got[0].SequenceNumber}),
			}
			b, err = nack.Marshal()
			require.NoError(t, err)
			bob.control(b, x.now)
			again := bob.out.got(bob.s)
			require.Len(t, again, 1, "the retransmission fits too")
		}
	}
	assert.Empty(t, dropped(ann.s))
}

// Where a client asks for more than anybody has reason to, the others lose nothing by it.
func TestStormsCostTheRelayLittle(t *testing.T) {
	r := unconnected(t)
	video := r.s.control.slots[1]
	now := time.Unix(1000, 0)
	for name, b := range storms(video.ssrc) {
		now = now.Add(time.Minute)
		before := r.s.Stats()
		const packets = 100
		for range packets {
			r.control(b, now)
		}
		st := r.s.Stats()
		assert.LessOrEqual(t, r.chores.done, maxChores, name)
		switch name {
		case "all numbers are asked for":
			assert.Greater(t, st[NacksIn], uint64(maxChores), "all that were read are counted")
			assert.Positive(t, st[DropStorm]-before[DropStorm])
		case "key frames are asked for":
			assert.Positive(t, st[PLIIn])
		case "feedback on packets that were not":
			assert.Positive(t, st[DropStorm]-before[DropStorm])
		}
	}
	now = now.Add(time.Minute)
	before := r.s.Stats()[NacksIn]
	b, err := (&rtcp.TransportLayerNack{MediaSSRC: video.ssrc, Nacks: []rtcp.NackPair{{PacketID: 1}}}).Marshal()
	require.NoError(t, err)
	storm := r.s.Stats()[DropStorm]
	r.control(b, now)
	assert.Equal(t, before+1, r.s.Stats()[NacksIn], "a storm that is over is forgotten")
	assert.Equal(t, storm, r.s.Stats()[DropStorm])
}

func TestPartsOfACompoundPacketStandForThemselves(t *testing.T) {
	pli := func(r *reader) []byte {
		b, err := (&rtcp.PictureLossIndication{MediaSSRC: r.s.control.slots[1].ssrc}).Marshal()
		require.NoError(t, err)
		return b
	}
	for name, x := range map[string]struct {
		part      []byte
		malformed uint64
		read      bool // what comes after it
	}{
		"names":                       {compound(1, 202, 0, 0, 0, 5, 1, 0, 0, 0), 0, true},
		"a kind that nobody knows":    {compound(0, 250, 1, 2, 3, 4), 0, true},
		"nothing but a header":        {compound(0, 201), 1, true},
		"fewer reports than it says":  {compound(3, 201, 0, 0, 0, 5), 1, true},
		"a NACK without a number":     {compound(1, 205, 0, 0, 0, 5, 0, 0, 0, 6), 1, true},
		"half a request":              {compound(4, 206, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7), 1, true},
		"feedback without content":    {compound(15, 205), 0, true},
		"another version":             {[]byte{0x41, 201, 0, 0}, 1, false},
		"a length beyond the packet":  {[]byte{0x80, 201, 0xff, 0xff}, 1, false},
		"less than a header":          {[]byte{0x80, 201}, 1, false},
		"the reports of a whole room": {compound(31, 201, make([]byte, 4+31*24)...), 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := unconnected(t)
			r.s.down.sent = nil // else it would be malformed feedback
			b := append(pli(r), x.part...)
			if len(x.part) >= 4 {
				b = append(b, pli(r)...)
			}
			r.control(b, time.Unix(1000, 0))
			want := uint64(1)
			if x.read {
				want = 2
			}
			assert.Equal(t, want, r.s.Stats()[PLIIn])
			assert.Equal(t, x.malformed, r.s.Stats()[DropMalformed])
		})
	}
}

func TestOneReceiverCannotHaveKeyFramesWithoutEnd(t *testing.T) {
	var p patience
	now := time.Unix(1000, 0)
	granted := func(d time.Duration) (n int) {
		var was time.Time
		for end := now.Add(d); now.Before(end); now = now.Add(50 * time.Millisecond) {
			if p.grants(now) && p.wish != was {
				n, was = n+1, p.wish
			}
		}
		return n
	}
	assert.Equal(t, 5, granted(5*keyFrameEvery), "at first each wish counts")
	n := granted(time.Minute)
	assert.Less(t, n, 40)
	assert.Greater(t, n, 28, "but one each two seconds is left")
	now = now.Add(time.Hour)
	assert.Equal(t, maxWishes, granted(maxWishes*keyFrameEvery), "and after a while all are back")
}

func TestNumbersThatLeapMakeNoLongFeedback(t *testing.T) {
	r := received{twcc: twcc.NewRecorder(relaySSRC)}
	now := time.Unix(1000, 0)
	statuses := func() (n int) {
		r.leaps.span = 0
		for _, p := range r.twcc.BuildFeedbackPacket() {
			n += int(p.(*rtcp.TransportLayerCC).PacketStatusCount)
		}
		return n
	}
	record := func(n uint16) { now = now.Add(time.Millisecond); r.recordLocked(7, n, now) }
	for n := range uint16(100) {
		record(65500 + n)
	}
	assert.Equal(t, 100, statuses(), "the numbers wrap")
	record(164)
	record(162)
	assert.LessOrEqual(t, statuses(), 102, "what came late is told")
	record(20_000)
	assert.Zero(t, statuses(), "one that is far off may be anything")
	record(20_001)
	record(20_002)
	assert.Equal(t, 2, statuses(), "but what follows it is a new beginning")
	g := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		for range 1000 {
			record(uint16(g.Uint32()))
			record(r.leaps.last + maxLeap)
			record(r.leaps.last - maxLeap)
		}
		assert.LessOrEqual(t, statuses(), maxSpan+maxLeap)
	}
}

// A member who sends whatever comes to mind, well encrypted, harms only itself: what ann sends bob arrives to the last
// bit, in order, though bob watches the vandal too, and the vandal ann.
func TestGarbageHarmsOnlyItsSender(t *testing.T) {
	c := newCall(t, "VP9", "AV1", "H264", "VP8")
	ann := c.join(1, describe(2, 2), both)
	bob := c.join(2, describe(2, 2), both)
	o := inLayers(2, 2)
	o.Codecs = withCodecs(0, 0).Codecs
	vandal := c.join(3, counted(o), wire.Sending{Mic: true, Cam: true, Screen: true, ScreenAudio: true})
	bob.s.Want([]wire.Want{{Source: cam(1), Height: 180, Prio: 1}, {Source: cam(3), Height: 720}})
	vandal.s.Want([]wire.Want{{Source: cam(1), Height: 180}})
	c.until("the slots are announced", func() bool {
		return c.slots[2]["v0"].Source == cam(1) && c.slots[2]["a0"].Source == mic(1) && c.slots[3]["v0"].Source == cam(1)
	})
	k, voice := ann.camera(77), ann.mic(78)
	first := k.begins(bob, bob.slot("v0"))
	go drain(vandal)

	v := &vandalism{x: vandal, r: rand.New(rand.NewPCG(3, 4)), ssrcs: collisions(ann, bob, vandal)}
	last, heard := first.SequenceNumber, 0
	for n := range 300 {
		for range 10 {
			v.act()
		}
		p := k.next(n%50 == 0)
		p.Payload = append(p.Payload, make([]byte, v.r.IntN(1000))...)
		for i := range p.Payload[7:] {
			p.Payload[7+i] = byte(v.r.Uint32())
		}
		ann.send(p)
		ann.send(level(voice.next(false), 30))
		got := bob.gets("the frame", bob.slot("v0").SSRC, func(p *rtp.Packet) bool { return p.CSRC[0] == cam(1).CSRC() })
		last++
		require.Equal(t, last, got.SequenceNumber)
		require.Equal(t, p.Payload[5:], got.Payload[len(got.Payload)-len(p.Payload)+5:])
		heard++
	}
	require.Equal(t, 300, heard)
	for _, x := range []*client{ann, bob} {
		assert.Empty(t, dropped(x.s), "nothing of member %d was dropped", x.member)
	}
	st := vandal.s.Stats()
	for _, counter := range []Counter{DropAuth, DropUnknown, DropPT, DropMalformed, DropDuplicate, DropSSRCs, DropRTXPadding} {
		assert.Positive(t, st[counter], counter.String())
	}
	assert.Zero(t, c.engine.Stats()[Panics])
	vandal.s.recv.mu.Lock()
	assert.LessOrEqual(t, len(vandal.s.recv.streams), 2*6)
	vandal.s.recv.mu.Unlock()
	c.until("nobody is gone", func() bool { return len(c.gone) == 0 })
}

// drain takes what comes to a client who does not care.
func drain(x *client) {
	media, ctrl := x.media, x.ctrl
	for media != nil || ctrl != nil {
		select {
		case _, ok := <-media:
			if !ok {
				media = nil
			}
		case _, ok := <-ctrl:
			if !ok {
				ctrl = nil
			}
		}
	}
}

// collisions are SSRCs that mean something already: to others, to the relay, in slots.
func collisions(all ...*client) []uint32 {
	list := []uint32{0, relaySSRC, 77, 78, 5, 6, 7, 8}
	for _, x := range all {
		for _, s := range x.answer.Slots {
			list = append(list, s.SSRC, s.RTX)
		}
	}
	return list
}

// vandalism is what a member does to do harm.
type vandalism struct {
	x     *client
	r     *rand.Rand
	ssrcs []uint32
	sent  []byte // the last packet, encrypted
}

func (v *vandalism) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v.r.Uint32())
	}
	return b
}

// act sends something.
func (v *vandalism) act() {
	switch v.r.IntN(10) {
	case 0: // no encryption at all
		b := v.bytes(v.r.IntN(maxPacket + 100))
		if len(b) > 0 {
			b[0] = b[0]&63 | 128
		}
		v.write(b)
	case 1: // once more
		v.write(v.sent)
	case 2: // an SSRC that nobody had
		v.rtp(forge(v.bytes(6+v.r.IntN(1200)), []uint32{v.r.Uint32()}))
	case 3, 4:
		v.rtcp(v.feedback())
	case 5: // a piece of a packet
		if n := len(v.sent); n > 1 {
			v.write(v.sent[:v.r.IntN(n)])
		}
	default:
		v.rtp(forge(v.bytes(6+v.r.IntN(1200)), v.ssrcs))
	}
}

// feedback is RTCP of some kind: of a known one with anything inside, or a storm.
func (v *vandalism) feedback() []byte {
	ssrc := v.ssrcs[v.r.IntN(len(v.ssrcs))]
	if v.r.IntN(4) == 0 {
		all := storms(ssrc)
		names := slices.Sorted(maps.Keys(all))
		return all[names[v.r.IntN(len(names))]]
	}
	var b []byte
	for range 1 + v.r.IntN(4) {
		kind := [][2]byte{{200, 1}, {201, 2}, {202, 1}, {203, 1}, {205, 1}, {205, 15}, {206, 1}, {206, 4}, {206, 15}, {207, 0}}[v.r.IntN(10)]
		body := v.bytes(4 * (2 + v.r.IntN(60)))
		binary.BigEndian.PutUint32(body[4:], ssrc)
		b = append(b, compound(kind[1], kind[0], body...)...)
	}
	if v.r.IntN(5) == 0 {
		b[3] ^= byte(1 << v.r.IntN(8)) // a length that is not true
	}
	return b
}

func (v *vandalism) rtp(plain []byte) {
	if plain == nil || len(plain) > maxPacket-16 {
		return
	}
	v.x.mu.Lock()
	b, err := v.x.out.EncryptRTP(nil, plain, nil)
	v.x.mu.Unlock()
	if err == nil {
		v.sent = b
		v.write(b)
	}
}

func (v *vandalism) rtcp(plain []byte) {
	v.x.mu.Lock()
	b, err := v.x.out.EncryptRTCP(nil, plain, nil)
	v.x.mu.Unlock()
	if err == nil {
		v.write(b)
	}
}

func (v *vandalism) write(b []byte) {
	if len(b) > 0 {
		_, err := v.x.conn.Write(b)
		require.NoError(v.x.t, err)
	}
}
