package conf

import (
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
)

// checkTime is how long what I wrote before anybody was up waits for the others: the first member is asked alone, all others
// right after it. Less would leave out those on slow lines; more would let a member that never answers hold it up.
const checkTime = 2 * time.Second

// talks reports whether what I write has a reader now. Alone I am a reader too; but the worker also says "alone" before it
// has heard who is there.
func (s *State) talks() bool {
	c := &s.crypt
	switch {
	case !c.present:
		return false
	case c.session.Phase == port.PhaseAlone:
		return len(s.crowd.members) <= 1
	}
	return c.session.Phase == port.PhaseUp || c.session.Phase == port.PhaseLocked
}

// checking reports whether a handshake is under way.
func (c *encryption) checking() bool {
	for _, p := range c.session.Peers {
		if p.Status == port.StatusChecking {
			return true
		}
	}
	return false
}

// sayCrypto sends what waits.
func (s *State) sayCrypto() {
	q := &s.chat
	if !s.talks() || !q.holdUntil.IsZero() && (q.busy || s.crypt.checking()) {
		return
	}
	q.holdUntil, q.busy = time.Time{}, false
	for i := range q.queue {
		if o := &q.queue[i]; !o.said {
			o.said = true
			s.do(TellCrypto{Command: &port.Say{ID: o.id, To: uint16(o.to), Text: o.text}})
		}
	}
}

// unsaid: a message of mine did not go out. One that came too fast waits; every other is taken back.
func (s *State) unsaid(r *port.Unsaid) {
	if r.Code != string(wire.CodeRate) {
		if _, ok := s.dequeueID(r.ID); ok {
			s.view.Chat.Problem = Problem{Code: r.Code}
		}
		return
	}
	for i := range s.chat.queue {
		if o := &s.chat.queue[i]; o.said && o.id == r.ID {
			o.said = false
			s.chat.holdUntil, s.chat.busy = s.now.Add(rateWait), true
		}
	}
}

// cryptoSaid takes a message that the worker opened, or has sent for me. Its time is mine: other clocks may be wrong, and
// the order is the order of coming.
func (s *State) cryptoSaid(r *port.Said) {
	me := s.view.Me.Index
	from, to := wire.MemberIndex(r.From), wire.MemberIndex(r.To)
	mine := from == me
	if !wire.ChatOK(r.Text) || !mine && to != 0 && to != me {
		return
	}
	at := s.now.UnixMilli()
	if mine {
		o, ok := s.dequeueID(r.ID)
		if !ok {
			return // said twice
		}
		at = o.at
	}
	s.chat.shown++
	name := s.nameOf(from)
	if mine {
		name = s.view.Me.Name
	}
	s.showMessage(Message{ID: sealedID + s.chat.shown, From: from, Name: name, Mine: mine, To: to, At: at, Text: r.Text})
}
