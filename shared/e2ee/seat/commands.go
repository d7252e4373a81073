package seat

import (
	"errors"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
)

// SecretIn returns the passphrase in a command, whose PRS must be set before [Seat.Do] (package stretch); nil: the
// command has none. It belongs to the command.
func SecretIn(c port.Command) *port.Secret {
	switch c := c.(type) {
	case *port.Open:
		return &c.Secret
	case *port.Retry:
		return &c.Secret
	case *port.Change:
		return &c.Secret
	case *port.Adopt:
		return &c.Secret
	}
	return nil
}

// Do carries out a command. It returns [ErrCommand] for any but [port.Open] before that, and for a second one of those:
// another room is another seat's. What the session refuses is no error, but a report.
func (s *Seat) Do(now time.Duration, c port.Command) error {
	s.now = max(s.now, now)
	if first, ok := c.(*port.Open); ok {
		return s.open(first)
	}
	if s.session == nil {
		return ErrCommand
	}
	switch c := c.(type) {
	case *port.Leave:
		s.session.Leave(s.now)
		s.take()
		s.tell(&port.Parted{})
	case *port.Welcome, *port.Joined, *port.Left, *port.Away, *port.Receive:
		s.relayed(c)
	default:
		s.wanted(c)
	}
	s.take()
	return nil
}

func (s *Seat) open(c *port.Open) error {
	if s.session != nil {
		return ErrCommand
	}
	x, err := e2ee.NewSession(e2ee.Config{Realm: c.Realm, Room: c.Room, PRS: c.PRS, Rand: s.rand})
	if err != nil {
		return err
	}
	s.session = x
	s.tell(&port.Ready{Announce: x.Announce()})
	s.take()
	return nil
}

// relayed passes on what the relay says.
func (s *Seat) relayed(c port.Command) {
	x := s.session
	switch c := c.(type) {
	case *port.Welcome:
		others := make([]e2ee.Member, len(c.Others))
		for i, o := range c.Others {
			others[i] = e2ee.Member(o)
		}
		x.Welcome(s.now, c.Me, others)
	case *port.Joined:
		x.Joined(s.now, e2ee.Member(c.Member))
	case *port.Left:
		x.Left(s.now, c.Index)
	case *port.Away:
		x.Away(s.now, c.Index, c.Away)
	case *port.Receive:
		for _, item := range c.Items {
			x.Receive(s.now, e2ee.Item(item))
		}
	}
}

// wanted passes on what the person does.
func (s *Seat) wanted(c port.Command) {
	x := s.session
	switch c := c.(type) {
	case *port.Retry:
		tried := &port.Retried{Text: c.Passphrase}
		if x.Retry(s.now, c.PRS) != nil {
			tried.Text = ""
		}
		s.tell(tried)
	case *port.Change:
		if err := x.Change(s.now, c.PRS, c.Passphrase); err != nil {
			s.tell(&port.Unchanged{Code: textOf(err)})
		}
	case *port.Adopt:
		// Refused when there was another change meanwhile, which has its own.
		_ = x.Adopt(s.now, c.Epoch, c.Passphrase, c.PRS)
	case *port.Decline:
		x.Decline(s.now, c.Epoch)
	case *port.Profile:
		// Refused when it is too long for a record; what was told before then stands.
		_ = x.Profile(s.now, e2ee.Profile{Name: c.Profile.Name, Colour: c.Profile.Colour, Hand: c.Profile.Hand})
	case *port.Say:
		if err := x.Say(s.now, c.ID, c.To, c.Text); err != nil {
			s.tell(&port.Unsaid{ID: c.ID, Code: textOf(err)})
		}
	case *port.React:
		_ = x.React(s.now, c.Code) // refused when nothing may be sent, which is shown already, or nothing more
	case *port.Others:
		x.TryOthers(s.now)
	case *port.Unlock:
		x.Unlock(s.now)
	case *port.Accept:
		x.Accept(s.now)
	case *port.ShowCode:
		x.ShowCode(s.now, c.On)
	}
}

// textOf is the code that the page has a text for (package wire has most of them).
func textOf(err error) string {
	switch {
	case errors.Is(err, e2ee.ErrText):
		return "chat.bad"
	case errors.Is(err, e2ee.ErrNobody):
		return "member.gone"
	case errors.Is(err, e2ee.ErrPaused):
		return "crypto.paused"
	case errors.Is(err, e2ee.ErrBusy):
		return "rate"
	}
	return "internal"
}
