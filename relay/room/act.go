package room

import (
	"slices"
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
	if s.encrypted() {
		s.fail(x.conn, e.N, wire.CodeE2EEClear)
		return
	}
	var only *seat
	if e.To != 0 {
		if only = s.seat(e.To); only == nil {
			s.fail(x.conn, e.N, wire.CodeNobody)
			return
		}
	}
	s.chat++
	m := &wire.Chat{ID: s.chat, From: x.member.Index, To: e.To, At: now.UnixMilli(), Text: e.Text}
	var to []Conn
	for _, y := range s.seats {
		if y != x && only != nil && y != only {
			continue
		}
		y.hear(now, m)
		if y != x && y.conn != 0 {
			to = append(to, y.conn)
		}
	}
	if len(to) > 0 {
		s.do(Send{To: to, Msg: m})
	}
	s.reply(x.conn, e.N, m)
}

// hear keeps m, lest it does not arrive. The oldest goes when there is too much.
func (x *seat) hear(now time.Time, m *wire.Chat) {
	if len(x.heard) == maxMissed {
		x.heard = slices.Delete(x.heard, 0, 1)
	}
	x.heard = append(x.heard, heard{now, m})
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
	if s.encrypted() {
		s.fail(x.conn, e.N, wire.CodeE2EEClear)
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
