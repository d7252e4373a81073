package e2ee

import (
	"errors"
	"io"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/channel"
	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

var (
	// ErrPaused says that nothing may go out now: the passphrase differs from the others', too many failed before
	// anybody was up, or participants do not see the same people.
	ErrPaused = errors.New("sending is paused")
	// ErrNobody says that the member that a message is for is not up.
	ErrNobody = errors.New("receiver is not up")
	// ErrText says that a text is empty, too long or not UTF-8.
	ErrText = errors.New("bad text")
	// ErrBehind says that a change of the passphrase was not asked about, or that a later one is known.
	ErrBehind = errors.New("change of the passphrase is not the last")
	// ErrProven says that somebody has proved to have our passphrase: it is right, and no other is tried.
	ErrProven = errors.New("passphrase is right")
)

// MaxMembers is how many members a room with encryption may have, ourselves included. A rotation costs N² records
// (e2ee.md, 13): more would want another protocol. Whoever is beyond it is not answered.
const MaxMembers = 100

// Config is what a session needs to know at the beginning.
type Config struct {
	Realm string   // host name of the site, as this side sees it
	Room  string   // canonical name of the room
	PRS   [32]byte // of the passphrase (package passphrase)
	Rand  io.Reader
}

// Session is one member's side of the encryption of a room: handshakes with the others, channels to them, its own sender
// keys and theirs, and what people are shown of all that (e2ee.md, 6 to 10). It decides; it does nothing: whatever it
// wants done lies in [Session.Take] after each call.
//
// Time comes from outside: now is monotonic, since the start of the session, and never goes back. The session does not
// wake up by itself: call [Session.Tick] when [Session.Deadline] has come. It has one owner: it is not safe for several
// goroutines. Nothing that comes from the relay makes it panic.
type Session struct {
	// constant after NewSession
	realm, room string
	rand        io.Reader
	self        *handshake.Identity

	now     time.Duration
	me      handshake.Party
	inside  bool    // the relay has let us in
	peers   []*peer // by index
	secret  secret
	join    joining
	budget  budget
	circle  circle
	keys    ownKeys
	profile Profile
	log     chatLog
	out     outbox
}

// NewSession begins a session with a new identity: a reload makes another member. It reads [Config.Rand], whose error it
// passes on, and keeps reading it later.
func NewSession(c Config) (*Session, error) {
	self, err := handshake.NewIdentity(c.Rand)
	if err != nil {
		return nil, err
	}
	s := &Session{realm: c.Realm, room: c.Room, rand: c.Rand, self: self, secret: secret{prs: c.PRS}}
	s.me.ID = self.Public()
	if _, err := io.ReadFull(c.Rand, s.me.Nonce[:]); err != nil {
		return nil, err
	}
	s.out.fresh = true
	return s, nil
}

// Announce returns what hello tells the relay, and the relay everybody: our identity, in clear and unproven. At most 256
// bytes.
func (s *Session) Announce() []byte { return s.self.Announce(s.me.Nonce) }

// Member is a member as the relay names it. Nothing of it is true before a handshake has proved it.
type Member struct {
	Index    uint16
	Announce []byte // empty: it has not announced itself
}

// Welcome says that the relay let us in as member me, beside others. After a lost connection it comes again: who is gone
// has left, who is new has joined, and everybody is asked whether records were lost meanwhile. Another me than before is
// another member: nobody is up any more.
func (s *Session) Welcome(now time.Duration, me uint16, others []Member) {
	s.at(now)
	defer s.settle()
	if !s.inside || s.me.Index != me {
		for len(s.peers) > 0 {
			s.remove(s.peers[0])
		}
		s.me.Index, s.inside = me, true
		if err := s.keys.begin(s.now, me, s.rand); err != nil {
			s.inside = false // without randomness there is nothing to be safe with
			return
		}
	}
	for i := len(s.peers) - 1; i >= 0; i-- {
		if !named(others, s.peers[i].Index) {
			s.remove(s.peers[i])
		}
	}
	for _, m := range others {
		s.admit(m)
	}
	for _, p := range s.peers {
		p.away = false
		s.forgo(p)
		s.resume(p)
	}
}

func named(members []Member, index uint16) bool {
	for _, m := range members {
		if m.Index == index {
			return true
		}
	}
	return false
}

// Joined says that a member came, or that one who was there has announced itself. Its first
// identity stands whatever is announced later: another identity is another member, with another index (e2ee.md, 6).
func (s *Session) Joined(now time.Duration, m Member) {
	s.at(now)
	defer s.settle()
	if s.inside {
		s.admit(m)
	}
}

// Left says that a member left. It gets no key from now on.
func (s *Session) Left(now time.Duration, index uint16) {
	s.at(now)
	defer s.settle()
	if p := s.peer(index); p != nil {
		s.remove(p)
	}
}

// Away says whether the relay has lost a member's connection and keeps its seat. Nothing is sent to it meanwhile: the
// relay would drop it.
func (s *Session) Away(now time.Duration, index uint16, away bool) {
	s.at(now)
	defer s.settle()
	p := s.peer(index)
	if p == nil || p.away == away {
		return
	}
	p.away = away
	if away {
		s.forgo(p)
	} else {
		s.resume(p)
	}
}

// Tick lets time pass. It is due at [Session.Deadline]; earlier or later does no harm.
func (s *Session) Tick(now time.Duration) {
	s.at(now)
	s.settle()
}

// Leave tells the others that we go: they cut us off at once, without waiting for the relay. Nothing goes out after it.
func (s *Session) Leave(now time.Duration) {
	s.at(now)
	for _, p := range s.peers {
		s.send(p, channel.Bye{})
	}
	s.inside, s.out.sending = false, false
}

// Wipe ends the session and overwrites what it can of its secrets. Nothing is sealed, opened or sent after it.
func (s *Session) Wipe() {
	for _, p := range s.peers {
		s.abandon(p)
		p.cut()
	}
	if s.keys.rotation != nil {
		s.keys.rotation.Wipe()
	}
	s.keys.frames.Wipe()
	s.self.Wipe()
	s.peers, s.secret, s.log = nil, secret{}, chatLog{}
	s.inside, s.out = false, outbox{}
}

// at moves the clock.
func (s *Session) at(now time.Duration) { s.now = max(s.now, now) }

// settle does whatever has become possible or due. Every call from outside ends with it.
func (s *Session) settle() {
	if !s.inside {
		return
	}
	s.expire()
	s.serveQueued()
	s.initiate()
	s.rotate()
	s.exchangeDigests()
	s.judge()
	s.talk()
	s.offer()
}

// alarm collects the earliest of several times.
type alarm struct {
	at  time.Duration
	set bool
}

func (a *alarm) add(at time.Duration) {
	if !a.set || at < a.at {
		a.at, a.set = at, true
	}
}

// Deadline returns when [Session.Tick] is due; false: there is nothing to wait for.
func (s *Session) Deadline() (at time.Duration, ok bool) {
	var a alarm
	if s.inside {
		open := s.open()
		for _, p := range s.peers {
			s.peerDeadline(p, open, &a)
		}
		s.keysDeadline(&a)
		s.circleDeadline(&a)
		s.talkDeadline(&a)
		s.passphraseDeadline(&a)
	}
	return a.at, a.set
}
