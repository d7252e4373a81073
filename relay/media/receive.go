package media

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtp"

	"github.com/conclave-meet/conclave/relay/media/cache"
	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/relay/media/gaps"
	"github.com/conclave-meet/conclave/relay/media/rewrite"
	"github.com/conclave-meet/conclave/shared/wire"
)

// maxPacket is the largest packet that is taken in, in bytes. Browsers send at most 1,200 and a little.
const maxPacket = 1600

// maxSSRCs bounds the SSRCs of one session, which SRTP must remember for ever. Eight are in use; the rest is for senders
// that begin anew.
const maxSSRCs = 64

// takeover is how long an SSRC must be silent before another one of the same m-line takes its place.
const takeover = 300 * time.Millisecond

// inbound is a packet on its way from a source to its slots.
type inbound struct {
	src      *source
	at       time.Time
	in       rewrite.In
	newest   uint64 // highest number of the source
	marker   bool
	hasLevel bool
	rawLevel uint8 // as in RFC 6464: the voice bit and the level
	info     codec.Info
	payload  []byte // without padding; in the reader's buffer
}

// reader is what a session's reader alone owns.
type reader struct {
	s      *Session
	known  map[uint32]bool // SSRCs that sent something authentic
	knownC map[uint32]bool // the same of RTCP
	header rtp.Header      // used again for each packet
	p      inbound
	plain  [maxPacket]byte // of RTCP
	out    *burst          // of the goroutine that handles the packet
	tmp    buffer

	resent  int       // retransmissions sent since
	resetAt time.Time // then
}

func newReader(s *Session) *reader {
	return &reader{s: s, known: map[uint32]bool{}, knownC: map[uint32]bool{}, out: &burst{}}
}

// received is what both the reader and the engine's tick use.
type received struct {
	mu      sync.Mutex
	streams map[uint32]stream // by SSRC; guarded by mu
	twcc    *twcc.Recorder    // guarded by mu
}

// stream says what an SSRC carries.
type stream struct {
	src *source
	rtx bool
}

// rtp takes an SRTP packet. b is used up.
func (r *reader) rtp(b []byte, now time.Time) {
	s := r.s
	k := s.keys.Load()
	if k == nil {
		s.count.inc(DropEarly)
		return
	}
	ssrc := binary.BigEndian.Uint32(b[8:])
	if !r.known[ssrc] && len(r.known) >= maxSSRCs {
		s.count.inc(DropSSRCs)
		return
	}
	plain, err := k.in.DecryptRTP(b[:0], b, &r.header)
	if err != nil {
		s.count.inc(DropAuth)
		return
	}
	if !r.known[ssrc] {
		r.known[ssrc] = true
	}
	s.hear(now)
	s.count.inc(PacketsIn)
	r.take(plain, now)
}

// take takes a decrypted packet, whose header is in r.header.
func (r *reader) take(plain []byte, now time.Time) {
	s, h := r.s, &r.header
	payload, ok := strip(plain, h)
	if !ok {
		s.count.inc(DropMalformed)
		return
	}
	p := &r.p
	*p = inbound{at: now, marker: h.Marker, payload: payload}
	var drop Counter
	if ok, drop = r.place(p); !ok {
		s.count.inc(drop)
		return
	}
	r.spread(p)
}

// strip returns the payload without padding (RFC 3550, section 5.1).
func strip(plain []byte, h *rtp.Header) (payload []byte, ok bool) {
	n := 12 + 4*len(h.CSRC)
	if h.Extension {
		// Not h.MarshalSize(): that leaves out the padding between and behind extensions.
		n += 4 + 4*int(binary.BigEndian.Uint16(plain[n+2:]))
	}
	payload = plain[n:]
	if !h.Padding {
		return payload, true
	}
	if len(payload) == 0 {
		return nil, false
	}
	pad := int(payload[len(payload)-1])
	if pad == 0 || pad > len(payload) {
		return nil, false
	}
	return payload[:len(payload)-pad], true
}

// place finds out which source's packet p is and which number it has. drop says why it goes no further.
func (r *reader) place(p *inbound) (ok bool, drop Counter) {
	s, h := r.s, &r.header
	s.recv.mu.Lock()
	defer s.recv.mu.Unlock()
	if e := extension(h, s.terms.transport); len(e) == 2 {
		s.recv.twcc.Record(h.SSRC, binary.BigEndian.Uint16(e), p.at.UnixMicro())
	}
	st, drop := s.streamLocked(h, p.at)
	if st.src == nil {
		return false, drop
	}
	src := st.src
	if !src.on.Load() {
		return false, DropMuted
	}
	seq := h.SequenceNumber
	if st.rtx {
		if len(p.payload) < 2 {
			return false, DropRTXPadding
		}
		seq, p.payload = binary.BigEndian.Uint16(p.payload), p.payload[2:]
		if !src.track.Near(seq) {
			return false, DropDuplicate
		}
	}
	ext, verdict := src.track.Add(seq, p.at)
	if verdict != gaps.New && verdict != gaps.Late {
		return false, DropDuplicate
	}
	if st.rtx {
		s.count.inc(Recovered)
	} else {
		src.last = p.at
		src.jitter.note(h.Timestamp, s.terms.codec(src.id.Stream.Kind()).Clock, p.at)
	}
	p.src, p.newest = src, src.track.Max()
	p.in = rewrite.In{Seq: ext, TS: h.Timestamp, Empty: len(p.payload) == 0}
	return true, 0
}

// extension is a header extension, nil where there is none.
func extension(h *rtp.Header, id uint8) []byte {
	if id == 0 {
		return nil // 0 would name what is no RFC 8285 extension
	}
	return h.GetExtension(id)
}

// streamLocked finds the stream of a packet by its SSRC, or learns it from the mid. The caller holds recv.mu.
func (s *Session) streamLocked(h *rtp.Header, now time.Time) (st stream, drop Counter) {
	st, ok := s.recv.streams[h.SSRC]
	if !ok {
		src := s.sourceByMid(extension(h, s.terms.mid))
		if src == nil {
			return stream{}, DropUnknown
		}
		st = stream{src: src, rtx: h.PayloadType == s.terms.codec(src.id.Stream.Kind()).RTX}
	}
	c := s.terms.codec(st.src.id.Stream.Kind())
	if st.rtx && h.PayloadType != c.RTX || !st.rtx && h.PayloadType != c.PT {
		return stream{}, DropPT
	}
	if !ok && !s.learnLocked(h.SSRC, st, now) {
		return stream{}, DropUnknown
	}
	return st, 0
}

func (s *Session) sourceByMid(mid []byte) *source {
	for _, src := range s.sources {
		if src != nil && src.mid == string(mid) {
			return src
		}
	}
	return nil
}

// learnLocked notes what an SSRC carries. It replaces the one that carried it before, as browsers begin anew, unless
// that one is still being sent: a sender that sends two streams on one m-line would make one slot of both.
func (s *Session) learnLocked(ssrc uint32, st stream, now time.Time) bool {
	if !st.rtx {
		if st.src.ssrc.Load() != 0 && now.Sub(st.src.last) < takeover {
			return false
		}
		st.src.ssrc.Store(ssrc)
		st.src.track.Pause()
		st.src.report = senderReport{}
	}
	for old, x := range s.recv.streams {
		if x == st {
			delete(s.recv.streams, old)
		}
	}
	s.recv.streams[ssrc] = st
	return true
}

// spread looks at what a receiver can do with the packet, keeps it, and sends it to the source's slots.
func (r *reader) spread(p *inbound) {
	s := r.s
	if p.src.id.Stream.Kind() == wire.Audio {
		if e := extension(&r.header, s.terms.level); len(e) >= 1 {
			const voice = 1 << 7
			p.hasLevel, p.rawLevel = true, e[0]
			p.src.meter.Note(e[0] &^ voice)
		}
	} else if !p.in.Empty {
		if !p.info.Parse(codec.VP8, p.payload) {
			s.count.inc(DropMalformed)
			return
		}
		if p.info.Opens() {
			s.count.inc(KeyFrames)
			p.src.keys.came()
		}
	}
	p.in = numbered(p.in.Seq, p.in.TS, p.payload, &p.info)
	p.src.ring.Put(cache.Packet{Seq: p.in.Seq, TS: p.in.TS, Marker: p.marker, Payload: p.payload})
	for _, sl := range *p.src.subs.Load() {
		if n := sl.forward(p, r.out.room()); n > 0 && r.out.push(sl.s, n) {
			sl.s.count.inc(PacketsOut)
		}
	}
}
