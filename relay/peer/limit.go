package peer

import (
	"time"

	"golang.org/x/time/rate"
)

// Limits of messages (wire, "Limits"): 100 in 10 s, with bursts of 50.
const (
	rateMessages = rate.Limit(10) // per second
	rateBurst    = 50
	ratePatience = 10 * time.Second // of dropping, until bye
	rateWarn     = time.Second      // between two errors about it; also the pause that ends an excess
)

// verdict is what becomes of a message.
type verdict int

const (
	pass verdict = iota // handle it
	drop                // drop it in silence: the client was told lately
	warn                // drop it and tell the client
	quit                // end the connection
)

// limiter decides how many messages of one connection are heard. It is pure: time comes from outside.
type limiter struct {
	bucket *rate.Limiter
	since  time.Time // the start of the excess; zero: there is none
	last   time.Time // the last message dropped
	warned time.Time
}

func newLimiter() *limiter { return &limiter{bucket: rate.NewLimiter(rateMessages, rateBurst)} }

// judge decides about a message that came at now.
func (l *limiter) judge(now time.Time) verdict {
	if l.bucket.AllowN(now, 1) {
		return pass
	}
	if l.since.IsZero() || now.Sub(l.last) > rateWarn {
		l.since = now
	}
	l.last = now
	switch {
	case now.Sub(l.since) >= ratePatience:
		return quit
	case now.Sub(l.warned) >= rateWarn:
		l.warned = now
		return warn
	}
	return drop
}
