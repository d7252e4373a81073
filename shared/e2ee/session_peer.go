package e2ee

import (
	"cmp"
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/channel"
	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

const (
	// pingEvery is how often a peer hears from us at least. More often costs records, less often delays downAfter.
	pingEvery = 15 * time.Second
	// downAfter is how long a silent peer keeps getting our keys: three pings.
	downAfter = 45 * time.Second
	// ackWithin is how long an acknowledgement of keys may take before we ask whether they arrived, again and again: members
	// that are up are to hear each other two seconds after a loss. Less would ask on slow lines for nothing; more would leave a peer without our new key: receivers find a gap only with the next
	// record.
	ackWithin = time.Second
)

// peer is another member: what the relay says of it, what a handshake proved, and what lies between.
type peer struct {
	handshake.Party
	presence

	attempt   attempt
	abortedAt time.Duration // when a record without a channel was last answered

	// proven by a handshake
	verified bool             // it is on the roster: it has the passphrase and owns its identity
	since    time.Duration    // verified: since when
	wasUp    bool             // it was verified at some time
	channel  *channel.Channel // nil: none, or lost
	heard    time.Duration    // when its last record came
	knows    knowledge        // of the passphrase
	profile  Profile
	said     []uint64 // its last chat messages
	turn     turn     // in ours

	digests digests
	keys    owedKeys
}

// presence is whether a member is there, as the relay says or it does itself.
type presence struct {
	announced bool // there is an announcement that can be used
	unusable  bool // there is one that cannot
	away      bool // the relay lost its connection
	gone      bool // it said that it goes
}

// digests is what the two sides told each other of their rosters.
type digests struct {
	told      [32]byte
	untold    bool          // told is not our present one
	toldAt    time.Duration // when it last got ours
	heard     [32]byte
	any       bool          // heard holds one of this channel
	same      bool          // and it is our present one
	changedAt time.Duration // when heard changed
	back      time.Duration // when it could be reached again
	apart     apart
}

// owedKeys is how far a peer is behind with our sender keys.
type owedKeys struct {
	owed       bool          // it must get the present key when it can be reached
	unacked    bool          // it has not acknowledged the last KEYS
	sentAt     time.Duration // of those
	askAt      time.Duration // unacked: when we ask whether they arrived
	generation uint32        // of those
}

// cut ends the channel to p and wipes its keys.
func (p *peer) cut() {
	if p.channel != nil {
		p.channel.Close()
		p.channel = nil
	}
}

// live tells whether records can go both ways.
func (p *peer) live() bool { return p.channel != nil && !p.away }

// peer returns the member with this index, nil if there is none.
func (s *Session) peer(index uint16) *peer {
	i, ok := s.find(index)
	if !ok {
		return nil
	}
	return s.peers[i]
}

func (s *Session) find(index uint16) (int, bool) {
	return slices.BinarySearchFunc(s.peers, index, func(p *peer, index uint16) int { return cmp.Compare(p.Index, index) })
}

// admit takes over what the relay says of a member.
func (s *Session) admit(m Member) {
	if m.Index == s.me.Index {
		return
	}
	i, known := s.find(m.Index)
	if !known {
		if len(s.peers)+1 >= MaxMembers {
			return
		}
		s.peers = slices.Insert(s.peers, i, &peer{Party: handshake.Party{Index: m.Index}})
	}
	p := s.peers[i]
	if len(m.Announce) == 0 || p.announced { // a second identity under one index is the relay's invention
		return
	}
	a, err := handshake.ParseAnnounce(m.Announce)
	p.unusable = err != nil || a.ID == s.me.ID
	p.announced = !p.unusable
	if p.announced {
		p.Party = a.Party(m.Index)
		s.recall(p)
		s.keys.came(p.Index, p.ID)
	}
}

// remove forgets a member that left.
func (s *Session) remove(p *peer) {
	s.abandon(p)
	s.down(p)
	if p.wasUp {
		s.keys.left(p.Index, p.ID)
		s.remember(p)
	}
	if i, ok := s.find(p.Index); ok {
		s.peers = slices.Delete(s.peers, i, i+1)
	}
}

// up makes k the channel to p, which a handshake has proved, and tells p what it has to know. tag is nil, or what an HS3
// begins with: the first record follows it. It reports false when another has proved the same identity meanwhile: then
// nothing has changed.
func (s *Session) up(p *peer, k handshake.Keys, tag []byte) bool {
	if s.doubles(p) {
		s.later(p)
		return false
	}
	p.knows.epoch = p.attempt.epoch
	if !p.verified {
		s.renumber(p.attempt.epoch)
	}
	p.cut()
	s.reached(p)
	p.channel, p.heard, p.attempt = channel.New(k), s.now, attempt{next: s.now + firstPause}
	p.digests = digests{toldAt: s.now, untold: true, back: s.now, apart: p.digests.apart}
	if !p.verified {
		p.verified, p.since = true, s.now
		p.digests.apart.resume(s.now)
		s.circle.changed(s.now)
	}
	s.join.mismatch, s.join.everUp = false, true
	if first, ok := p.seal(tag, s.profile); ok {
		kind := KindRecord
		if tag != nil {
			kind = KindHS3
		}
		s.post(p, kind, first)
	}
	s.sendPassphrase(p)
	s.keys.rotation.PeerUp(s.now, p.Index) // also when it had keys before: it may have missed some
	if p.wasUp {
		s.repeatChat(p)
	} else {
		s.beginChat(p)
	}
	p.wasUp = true
	return true
}

// down takes p off the roster: it gets no key of ours from now on, and none of its frames is opened soon.
func (s *Session) down(p *peer) {
	p.cut()
	if !p.verified {
		return
	}
	p.verified = false
	p.keys = owedKeys{}
	p.digests.apart.pause(s.now)
	p.digests = digests{apart: p.digests.apart}
	s.circle.changed(s.now)
	s.keys.peerDown(s.now, p.Index)
}

// lost gives up the channel to p, in which a record is missing or false. The initiator begins anew; the responder asks
// it to.
func (s *Session) lost(p *peer) {
	p.cut()
	s.abort(p, abortAgain)
}

// expire ends what took too long.
func (s *Session) expire() {
	for _, p := range s.peers {
		if p.attempt.running() && s.now >= p.attempt.until {
			s.timeout(p)
		}
		if p.verified && s.now >= p.heard+downAfter {
			live := p.live()
			s.down(p)
			if live {
				s.abort(p, abortAgain)
			}
		}
	}
}

// resume goes on with p after a lost connection, ours or its own: a ping shows each side whether records were lost.
func (s *Session) resume(p *peer) {
	switch {
	case p.live():
		s.reached(p)
		s.ping(p)
		s.sendPassphrase(p)
		s.repeatChat(p)
		if p.keys.owed {
			p.keys.owed = false
			s.keys.rotation.PeerUp(s.now, p.Index)
		}
	case p.verified && p.Index > s.me.Index:
		s.abort(p, abortAgain)
	}
}

// reached notes that p, which could not be reached, can be.
func (s *Session) reached(p *peer) {
	d := &p.digests
	if p.verified && d.apart.differs {
		d.apart.excuse(s.now - max(p.heard, d.apart.since))
	}
	d.back = s.now
}

// peerDeadline adds when something is due for p.
func (s *Session) peerDeadline(p *peer, open bool, a *alarm) {
	s.attemptDeadline(p, open, a)
	if p.verified {
		a.add(p.heard + downAfter)
	}
	if !p.live() {
		return
	}
	a.add(p.digests.toldAt + pingEvery)
	if p.keys.unacked {
		a.add(p.keys.askAt)
	}
}
