package peer

import (
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"golang.org/x/time/rate"
)

// Limits of JSON messages (wire, "Limits"): 100 in 10 s, with bursts of 50. Those of items are in wire.
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
	messages     *rate.Limiter // JSON
	items, bytes *rate.Limiter // binary
	since        time.Time     // the start of the excess; zero: there is none
	last         time.Time     // the last message dropped
	warned       time.Time
}

func newLimiter() *limiter {
	return &limiter{
		messages: rate.NewLimiter(rateMessages, rateBurst),
		items:    rate.NewLimiter(wire.ItemRate, wire.ItemBurst),
		bytes:    rate.NewLimiter(wire.SealedRate, wire.SealedBurst),
	}
}

// judge decides about a JSON message that came at now.
func (l *limiter) judge(now time.Time) verdict {
	if l.messages.AllowN(now, 1) {
		return pass
	}
	return l.excess(now)
}

// judgeItems decides about a binary message of so many items and bytes that came at now. One that is dropped costs
// nothing.
func (l *limiter) judgeItems(now time.Time, items, bytes int) verdict {
	if l.items.TokensAt(now) >= float64(items) && l.bytes.AllowN(now, bytes) {
		l.items.AllowN(now, items)
		return pass
	}
	return l.excess(now)
}

// excess decides about a message that is too many.
func (l *limiter) excess(now time.Time) verdict {
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
