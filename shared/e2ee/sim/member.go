package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee"
)

// Member is a session and its line to the relay.
type Member struct {
	Index   uint16
	Session *e2ee.Session
	State   e2ee.State   // as it was taken last
	States  []e2ee.State // every one that was taken
	Events  []e2ee.Event
	Gone    bool          // it has left
	LeftAt  time.Duration // Gone: when
	Frames  int           // key frames that were asked for

	relay  *Relay
	since  time.Duration // start of the session
	online bool
	line   int // number of the connection
	wake   time.Duration
	wakes  bool

	welcomed time.Duration // nothing arrives before the welcome
}

// Realm is the host name of the site, and Room the name of the room.
const (
	Realm = "meet.example"
	Room  = "simulated"
)

// PRS is what a passphrase was made into: any number stands for one.
func PRS(passphrase byte) (prs [32]byte) {
	prs[0] = passphrase
	return prs
}

// Join lets a new member in, with a passphrase.
func (r *Relay) Join(passphrase byte) *Member {
	var seed [32]byte
	seed[0], seed[1], seed[2] = byte(len(r.members)), byte(len(r.members)>>8), byte(r.config.Seed)
	s, err := e2ee.NewSession(e2ee.Config{
		Realm: Realm, Room: Room, PRS: PRS(passphrase), Rand: rand.NewChaCha8(seed),
	})
	if err != nil {
		panic(err) // ChaCha8 has no end
	}
	m := &Member{Index: uint16(len(r.members) + 1), Session: s, relay: r, since: r.now, online: true}
	r.members = append(r.members, m)
	r.welcome(m)
	for _, other := range r.Members() {
		if other != m {
			r.tell(other, m, func(s *e2ee.Session, now time.Duration, told e2ee.Member) { s.Joined(now, told) })
		}
	}
	return m
}

// announced is how the relay names m.
func (m *Member) announced() e2ee.Member {
	return e2ee.Member{Index: m.Index, Announce: slices.Clone(m.Session.Announce())}
}

// named is how the relay names m to another one.
func (r *Relay) named(to, m *Member) (e2ee.Member, bool) {
	told := m.announced()
	if r.Name != nil {
		return r.Name(to, told)
	}
	return told, true
}

// tell lets a member know something of another, unless a hostile relay keeps it for itself.
func (r *Relay) tell(to, about *Member, do func(*e2ee.Session, time.Duration, e2ee.Member)) {
	told, ok := r.named(to, about)
	if !ok {
		return
	}
	r.deliver(about.Index, to, func(m *Member) {
		m.call(func(s *e2ee.Session, now time.Duration) { do(s, now, told) })
	})
}

// welcome tells m who is there, and before it anything else.
func (r *Relay) welcome(m *Member) {
	var others []e2ee.Member
	for _, other := range r.Members() {
		if other == m {
			continue
		}
		if told, ok := r.named(m, other); ok {
			others = append(others, told)
		}
	}
	m.welcomed = r.deliver(m.Index, m, func(m *Member) {
		m.call(func(s *e2ee.Session, now time.Duration) { s.Welcome(now, m.Index, others) })
	})
}

// Leave takes m out of the room. Its session goes on, with what it knows.
func (m *Member) Leave() {
	r := m.relay
	m.Gone, m.LeftAt, m.online, m.wakes = true, r.now, false, false
	for _, other := range r.Members() {
		r.tell(other, m, func(s *e2ee.Session, now time.Duration, _ e2ee.Member) { s.Left(now, m.Index) })
	}
}

// Disconnect breaks m's connection: what travels on it is lost. The relay says so after notice.
func (m *Member) Disconnect(notice time.Duration) {
	r := m.relay
	for _, e := range r.events {
		if e.to == m && e.line == m.line {
			for _, other := range r.Members() {
				r.lost[pairOf(m.Index, other.Index)] = r.now
			}
			break
		}
	}
	m.online = false
	m.line++
	line := m.line
	r.After(notice, func() {
		if m.Gone || m.line != line || m.online {
			return
		}
		for _, other := range r.Members() {
			if other != m {
				r.tell(other, m, func(s *e2ee.Session, now time.Duration, _ e2ee.Member) { s.Away(now, m.Index, true) })
			}
		}
	})
}

// Online tells whether m has a connection.
func (m *Member) Online() bool { return m.online }

// Reconnect gives m a connection again.
func (m *Member) Reconnect() {
	if m.Gone || m.online {
		return
	}
	r := m.relay
	m.online = true
	r.welcome(m)
	for _, other := range r.Members() {
		if other != m {
			r.tell(other, m, func(s *e2ee.Session, now time.Duration, _ e2ee.Member) { s.Away(now, m.Index, false) })
		}
	}
}

// Do calls m's session, as its owner does.
func (m *Member) Do(do func(s *e2ee.Session, now time.Duration)) { m.call(do) }

// call calls the session and does what it wants.
func (m *Member) call(do func(s *e2ee.Session, now time.Duration)) {
	var begin time.Duration
	if m.relay.Busy != nil {
		begin = m.relay.Clock()
	}
	do(m.Session, m.relay.now-m.since)
	out := m.Session.Take()
	at, ok := m.Session.Deadline()
	if m.relay.Busy != nil {
		m.relay.Busy(m, m.relay.Clock()-begin)
	}
	m.wake, m.wakes = m.since+at, ok && !m.Gone
	if out.State != nil {
		m.State = *out.State
		m.States = append(m.States, m.State)
	}
	m.Events = append(m.Events, out.Events...)
	if out.KeyFrame {
		m.Frames++
	}
	if m.online {
		m.relay.carry(m, out.Items)
		return
	}
	for _, item := range out.Items {
		m.relay.lost[pairOf(item.From, item.To)] = m.relay.now
	}
}

// Code lets the person look at the security code from now on, and returns it; "": it is not there yet.
func (m *Member) Code() string {
	m.Do(func(s *e2ee.Session, now time.Duration) { s.ShowCode(now, true) })
	return m.State.Code
}

// Sees returns what m thinks of another; false: it does not know it.
func (m *Member) Sees(other *Member) (e2ee.Status, bool) {
	for _, p := range m.State.Peers {
		if p.Index == other.Index {
			return p.Status, true
		}
	}
	return 0, false
}

// Up tells whether two members are up with each other.
func Up(a, b *Member) bool {
	one, ok := a.Sees(b)
	two, ok2 := b.Sees(a)
	return ok && ok2 && one == e2ee.StatusUp && two == e2ee.StatusUp
}
