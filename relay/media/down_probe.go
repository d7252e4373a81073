package media

import (
	"time"

	"github.com/conclave-meet/conclave/relay/media/estimate"
	"github.com/conclave-meet/conclave/shared/wire"
)

// probe sends what is due of a probe.
func (x *pace) probe(s *Session, now time.Time) {
	due, sl := s.probeDue(now)
	for ; due > 0 && sl != nil; due -= estimate.PacketSize {
		n := sl.pad(now, x.out.room())
		if n == 0 || !x.out.push(s, n) {
			return
		}
		s.count.inc(ProbesOut)
	}
}

// probeDue is how many bytes of a probe have to be sent now, and the slot to send them in.
func (s *Session) probeDue(now time.Time) (due int, in *slot) {
	for _, sl := range *s.slots.Load() {
		if sl.rtx != 0 && sl.padding() != 0 && (in == nil || sl.ssrc < in.ssrc) {
			in = sl
		}
	}
	d := &s.down
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cluster == nil {
		return 0, nil
	}
	due, done := d.cluster.Due(now)
	if done {
		d.cluster = nil
	}
	return due, in
}

// padding is the payload type of the slot's padding, 0 if it can send none: that of the retransmissions of any video codec.
func (sl *slot) padding() uint8 {
	if sl.kind != wire.Video || sl.rtx == 0 {
		return 0
	}
	for _, c := range sl.s.terms.taken {
		if c.Kind == wire.Video && c.RTX != 0 {
			return c.RTX
		}
	}
	return 0
}

// pad makes a packet of nothing but padding (RFC 3550, section 5.1) in buf, and returns its size. It goes out as a
// retransmission of nothing: those may have no content, and their numbers are nobody else's.
func (sl *slot) pad(now time.Time, buf *buffer) int {
	k := sl.s.keys.Load()
	if k == nil {
		return 0
	}
	const most = 255 // bytes
	h := head{pt: sl.padding(), padded: true, ssrc: sl.rtx, transportID: sl.s.terms.transport}
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.repairs.seq++
	h.seq = sl.repairs.seq
	n := h.put(buf[:])
	clear(buf[n : n+most])
	n += most
	buf[n-1] = most
	return sl.sealLocked(k, &h, buf, n, now)
}
