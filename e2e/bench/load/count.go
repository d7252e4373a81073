package load

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// stream is one SSRC that a tap receives. Only the poller writes, so loads and stores are enough.
type stream struct {
	video   bool          // constant
	base    uint32        // the first extended sequence number; owned by the poller
	packets atomic.Uint64 // media, without padding
	empty   atomic.Uint64 // padding that has a number in the same sequence
	newest  atomic.Uint32 // highest extended sequence number

	mu   sync.Mutex          // guards seen
	seen [sampleRing]sampled // packets that went up to pion
}

// sampled says when a packet of a stream came.
type sampled struct {
	seq uint16
	at  int64 // Unix nanoseconds
}

// sampleRing is how many sampled packets of one stream may be on their way through pion.
const sampleRing = 256

// firstPackets is how many packets of a stream all go up to pion, which finds out about the stream by them.
const firstPackets = 60

// take counts one packet and passes it on when pion needs it. b belongs to the caller.
func (t *tap) take(b []byte, from netip.AddrPort, at int64) {
	const least = 12 // bytes of an RTP header, and of an encrypted RTCP one
	if len(b) < least {
		return
	}
	// RFC 7983, section 7, and RFC 5761, section 4.
	isMedia := b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223)
	if isMedia && !t.count(b, at) {
		return
	}
	select {
	case t.in <- datagram{append([]byte(nil), b...), from}:
	default:
	}
}

// count counts an RTP packet. It reports whether pion should have it.
func (t *tap) count(b []byte, at int64) bool {
	if id := uint8(t.transport.Load()); id != 0 {
		if seq, ok := transportSeq(b, id); ok {
			t.feedback.Record(binary.BigEndian.Uint32(b[8:]), seq, at/int64(time.Microsecond))
			t.unsaid++
		}
	}
	pt := b[1] & 0x7f
	if pt != typeVP8 && pt != typeOpus {
		bump(&t.other)
		return false
	}
	seq, ssrc := binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[8:])
	s := t.stream(ssrc)
	if s == nil {
		s = t.begin(ssrc, seq, pt == typeVP8)
	} else if newest := s.newest.Load(); int16(seq-uint16(newest)) > 0 {
		s.newest.Store(newest + uint32(seq-uint16(newest)))
	}
	if padded := b[0]&0x20 != 0; padded { // no publisher pads: it is the server's probe
		bump(&s.empty)
		bump(&t.other)
		return false
	}
	bump(&s.packets)
	if n := s.packets.Load(); n > firstPackets && seq%t.sample != 0 {
		return false
	}
	s.mu.Lock()
	s.seen[seq/t.sample%sampleRing] = sampled{seq, at}
	s.mu.Unlock()
	return true
}

// bump is Add(1) for who alone writes.
func bump(c *atomic.Uint64) { c.Store(c.Load() + 1) }

func (t *tap) begin(ssrc uint32, seq uint16, video bool) *stream {
	s := &stream{video: video, base: 1<<16 | uint32(seq)} // room below for packets that come late
	s.newest.Store(s.base)
	all := maps.Clone(*t.streams.Load())
	all[ssrc] = s
	t.streams.Store(&all)
	return s
}

// cameAt is when a sampled packet came.
func (s *stream) cameAt(seq, sample uint16) (at int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.seen[seq/sample%sampleRing]
	return x.at, x.seq == seq && x.at != 0
}

// transportSeq is the transport-wide sequence number of an RTP packet, whose header SRTP leaves in the clear (RFC 3711,
// section 3.1). Only one-byte extensions (RFC 8285, section 4.2) are read: no server uses others here.
func transportSeq(b []byte, id uint8) (seq uint16, ok bool) {
	const extended = 0x10
	at := 12 + 4*int(b[0]&0x0f)
	if b[0]&extended == 0 || len(b) < at+4 || binary.BigEndian.Uint16(b[at:]) != 0xBEDE {
		return 0, false
	}
	end := at + 4 + 4*int(binary.BigEndian.Uint16(b[at+2:]))
	if len(b) < end {
		return 0, false
	}
	for at += 4; at < end; {
		if b[at] == 0 { // padding
			at++
			continue
		}
		n := int(b[at]&0x0f) + 1
		if b[at]>>4 == id && n == 2 && at+3 <= end {
			return binary.BigEndian.Uint16(b[at+1:]), true
		}
		at += 1 + n
	}
	return 0, false
}

// totals is what a tap received so far.
type totals struct {
	video, audio uint64 // packets of media
	audioDue     uint64 // audio packets by their sequence numbers
	other        uint64
	videoStreams int
}

func (t *tap) totals() (sum totals) {
	sum.other = t.other.Load()
	for _, s := range *t.streams.Load() {
		n := s.packets.Load()
		switch {
		case n == 0:
		case s.video:
			sum.video += n
			sum.videoStreams++
		default:
			sum.audio += n
			sum.audioDue += uint64(s.newest.Load()-s.base) + 1 - s.empty.Load()
		}
	}
	return sum
}
