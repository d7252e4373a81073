package conf

import (
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// onLink handles the signalling connection and what comes over it.
func (s *State) onLink(e Event) bool {
	switch e := e.(type) {
	case LinkUp:
		if s.call.wanted {
			s.linkLost()
			s.call.up = true
			s.askTicket()
		}
	case LinkDown:
		if s.call.wanted {
			s.linkLost()
		}
	case Received:
		if s.call.wanted && s.call.greeted {
			s.received(e.Message, e.Re)
		}
	default:
		return false
	}
	return true
}

// linkLost forgets what belonged to a connection. The seat, the peer connection and what is on screen stay.
func (s *State) linkLost() {
	if s.call.in {
		s.tell(Note{T: "announce", Key: "call.lost", Loud: true})
	}
	c := &s.call
	c.up, c.greeted, c.in, c.waits = false, false, false, false
	c.repeatAt = time.Time{}
	s.auth.tried = false
	s.unanswered()
	s.unsent()
	s.wants.told = false
	s.crypt.said, s.crypt.present = false, false
}

// greet sends hello as soon as everything for it is there.
func (s *State) greet() {
	c := &s.call
	if !c.up || c.greeted {
		return
	}
	h := &wire.Hello{
		Version: wire.Version, Client: s.cfg.Client, Room: s.view.Room.Name, Name: s.view.Me.Name,
		Resume: c.token, State: s.sending(),
	}
	if s.crypt.latched {
		if s.crypt.announce == nil {
			return
		}
		h.Name, h.E2EE = "", &wire.E2EE{Announce: s.crypt.announce}
	}
	if !c.seated {
		if s.neg.phase != made || !s.ticketReady() {
			return
		}
		h.Offer, h.Ticket = s.neg.offer, s.takeTicket()
		s.neg.phase, s.neg.n = asked, 0
	}
	c.greeted, c.told, c.sent = true, true, h.State
	s.auth.tried = h.Ticket != ""
	s.crypt.said = s.crypt.latched
	s.send(h)
}

func (s *State) received(m wire.ServerMessage, re uint32) {
	switch m := m.(type) {
	case *wire.Waiting:
		s.waiting()
	case *wire.Welcome:
		s.welcome(m)
	case *wire.Bye:
		s.bye(m.Error)
	case *wire.Failure:
		s.failure(m.Error, re)
	}
	if !s.call.in {
		return
	}
	switch m := m.(type) {
	case *wire.Joined:
		s.joined(m.Member)
	case *wire.Left:
		s.left(m.Member)
	case *wire.Changed:
		s.changed(m.Member)
	case *wire.AnswerTo:
		s.answered(&m.Answer, re)
	case *wire.Slots:
		s.slots(m.Slots)
	case *wire.Encode:
		s.encode(m.Streams)
	case *wire.Speakers:
		s.speakers(m)
	case *wire.Chat:
		if !s.crypt.latched {
			s.heard(m, re)
		}
	case *wire.Sealed:
		s.sealed(m)
	case *wire.Secured:
		s.secured(m.By)
	}
}

// waiting: the room is not open. After a lost connection that also means that the seat is gone, and with it the
// relay's side of the peer connection.
func (s *State) waiting() {
	if s.call.in {
		return // the relay never says so
	}
	if s.call.seated {
		s.call.seated = false
		s.emptyRoom()
		s.needFresh()
	}
	s.call.waits = true
	s.view.App = App{Screen: ScreenWaiting}
	s.askAuth()
}

func (s *State) welcome(m *wire.Welcome) {
	c := &s.call
	if c.in {
		return
	}
	switch {
	case s.crypt.latched && !m.E2EE:
		s.finish(Problem{Code: string(wire.CodeE2EEOff)})
		return
	case m.E2EE && !s.crypt.latched:
		s.required()
		return
	}
	again, waited := c.seated, c.waits
	c.in, c.waits, c.seated = true, false, true
	if s.crypt.problem.Code == codeBusy {
		s.crypt.problem = Problem{}
	}
	s.remember(m.Resume)
	s.view.App.Screen, s.view.App.End = ScreenCall, Problem{}
	if s.view.App.JoinedAt == 0 {
		s.view.App.JoinedAt = s.now.UnixMilli()
	}
	s.present(m)
	s.resumeChat(m.Incarnation != c.life)
	c.life = m.Incarnation
	switch {
	case m.Answer != nil && s.neg.phase == asked:
		s.accept(m.Answer)
	case m.Media == wire.MediaKept:
		s.allSlots(m.Slots)
	case s.neg.phase == made && s.neg.offer.Fresh:
		// A fresh one is on its way already.
	case s.neg.phase == asked && s.neg.offer.Fresh && s.neg.n != 0:
		// It crossed the welcome, and is answered by itself.
		s.neg.giveUp = s.now.Add(answerTime)
	default:
		s.needFresh()
	}
	if again {
		s.tell(Note{T: "announce", Key: "call.back", Loud: true})
	} else if waited {
		s.tell(Note{T: "sound", Key: "join"})
		s.tell(Note{T: "announce", Key: "waiting.started"})
	}
	if s.view.Me.Role == wire.Guest {
		s.askAuth()
	}
}

// bye: most reasons end the call. Those that lie in the relay or on the way do not: the link will dial again.
func (s *State) bye(e wire.Error) {
	switch e.Code {
	case wire.CodeDrain, wire.CodeSlow, wire.CodeTimeout, wire.CodeInternal:
		s.linkLost()
		return
	case wire.CodeTicket:
		// It became too old on its way. Once more without one; auth brings the next.
		if !s.auth.refused {
			s.auth.refused = true
			s.linkLost()
			return
		}
	}
	s.call.greeted = false // there is nobody to send leave to
	if e.Code == wire.CodeE2EERequired && !s.crypt.latched {
		s.required()
		return
	}
	token := s.call.token
	s.finish(problem(e))
	if e.Code == wire.CodeReplaced {
		s.remember(token) // the seat is mine, elsewhere: joining again takes it back
	}
}

// repeat says everything again that the relay may have dropped because it came too fast; which messages those were it
// does not say.
func (s *State) repeat() {
	if s.call.in {
		s.call.told, s.wants.told = false, false
		s.crowd.told = !s.crowd.hand
		s.unanswered()
		s.unsent()
	}
}

// failure finds out which of my messages was refused.
func (s *State) failure(e wire.Error, re uint32) {
	switch {
	case s.failedCrypto(e):
	case re != 0 && s.neg.phase == asked && re == s.neg.n:
		s.negotiationFailed(problem(e))
	case e.Code == wire.CodeMedia || e.Code == wire.CodeNoMedia:
		s.mediaGone()
	case re != 0 && s.chatRefused(e, re):
	case e.Code == wire.CodeRate:
		s.call.repeatAt = s.now.Add(max(rateWait, time.Duration(e.RetryAfter)*time.Millisecond))
		s.tell(Note{T: "toast", Key: errorKey(e.Code), Tone: "warn"})
	case re != 0 && re == s.auth.n:
		s.auth.n = 0
		s.view.Auth.Problem = problem(e)
	default:
		s.tell(Note{T: "toast", Key: errorKey(e.Code), Params: e.Params, Tone: "error"})
	}
}

// failedCrypto reports whether the refusal is about encryption.
func (s *State) failedCrypto(e wire.Error) bool {
	switch {
	case e.Code == wire.CodeE2EERequired && s.call.in && !s.crypt.latched:
		s.secured(0)
	case e.Code == wire.CodeE2EEOff && s.crypt.latched:
		s.finish(problem(e))
	case e.Code == wire.CodeE2EEClear && s.crypt.latched:
		// It was on its way when the room was encrypted.
	default:
		return false
	}
	return true
}
