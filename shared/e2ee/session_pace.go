package e2ee

import (
	"errors"
	"time"
)

// ErrBusy says that so much waits to be sent that nothing more is taken: try again in a while.
var ErrBusy = errors.New("too much waits to be sent")

// What the relay takes of a member is 256 KiB and 400 items at once and then 64 KiB and 400 items a second, and 32 KiB of
// one member may wait for another (package wire, "Limits"). What is beyond that it drops, and with an item the channel. What
// holds the room together, handshakes and keys and pings, stays below that by far and never waits. One long chat message
// to ninety-nine members does not: it goes out as the relay takes it, and is sealed only then, so that a key can overtake it.
const (
	// paceBytes and paceItems are what goes out in a second, with all that never waits. Nearer to the relay's own rates they
	// would be exceeded when its clock and ours differ; less would make chat in large rooms slower.
	paceBytes = 60 << 10
	paceItems = 360
	// mostBytes and mostItems are how much chat goes out at once. The rest of what the relay takes at once is for what never
	// waits: answering forty who join takes 60 KiB. More would leave too little for that, and for what a line that stood
	// still brings all at once; less would make chat slower.
	mostBytes = 176 << 10
	mostItems = 240
	// pairBytes is how much chat goes to one member at once, and in a second: half of what the relay keeps for it.
	pairBytes = 16 << 10
	// paceStep is the time between two looks at what may go now. Less would wake the worker for single items.
	paceStep = 50 * time.Millisecond
	// itemHead is what the relay counts besides the bytes of an item.
	itemHead = 10
)

// level is what has gone out and is not forgotten yet: it falls with time.
type level struct {
	height float64
	at     time.Duration
}

// fall lets time pass at a rate per second.
func (l *level) fall(now time.Duration, rate float64) {
	l.height = max(0, l.height-rate*(now-l.at).Seconds())
	l.at = now
}

// until is how long it takes to fall so far that n more reach most. An n beyond that goes when all has fallen.
func (l *level) until(n, most, rate float64) time.Duration {
	over := min(l.height, l.height+n-most)
	return time.Duration(max(0, over) / rate * float64(time.Second))
}

// pace is how much we have sent of late.
type pace struct {
	bytes, items level
	next         time.Duration // chat is not looked at before
}

// spend notes an item with so many bytes that goes out.
func (c *pace) spend(now time.Duration, bytes int) {
	c.bytes.fall(now, paceBytes)
	c.items.fall(now, paceItems)
	c.bytes.height += float64(bytes + itemHead)
	c.items.height++
}

// wait is how long n items of so many bytes each have to wait.
func (c *pace) wait(now time.Duration, n, bytes int) time.Duration {
	c.bytes.fall(now, paceBytes)
	c.items.fall(now, paceItems)
	return max(
		c.bytes.until(float64(n*(bytes+itemHead)), mostBytes, paceBytes),
		c.items.until(float64(n), mostItems, paceItems),
	)
}

// turn is how far a peer has got in what we said.
type turn struct {
	next uint64 // the first line that it does not have
	sent level  // bytes of chat
}

// talk sends what was said as far as the relay takes it: to all before the next line, and to nobody while nothing may go
// out.
func (s *Session) talk() {
	if s.now < s.out.pace.next || !s.waiting() || !s.sending() {
		return
	}
	for {
		p, blocked := s.listener()
		if p == nil {
			if blocked {
				s.out.pace.next = s.now + paceStep
			}
			return
		}
		line := s.log.line(p.turn.next)
		size := line.size()
		if s.out.pace.wait(s.now, 1, size) > 0 {
			s.out.pace.next = s.now + paceStep
			return
		}
		p.turn.next++
		p.turn.sent.height += float64(size)
		s.sendChat(p, line)
	}
}

// waiting tells whether somebody who can be reached does not have all that we said.
func (s *Session) waiting() bool {
	if len(s.log.said) == 0 {
		return false // as when many join, and this is asked for each of their items
	}
	for _, p := range s.peers {
		if p.live() && s.log.pass(p) {
			return true
		}
	}
	return false
}

// listener is whoever gets the next line: the one furthest behind. blocked says that somebody waits for its own sake.
func (s *Session) listener() (first *peer, blocked bool) {
	for _, p := range s.peers {
		if !p.live() || !s.log.pass(p) || first != nil && p.turn.next >= first.turn.next {
			continue
		}
		p.turn.sent.fall(s.now, pairBytes)
		if p.turn.sent.until(float64(s.log.line(p.turn.next).size()), pairBytes, pairBytes) > 0 {
			blocked = true
			continue
		}
		first = p
	}
	return first, blocked
}

// talkDeadline adds when more may go out.
func (s *Session) talkDeadline(a *alarm) {
	if s.out.pace.next > s.now && s.waiting() {
		a.add(s.out.pace.next)
	}
}
