package room

import (
	"slices"
	"strconv"

	"github.com/conclave-meet/conclave/shared/wire"
)

// maxEncrypted is how many seats an encrypted room has at the most: everybody says everything to each of the others
// (e2ee.md, 13).
const maxEncrypted = 100

// encrypted reports whether the room is, which an empty room never is.
func (s *State) encrypted() bool { return s.secured != 0 }

// seatsAtMost is how many seats the room has.
func (s *State) seatsAtMost() int {
	if s.encrypted() {
		return min(s.most, maxEncrypted)
	}
	return s.most
}

// unfit says why e is of no use to a room that is open: it expects one of the other kind. It is nil otherwise.
func (s *State) unfit(e Enter) *wire.Error {
	switch {
	case s.encrypted() && len(e.Announce) == 0:
		return wire.Refuse(wire.CodeE2EERequired)
	case !s.encrypted() && len(e.Announce) != 0:
		return wire.Refuse(wire.CodeE2EEOff)
	}
	return nil
}

// secure encrypts the room and forgets what only its members are to know from now on.
func (s *State) secure(e Secure) {
	x := s.byConn[e.Conn]
	switch {
	case x == nil:
		s.refuseWaiter(e.Conn)
		return
	case !x.member.Role.Moderates():
		s.fail(x.conn, e.N, wire.CodeRole)
		return
	case len(s.seats) > maxEncrypted:
		s.fail(x.conn, e.N, wire.CodeE2EEMany, "most", strconv.Itoa(maxEncrypted))
		return
	}
	if !s.encrypted() {
		s.secured = x.member.Index
		for _, y := range s.seats {
			y.member.Name, y.member.Hand, y.heard = "", 0, nil
		}
		s.do(Bar{Life: s.life}) // before anybody can hear of it and make an offer
		s.tell(&wire.Secured{By: s.secured}, x.conn)
	}
	s.reply(x.conn, e.N, &wire.Secured{By: s.secured})
}

// announce notes what a member shows of itself.
func (s *State) announce(e Announce) {
	x := s.byConn[e.Conn]
	switch {
	case x == nil:
		s.refuseWaiter(e.Conn)
	case !s.encrypted():
		s.do(Announced{Conn: x.conn, Life: s.life, Member: x.member.Index})
		s.fail(x.conn, e.N, wire.CodeE2EEOff)
	default:
		x.member.Announce = e.Announce
		s.do(Announced{Conn: x.conn, Life: s.life, Member: x.member.Index, Good: true})
		s.changed(x, e.N)
	}
}

// pass hands items on to those they are for, who get each sender's in order.
func (s *State) pass(e Pass) {
	x := s.byConn[e.Conn]
	switch {
	case x == nil:
		s.refuseWaiter(e.Conn)
		return
	case !s.encrypted():
		s.do(Drop{Why: wire.CodeE2EEOff, Items: len(e.Items)})
		return
	}
	var out []Deliver
	lost := 0
	for _, it := range e.Items {
		y := s.seat(it.To)
		if y == nil || y == x || y.conn == 0 {
			lost++
			continue
		}
		it.From = x.member.Index
		if i := slices.IndexFunc(out, func(d Deliver) bool { return d.To == y.conn }); i >= 0 {
			out[i].Items = append(out[i].Items, it)
		} else {
			out = append(out, Deliver{To: y.conn, Items: []wire.Item{it}})
		}
	}
	for _, d := range out {
		s.do(d)
	}
	if lost > 0 {
		s.do(Drop{Why: wire.CodeNobody, Items: lost})
	}
}

// fail answers message n of c with an error; pairs are its parameters (wire.Refuse).
func (s *State) fail(c Conn, n uint32, why wire.Code, pairs ...string) {
	s.reply(c, n, &wire.Failure{Error: *wire.Refuse(why, pairs...)})
}
