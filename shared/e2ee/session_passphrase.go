package e2ee

import (
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/channel"
	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

// secret is the passphrase as it is now, and as it was before somebody changed it for everybody.
type secret struct {
	prs     [32]byte
	epoch   uint8
	change  PassphraseChanged // the change that led to epoch; none: Epoch is 0 or another
	before  *older            // for those who were up and missed the change; nil: there was none
	pending PassphraseChanged // what somebody said and was not adopted yet
}

type older struct {
	prs   [32]byte
	epoch uint8
}

// previousEpoch returns the epoch before the present one, or the present one if there is none.
func (c *secret) previousEpoch() uint8 {
	if c.before == nil {
		return c.epoch
	}
	return c.before.epoch
}

// renumber takes over a number that somebody claims: the passphrase stays.
func (c *secret) renumber(epoch uint8) { c.epoch, c.before, c.change = epoch, nil, PassphraseChanged{} }

// advance makes prs the passphrase of a newer epoch.
func (c *secret) advance(prs [32]byte, by PassphraseChanged) {
	c.before = &older{c.prs, c.epoch}
	c.prs, c.epoch, c.change = prs, by.Epoch, by
}

// newer tells whether a change comes after the present state. Of two changes to the same epoch, which two people made at
// the same time, that of the lower index holds for everybody.
func (c *secret) newer(by PassphraseChanged) bool {
	if by.Epoch == c.epoch && c.change.Epoch == c.epoch {
		return by.By < c.change.By && by.Text != c.change.Text
	}
	return by.Epoch > c.epoch
}

// roomFor returns what a handshake with the present passphrase needs, or with the one before; false: there was none.
func (s *Session) roomFor(previous bool) (handshake.Room, bool) {
	r := handshake.Room{Realm: s.realm, Name: s.room, Epoch: s.secret.epoch, PRS: s.secret.prs}
	if !previous {
		return r, true
	}
	if s.secret.before == nil {
		return handshake.Room{}, false
	}
	r.Epoch, r.PRS = s.secret.before.epoch, s.secret.before.prs
	return r, true
}

// Retry tries another passphrase with everybody who is not up. Failures counted with the passphrase before are forgotten
// if it really is another one: the budget is one for each (e2ee.md, 6).
func (s *Session) Retry(now time.Duration, prs [32]byte) {
	s.at(now)
	defer s.settle()
	other := prs != s.secret.prs
	s.secret.prs = prs
	s.secret.before = nil
	s.join = joining{everUp: s.join.everUp}
	for _, p := range s.peers {
		if p.verified {
			continue
		}
		s.abandon(p)
		asked := p.attempt.different
		p.attempt = attempt{}
		if asked && p.Index > s.me.Index {
			s.abort(p, abortAgain)
		}
	}
	if other {
		s.budget.unlock()
	}
}

// TryOthers asks the other members although one has another passphrase.
func (s *Session) TryOthers(now time.Duration) {
	s.at(now)
	defer s.settle()
	s.join.others, s.join.mismatch = true, false
}

// Unlock lets people try again after too many attempts.
func (s *Session) Unlock(now time.Duration) {
	s.at(now)
	defer s.settle()
	s.budget.unlock()
}

// Change changes the passphrase for everybody who is up: handshakes need the new one from now on. text is the passphrase
// (cleaned), prs what it was made into. It returns [ErrBehind] after 255 changes, [ErrText] or [ErrPaused].
func (s *Session) Change(now time.Duration, prs [32]byte, text string) error {
	s.at(now)
	defer s.settle()
	switch {
	case s.secret.epoch == 255:
		return ErrBehind
	case text == "" || len(text) > channel.MaxPassphrase:
		return ErrText
	case !s.sending():
		return ErrPaused
	}
	by := PassphraseChanged{By: s.me.Index, Epoch: s.secret.epoch + 1, Text: text}
	s.take(prs, by)
	s.out.event(by)
	for _, p := range s.peers {
		s.sendPassphrase(p)
	}
	return nil
}

// sendPassphrase tells p what somebody changed the passphrase to, if it may not know.
func (s *Session) sendPassphrase(p *peer) {
	change := s.secret.change
	if p.epoch >= s.secret.epoch || change.Epoch != s.secret.epoch || change.Text == "" {
		return
	}
	if s.send(p, channel.Passphrase{Epoch: change.Epoch, Text: change.Text}) {
		p.epoch = change.Epoch
	}
}

// Adopt takes over what a member changed the passphrase to: epoch is that of the [PassphraseChanged], prs what its text
// was made into. It returns [ErrBehind] when a later one is known.
func (s *Session) Adopt(now time.Duration, epoch uint8, prs [32]byte) error {
	s.at(now)
	defer s.settle()
	by := s.secret.pending
	if by.Epoch != epoch || !s.secret.newer(by) {
		return ErrBehind
	}
	s.take(prs, by)
	for _, p := range s.peers {
		if p.live() {
			p.epoch = epoch // whoever told us told it too
		}
	}
	return nil
}

// take goes on with a passphrase that was changed for everybody. Handshakes under way end: they would let somebody in
// who has the old one.
func (s *Session) take(prs [32]byte, by PassphraseChanged) {
	s.secret.advance(prs, by)
	for _, p := range s.peers {
		if p.attempt.responder != nil && !p.verified {
			s.abort(p, abortEpoch)
		}
		s.abandon(p)
		if !p.verified {
			p.attempt = attempt{}
		}
	}
	s.budget.unlock()
}

// receivePassphrase hears of a change. The new passphrase takes a while to be made into a PRS, outside: see Adopt.
func (s *Session) receivePassphrase(p *peer, body channel.Passphrase) {
	by := PassphraseChanged{By: p.Index, Epoch: body.Epoch, Text: body.Text}
	p.epoch = max(p.epoch, by.Epoch)
	known := s.secret.pending
	if !s.secret.newer(by) || known.Epoch > by.Epoch || known.Epoch == by.Epoch && (known.Text == by.Text || known.By < by.By) {
		return // perhaps what somebody repeats for those who missed it
	}
	s.secret.pending = by
	s.out.event(by)
}
