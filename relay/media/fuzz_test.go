package media

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// unconnected is a reader of a session that sends all streams and has slots, without anything that runs beside it: the
// fuzzer takes each input that runs other lines for a find.
func unconnected(tb testing.TB) *reader {
	tb.Helper()
	o := counted(describe(1, 1))
	o.Send[wire.Cam].Rids = []string{"q", "h", "f"}
	return newStage(tb, &Engine{prefer: anyCodec, pace: newPacer()}).seat(1, o, netip.AddrPort{})
}

// Whatever is inside a well encrypted packet, nothing panics and nothing is written outside its buffer.
func FuzzRTP(f *testing.F) {
	seed := func(change func(*rtp.Packet)) {
		k := &track{mid: "1", ssrc: 5, pt: vp8PT, seq: 9}
		p := k.next(true)
		change(p)
		b, err := p.Marshal()
		require.NoError(f, err)
		f.Add(b)
	}
	seed(func(*rtp.Packet) {})
	seed(func(p *rtp.Packet) { p.Padding, p.PaddingSize = true, 5 })
	seed(func(p *rtp.Packet) { p.PayloadType = rtxPT })
	seed(func(p *rtp.Packet) { p.CSRC = []uint32{1, 2, 3} })
	seed(func(p *rtp.Packet) { _ = p.SetExtension(midExt, []byte("0")); p.PayloadType = opusPT })
	r := unconnected(f)
	now := time.Unix(1000, 0)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > maxPacket {
			return
		}
		if _, err := r.header.Unmarshal(b); err != nil {
			return // SRTP would not have decrypted it
		}
		now = now.Add(10 * time.Millisecond)
		r.take(b, now)
		require.LessOrEqual(t, len(r.s.recv.streams), 2*len(slices.Collect(r.s.layers())))
	})
}

func FuzzRTCP(f *testing.F) {
	for _, p := range []rtcp.Packet{
		&rtcp.PictureLossIndication{MediaSSRC: 5},
		&rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: 5}}},
		&rtcp.TransportLayerNack{MediaSSRC: 5, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}},
		&rtcp.SenderReport{SSRC: 5},
		&rtcp.ReceiverReport{SSRC: 5, Reports: []rtcp.ReceptionReport{{SSRC: 6}}},
	} {
		b, err := p.Marshal()
		require.NoError(f, err)
		f.Add(b)
	}
	r := unconnected(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		r.control(b, time.Unix(1000, 0))
	})
}

// Whatever a member sends for however long, what goes from one of the others to another is as if it were not there: each
// packet once, in order, with what was sent.
//
// The input is a list of 1B what, 2B length, and so many bytes of it.
func FuzzBystander(f *testing.F) {
	const rtpRaw, rtpForged, rtcpRaw, rtcpTyped, later = 0, 1, 2, 3, 4
	acts := func(list ...[]byte) (b []byte) {
		for _, x := range list {
			b = append(binary.BigEndian.AppendUint16(append(b, x[0]), uint16(len(x)-1)), x[1:]...)
		}
		return b
	}
	frame := []byte{rtpForged, 0, 4, 7, 0, 1, 0, 0x90, 0x80, 5, 0x50, 0, 0, 0x9d, 1, 0x2a, 64, 1, 180, 0}
	second := slices.Clone(frame)
	second[5]++
	f.Add(acts(frame, second, []byte{later}, []byte{rtcpTyped, 2, 0, 0, 1, 0xff, 0xff}))
	f.Add(acts([]byte{rtpRaw, 0x80, vp8PT, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5}, []byte{rtcpRaw, 0x80, 201, 0, 1, 0, 0, 0, 5}))
	f.Add(acts([]byte{rtpForged, 7, 3, 0, 0, 1, 8, 20, 1, 2, 3}, []byte{rtpForged, 4, 4, 7, 0, 1, 16, 3, 0xc0, 0, 1, 9}))
	e := newEngine(f, "127.0.0.1:0")
	e.prefer = anyCodec
	e.stop() // nothing runs beside the fuzzer
	e.ticking.Wait()
	sink := addrOf(loopback(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		const most = 64 // acts
		x := newBystanders(t, e, sink)
		for n := 0; len(b) >= 3 && n < most; n++ {
			what, size := b[0], int(binary.BigEndian.Uint16(b[1:]))
			d := slices.Clone(b[3:min(3+size, len(b))])
			b = b[min(3+size, len(b)):]
			switch what % 5 {
			case rtpRaw:
				x.bring(x.vandal, d)
			case rtpForged:
				x.bring(x.vandal, forge(d, x.ssrcs))
			case rtcpRaw:
				x.vandal.control(d[:min(len(d), maxPacket)], x.now)
			case rtcpTyped:
				x.vandal.control(x.report(d), x.now)
			case later:
				x.pass()
			}
			x.talks()
		}
		x.check()
	})
}

// bystanders are ann, whom bob sees and hears, and a vandal whom bob would see too, and who sees ann.
type bystanders struct {
	*stage
	ann, bob, vandal *reader
	ear              *listener
	cam, mic         *track
	ssrcs            []uint32
	frames           int
}

func newBystanders(tb testing.TB, e *Engine, sink netip.AddrPort) *bystanders {
	x := &bystanders{stage: newStage(tb, e), ear: newListener(tb)}
	x.ann = x.seat(1, withCodecs(1, 1), sink)
	x.bob = x.seat(2, withCodecs(4, 2), sink)
	o := counted(withCodecs(2, 1))
	o.Send[wire.Cam].Rids = rids
	x.vandal = x.seat(3, o, sink)
	x.bob.s.control.wants = []wire.Want{{Source: cam(1), Height: 180, Prio: 1}, {Source: cam(3), Height: 720}}
	x.vandal.s.control.wants = []wire.Want{{Source: cam(1), Height: 180}}
	x.g.arrange(x.now)
	x.cam = &track{mid: "1", ssrc: 77, pt: vp8PT}
	x.mic = &track{mid: "0", ssrc: 78, pt: opusPT}
	x.ssrcs = []uint32{5, 77, 78, relaySSRC, 6, 0}
	for _, r := range []*reader{x.bob, x.vandal} {
		for _, sl := range r.s.control.slots {
			x.ssrcs = append(x.ssrcs, sl.ssrc, sl.rtx)
		}
	}
	x.talks()
	return x
}

// talks sends a frame and a word of ann's, and requires that bob gets both, and of the vandal only what can be decrypted.
func (x *bystanders) talks() {
	const nobody = 0
	x.ear.takes(x.vandal.out.got(x.bob.s), nobody)
	x.now = x.now.Add(5 * time.Millisecond)
	for _, k := range []*track{x.cam, x.mic} {
		sent := level(k.next(x.frames == 0), 30)
		b, err := sent.Marshal()
		require.NoError(x.tb, err)
		require.True(x.tb, x.bring(x.ann, b))
		got := x.ear.takes(x.ann.out.got(x.bob.s), 1)
		require.Len(x.tb, got, 1)
		p, tail := got[0].Payload, sent.Payload[len(sent.Payload)-2:]
		require.Equal(x.tb, tail, p[len(p)-2:])
	}
	x.frames++
}

// report makes RTCP of a kind that the relay reads, on one of the SSRCs.
func (x *bystanders) report(d []byte) []byte {
	d = append(d, make([]byte, max(0, 2-len(d)))...)
	kind := [][2]byte{{1, 200}, {1, 201}, {1, 205}, {15, 205}, {1, 206}, {4, 206}}[d[0]%6]
	body := binary.BigEndian.AppendUint32(make([]byte, 4), x.ssrcs[int(d[1])%len(x.ssrcs)])
	body = append(body, d[2:min(len(d), 1400)]...)
	return compound(kind[0], kind[1], body[:len(body)/4*4]...)
}

// check requires that nobody else was harmed, and that the vandal takes no more room than anybody may.
func (x *bystanders) check() {
	require.Empty(x.tb, dropped(x.ann.s))
	require.Subset(x.tb, []Counter{DropLayer, DropSilence}, dropped(x.bob.s), "of the vandal's")
	require.Zero(x.tb, x.vandal.s.Stats()[Panics])
	require.LessOrEqual(x.tb, len(x.vandal.s.recv.streams), 2*len(slices.Collect(x.vandal.s.layers())))
	require.LessOrEqual(x.tb, x.vandal.chores.done, maxChores)
}
