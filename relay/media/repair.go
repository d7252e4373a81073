package media

import (
	"encoding/binary"
	"time"

	"github.com/conclave-meet/conclave/relay/media/cache"
	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/relay/media/rewrite"
)

// repairs is what a slot knows of its retransmissions. Guarded by slot.mu.
type repairs struct {
	seq   uint16     // of the last one
	sent  [64]resend // what was sent again lately
	count int
}

type resend struct {
	seq uint16
	at  time.Time
}

// usualTrip is the round-trip time of receivers that it is not known of, and the least time between two retransmissions
// of one packet: who asks again before the first answer can be there needs no second one.
const usualTrip = 30 * time.Millisecond

// roundTrip is the time to the client and back.
func (s *Session) roundTrip() time.Duration {
	if d := time.Duration(s.rtt.Load()); d > 0 {
		return d
	}
	return usualTrip
}

// retransmit makes the retransmission (RFC 4588, section 4) of packet seq in buf, and returns its size; 0 when there is
// none. scratch is used on the way. It runs in the reader of the receiver's session.
//
// There is none without an SSRC for them, as for audio in browsers: the packet sent twice would have to be the same to
// the last bit, as it is encrypted with the same nonce (RFC 7714, section 8.1), and headers do change.
func (sl *slot) retransmit(seq uint16, now time.Time, buf, scratch *buffer) int {
	k := sl.s.keys.Load()
	if k == nil || sl.rtx == 0 {
		sl.s.count.inc(NacksMissed)
		return 0
	}
	f, ext, again := sl.origin(seq, now)
	if again {
		sl.s.count.inc(DropRepeated)
		return 0
	}
	pt := sl.s.terms.of(sl.kind, f.codec).RTX
	var p cache.Packet
	ok := f.layer != nil && pt != 0
	if ok {
		p, ok = f.layer.ring.Get(ext, scratch[:])
	}
	if !ok {
		sl.s.count.inc(NacksMissed)
		return 0
	}
	var info codec.Info
	info.Parse(f.codec, p.Payload) // one that makes no sense was never kept
	h := head{pt: pt, marker: p.Marker, ssrc: sl.rtx, csrc: f.layer.src.id.CSRC()}
	if p.Head != nil && sl.s.terms.dependency != 0 {
		h.ddID, h.dd = sl.s.terms.dependency, p.Head
		info.Frame = binary.BigEndian.Uint16(p.Head[1:])
	}
	in := rewrite.In{Seq: ext, TS: p.TS, Counters: info.Counters, Compact: f.codec == codec.VP8, Spatial: info.Spatial, Empty: len(p.Payload) == 0}

	sl.mu.Lock()
	defer sl.mu.Unlock()
	o, verdict := sl.stream.Again(seq, in)
	if verdict == rewrite.Skip {
		sl.s.count.inc(NacksMissed)
		return 0
	}
	sl.repairs.seq++
	h.seq, h.ts, h.frame = sl.repairs.seq, o.TS, o.Frame
	h.marker = h.marker || info.End && sl.flow == f && info.Spatial == sl.filter.At().Spatial
	n := h.put(buf[:])
	binary.BigEndian.PutUint16(buf[n:], seq)
	n += 2
	if verdict == rewrite.Send {
		n += info.Rewrite(buf[n:], p.Payload, o.Counters)
	}
	return sl.encryptLocked(k, buf, n)
}

// origin finds what went out with number seq, and whether it was sent again only just now.
func (sl *slot) origin(seq uint16, now time.Time) (f feed, ext uint64, again bool) {
	trip := sl.s.roundTrip()
	sl.mu.Lock()
	defer sl.mu.Unlock()
	r := &sl.repairs
	for i := range r.sent {
		if x := &r.sent[i]; x.seq == seq && now.Sub(x.at) < trip {
			return feed{}, 0, true
		}
	}
	f, ext, ok := sl.stream.Origin(seq)
	if !ok || f.layer == nil {
		return feed{}, 0, false
	}
	r.sent[r.count%len(r.sent)] = resend{seq: seq, at: now}
	r.count++
	return f, ext, false
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
