package media

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// What the relay does by the clock, for each session. Waking up costs more than the work it is for, and with a few people
// in a call more than forwarding: so there is one clock for all, it wakes seldom, and it goes along where packets have woken
// the relay anyhow.
const (
	// tickEvery is the grain of everything. A finer one costs CPU: with 10 ms a third of all at meeting rates.
	tickEvery = 50 * time.Millisecond
	// tickSlack is for how much longer a tick waits for packets to go along with.
	tickSlack = 25 * time.Millisecond
	// hurryEvery is the grain while packets are missing, which are asked for 20 ms after they should have come.
	hurryEvery = 10 * time.Millisecond

	// feedbackEvery is for transport-wide feedback; browsers' estimators are made for 50 to 250 ms.
	feedbackEvery = 100 * time.Millisecond
	// calmEvery is for the estimate of a downlink that is known to take all that is wanted; others are looked at with each
	// tick.
	calmEvery = 90 * time.Millisecond // with ticks of 50: 100
	// beatEvery is for groups, which listen who speaks: a syllable is about 200 ms.
	beatEvery = 100 * time.Millisecond
	// keysEvery is for a look for key frames that did not come.
	keysEvery = 100 * time.Millisecond
	// reportEvery is for receiver reports.
	reportEvery = time.Second
)

// ticker says when the engine's tick runs. The zero value is one that nobody waits for.
type ticker struct {
	hurry   chan struct{} // capacity 1: the grain is to be fine, or there is somebody again
	along   chan struct{} // capacity 1: a tick that is due can go along with packets
	hurried atomic.Bool   // the grain is fine
	due     atomic.Int64  // when a tick is, Unix nanoseconds
}

// noTime is no time at which anything is due.
const noTime = math.MaxInt64

// hasten makes the grain fine, for as long as something is missing.
func (t *ticker) hasten() {
	if t.hurried.CompareAndSwap(false, true) {
		signal(t.hurry)
	}
}

// pulse is for who is awake at the time now.
func (t *ticker) pulse(now time.Time) {
	if n := now.UnixNano(); n >= t.due.Load() {
		t.due.Store(noTime)
		signal(t.along)
	}
}

// signal has who waits for c go on, now or when they wait again.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is known already
	}
}

// tick does what is due for all sessions and groups, until ctx ends. It sleeps while there are no sessions.
func (e *Engine) tick(ctx context.Context) {
	clock := &e.socks.ticker
	t := time.NewTimer(noTime)
	defer t.Stop()
	var x round
	for {
		select {
		case <-ctx.Done():
			return
		case <-clock.hurry:
			clock.due.Store(time.Now().Add(hurryEvery).UnixNano())
			t.Reset(hurryEvery)
			continue
		case <-clock.along:
		case <-t.C:
		}
		// First: what becomes missing while the sessions are looked at hastens again, and so does who comes.
		clock.hurried.Store(false)
		now := time.Now()
		some, soon := x.run(e, now)
		every, slack := tickEvery, tickSlack
		switch {
		case !some:
			clock.due.Store(noTime)
			t.Stop()
			continue
		case soon:
			clock.hurried.Store(true)
			every, slack = hurryEvery, 0
		}
		clock.due.Store(now.Add(every).UnixNano())
		t.Reset(every + slack)
	}
}

// round is what the engine's tick keeps.
type round struct {
	sessions []*Session // used again each time, as groups
	groups   []*Group
	beat     time.Time // when the groups are due
}

// run does what is due. some says that there is anybody, and soon that packets are missing.
func (x *round) run(e *Engine, now time.Time) (some, soon bool) {
	x.sessions, x.groups = x.sessions[:0], x.groups[:0]
	beat := due(&x.beat, now, beatEvery)
	e.mu.Lock()
	for s := range e.sessions {
		x.sessions = append(x.sessions, s)
	}
	for g := range e.groups {
		if beat {
			x.groups = append(x.groups, g)
		}
	}
	e.mu.Unlock()
	for _, s := range x.sessions {
		soon = s.tick(now) || soon
	}
	if beat {
		for _, g := range x.groups {
			signal(g.beat)
		}
	}
	some = len(x.sessions) > 0
	clear(x.sessions) // nothing keeps who is gone
	clear(x.groups)
	return some, soon
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
		s.engine.socks.ticker.hasten()
	}
}
