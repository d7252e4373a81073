package e2ee

import (
	"errors"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

const (
	// handshakeWithin is how long the other side may take for its next message. Less would give up on slow lines; more
	// would hold the place of others, and a probe that nobody answers holds up the joiner.
	handshakeWithin = 10 * time.Second
	// maxServed is how many handshakes are under way at once in either role: about 1.5 ms each in a browser, in which no
	// frame is sealed. More would make sound stutter when many come at once; fewer would make them wait.
	maxServed = 10
	// firstPause is the pause before a handshake that failed for other reasons than the passphrase is tried again;
	// it doubles up to maxPause.
	firstPause = 500 * time.Millisecond
	maxPause   = 16 * time.Second
)

// attempt is a handshake with a peer, and what became of those before. The zero value is none.
type attempt struct {
	initiator *handshake.Initiator
	responder *handshake.Responder
	until     time.Duration // running: when it is given up
	queued    []byte        // an HS1 or HS2 that waits for its turn
	point     [32]byte      // responder: Y of the HS1, which no second one repeats
	guess     bool          // responder: it counts as open in the budget

	next      time.Duration // not begun again before
	failures  int           // in a row
	different bool          // the last one ended with a wrong tag
	previous  bool          // the next one uses the passphrase before the present one
	claims    bool          // the next one uses the present one with another number, which the peer claims:
	claim     uint8         // this
	epoch     uint8         // of the running one
	crossed   bool          // an HS2 may come that answers an earlier HS1
}

// running tells whether an answer is to come.
func (a *attempt) running() bool { return a.initiator != nil || a.responder != nil }

// joining is how far we are with the members who were there before us.
type joining struct {
	mismatch bool   // the person must decide before anybody else is asked
	with     uint16 // who has another passphrase
	others   bool   // the person wants the others asked all the same
	everUp   bool   // somebody has been up
}

// open tells whether everybody may be asked: somebody has our passphrase, or the person wants it. Otherwise one member
// is asked at a time: a relay that invents members gets one guess, not one for each (e2ee.md, 6).
func (s *Session) open() bool {
	return s.join.others || s.proven()
}

// proven tells whether somebody has proved our passphrase and is on the roster.
func (s *Session) proven() bool {
	for _, p := range s.peers {
		if p.verified {
			return true
		}
	}
	return false
}

// initiate begins the handshakes that are ours to begin: with lower indices, the lowest first.
func (s *Session) initiate() {
	open, running := s.open(), 0
	for _, p := range s.peers {
		if p.attempt.initiator != nil {
			running++
		}
	}
	for _, p := range s.peers {
		if p.Index >= s.me.Index {
			break
		}
		limit := 1
		if open || p.verified {
			limit = maxServed
		}
		if running >= limit {
			return
		}
		if s.wants(p, open) && s.budget.allows(s.now, p.verified) && !s.doubles(p) && s.begin(p) {
			running++
		}
	}
	if running == 0 {
		s.self.EndRound()
	}
}

// wants tells whether a handshake with p is to begin now.
func (s *Session) wants(p *peer, open bool) bool {
	return s.now >= p.attempt.next && s.waits(p, open)
}

// waits tells whether a handshake with p is to begin as soon as its time has come.
func (s *Session) waits(p *peer, open bool) bool {
	switch {
	case p.Index > s.me.Index, !p.announced, p.gone, p.away, p.channel != nil, p.attempt.running(), p.attempt.different:
		return false
	}
	return open || !s.join.mismatch || p.Index == s.join.with
}

// begin sends HS1. It reports false when there is no handshake to be had with p.
func (s *Session) begin(p *peer) bool {
	room, ok := s.roomFor(p.attempt.previous)
	if !ok {
		p.attempt.previous = false
		room, _ = s.roomFor(false)
	}
	if p.attempt.claims && !p.attempt.previous {
		room.Epoch = p.attempt.claim
	}
	i, hs1, err := handshake.Initiate(s.rand, room, s.self, s.me, p.Party)
	if err != nil {
		s.later(p)
		return false
	}
	if p.wasUp {
		s.abort(p, abortAgain) // it may not know yet that the channel is lost, and would not answer
	}
	p.attempt.initiator, p.attempt.epoch = i, room.Epoch
	p.attempt.until = s.now + handshakeWithin
	s.post(p, KindHS1, hs1)
	return true
}

// later puts the next handshake with p off, longer each time.
func (s *Session) later(p *peer) {
	p.attempt.next = s.now + min(firstPause<<min(p.attempt.failures, 8), maxPause)
	p.attempt.failures++
}

// receiveHS1 answers a joiner, or one that lost its channel to us.
func (s *Session) receiveHS1(p *peer, hs1 []byte) {
	switch {
	case p.Index < s.me.Index, !p.announced, p.gone, p.channel != nil, s.doubles(p):
		return // roles follow from the indices; a peer that is up has no reason to ask
	}
	if p.attempt.responder != nil {
		if len(hs1) >= 32 && [32]byte(hs1) == p.attempt.point {
			return // a copy
		}
		s.abandon(p)
	}
	p.attempt.queued = append(p.attempt.queued[:0], hs1...)
}

// doubles tells whether p claims an identity that another member has proved to be its own.
func (s *Session) doubles(p *peer) bool {
	for _, other := range s.peers {
		if other != p && other.verified && other.ID == p.ID {
			return true
		}
	}
	return false
}

// serveQueued takes HS1s and HS2s that wait, as far as there is room for them.
func (s *Session) serveQueued() {
	serving := 0
	for _, p := range s.peers {
		if p.attempt.responder != nil {
			serving++
		}
	}
	for _, p := range s.peers {
		queued := p.attempt.queued
		if len(queued) == 0 || !s.budget.allows(s.now, p.verified) && !s.budget.spent(s.now, p.verified) {
			continue // what is open will leave room, or not
		}
		switch {
		case p.attempt.initiator != nil:
			p.attempt.queued = nil
			s.finish(p, queued)
		case serving < maxServed:
			p.attempt.queued = nil
			if s.budget.spent(s.now, p.verified) {
				s.abort(p, abortLater)
			} else if s.respond(p, queued) {
				serving++
			}
		}
	}
}

// respond sends HS2, which lets the peer test one passphrase.
func (s *Session) respond(p *peer, hs1 []byte) bool {
	room, _ := s.roomFor(false)
	r, hs2, err := handshake.Respond(s.rand, room, s.self, s.me, p.Party, hs1)
	if errors.Is(err, handshake.ErrEpoch) && p.verified {
		// It was up and did not get the change of the passphrase, or we did not.
		if previous, ok := s.roomFor(true); ok {
			room = previous
			r, hs2, err = handshake.Respond(s.rand, room, s.self, s.me, p.Party, hs1)
		}
	}
	switch {
	case errors.Is(err, handshake.ErrEpoch):
		s.abort(p, abortEpoch)
		return false
	case err != nil:
		p.attempt.failures++
		return false
	}
	p.attempt.responder, p.attempt.point = r, [32]byte(hs1)
	p.attempt.epoch, p.attempt.different = room.Epoch, false
	if p.attempt.guess = !p.verified; p.attempt.guess {
		s.budget.open++
	}
	p.attempt.until = s.now + handshakeWithin
	s.post(p, KindHS2, hs2)
	return true
}

// receiveHS2 has the initiator's part end when there is room for it.
func (s *Session) receiveHS2(p *peer, hs2 []byte) {
	if p.attempt.initiator != nil && len(p.attempt.queued) == 0 {
		p.attempt.queued = append(p.attempt.queued, hs2...)
	}
}

// finish ends the initiator's part: the peer has our passphrase, or another.
func (s *Session) finish(p *peer, hs2 []byte) {
	if s.budget.spent(s.now, p.verified) {
		s.abandon(p)
		p.attempt.next = s.budget.frees(p.verified)
		return
	}
	i := p.attempt.initiator
	p.attempt.initiator = nil
	tag, keys, err := i.Finish(hs2)
	defer keys.Wipe()
	switch {
	case err == nil:
		s.up(p, keys, tag)
	case errors.Is(err, handshake.ErrTag) && p.attempt.crossed:
		s.budget.fail(s.now, p.verified) // it may have been a guess all the same
		s.later(p)                       // after a pause, in which the answer to the later HS1 comes too
		p.attempt.crossed = false
	case errors.Is(err, handshake.ErrTag):
		s.budget.fail(s.now, p.verified)
		s.abort(p, abortDifferent)
		s.differs(p)
	default:
		s.budget.fail(s.now, p.verified)
		s.later(p)
	}
}

// differs notes that the initiator's or the responder's tag was wrong. A peer that is on the roster has proved the
// passphrase: somebody changes messages, and it is tried again.
func (s *Session) differs(p *peer) {
	if p.verified {
		// Or each of us changed the passphrase while the other was not to be had: both know the one before.
		p.attempt.previous = !p.attempt.previous
		s.later(p)
		return
	}
	p.attempt.different = true
	if p.Index < s.me.Index && !s.open() {
		s.join.mismatch, s.join.with = true, p.Index
	}
}

// receiveHS3 ends the responder's part. Only now the peer may have keys.
func (s *Session) receiveHS3(p *peer, hs3 []byte) {
	if p.attempt.responder == nil {
		return
	}
	r := p.attempt.responder
	p.attempt.responder = nil
	s.answered(p)
	tag := hs3[:min(len(hs3), handshake.TagSize)]
	keys, err := r.Finish(tag)
	defer keys.Wipe()
	if err != nil {
		s.budget.fail(s.now, !p.attempt.guess)
		s.differs(p)
		s.abort(p, abortDifferent)
		return
	}
	if s.up(p, keys, nil) {
		s.receiveRecord(p, hs3[len(tag):])
	}
}

// answered notes that a handshake that we answered has ended.
func (s *Session) answered(p *peer) {
	if p.attempt.guess {
		s.budget.open--
	}
}

// abandon ends a running handshake without a result. One that we answered counts: whoever got our HS2 may have tested a
// passphrase with it.
func (s *Session) abandon(p *peer) {
	if p.attempt.initiator != nil {
		p.attempt.initiator.Drop()
		p.attempt.initiator, p.attempt.queued = nil, nil
	}
	if p.attempt.responder != nil {
		p.attempt.responder.Drop()
		p.attempt.responder = nil
		s.answered(p)
		s.budget.fail(s.now, !p.attempt.guess)
	}
}

// forgo ends a handshake of ours with p whose answer a lost connection has taken along.
func (s *Session) forgo(p *peer) {
	if p.attempt.initiator != nil {
		s.abandon(p)
		p.attempt.crossed = true
	}
}

// timeout gives up on an answer.
func (s *Session) timeout(p *peer) {
	p.attempt.crossed = p.attempt.initiator != nil
	s.abandon(p)
	s.later(p)
}

// attemptDeadline adds when something is due for the handshake with p.
func (s *Session) attemptDeadline(p *peer, open bool, a *alarm) {
	switch {
	case p.attempt.running():
		a.add(p.attempt.until)
	case s.waits(p, open) && (p.verified || !s.budget.locked()):
		if at := max(p.attempt.next, s.budget.frees(p.verified)); at > s.now {
			a.add(at) // otherwise it waits for another handshake to end
		}
	}
}
