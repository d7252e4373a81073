package e2ee

// Kinds of items (e2ee.md, 7).
const (
	KindHS1    uint8 = 1
	KindHS2    uint8 = 2
	KindHS3    uint8 = 3
	KindRecord uint8 = 16
	KindAbort  uint8 = 127
)

// An abort is a reason and the sender's passphrase epoch, one byte each. Nobody can tell who sent it: it saves the time
// until a deadline, and what the relay gets by forging one it also gets by dropping what was to come instead.
const (
	abortDifferent = 1 // your tag is wrong: other passphrase
	abortEpoch     = 2 // your epoch is not mine
	abortLater     = 3 // too many failed, try again later
	abortAgain     = 4 // records are missing, or I have another passphrase now: begin anew
)

// abort tells p that something ended, so that it need not wait.
func (s *Session) abort(p *peer, reason uint8) {
	s.post(p, KindAbort, []byte{reason, s.secret.epoch})
}

// receiveAbort does what the deadline would do. Reasons that later versions add are ignored.
func (s *Session) receiveAbort(p *peer, data []byte) {
	if len(data) < 2 {
		return
	}
	reason, epoch := data[0], data[1]
	switch reason {
	case abortDifferent:
		s.abortedDifferent(p)
	case abortEpoch:
		s.abortedEpoch(p, epoch)
	case abortLater:
		if p.attempt.initiator != nil {
			s.abandon(p)
			p.attempt.next = s.now + handshakeWithin
		}
	case abortAgain:
		p.cut()
		p.attempt.different = false
	}
}

// abortedDifferent hears that the peer found our tag wrong.
func (s *Session) abortedDifferent(p *peer) {
	switch {
	case p.attempt.responder != nil:
		s.abandon(p)
		s.differs(p)
	case p.Index < s.me.Index && p.channel != nil:
		// It has not taken our HS3: it was changed on the way, for its own tag was right.
		p.cut()
		s.later(p)
	}
}

// abortedEpoch hears that the peer counts other changes of the passphrase. A joiner that nobody has accepted tries again
// with its number, which is all that it lacks if the person typed the present passphrase. It does so with this peer only:
// whoever it is, the relay or an outsider, nothing is proved yet.
func (s *Session) abortedEpoch(p *peer, epoch uint8) {
	if p.attempt.initiator == nil {
		return
	}
	s.abandon(p)
	switch {
	case p.verified:
		p.attempt.previous = !p.attempt.previous && epoch == s.secret.previousEpoch()
	case !s.proven():
		first := !p.attempt.claims
		p.attempt.claims, p.attempt.claim = epoch != s.secret.epoch, epoch
		if first && p.attempt.claims {
			return // at once, before others are asked, who may have another passphrase
		}
	}
	s.later(p)
}
