package e2ee

import (
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/channel"
	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

const (
	// changeEvery is the time between two changes by one member that our owner is asked about: each takes it an Argon2id and
	// shows the person a line. More would let in for longer whom the second of two quick changes locks out; less would let
	// a member use up the others' processors.
	changeEvery = 10 * time.Second
	// offerPause is the same whoever changes it: a member that comes again and again is another one each time.
	offerPause = 2 * time.Second
)

// secret is the passphrase as it is now, and as it was before somebody changed it for everybody.
type secret struct {
	prs    [32]byte
	epoch  uint8             // see after
	change PassphraseChanged // the change that led to epoch; Text "": nobody told us of one
	before *older            // for those who were up and missed the change; nil: there was none

	asked PassphraseChanged // what our owner was asked to adopt and has not answered yet; Text "": nothing
	next  PassphraseChanged // the newest that came since, about which it is asked then; Text "": nothing
	free  time.Duration     // when it may be asked again
}

type older struct {
	prs   [32]byte
	epoch uint8
}

// knowledge is what a peer knows of the passphrase.
type knowledge struct {
	epoch uint8         // that it has, as far as we know
	quiet time.Duration // until when our owner is asked about no more changes of its
}

// after tells whether epoch a comes after b. Epochs are numbers modulo 256 (RFC 1982): of two, the one that is fewer steps
// away comes after the other, and the greater one if both ways are as long. So there is always a next one, whatever
// number somebody names.
func after(a, b uint8) bool {
	d := a - b
	return 0 < d && (d < 128 || d == 128 && a > b)
}

// beats tells whether a change comes after another. Of two changes to the same epoch, which two people made at the same
// time, the one whose text sorts first holds for everybody: people hear of a change from different members, so it cannot
// depend on them.
func (c PassphraseChanged) beats(other PassphraseChanged) bool {
	if c.Epoch == other.Epoch {
		return c.Text < other.Text
	}
	return after(c.Epoch, other.Epoch)
}

// previousEpoch returns the epoch before the present one, or the present one if there is none.
func (c *secret) previousEpoch() uint8 {
	if c.before == nil {
		return c.epoch
	}
	return c.before.epoch
}

// advance makes prs the passphrase of a newer epoch. Where another change to the same epoch is given up, what all know is
// still the one before both.
func (c *secret) advance(prs [32]byte, by PassphraseChanged) {
	if by.Epoch != c.epoch || c.before == nil {
		c.before = &older{c.prs, c.epoch}
	}
	c.prs, c.epoch, c.change = prs, by.Epoch, by
}

// renumber takes over the number that a member has proved to count for the passphrase that is ours: if nobody is up who
// counts another, or it is a later one.
func (s *Session) renumber(epoch uint8) {
	c := &s.secret
	if epoch == c.epoch || s.proven() && !after(epoch, c.epoch) {
		return
	}
	c.epoch, c.change.Epoch = epoch, epoch
	for _, p := range s.peers {
		p.attempt.claims = false
	}
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

// Retry tries another passphrase, while nobody is up. Failures counted with the passphrase before are forgotten
// if it really is another one: the budget is one for each (e2ee.md, 6). It returns [ErrProven] when somebody is up by now.
func (s *Session) Retry(now time.Duration, prs [32]byte) error {
	s.at(now)
	defer s.settle()
	if s.proven() {
		return ErrProven
	}
	other := prs != s.secret.prs
	s.secret.prs = prs
	s.secret.before = nil
	if other {
		s.secret.change = PassphraseChanged{Epoch: s.secret.epoch}
		s.secret.asked, s.secret.next = PassphraseChanged{}, PassphraseChanged{}
	}
	s.join = joining{everUp: s.join.everUp}
	for _, p := range s.peers {
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
	return nil
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
// (cleaned), prs what it was made into. It returns [ErrText] or [ErrPaused].
func (s *Session) Change(now time.Duration, prs [32]byte, text string) error {
	s.at(now)
	defer s.settle()
	switch {
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
	if change.Text == "" || !after(change.Epoch, p.knows.epoch) {
		return
	}
	if s.send(p, channel.Passphrase{Epoch: change.Epoch, Text: change.Text}) {
		p.knows.epoch = change.Epoch
	}
}

// Adopt takes over what a member changed the passphrase to: epoch and text are those of the [PassphraseOffered], prs what
// the text was made into. It returns [ErrBehind] when that was not asked, or a later one is known.
func (s *Session) Adopt(now time.Duration, epoch uint8, text string, prs [32]byte) error {
	s.at(now)
	defer s.settle()
	by := s.secret.asked
	if text == "" || by.Text != text || by.Epoch != epoch {
		return ErrBehind
	}
	s.secret.asked = PassphraseChanged{}
	if !by.beats(s.secret.change) {
		return ErrBehind
	}
	s.take(prs, by)
	s.out.event(by)
	for _, p := range s.peers {
		if p.live() && s.now >= p.since+settling {
			p.knows.epoch = epoch // whoever told us told it too
		}
		s.sendPassphrase(p) // who came just now may not be up with them yet
	}
	return nil
}

// Decline answers a [PassphraseOffered] of this epoch whose text is no passphrase: the present one stays.
func (s *Session) Decline(now time.Duration, epoch uint8) {
	s.at(now)
	defer s.settle()
	if s.secret.asked.Epoch == epoch {
		s.secret.asked = PassphraseChanged{}
	}
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
	c := &s.secret
	by := PassphraseChanged{By: p.Index, Epoch: body.Epoch, Text: body.Text}
	p.knows.epoch = by.Epoch
	switch {
	case after(c.epoch, by.Epoch):
		s.sendPassphrase(p) // it missed a change, or a member told only us of one
	case !by.beats(c.change), c.asked.Text != "" && !by.beats(c.asked), c.next.Text != "" && !by.beats(c.next):
		// perhaps what somebody repeats for those who missed it
	default:
		c.next = by
	}
}

// offer asks our owner about the newest change, when it has answered the last one.
func (s *Session) offer() {
	c := &s.secret
	if at, ok := s.offerAt(); !ok || s.now < at {
		return
	}
	by := c.next
	c.next = PassphraseChanged{}
	if !by.beats(c.change) {
		return
	}
	c.asked, c.free = by, s.now+offerPause
	if p := s.peer(by.By); p != nil {
		p.knows.quiet = s.now + changeEvery
	}
	s.out.event(PassphraseOffered(by))
}

// offerAt returns when our owner is asked about the next change; false: there is none, or it has not answered.
func (s *Session) offerAt() (time.Duration, bool) {
	c := &s.secret
	if c.next.Text == "" || c.asked.Text != "" {
		return 0, false
	}
	at := c.free
	if p := s.peer(c.next.By); p != nil {
		at = max(at, p.knows.quiet)
	}
	return at, true
}

func (s *Session) passphraseDeadline(a *alarm) {
	if at, ok := s.offerAt(); ok {
		a.add(at)
	}
}
