package media

import (
	"encoding/binary"
	"time"

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
	m, ok := sl.recall(f, ext, pt, scratch)
	if !ok {
		sl.s.count.inc(NacksMissed)
		return 0
	}
	sl.mu.Lock()
	defer sl.mu.Unlock()
	o, verdict := sl.stream.Again(seq, m.in)
	if verdict == rewrite.Skip {
		sl.s.count.inc(NacksMissed)
		return 0
	}
	sl.repairs.seq++
	h := &m.h
	h.ssrc, h.seq, h.ts, h.frame = sl.rtx, sl.repairs.seq, o.TS, o.Frame
	h.marker = h.marker || m.info.End && sl.flow == f && m.info.Spatial == sl.filter.At().Spatial
	n := h.put(buf[:])
	binary.BigEndian.PutUint16(buf[n:], seq)
	n += 2
	if verdict == rewrite.Send {
		n += m.info.Rewrite(buf[n:], m.payload, o.Counters)
	}
	return sl.sealLocked(k, h, buf, n, now)
}

// recalled is a packet out of a layer's ring, with the header it goes out with but for its numbers.
type recalled struct {
	h       head
	info    codec.Info
	in      rewrite.In
	payload []byte // in the scratch buffer
}

// recall makes a packet anew that was kept in the ring, in the codec with payload type pt.
func (sl *slot) recall(f feed, ext uint64, pt uint8, scratch *buffer) (m recalled, ok bool) {
	if f.layer == nil || pt == 0 {
		return m, false
	}
	p, ok := f.layer.ring.Get(ext, scratch[:])
	if !ok {
		return m, false
	}
	m.info.Parse(f.codec, p.Payload) // one that makes no sense was never kept
	m.h = head{pt: pt, marker: p.Marker, csrc: f.layer.src.id.CSRC(), transportID: sl.s.terms.transport}
	if p.Head != nil && sl.s.terms.dependency != 0 {
		m.h.ddID, m.h.dd = sl.s.terms.dependency, p.Head
		m.info.Frame = binary.BigEndian.Uint16(p.Head[1:])
	}
	m.in = rewrite.In{
		Seq: ext, TS: p.TS, Counters: m.info.Counters, Compact: f.codec == codec.VP8, Spatial: m.info.Spatial,
		Empty: len(p.Payload) == 0,
	}
	m.payload = p.Payload
	return m, true
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

// sealLocked gives the packet of n bytes its transport-wide number, as the last thing before it goes out, and encrypts it.
// It returns its size, 0 on failure.
func (sl *slot) sealLocked(k *keys, h *head, buf *buffer, n int, now time.Time) int {
	if h.transport > 0 {
		binary.BigEndian.PutUint16(buf[h.transport:], sl.s.down.sent.Sent(now, n+sealing))
	}
	return sl.encryptLocked(k, buf, n)
}

// sealing is what is added to a packet on its way: the tag, and the headers of UDP and IPv4. In bytes.
const sealing = 16 + 28

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
