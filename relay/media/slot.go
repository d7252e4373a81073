package media

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/relay/media/rewrite"
	"github.com/conclave-meet/conclave/shared/wire"
)

// bufferSize is room for one packet on its way out: what the reader takes in, a longer header, and the tag.
const bufferSize = maxPacket + 64

type buffer [bufferSize]byte

// slot is one receive m-line of a client: an SSRC and that of its retransmissions, whoever is in it.
type slot struct {
	// constant
	s         *Session
	mid       string
	kind      wire.Kind
	ssrc, rtx uint32 // rtx 0: no retransmissions

	// guarded by Group.mu
	held wire.Source // what is in it; Member 0: nothing
	next *source     // that is or will be attached for it
	why  wire.Why    // why it is empty

	waiting atomic.Bool // needs a key frame

	mu      sync.Mutex
	from    *source                  // guarded by mu, as all below
	stream  *rewrite.Stream[*source] // continuity
	srtp    *srtp.Context            // of this slot's SSRCs alone: nil until the first packet
	header  rtp.Header               // used again for each packet
	rtxSeq  uint16
	resent  [32]resend // what was sent again lately
	resends int
}

type resend struct {
	seq uint16
	at  time.Time
}

func newSlot(s *Session, d wire.Slot, ssrc, rtx uint32) *slot {
	c := s.terms.codec(d.Kind)
	sl := &slot{s: s, mid: d.Mid, kind: d.Kind, ssrc: ssrc, why: wire.WhyNotWanted}
	if c.RTX != 0 {
		sl.rtx = rtx
	}
	seq := uint16(rand.Uint32() & 0x7fff)
	sl.stream = rewrite.New[*source](d.Kind == wire.Audio, c.Clock, seq, rand.Uint32())
	sl.rtxSeq = uint16(rand.Uint32() & 0x7fff) // below 2^15: RFC 3711, section 3.3.1
	return sl
}

// stateLocked is the slot as clients are told. The caller holds Group.mu.
func (sl *slot) stateLocked() wire.SlotState {
	return wire.SlotState{Mid: sl.mid, Source: sl.held, Why: sl.why}
}

// attach puts a source in. Its packets pass from the next start on.
func (sl *slot) attach(src *source) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.from = src
	sl.stream.Stop()
	sl.stream.Switch(src)
	sl.waiting.Store(sl.kind == wire.Video)
}

// detach empties the slot, and returns what was in it. Retransmissions of what went out go on.
func (sl *slot) detach() *source {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	src := sl.from
	sl.from = nil
	sl.waiting.Store(false)
	return src
}

// current is the source in the slot, nil for none.
func (sl *slot) current() *source {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	return sl.from
}

// forget empties the slot of a source that ended, so that nothing keeps it in memory.
func (sl *slot) forget(src *source) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if sl.from == src {
		sl.from = nil
		sl.waiting.Store(false)
	}
	sl.stream.Forget(src)
}

// needsKey reports whether a key frame would be put to use.
func (sl *slot) needsKey() bool { return sl.waiting.Load() && sl.s.keys.Load() != nil }

// forward makes the slot's packet of p in buf, encrypted, and returns its size; 0 when none is to be sent. The payload of
// p must not lie in buf. It runs in the reader of p's session.
func (sl *slot) forward(p *inbound, buf *buffer) int {
	k := sl.s.keys.Load()
	if k == nil {
		return 0 // not connected yet: nothing may begin
	}
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if sl.from != p.src {
		return 0 // it was replaced while the packet was on its way
	}
	waited := sl.stream.Waiting()
	o, v := sl.stream.Next(p.src, p.at, p.in, p.newest)
	if waited || v == rewrite.Skip {
		sl.waiting.Store(sl.kind == wire.Video && sl.stream.Waiting())
	}
	if v == rewrite.Skip {
		return 0
	}
	h := head{pt: sl.s.terms.codec(sl.kind).PT, marker: p.marker, seq: o.Seq, ts: o.TS, ssrc: sl.ssrc, csrc: p.src.id.CSRC()}
	if p.hasLevel {
		h.levelID, h.level = sl.s.terms.level, p.rawLevel
	}
	n := h.put(buf[:])
	if v == rewrite.Send {
		n += p.info.Rewrite(buf[n:], p.payload, o.Counters)
	}
	return sl.encryptLocked(k, buf, n)
}

// retransmit makes the retransmission (RFC 4588, section 4) of packet seq in buf, and returns its size; 0 when there is
// none. scratch is used on the way. It runs in the reader of the receiver's session.
func (sl *slot) retransmit(seq uint16, now time.Time, buf, scratch *buffer) int {
	k := sl.s.keys.Load()
	if k == nil || sl.rtx == 0 {
		sl.s.count.inc(NacksMissed)
		return 0
	}
	src, ext, again := sl.origin(seq, now)
	if again {
		sl.s.count.inc(DropRepeated)
		return 0
	}
	if src == nil {
		sl.s.count.inc(NacksMissed)
		return 0
	}
	p, ok := src.ring.Get(ext, scratch[:])
	if !ok {
		sl.s.count.inc(NacksMissed)
		return 0
	}
	var i codec.Info
	if sl.kind == wire.Video {
		i.Parse(codec.VP8, p.Payload) // an empty one stays as it is
	}

	sl.mu.Lock()
	defer sl.mu.Unlock()
	o, v := sl.stream.Again(seq, numbered(p.Seq, p.TS, p.Payload, &i))
	if v == rewrite.Skip {
		sl.s.count.inc(NacksMissed)
		return 0
	}
	sl.rtxSeq++
	h := head{pt: sl.s.terms.codec(sl.kind).RTX, marker: p.Marker, seq: sl.rtxSeq, ts: o.TS, ssrc: sl.rtx, csrc: src.id.CSRC()}
	n := h.put(buf[:])
	binary.BigEndian.PutUint16(buf[n:], seq)
	n += 2
	if v == rewrite.Send {
		n += i.Rewrite(buf[n:], p.Payload, o.Counters)
	}
	return sl.encryptLocked(k, buf, n)
}

// numbered is what the rewriter must know of a packet of which i was read.
func numbered(seq uint64, ts uint32, payload []byte, i *codec.Info) rewrite.In {
	return rewrite.In{
		Counters: i.Counters, Seq: seq, TS: ts, Start: i.Opens(), Empty: len(payload) == 0,
		Compact: i.Kind == codec.VP8, Spatial: i.Spatial,
	}
}

// resendEvery is the least time between two retransmissions of one packet: a receiver that does not know its round-trip
// time yet asks again before the first answer can be there.
const resendEvery = 30 * time.Millisecond

// origin finds what went out with number seq, and whether it was sent again only just now.
func (sl *slot) origin(seq uint16, now time.Time) (src *source, ext uint64, again bool) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	for i := range sl.resent {
		if r := &sl.resent[i]; r.seq == seq && now.Sub(r.at) < resendEvery {
			return nil, 0, true
		}
	}
	src, ext, ok := sl.stream.Origin(seq)
	if !ok || src == nil {
		return nil, 0, false
	}
	sl.resent[sl.resends%len(sl.resent)] = resend{seq: seq, at: now}
	sl.resends++
	return src, ext, false
}

// encryptLocked encrypts the first n bytes of buf in place and returns the new size, 0 on failure. Each slot has a
// context of its own, as contexts cannot be shared by goroutines; the keys are the session's, and no SSRC is in two slots.
func (sl *slot) encryptLocked(k *keys, buf *buffer, n int) int {
	if sl.srtp == nil {
		c, err := k.outgoing()
		if err != nil {
			return 0
		}
		sl.srtp = c
	}
	b, err := sl.srtp.EncryptRTP(buf[:0], buf[:n], &sl.header)
	if err != nil {
		return 0
	}
	return len(b)
}

// head is an RTP header (RFC 3550, section 5.1) as slots send it: one contributing source, at most the audio level as an
// extension (RFC 8285, section 4.2).
type head struct {
	pt             uint8
	marker         bool
	seq            uint16
	ts, ssrc, csrc uint32
	levelID, level uint8 // levelID 0: none
}

// put writes the header to b, which has at least 24 bytes, and returns its size.
func (h *head) put(b []byte) int {
	const version, extended, oneSource = 2 << 6, 1 << 4, 1
	b[0], b[1] = version|oneSource, h.pt
	if h.marker {
		b[1] |= 1 << 7
	}
	binary.BigEndian.PutUint16(b[2:], h.seq)
	binary.BigEndian.PutUint32(b[4:], h.ts)
	binary.BigEndian.PutUint32(b[8:], h.ssrc)
	binary.BigEndian.PutUint32(b[12:], h.csrc)
	if h.levelID == 0 {
		return 16
	}
	b[0] |= extended
	// Profile of one-byte headers, one 32-bit word: id and length-1, the level, two bytes of padding.
	binary.BigEndian.PutUint32(b[16:], 0xbede<<16|1)
	b[20], b[21], b[22], b[23] = h.levelID<<4, h.level, 0, 0
	return 24
}
