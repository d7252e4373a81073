package room

import (
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Opening says who may open a room.
type Opening string

// Who may open a room.
const (
	Hosts  Opening = "hosts"  // people with a host account; everybody else waits for one
	Anyone Opening = "anyone" // whoever comes first, who then moderates
)

// Limits of a room.
const (
	// DefaultMembers is how many seats a room has, and how many may wait for it to be opened, where the operator says
	// nothing else. More would need a view for a lecture; fewer would refuse meetings that work.
	DefaultMembers = 100
	// MostMembers is the most that an operator may choose. With more, what everybody is told of everybody would be
	// most of what the relay does.
	MostMembers = 1000
	// maxMissed is how much chat is kept for each seat. More would hold more memory for somebody who may never lose the
	// connection; fewer would cut what a lively meeting says in wire.SeatTime.
	maxMissed = 100
	// unsure is the time before a loss in which what was sent may have reached nobody: it lies in buffers until the
	// relay notices, which takes wire.DeadAfter of silence and the time in which one message may leave. More would
	// repeat what arrived; less would lose chat.
	unsure = 2 * wire.DeadAfter
	// lastIndex is the greatest member index; an incarnation that used them all lets nobody in any more.
	lastIndex = wire.MemberIndex(1<<16 - 1)
)

// seat is a member's place.
type seat struct {
	member wire.Member
	token  Token // of the last welcome
	// older stay good until token was used: the one that token's welcome was given for, which may never have arrived,
	// and that of the connection that was there before, so that a person can go back to the other tab.
	older [2]Token
	conn  Conn      // 0: the connection is lost
	lost  time.Time // when; of meaning while conn is 0
	heard []heard   // the chat that it is to have heard, oldest first, maxMissed at the most
	back  time.Time // when it was last taken back
	from  time.Time // since when chat was said again then
}

// heard is a chat message, and when it was said.
type heard struct {
	at   time.Time
	chat *wire.Chat
}

// waiter is somebody who waits for the room to be opened.
type waiter struct {
	conn  Conn
	enter Enter
}

// State is one room. The zero value is not usable: see [NewState]. It is owned by one goroutine.
type State struct {
	// constant after NewState
	opening Opening
	most    int // seats, and people who wait

	// of this incarnation, reset when the last seat is empty
	life    Life
	secured wire.MemberIndex // who encrypted the room, its opener or a moderator; 0: it is not encrypted
	seats   []*seat          // by index, which is the order of joining
	last    wire.MemberIndex
	chat    uint64
	byConn  map[Conn]*seat
	byToken map[Token]*seat

	// of nobody's incarnation: they wait for one to begin
	waiting []waiter

	out []Effect // of the Step that is running
}

// NewState returns an empty room of so many seats.
func NewState(o Opening, members int) *State {
	return &State{opening: o, most: members, byConn: map[Conn]*seat{}, byToken: map[Token]*seat{}}
}

// Empty reports whether nobody is inside, no seat is kept and nobody waits.
func (s *State) Empty() bool { return len(s.seats) == 0 && len(s.waiting) == 0 }

// Members is the number of seats taken, kept ones included.
func (s *State) Members() int { return len(s.seats) }

// Next is the time at which a [Tick] is due. ok is false when none is.
func (s *State) Next() (at time.Time, ok bool) {
	for _, x := range s.seats {
		if x.conn != 0 {
			continue
		}
		due := x.lost.Add(wire.SeatTime)
		if !x.member.Away {
			due = x.lost.Add(wire.AwayAfter)
		}
		if !ok || due.Before(at) {
			at, ok = due, true
		}
	}
	return at, ok
}

// Step lets ev happen at now and returns what has to be done, in order. The effects are the caller's: State keeps no
// reference to them. Events of connections that the room does not know (any more) have no effect.
func (s *State) Step(now time.Time, ev Event) []Effect {
	s.out = nil
	switch ev := ev.(type) {
	case Enter:
		s.enter(now, ev)
	case SignIn:
		s.signIn(now, ev)
	case Say:
		s.say(now, ev)
	case Raise:
		s.raise(now, ev)
	case Secure:
		s.secure(ev)
	case Announce:
		s.announce(ev)
	case Pass:
		s.pass(ev)
	case Switch:
		s.switchTo(ev)
	case Leave:
		s.leave(ev)
	case Lose:
		s.lose(now, ev.Conn)
	case Tick:
		s.tick(now)
	}
	out := s.out
	s.out = nil
	return out
}

func (s *State) do(e Effect) { s.out = append(s.out, e) }

// tell sends m to every connected member but one (0: to all).
func (s *State) tell(m wire.ServerMessage, but Conn) {
	to := make([]Conn, 0, len(s.seats))
	for _, x := range s.seats {
		if x.conn != 0 && x.conn != but {
			to = append(to, x.conn)
		}
	}
	if len(to) > 0 {
		s.do(Send{To: to, Msg: m})
	}
}

func (s *State) reply(c Conn, n uint32, m wire.ServerMessage) {
	s.do(Send{To: []Conn{c}, Re: n, Msg: m})
}

// changed tells everybody what x is now, and answers message n of x itself.
func (s *State) changed(x *seat, n uint32) {
	s.tell(&wire.Changed{Member: x.member}, x.conn)
	if x.conn != 0 {
		s.reply(x.conn, n, &wire.Changed{Member: x.member})
	}
}

// abort ends everything for everybody, after a panic in Step: nobody knows what would come of going on.
func (s *State) abort() []Effect {
	var out []Effect
	for c := range s.byConn {
		out = append(out, End{Conn: c, Err: wire.Refuse(wire.CodeInternal)})
	}
	for _, w := range s.waiting {
		out = append(out, End{Conn: w.conn, Err: wire.Refuse(wire.CodeInternal)})
	}
	if s.life != "" {
		out = append(out, Close{Life: s.life})
	}
	*s = *NewState(s.opening, s.most)
	return out
}
