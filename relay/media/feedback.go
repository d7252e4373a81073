package media

import (
	"encoding/binary"
	"time"

	"github.com/conclave-meet/conclave/relay/media/estimate"
)

// takeFeedback reads the transport-wide feedback in a compound RTCP packet and returns the rest of it, in the same memory.
// It is not read with the rest because it comes often, and that would allocate. The reader calls it.
func (s *Session) takeFeedback(b []byte, now time.Time) (rest []byte) {
	rest = b[:0]
	for len(b) >= 4 {
		n := 4 * (1 + int(binary.BigEndian.Uint16(b[2:]))) // RFC 3550, section 6.4.1
		if n > len(b) {
			break
		}
		if estimate.IsFeedback(b) {
			s.feedDown(b[:n], now)
		} else {
			rest = append(rest, b[:n]...)
		}
		b = b[n:]
	}
	return append(rest, b...) // what makes no sense is for others to refuse
}

// feedDown takes one report on what the client received.
func (s *Session) feedDown(b []byte, now time.Time) {
	d := &s.down
	if d.sent == nil {
		return
	}
	f, err := estimate.ParseFeedback(b)
	if err != nil {
		s.count.inc(DropMalformed)
		return
	}
	if trip := d.hear(f, now); trip > 0 {
		s.rtt.Store(int64(trip))
	}
}

// hear takes a report and returns the time to the client and back, 0 as long as it is not known.
func (d *down) hear(f estimate.Feedback, now time.Time) (trip time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.by.Feedback(now, f)
	d.publishLocked()
	return d.by.Snapshot().RTT
}
