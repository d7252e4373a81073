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
	"github.com/conclave-meet/conclave/relay/media/red"
	"github.com/conclave-meet/conclave/relay/media/rewrite"
)

// maxPacket is the largest packet that is taken in, in bytes. Browsers send at most 1,200 and a little.
const maxPacket = 1600

// maxSSRCs bounds the SSRCs of one session, which SRTP must remember for ever. Twelve are in use with three layers of the
// camera and two of the screen; the rest is for senders that begin anew.
const maxSSRCs = 64

// takeover is how long an SSRC must be silent before another one of the same m-line takes its place.
const takeover = 300 * time.Millisecond

// inbound is a packet on its way from a layer to its slots.
type inbound struct {
	layer  *layer
	codec  codec.Kind
	at     time.Time
	in     rewrite.In
	newest uint64 // highest number of the layer
	marker bool
	silent bool // nothing is to be heard in it
	level  int  // as in RFC 6464: the voice bit and the level; -1: the packet has none
	info   codec.Info
	dd     []byte // dependency descriptor, in the reader's buffer; nil for none
	data   []byte // the payload without padding, in the reader's buffer
	first  bool   // of its SSRC
	lacks  bool   // packets before it are missing, and somebody receives the layer
	// earlier are the packets before it, for receivers that lose audio.
	earlier []red.Block
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
	past   past

	resent  int       // retransmissions sent since
	resetAt time.Time // then
	chores  chores
}

func newReader(s *Session) *reader {
	return &reader{s: s, known: map[uint32]bool{}, knownC: map[uint32]bool{}, out: &burst{}}
}

// received is what both the reader and the engine's tick use.
type received struct {
	mu      sync.Mutex
	streams map[uint32]stream // by SSRC; guarded by mu
	twcc    *twcc.Recorder    // guarded by mu
	leaps   leaps             // of its numbers; guarded by mu
}

// stream says what an SSRC carries.
type stream struct {
	layer *layer
	rtx   bool
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
	p := &r.p
	payload, ok := strip(plain, h)
	if !ok {
		s.count.inc(DropMalformed)
		return
	}
	p.at, p.marker, p.data = now, h.Marker, payload
	p.silent, p.first, p.dd, p.level = false, false, nil, -1
	placed, drop := r.place(p)
	if p.first {
		s.group.touch() // a layer that is new may be what slots wait for
	}
	if !placed {
		s.count.inc(drop)
		return
	}
	if p.lacks {
		s.lacks()
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

// place finds out which layer's packet p is and which number it has. drop says why it goes no further.
func (r *reader) place(p *inbound) (ok bool, drop Counter) {
	s, h := r.s, &r.header
	s.recv.mu.Lock()
	defer s.recv.mu.Unlock()
	if e := extension(h, s.terms.transport); len(e) == 2 {
		s.recv.recordLocked(h.SSRC, binary.BigEndian.Uint16(e), p.at)
	}
	st, first, drop := s.streamLocked(h, p.at)
	l := st.layer
	if l == nil {
		return false, drop
	}
	if !l.src.on.Load() {
		return false, DropMuted
	}
	p.first = first && !st.rtx
	seq := h.SequenceNumber
	if st.rtx {
		if len(p.data) < 2 {
			return false, DropRTXPadding
		}
		seq, p.data = binary.BigEndian.Uint16(p.data), p.data[2:]
		if !l.track.Near(seq) {
			return false, DropDuplicate
		}
	}
	ext, verdict := l.track.Add(seq, p.at)
	if verdict != gaps.New && verdict != gaps.Late {
		return false, DropDuplicate
	}
	if st.rtx {
		s.count.inc(Recovered)
	} else {
		l.last = p.at
		l.jitter.note(h.Timestamp, clock(l.src.id.Stream.Kind()), p.at)
	}
	p.layer, p.newest, p.codec = l, l.track.Max(), s.terms.byPT[h.PayloadType&0x7f].codec
	p.in = rewrite.In{Seq: ext, TS: h.Timestamp, Empty: len(p.data) == 0}
	p.lacks = l.track.Missing() && l.src.isVideo() && len(*l.subs.Load()) > 0
	return true, 0
}

// extension is a header extension, nil where there is none.
func extension(h *rtp.Header, id uint8) []byte {
	if id == 0 {
		return nil // 0 would name what is no RFC 8285 extension
	}
	return h.GetExtension(id)
}

// streamLocked finds the stream of a packet by its SSRC, or learns it from mid and rid. first says that it did. The caller
// holds recv.mu.
func (s *Session) streamLocked(h *rtp.Header, now time.Time) (st stream, first bool, drop Counter) {
	m := s.terms.byPT[h.PayloadType&0x7f]
	st, ok := s.recv.streams[h.SSRC]
	if !ok {
		st = stream{layer: s.layerOf(h, m.rtx), rtx: m.rtx}
		if st.layer == nil {
			return stream{}, false, DropUnknown
		}
	}
	// Redundancy is what the relay sends, not what it takes.
	if m.kind != st.layer.src.id.Stream.Kind() || m.rtx != st.rtx || m.red {
		return stream{}, false, DropPT
	}
	if !ok && !s.learnLocked(h.SSRC, st, now) {
		return stream{}, false, DropUnknown
	}
	return st, !ok, 0
}

// layerOf finds the layer that a packet names by mid and rid, nil for none. Retransmissions name theirs by the repaired
// rid (RFC 8852, section 3.2).
func (s *Session) layerOf(h *rtp.Header, rtx bool) *layer {
	mid := extension(h, s.terms.mid)
	for _, src := range s.sources {
		if src == nil || src.mid != string(mid) {
			continue
		}
		rid := extension(h, s.terms.rid)
		if e := extension(h, s.terms.repair); rtx && len(e) > 0 {
			rid = e
		}
		return src.byRid(rid)
	}
	return nil
}

// learnLocked notes what an SSRC carries. It replaces the one that carried it before, as browsers begin anew, unless
// that one is still being sent: a sender that sends two streams as one layer would make one slot of both.
func (s *Session) learnLocked(ssrc uint32, st stream, now time.Time) bool {
	if !st.rtx {
		l := st.layer
		if l.ssrc.Load() != 0 && now.Sub(l.last) < takeover {
			return false
		}
		l.ssrc.Store(ssrc)
		l.track.Pause()
		l.report = senderReport{}
	}
	for old, x := range s.recv.streams {
		if x == st {
			delete(s.recv.streams, old)
		}
	}
	s.recv.streams[ssrc] = st
	return true
}

// spread looks at what a receiver can do with the packet, keeps it, and sends it to the layer's slots.
func (r *reader) spread(p *inbound) {
	l := p.layer
	l.heard.Store(p.at.UnixNano())
	if l.src.isVideo() {
		if !p.in.Empty && !r.look(p) {
			r.s.count.inc(DropMalformed)
			return
		}
	} else {
		r.listen(p)
	}
	subs := *l.subs.Load()
	if len(subs) == 0 {
		return // whoever comes later begins with what comes later
	}
	if !p.silent && !p.in.Empty {
		l.ring.Put(cache.Packet{Seq: p.in.Seq, TS: p.in.TS, Marker: p.marker, Head: p.dd, Payload: p.data})
	}
	p.earlier = nil
	if !l.src.isVideo() {
		r.recall(p, subs)
	}
	for _, sl := range subs {
		if n := sl.forward(p, r.out.room()); n > 0 && r.out.push(sl.s, n) {
			sl.s.count.inc(PacketsOut)
		}
	}
}

// look reads what a video packet says of itself. ok is false where it makes no sense.
func (r *reader) look(p *inbound) (ok bool) {
	l, f := p.layer, &p.info
	if !f.Parse(p.codec, p.data) {
		return false
	}
	if p.codec == codec.AV1 {
		if p.first {
			l.deps.Reset() // its numbers begin anew
		}
		if dd := extension(&r.header, r.s.terms.dependency); len(dd) > 0 { // it may be there with nothing in it
			if p.dd = dd; !l.deps.Parse(dd, f) {
				return false
			}
		}
	}
	if k := uint32(p.codec); l.codec.Load() != k {
		l.codec.Store(k)
	}
	p.in.Start, p.in.Counters, p.in.Spatial, p.in.Compact = f.Opens(), f.Counters, f.Spatial, p.codec == codec.VP8
	l.climb(f)
	l.meter.note(f.Spatial, f.Temporal, len(p.data))
	if p.in.Start {
		r.s.count.inc(KeyFrames)
		l.src.keys.came(l.index)
		r.s.abandon(p)
	}
	return true
}

// abandon gives up what is missing of a layer before a key frame: nothing refers to it any more.
func (s *Session) abandon(p *inbound) {
	s.recv.mu.Lock()
	defer s.recv.mu.Unlock()
	s.count.addN(Lost, uint64(p.layer.track.Abandon(p.in.Seq)))
}

// listen hears whether there is something to be heard.
func (r *reader) listen(p *inbound) {
	p.info = codec.Info{}
	p.in.Start = true
	src := p.layer.src
	if e := extension(&r.header, r.s.terms.level); len(e) >= 1 {
		p.level = int(e[0])
		src.meter.Note(e[0] &^ voiceBit)
	}
	if !p.in.Empty {
		p.silent = src.hush.silent(p.level, len(p.data), p.at)
	}
}
