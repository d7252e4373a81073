package room

import (
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// say passes a chat message on. The sender gets it back, so that everybody sees one order.
func (s *State) say(now time.Time, e Say) {
	x := s.byConn[e.Conn]
	if x == nil {
		s.refuseWaiter(e.Conn)
		return
	}
	var only *seat
	if e.To != 0 {
		if only = s.seat(e.To); only == nil {
			s.reply(x.conn, e.N, &wire.Failure{Error: *wire.Refuse(wire.CodeNobody)})
			return
		}
	}
	s.chat++
	m := &wire.Chat{ID: s.chat, From: x.member.Index, To: e.To, At: now.UnixMilli(), Text: e.Text}
	var to []Conn
	for _, y := range s.seats {
		switch {
		case y == x || only != nil && y != only:
		case y.conn != 0:
			to = append(to, y.conn)
		default:
			y.miss(m)
		}
	}
	if len(to) > 0 {
		s.do(Send{To: to, Msg: m})
	}
	s.reply(x.conn, e.N, m)
}

// miss keeps m for the return of a lost member. The oldest goes when there is too much.
func (x *seat) miss(m *wire.Chat) {
	if len(x.missed) == maxMissed {
		x.missed = append(x.missed[:0], x.missed[1:]...)
	}
	x.missed = append(x.missed, m)
}

func (s *State) seat(m wire.MemberIndex) *seat {
	for _, x := range s.seats {
		if x.member.Index == m {
			return x
		}
	}
	return nil
}

// raise raises or lowers a hand. A hand that is up keeps its time, which is its place in the queue.
func (s *State) raise(now time.Time, e Raise) {
	x := s.byConn[e.Conn]
	if x == nil {
		s.refuseWaiter(e.Conn)
		return
	}
	switch {
	case !e.Up:
		x.member.Hand = 0
	case x.member.Hand == 0:
		x.member.Hand = now.UnixMilli()
	}
	s.changed(x, e.N)
}

// switchTo notes what a member sends. The member is not told: its own knowledge is newer than an echo.
func (s *State) switchTo(e Switch) {
	x := s.byConn[e.Conn]
	switch {
	case x == nil:
		s.refuseWaiter(e.Conn)
	case x.member.State != e.State:
		x.member.State = e.State
		s.tell(&wire.Changed{Member: x.member}, x.conn)
	}
}
