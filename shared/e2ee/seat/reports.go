package seat

import (
	"math"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
)

func (s *Seat) tell(r port.Report) { s.reports = append(s.reports, r) }

// take turns what the session wants into reports.
func (s *Seat) take() {
	o := s.session.Take()
	if len(o.Items) > 0 {
		send := &port.Send{Items: make([]port.Item, len(o.Items))}
		for i, item := range o.Items {
			send.Items[i] = port.Item(item)
			send.Items[i].From = 0 // the relay sets it
		}
		s.tell(send)
	}
	for _, e := range o.Events {
		s.tell(happened(e))
	}
	if o.State != nil {
		s.tell(stateOf(o.State))
	}
	if o.KeyFrame {
		s.tell(&port.KeyFrame{})
	}
}

func happened(e e2ee.Event) port.Report {
	switch e := e.(type) {
	case e2ee.Said:
		r := port.Said(e)
		return &r
	case e2ee.Reacted:
		r := port.Reacted(e)
		return &r
	case e2ee.PassphraseOffered:
		r := port.Offered(e)
		return &r
	case e2ee.PassphraseChanged:
		r := port.Passphrase(e)
		return &r
	}
	panic("an event that there is no report of")
}

func stateOf(s *e2ee.State) *port.State {
	r := &port.State{
		Phase: port.Phase(s.Phase), With: s.With, Code: s.Code, Agreement: port.Agreement(s.Agreement),
		Attempts: uint16(min(s.Attempts, math.MaxUint16)), Sending: s.Sending, Peers: make([]port.Peer, len(s.Peers)),
	}
	for i, p := range s.Peers {
		about := port.About{Name: p.Profile.Name, Colour: p.Profile.Colour, Hand: p.Profile.Hand}
		r.Peers[i] = port.Peer{Index: p.Index, Status: port.Status(p.Status), About: about}
	}
	return r
}
