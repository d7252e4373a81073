package media

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// What the relay does by the clock, for each session. Each wake-up costs more than the work it is for, with a few people
// in a call as much as forwarding, so they are few.
const (
	// tickEvery is the grain of everything. A finer one costs CPU: with 10 ms a third of all at meeting rates.
	tickEvery = 50 * time.Millisecond
	// hurryEvery is the grain while packets are missing, which are asked for 20 ms after they should have come.
	hurryEvery = 10 * time.Millisecond

	// feedbackEvery is for transport-wide feedback; browsers' estimators are made for 50 to 250 ms.
	feedbackEvery = 100 * time.Millisecond
	// calmEvery is for the estimate of a downlink that is known to take all that is wanted; others are looked at with each
	// tick.
	calmEvery = 90 * time.Millisecond // with ticks of 50: 100
	// keysEvery is for a look for key frames that did not come.
	keysEvery = 100 * time.Millisecond
	// reportEvery is for receiver reports.
	reportEvery = time.Second
)

// ticker wakes the engine.
type ticker struct {
	hurry   chan struct{} // capacity 1
	hurried atomic.Bool   // the grain is fine
}

// hasten makes the grain fine, for as long as something is missing.
func (t *ticker) hasten() {
	if t.hurried.CompareAndSwap(false, true) {
		select {
		case t.hurry <- struct{}{}:
		default:
		}
	}
}

// tick does what is due for all sessions, until ctx ends.
func (e *Engine) tick(ctx context.Context) {
	t := time.NewTimer(tickEvery)
	defer t.Stop()
	var all []*Session
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.ticker.hurry:
			t.Reset(hurryEvery)
			continue
		case <-t.C:
		}
		// First: what becomes missing while the sessions are looked at hastens again.
		e.ticker.hurried.Store(false)
		all = all[:0]
		e.mu.Lock()
		for s := range e.sessions {
			all = append(all, s)
		}
		e.mu.Unlock()
		soon, now := false, time.Now()
		for _, s := range all {
			soon = s.tick(now) || soon
		}
		if soon {
			e.ticker.hurried.Store(true)
			t.Reset(hurryEvery)
		} else {
			t.Reset(tickEvery)
		}
	}
}

// chime is when things are due next. Owned by the engine's tick.
type chime struct{ down, feedback, keys, report time.Time }

// due reports whether something is due that is done every so often, and when next.
func due(at *time.Time, now time.Time, every time.Duration) bool {
	if now.Before(*at) {
		return false
	}
	if *at = at.Add(every); at.Before(now) {
		*at = now.Add(every)
	}
	return true
}

// start spreads members over the time, so that not all have something due at once.
func (c *chime) start(m wire.MemberIndex, now time.Time) {
	const parts = 10
	part := time.Duration(m % parts)
	c.feedback = now.Add(part * feedbackEvery / parts)
	c.keys = now.Add(part * keysEvery / parts)
	c.report = now.Add(part * reportEvery / parts)
}

// tick does what is due. soon says that packets are missing, so that more will be due shortly. The engine's goroutine
// calls it.
func (s *Session) tick(now time.Time) (soon bool) {
	if s.keys.Load() == nil {
		return false
	}
	defer s.guard()
	c := &s.chime
	if c.report.IsZero() {
		c.start(s.member, now)
	}
	if s.lacking.Load() {
		if soon = s.sendNacks(now); !soon {
			s.lacking.Store(false) // the next packet sets it again, should one have become missing just now
		}
	}
	if now.Before(c.down) {
		s.down.beat(now)
	} else if s.tickDown(now) {
		c.down = now.Add(calmEvery)
	}
	if due(&c.feedback, now, feedbackEvery) {
		s.sendFeedback()
	}
	if due(&c.keys, now, keysEvery) {
		for l := range s.layers() {
			if l.src.isVideo() {
				l.retryKey(now)
			}
		}
	}
	if due(&c.report, now, reportEvery) {
		s.checkAlive(now)
		s.sendReport(now)
	}
	return soon
}

// lacks notes that packets are missing which somebody waits for.
func (s *Session) lacks() {
	if !s.lacking.Load() {
		s.lacking.Store(true)
		s.engine.ticker.hasten()
	}
}
