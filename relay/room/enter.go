package room

import (
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// open reports whether people may come in: somebody has opened the room and not everybody has left since.
func (s *State) open() bool { return len(s.seats) > 0 }

func (s *State) enter(now time.Time, e Enter) {
	if x := s.byToken[e.Resume]; x != nil && e.Resume != "" {
		if why := s.unfit(e); why != nil {
			s.do(End{Conn: e.Conn, Err: why}) // the seat stays as it is
			return
		}
		s.resume(now, x, e)
		return
	}
	w := waiter{conn: e.Conn, enter: e}
	switch {
	case s.open():
		s.admit(w)
	case e.Host || s.opening == Anyone:
		s.openWith(w)
	case len(s.waiting) >= s.most:
		s.do(End{Conn: e.Conn, Err: wire.Refuse(wire.CodeRoomFull)})
	default:
		s.waiting = append(s.waiting, w)
		s.reply(e.Conn, 0, &wire.Waiting{For: wire.WaitHost})
	}
}

// openWith begins an incarnation, encrypted if w says so: w enters, and then all who waited, in the order in which they
// came.
func (s *State) openWith(w waiter) {
	s.life = w.enter.Life
	if len(w.enter.Announce) > 0 {
		s.secured = 1 // the index that w is about to get
	}
	s.admit(w)
	waiting := s.waiting
	s.waiting = nil
	for _, x := range waiting {
		s.admit(x)
	}
}

// admit gives w a new seat, or ends the connection when there is none.
func (s *State) admit(w waiter) {
	e := w.enter
	if why := s.unfit(e); why != nil {
		s.do(End{Conn: w.conn, Err: why})
		return
	}
	if len(s.seats) >= s.seatsAtMost() || s.last == lastIndex {
		s.do(End{Conn: w.conn, Err: wire.Refuse(wire.CodeRoomFull)})
		return
	}
	s.last++
	x := &seat{conn: w.conn, token: e.Next, member: wire.Member{
		Index: s.last, Name: e.Name, Role: wire.Guest, State: e.State, Announce: e.Announce,
	}}
	switch {
	case e.Host:
		x.member.Role = wire.Host
	case s.opening == Anyone && len(s.seats) == 0:
		x.member.Role = wire.Moderator
	}
	s.seats = append(s.seats, x)
	s.byConn[x.conn], s.byToken[x.token] = x, x
	s.welcome(x, false)
	s.tell(&wire.Joined{Member: x.member}, x.conn)
}

func (s *State) welcome(x *seat, resumed bool) {
	members := make([]wire.Member, len(s.seats))
	for i, y := range s.seats {
		members[i] = y.member
	}
	s.do(Admit{
		Conn: x.conn, Life: s.life, You: x.member.Index, Resume: x.token, Resumed: resumed, Members: members, E2EE: s.encrypted(),
	})
}

// resume gives x to the connection that showed its token, taking it from the older one, if that is still there.
func (s *State) resume(now time.Time, x *seat, e Enter) {
	lost := x.lost
	if x.conn != 0 {
		lost = now // or earlier, and nobody noticed
		delete(s.byConn, x.conn)
		s.do(End{Conn: x.conn, Err: wire.Refuse(wire.CodeReplaced)})
	}
	s.forgetTokens(x)
	x.older, x.token, x.conn = [2]Token{e.Resume, x.token}, e.Next, e.Conn
	s.byConn[x.conn] = x
	for _, t := range append(x.older[:], x.token) {
		s.byToken[t] = x
	}

	before := x.member
	x.member.Away, x.member.Name, x.member.State, x.member.Announce = false, e.Name, e.State, e.Announce
	if e.Host {
		x.member.Role = wire.Host
	}
	s.welcome(x, true)
	s.repeat(now, x, lost.Add(-unsure))
	if !x.member.Equal(before) {
		s.tell(&wire.Changed{Member: x.member}, x.conn)
	}
}

// repeat says again to x what was said since from. Where x came back after that time, what it was told again then is in
// doubt too.
func (s *State) repeat(now time.Time, x *seat, from time.Time) {
	if from.Before(x.back) && x.from.Before(from) {
		from = x.from
	}
	x.back, x.from = now, from
	for _, h := range x.heard {
		if !h.at.Before(from) {
			s.reply(x.conn, 0, h.chat)
		}
	}
}

func (s *State) signIn(_ time.Time, e SignIn) {
	if x := s.byConn[e.Conn]; x != nil {
		x.member.Role = wire.Host
		s.changed(x, e.N)
		return
	}
	for i, w := range s.waiting {
		if w.conn == e.Conn {
			s.waiting = slices.Delete(s.waiting, i, i+1)
			w.enter.Host = true
			s.openWith(w)
			return
		}
	}
}

func (s *State) leave(e Leave) {
	if x := s.byConn[e.Conn]; x != nil {
		s.do(End{Conn: e.Conn, Err: wire.Refuse(wire.CodeLeft)})
		s.remove(x, e.Why)
		return
	}
	if s.unwait(e.Conn) {
		s.do(End{Conn: e.Conn, Err: wire.Refuse(wire.CodeLeft)})
	}
}

func (s *State) lose(now time.Time, c Conn) {
	if x := s.byConn[c]; x != nil {
		delete(s.byConn, c)
		x.conn, x.lost = 0, now
		return
	}
	s.unwait(c)
}

// unwait takes c out of the queue and reports whether it was there.
func (s *State) unwait(c Conn) bool {
	n := len(s.waiting)
	s.waiting = slices.DeleteFunc(s.waiting, func(w waiter) bool { return w.conn == c })
	return len(s.waiting) < n
}

// refuseWaiter ends the connection of somebody who waits and acts like a member.
func (s *State) refuseWaiter(c Conn) {
	if s.unwait(c) {
		s.do(End{Conn: c, Err: wire.Refuse(wire.CodeOrder)})
	}
}

// forgetTokens makes x's tokens good for nothing.
func (s *State) forgetTokens(x *seat) {
	for _, t := range append(x.older[:], x.token) {
		delete(s.byToken, t)
	}
}

// remove empties x's seat, and ends the incarnation with the last one.
func (s *State) remove(x *seat, why wire.Code) {
	delete(s.byConn, x.conn)
	s.forgetTokens(x)
	s.seats = slices.DeleteFunc(s.seats, func(y *seat) bool { return y == x })
	s.do(Remove{Life: s.life, Member: x.member.Index})
	s.tell(&wire.Left{Member: x.member.Index, Why: why}, 0)
	if len(s.seats) > 0 {
		s.follow()
		return
	}
	s.do(Close{Life: s.life})
	s.life, s.last, s.chat, s.secured = "", 0, 0, 0
}

// follow makes the longest-present member a moderator where nobody moderates and nobody with an account is expected to.
// Those whose connection is lost come last.
func (s *State) follow() {
	if s.opening != Anyone || slices.ContainsFunc(s.seats, func(x *seat) bool { return x.member.Role.Moderates() }) {
		return
	}
	next := s.seats[0]
	if i := slices.IndexFunc(s.seats, func(x *seat) bool { return x.conn != 0 }); i >= 0 {
		next = s.seats[i]
	}
	next.member.Role = wire.Moderator
	s.changed(next, 0)
}

// tick shows lost members as away and empties the seats whose time is over.
func (s *State) tick(now time.Time) {
	for _, x := range slices.Clone(s.seats) {
		switch {
		case x.conn != 0:
		case !now.Before(x.lost.Add(wire.SeatTime)):
			s.remove(x, wire.CodeLost)
		case !x.member.Away && !now.Before(x.lost.Add(wire.AwayAfter)):
			x.member.Away = true
			s.tell(&wire.Changed{Member: x.member}, 0)
		}
	}
}
