package media

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/shared/wire"
)

// stage is a room without a network and without anything that runs beside it: the test brings the packets that clients
// would send, decrypted, and looks at what is there to be sent.
type stage struct {
	tb  testing.TB
	g   *Group
	now time.Time
}

// anyCodec is the preference of a relay that takes everything.
var anyCodec = []codec.Kind{codec.VP9, codec.AV1, codec.H264, codec.VP8}

func newStage(tb testing.TB, e *Engine) *stage {
	tb.Helper()
	g := &Group{engine: e, members: map[wire.MemberIndex]*Session{}, dirty: make(chan struct{}, 1)}
	return &stage{tb: tb, g: g, now: time.Unix(1000, 0)}
}

// seat brings a member in, who sends everything. There are keys when it has an address.
func (x *stage) seat(m wire.MemberIndex, o *wire.Offer, addr netip.AddrPort) *reader {
	x.tb.Helper()
	terms, refused := agree(o, x.g.engine.prefer)
	require.Nil(x.tb, refused)
	s := &Session{engine: x.g.engine, group: x.g, terms: terms, member: m, cancel: func() {}}
	s.recv = received{streams: map[uint32]stream{}, twcc: twcc.NewRecorder(relaySSRC)}
	s.openDown(x.now)
	for _, d := range o.Send {
		s.sources[d.Stream] = newSource(s, wire.Source{Member: m, Stream: d.Stream}, d)
	}
	s.sendingLocked(wire.Sending{Mic: true, Cam: true, Screen: true, ScreenAudio: true})
	s.answerLocked(o, wire.ICE{})
	x.g.members[m] = s
	if addr.IsValid() {
		c, err := ice.NewCandidateHost(&ice.CandidateHostConfig{Network: "udp", Address: addr.Addr().String(), Port: int(addr.Port()), Component: 1})
		require.NoError(x.tb, err)
		s.peer.Store(newPeer(addr, c))
		s.keys.Store(&keys{profile: srtp.ProtectionProfileAeadAes128Gcm, key: make([]byte, 16), salt: make([]byte, 12)})
	}
	return newReader(s)
}

// bring hands a decrypted packet to a member's reader. It reports whether SRTP would have.
func (x *stage) bring(r *reader, plain []byte) bool {
	if len(plain) > maxPacket {
		return false
	}
	if _, err := r.header.Unmarshal(plain); err != nil {
		return false
	}
	r.s.hear(x.now)
	r.take(plain, x.now)
	return true
}

// pass lets a tenth of a second pass.
func (x *stage) pass() {
	for range 10 {
		x.now = x.now.Add(hurryEvery)
		for _, s := range x.g.members {
			s.tick(x.now)
		}
	}
	var last announced
	x.g.hear(x.now, &last)
	x.g.attend(x.now)
	select {
	case <-x.g.dirty:
		x.g.arrange(x.now)
	default:
	}
}

// got takes what the reader has to send to s out of its burst, and forgets the rest.
func (b *burst) got(s *Session) (all [][]byte) {
	for i, p := range b.queue {
		if p.s == s {
			all = append(all, append([]byte(nil), b.bufs[i][:p.size]...))
		}
	}
	clear(b.queue)
	clear(b.lines)
	clear(b.byTo)
	b.queue, b.lines = b.queue[:0], b.lines[:0]
	return all
}

// listener is the client of a bystander: it expects that each packet of one source comes, once, in order, as it was sent.
type listener struct {
	tb   testing.TB
	in   *srtp.Context
	last map[uint32]uint16 // by SSRC
}

func newListener(tb testing.TB) *listener {
	tb.Helper()
	c, err := srtp.CreateContext(make([]byte, 16), make([]byte, 12), srtp.ProtectionProfileAeadAes128Gcm, srtp.SRTPReplayProtection(1024))
	require.NoError(tb, err)
	return &listener{tb: tb, in: c, last: map[uint32]uint16{}}
}

// takes decrypts what came, and returns what is of the member.
func (l *listener) takes(all [][]byte, of wire.MemberIndex) (packets []rtp.Packet) {
	l.tb.Helper()
	for _, b := range all {
		plain, err := l.in.DecryptRTP(nil, b, nil)
		require.NoError(l.tb, err)
		var p rtp.Packet
		require.NoError(l.tb, p.Unmarshal(plain))
		require.Len(l.tb, p.CSRC, 1)
		src, ok := wire.SourceOf(p.CSRC[0])
		require.True(l.tb, ok)
		if src.Member != of {
			continue
		}
		if last, some := l.last[p.SSRC]; some {
			require.Equal(l.tb, last+1, p.SequenceNumber)
		}
		l.last[p.SSRC] = p.SequenceNumber
		packets = append(packets, p)
	}
	return packets
}

// forge makes a packet of a member who wants to do harm out of whatever d says: it looks right enough to get far.
//
//	1B payload type, 1B SSRC, 1B mid and rid, 2B sequence number, 1B flags, then extensions and payload
func forge(d []byte, ssrcs []uint32) []byte {
	d = append(d, make([]byte, max(0, 6-len(d)))...)
	p := rtp.Packet{Header: rtp.Header{
		Version: 2, SequenceNumber: binary.BigEndian.Uint16(d[3:]), Marker: d[5]&1 != 0,
		PayloadType: []uint8{vp8PT, rtxPT, vp9PT, 99, av1PT, 46, h264PT, opusPT, 63, 5}[d[0]%10],
		SSRC:        ssrcs[int(d[1])%len(ssrcs)],
	}}
	p.Timestamp = uint32(p.SequenceNumber) * 3000
	flags, rest := d[5], d[6:]
	_ = p.SetExtension(midExt, []byte([]string{"0", "1", "2", "3", "9", ""}[d[2]%6]))
	if rid := []string{"", "q", "h", "f", "z"}[d[2]/6%5]; rid != "" {
		_ = p.SetExtension(ridExt, []byte(rid))
		if flags&2 != 0 {
			_ = p.SetExtension(repairExt, []byte(rid))
		}
	}
	if flags&4 != 0 && len(rest) > 0 {
		_ = p.SetExtension(transportExt, append([]byte{d[1]}, rest[0]))
	}
	if flags&8 != 0 && len(rest) > 0 {
		_ = p.SetExtension(levelExt, rest[:1])
	}
	if flags&16 != 0 && len(rest) > 0 {
		n := min(int(rest[0]), len(rest)-1, 255)
		_ = p.SetExtension(ddExt, rest[1:1+n])
		rest = rest[1+n:]
	}
	p.Payload = rest
	if flags&32 != 0 {
		p.Padding, p.PaddingSize = true, d[2]%8
	}
	b, err := p.Marshal()
	if err != nil {
		return nil
	}
	if flags&64 != 0 && len(rest) > 0 {
		b[len(b)-1] = rest[0] // a length of the padding that need not be true
	}
	return b
}
