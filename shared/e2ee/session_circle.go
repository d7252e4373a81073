package e2ee

import (
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/code"
)

const (
	// quiet is how long the roster must not change before its digest is told to those who know another. Less costs records
	// when many come at once; more shows "updating" for longer.
	quiet = 300 * time.Millisecond
	// splitAfter is how long a member may see other people than we do (e2ee.md, 9.2).
	splitAfter = 5 * time.Second
	// settling is how long it may while members come or reconnect: who has a slow line, or waits for somebody whose
	// connection is lost, is not up with everybody for that long. More would let a relay that splits the room hide it for
	// longer behind members that never come; less would stop honest calls.
	settling = 30 * time.Second
	// excusable is how much of the time that a member sees other people does not count because nothing came from it: it
	// could not say more. Less would stop honest calls of those whose lines break often; more would let a relay that breaks
	// them hide a split for longer.
	excusable = 30 * time.Second
	// codeAfter is when a code that people look at is made although not everybody agrees: they may compare it just then.
	codeAfter = time.Second
)

// apart is whether a peer's roster differs from ours, and since when. It ends only when both are the same: a relay that
// splits the room makes channels end, says that members are away, or that they leave and come, and must not begin the
// time anew with it. The zero value is "no".
type apart struct {
	differs  bool
	since    time.Duration // differs and on the roster: since when, without the time when it was not on it, and excused
	excused  time.Duration // differs: time that does not count
	lasted   time.Duration // differs and not on the roster: how long it did
	accepted bool          // differs: the person knows
}

// excuse takes out a time in which nothing came from the peer.
func (a *apart) excuse(silent time.Duration) {
	silent = min(silent, excusable-a.excused)
	a.excused += silent
	a.since += silent
}

// pause stops the time: the peer is not on the roster, so that both are right to differ.
func (a *apart) pause(now time.Duration) { a.lasted = now - a.since }

// resume lets it go on.
func (a *apart) resume(now time.Duration) { a.since = now - a.lasted }

// circle is the roster: us and everybody who has proved the passphrase and an identity and is not down (e2ee.md, 9.1).
type circle struct {
	at     time.Duration // when it changed last
	known  bool          // digest is that of the roster
	digest [32]byte

	shown bool   // the person looks at the code
	code  string // "": not made, or not shown

	changing bool // somebody is on the way in or back, or came just now
}

func (c *circle) changed(now time.Duration) { *c = circle{at: now, changing: true, shown: c.shown} }

// roster returns the identities of everybody on it, ours first.
func (s *Session) roster() [][32]byte {
	ids := [][32]byte{s.me.ID}
	for _, p := range s.peers {
		if p.verified {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// digest returns what we tell of the roster. What it means for each peer is found out once: with fifty peers it is asked
// for at each of five thousand records.
func (s *Session) digest() [32]byte {
	c := &s.circle
	if c.known {
		return c.digest
	}
	c.digest, c.known = code.Digest(s.realm, s.room, s.roster()), true
	for _, p := range s.peers {
		d := &p.digests
		d.untold, d.same = d.told != c.digest, d.any && d.heard == c.digest
	}
	return c.digest
}

// told notes that p was just told the digest.
func (s *Session) told(p *peer) {
	p.digests.told, p.digests.untold, p.digests.toldAt = s.digest(), false, s.now
}

// heardDigest notes what p tells of its roster.
func (s *Session) heardDigest(p *peer, d [32]byte) {
	if !p.digests.any || d != p.digests.heard {
		p.digests.changedAt = s.now
	}
	p.digests.any, p.digests.heard = true, d
	p.digests.same = d == s.digest()
}

// exchangeDigests pings those who do not know our roster, who should hear from us, or who did not acknowledge a key.
func (s *Session) exchangeDigests() {
	s.digest()
	for _, p := range s.peers {
		if !p.live() {
			continue
		}
		due := s.now >= p.digests.toldAt+pingEvery
		if p.digests.untold && s.now >= s.circle.at+quiet {
			due = true
		}
		if p.keys.unacked && s.now >= p.keys.askAt {
			// The ping may be lost, too, on a line of which nobody knows yet that it is. After a while the usual ones will do.
			p.keys.askAt, due = s.now+ackWithin, true
			p.keys.unacked = s.now < p.keys.sentAt+pingEvery
		}
		if due {
			s.ping(p)
		}
	}
}

// judge finds out whether all see the same people, and what follows.
func (s *Session) judge() {
	s.digest()
	s.circle.changing = s.changing()
	s.out.agreement = AgreementNone
	agreed := true
	for _, p := range s.peers {
		a := &p.digests.apart
		if p.live() {
			if p.digests.same {
				*a = apart{}
			} else if !a.differs {
				*a = apart{differs: true, since: s.now}
			}
			s.out.agreement = max(s.out.agreement, s.agreesWith(p))
			if a.differs && s.now >= s.splitAt(p) && !a.accepted {
				s.out.split = true
			}
		}
		agreed = agreed && !(p.verified && a.differs)
	}
	if agreed && s.out.agreement == AgreementSame {
		s.out.split = false // otherwise it takes a person: whom the relay calls away has not agreed
	}
	if len(s.peers) == 0 {
		s.join.mismatch, s.out.split = false, false // nobody is left whom it could be about
	}
	s.out.sending = s.sending()
	s.encode()
}

// agreesWith tells how p's roster is to ours.
func (s *Session) agreesWith(p *peer) Agreement {
	switch {
	case !p.digests.apart.differs:
		return AgreementSame
	case s.now < s.splitAt(p):
		return AgreementUpdating
	}
	return AgreementDiffer
}

// splitAt returns when the difference between p's roster and ours is no more a matter of news under way.
func (s *Session) splitAt(p *peer) time.Duration {
	d, since := &p.digests, p.digests.apart.since
	last := since + settling
	if s.circle.changing || p.heard < since { // perhaps its line broke just then, and nobody has noticed yet
		return last
	}
	return min(max(since, d.changedAt, d.back, s.circle.at)+splitAfter, last)
}

// changing tells whether somebody is on the way in or back, or came just now, so that rosters may differ for a while.
func (s *Session) changing() bool {
	for _, p := range s.peers {
		switch {
		case p.verified && (!p.live() || s.now < p.since+settling):
			return true
		case p.announced && !p.verified && !p.attempt.different && !p.gone:
			return true
		}
	}
	return false
}

// ShowCode says whether the person looks at the security code; State.Code is empty as long as nobody does. Its 5200
// rounds take 6 to 10 ms in a browser's worker, in which no frame is sealed or opened: three times what a join costs a
// member otherwise (BenchmarkJoin). Made for every change of the roster they would be heard and seen in a room of fifty,
// for a number that nobody reads. Nothing depends on it but what people compare: the programs compare digests, always.
func (s *Session) ShowCode(now time.Duration, on bool) {
	s.at(now)
	defer s.settle()
	s.circle.shown = on
	if !on {
		s.circle.code = ""
	}
}

// encode makes the security code for whoever looks at it, when the roster has come to rest.
func (s *Session) encode() {
	if !s.circle.shown || s.circle.code != "" || s.out.agreement == AgreementNone {
		return
	}
	if s.out.agreement == AgreementSame && s.now >= s.circle.at+quiet || s.now >= s.circle.at+codeAfter {
		s.circle.code = code.Digits(s.realm, s.room, s.roster())
	}
}

// Accept goes on sending although participants do not see the same people: with those who differ now, until they agree.
// Whoever comes to differ later pauses it again.
func (s *Session) Accept(now time.Duration) {
	s.at(now)
	defer s.settle()
	for _, p := range s.peers {
		if p.digests.apart.differs {
			p.digests.apart.accepted = true
		}
	}
	s.out.split = false
}

// circleDeadline adds when the roster's digest is to be told, judged or made a code of.
func (s *Session) circleDeadline(a *alarm) {
	s.digest()
	for _, p := range s.peers {
		if !p.live() {
			continue
		}
		if p.digests.untold {
			a.add(s.circle.at + quiet)
		}
		if p.digests.apart.differs && s.agreesWith(p) == AgreementUpdating {
			a.add(s.splitAt(p))
		}
	}
	if s.circle.shown && s.circle.code == "" && s.out.agreement != AgreementNone {
		a.add(s.circle.at + codeAfter)
		if s.out.agreement == AgreementSame {
			a.add(s.circle.at + quiet)
		}
	}
}
