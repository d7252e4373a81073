package media

import (
	"time"

	"github.com/pion/interceptor/pkg/twcc"
)

// leaps bounds what transport-wide sequence numbers cost. Feedback names every number between the packets that came, so
// packets whose numbers leap make the relay write of thousands that were never sent: milliseconds at a time. The zero
// value is ready.
type leaps struct {
	last   uint16 // that was recorded
	some   bool   // last is set
	wild   uint16 // what would follow the last number that was far off
	isWild bool   // wild is set
	span   int    // numbers that the next feedback has to name, about
}

const (
	// maxLeap is how far a number may be from the last one. Half a second of 40 Mbit/s; more is a new beginning.
	maxLeap = 2000
	// maxSpan is how many numbers one feedback names. Beyond it, what comes is left out.
	maxSpan = 4000
)

// look says whether to record a number, and whether the sender has begun anew with it.
func (l *leaps) look(n uint16) (record, anew bool) {
	d := int(int16(n - l.last))
	switch {
	case !l.some:
		l.some, d = true, 1
	case d > maxLeap, d < -maxLeap:
		follows := l.isWild && n == l.wild
		l.wild, l.isWild = n+1, true
		if !follows {
			return false, false
		}
		anew, d = true, 1
	}
	if l.span += max(d, -d); l.span > maxSpan {
		return false, false
	}
	l.isWild = false
	if anew || d > 0 {
		l.last = n
	}
	return true, anew
}

// recordLocked notes for the transport-wide feedback that a packet came. The caller holds r.mu.
func (r *received) recordLocked(ssrc uint32, n uint16, at time.Time) {
	record, anew := r.leaps.look(n)
	if anew {
		r.twcc = twcc.NewRecorder(relaySSRC) // what was before is nothing that the sender still asks about
	}
	if record {
		r.twcc.Record(ssrc, n, at.UnixMicro())
	}
}
