package conf

import (
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

const (
	// ticketTime is how long joining waits for the relay's HTTP interface before it goes on as a guest.
	ticketTime = 5 * time.Second
	// ticketLife is for how long a ticket is used. The relay takes it for 30 s; the rest is for the way.
	ticketLife = 20 * time.Second
)

// ticketing is how the client proves that a host is signed in.
type ticketing struct {
	tokens map[string]string // resume tokens by room

	session bool      // "session" is being asked
	asking  bool      // "ticket" is being asked
	giveUp  time.Time // when not to wait for them any longer
	ticket  string
	got     time.Time // when ticket came
	forAuth bool      // the ticket that is asked for goes out with auth
	tried   bool      // a ticket went out on this connection
	refused bool      // the relay refused one
	n       uint32    // auth's number
}

// onAuth handles the host account.
func (s *State) onAuth(e Event) bool {
	a := &s.view.Auth
	switch e := e.(type) {
	case *SignIn:
		s.ask(CallAPI{Op: "signin", Name: e.Name, Secret: e.Secret})
	case *SignOut:
		s.ask(CallAPI{Op: "signout"})
	case *Enrol:
		s.ask(CallAPI{Op: "enrol", Token: e.Token, Name: e.Name, Secret: e.Secret})
	case APIResult:
		switch e.Op {
		case "session":
			s.auth.session = false
			a.Known, a.Name = true, e.Name
			s.askTicket()
		case "ticket":
			s.ticketed(e.Ticket)
			if e.Err != nil && e.Err.Code == "auth.session" {
				a.Name = ""
			}
		default:
			s.accounted(e)
		}
	default:
		return false
	}
	return true
}

// ask calls the interface for the person.
func (s *State) ask(e CallAPI) {
	a := &s.view.Auth
	if a.Busy {
		return
	}
	a.Busy, a.Problem, a.Enrolled = true, Problem{}, false
	s.do(e)
}

func (s *State) api(e CallAPI) {
	switch e.Op {
	case "session":
		s.auth.session = true
	case "ticket":
		s.auth.asking = true
	}
	s.do(e)
}

// accounted takes the result of what the person asked for.
func (s *State) accounted(e APIResult) {
	a := &s.view.Auth
	a.Busy = false
	if e.Err != nil {
		a.Problem = problem(*e.Err)
		return
	}
	a.Known = true
	switch e.Op {
	case "signout":
		a.Name, s.auth.ticket = "", ""
		return
	case "enrol":
		a.Enrolled = true
	}
	a.Name = e.Name
	s.auth.tried = false
	s.askAuth()
	s.askTicket()
}

// askTicket gets a ticket for hello.
func (s *State) askTicket() {
	k := &s.auth
	if !s.call.wanted || s.call.greeted || s.call.seated {
		return
	}
	if k.refused {
		return
	}
	fresh := k.ticket != "" && s.now.Sub(k.got) < ticketLife
	if s.view.Auth.Name != "" && !fresh && !k.asking && !k.tried {
		k.ticket = ""
		s.api(CallAPI{Op: "ticket"})
	}
	if k.asking || k.session {
		k.giveUp = s.now.Add(ticketTime)
	}
}

// askAuth gets a ticket for auth, with which a guest becomes a host, and one who waits opens the room. Once for each
// connection: a ticket that was refused would be refused again.
func (s *State) askAuth() {
	k := &s.auth
	if s.view.Auth.Name == "" || k.tried || !s.call.in && !s.call.waits {
		return
	}
	k.tried, k.forAuth = true, true
	if !k.asking {
		s.api(CallAPI{Op: "ticket"})
	}
}

// ticketed takes a ticket, or "" when there is none to be had. After that hello goes out without waiting for one.
func (s *State) ticketed(ticket string) {
	k := &s.auth
	k.asking, k.session, k.giveUp = false, false, time.Time{}
	if k.forAuth {
		k.forAuth = false
		if ticket != "" && (s.call.in || s.call.waits) {
			k.n = s.sendNumbered(&wire.Auth{Ticket: ticket})
		}
		return
	}
	k.ticket, k.got = ticket, s.now
	k.tried = ticket == ""
}

// ticketReady reports whether hello need not wait for a ticket. One that has become too old is replaced first.
func (s *State) ticketReady() bool {
	if s.auth.ticket != "" && s.now.Sub(s.auth.got) >= ticketLife {
		s.askTicket()
	}
	return !s.auth.asking && !s.auth.session
}

// takeTicket gives the ticket away: it is good for one use.
func (s *State) takeTicket() string {
	t := s.auth.ticket
	s.auth.ticket, s.auth.giveUp = "", time.Time{}
	return t
}

// stop forgets what belonged to a call.
func (k *ticketing) stop() {
	k.ticket, k.forAuth, k.tried, k.n, k.giveUp = "", false, false, 0, time.Time{}
}
