package media

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/shared/wire"
)

// unconnected is a reader of a session that sends all streams and has slots, without anything that runs beside it: the
// fuzzer takes each input that runs other lines for a find.
func unconnected(tb testing.TB) *reader {
	tb.Helper()
	o := counted(describe(1, 1))
	o.Send[wire.Cam].Rids = []string{"q", "h", "f"}
	all := []codec.Kind{codec.VP9, codec.AV1, codec.H264, codec.VP8}
	terms, refused := agree(o, all)
	require.Nil(tb, refused)
	e := &Engine{prefer: all}
	s := &Session{engine: e, group: &Group{engine: e}, terms: terms, member: 1}
	s.group.members = map[wire.MemberIndex]*Session{1: s}
	s.recv = received{streams: map[uint32]stream{}, twcc: twcc.NewRecorder(relaySSRC)}
	s.openDown(time.Unix(1000, 0))
	s.engine.pace = newPacer()
	for _, d := range o.Send {
		s.sources[d.Stream] = newSource(s, wire.Source{Member: 1, Stream: d.Stream}, d)
	}
	s.sendingLocked(wire.Sending{Mic: true, Cam: true, Screen: true, ScreenAudio: true})
	s.answerLocked(o, wire.ICE{})
	return newReader(s)
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
