package media

import (
	"sync/atomic"
	"time"
)

// Loss from which on audio is sent with what came before it, in 1/256 (RFC 3550, section 6.4.1). It costs as much again,
// which helps nobody as long as opus's own repair is enough.
const (
	redFrom  = 13               // over 5 %
	redUntil = 5                // below 2 %
	redCalm  = 10 * time.Second // for so long
)

// lossy follows the loss that a receiver reports of its audio.
type lossy struct {
	on    atomic.Bool
	since time.Time // when loss was last too high to stop; owned by the receiver's reader
}

// report takes the loss since the last report.
func (l *lossy) report(fraction uint8, now time.Time) {
	on := l.on.Load()
	switch {
	case fraction >= redFrom:
		l.since = now
		l.on.Store(true)
	case fraction > redUntil:
		l.since = now
	case on && now.Sub(l.since) >= redCalm:
		l.on.Store(false)
	}
}
