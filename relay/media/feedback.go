package media

import (
	"time"

	"github.com/conclave-meet/conclave/relay/media/estimate"
)

// feedDown takes one report on what the client received. It reports whether it could be read. The reader calls it.
func (s *Session) feedDown(b []byte, now time.Time) (ok bool) {
	d := &s.down
	if d.sent == nil {
		return true
	}
	f, err := estimate.ParseFeedback(b)
	if err != nil {
		return false
	}
	if trip := d.hear(f, now); trip > 0 {
		s.rtt.Store(int64(trip))
	}
	return true
}

// hear takes a report and returns the time to the client and back, 0 as long as it is not known.
func (d *down) hear(f estimate.Feedback, now time.Time) (trip time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.by.Feedback(now, f)
	d.publishLocked()
	return d.by.Snapshot().RTT
}
