//go:build js && wasm

package main

import (
	"errors"
	"math"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/e2ee/stretch"
)

// errMalformed says that a command cannot be read, or does not fit here.
var errMalformed = errors.New("malformed command")

const (
	// pulse is the time between two ticks at most. An old key ends after a frame of a newer one came, about which nobody
	// is told: more would let it live longer than it should, less would wake the worker more often.
	pulse = time.Second
	// dropsEvery is the time between two reports of drops.
	dropsEvery = 5 * time.Second
	// latest is the last time there is: it fits a Duration.
	latest = 1e12 // ms, 31 years
)

// member is the session of this program, and what it has to tell the page. The zero value has none yet.
type member struct {
	session *e2ee.Session
	now     time.Duration
	reports []port.Report

	drops     [1 - math.MinInt8]uint32 // by the negated code
	dropsTold time.Duration
}

// tick takes the time, which never goes back, in ms.
func (m *member) tick(ms float64) {
	if ms > 0 && ms <= latest {
		m.now = max(m.now, time.Duration(ms*float64(time.Millisecond)))
	}
	if m.session == nil {
		return
	}
	m.session.Tick(m.now)
	m.take()
	if m.now-m.dropsTold >= dropsEvery {
		m.tellDrops()
	}
}

// deadline is when tick is due, in ms; -1 when there is no session.
func (m *member) deadline() float64 {
	if m.session == nil {
		return -1
	}
	due := m.now + pulse
	if at, ok := m.session.Deadline(); ok {
		due = min(due, at)
	}
	return float64(due) / float64(time.Millisecond)
}

// report appends the next report to dst, nothing when there is none.
func (m *member) report(dst []byte) []byte {
	if len(m.reports) == 0 {
		return dst
	}
	next := m.reports[0]
	m.reports = m.reports[1:]
	return port.AppendReport(dst, next)
}

func (m *member) tell(r port.Report) { m.reports = append(m.reports, r) }

// command carries out what the page wants. It returns errMalformed for what is no command, or comes before [port.Open].
func (m *member) command(b []byte) error {
	c, err := port.DecodeCommand(b)
	if err != nil {
		return errMalformed
	}
	if first, ok := c.(*port.Open); ok {
		return m.open(first)
	}
	if m.session == nil {
		return errMalformed
	}
	switch c := c.(type) {
	case *port.Welcome, *port.Joined, *port.Left, *port.Away, *port.Receive:
		m.relayed(c)
	default:
		m.wanted(c)
	}
	m.take()
	return nil
}

func (m *member) open(c *port.Open) error {
	if m.session != nil {
		return errMalformed // another room is another worker's
	}
	s, err := e2ee.NewSession(e2ee.Config{Realm: c.Realm, Room: c.Room, PRS: c.PRS, Rand: random{}})
	if err != nil {
		return err
	}
	m.session = s
	m.tell(&port.Ready{Announce: s.Announce()})
	m.take()
	return nil
}

// relayed passes on what the relay says.
func (m *member) relayed(c port.Command) {
	s := m.session
	switch c := c.(type) {
	case *port.Welcome:
		others := make([]e2ee.Member, len(c.Others))
		for i, o := range c.Others {
			others[i] = e2ee.Member(o)
		}
		s.Welcome(m.now, c.Me, others)
	case *port.Joined:
		s.Joined(m.now, e2ee.Member(c.Member))
	case *port.Left:
		s.Left(m.now, c.Index)
	case *port.Away:
		s.Away(m.now, c.Index, c.Away)
	case *port.Receive:
		for _, item := range c.Items {
			s.Receive(m.now, e2ee.Item(item))
		}
	}
}

// wanted passes on what the person does.
func (m *member) wanted(c port.Command) {
	s := m.session
	switch c := c.(type) {
	case *port.Retry:
		s.Retry(m.now, c.PRS)
	case *port.Change:
		if err := s.Change(m.now, c.PRS, c.Passphrase); err != nil {
			m.tell(&port.Unchanged{Code: textOf(err)})
		}
	case *port.Adopt:
		// Refused when there was another change meanwhile, which has its own.
		_ = s.Adopt(m.now, c.Epoch, c.PRS)
	case *port.Profile:
		// Refused when it is too long for a record; what was told before then stands.
		_ = s.Profile(m.now, e2ee.Profile{Name: c.Profile.Name, Colour: c.Profile.Colour, Hand: c.Profile.Hand})
	case *port.Say:
		if err := s.Say(m.now, c.ID, c.To, c.Text); err != nil {
			m.tell(&port.Unsaid{ID: c.ID, Code: textOf(err)})
		}
	case *port.React:
		_ = s.React(m.now, c.Code) // refused when nothing may be sent, which is shown already
	case *port.Others:
		s.TryOthers(m.now)
	case *port.Unlock:
		s.Unlock(m.now)
	case *port.Accept:
		s.Accept(m.now)
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
	case errors.Is(err, e2ee.ErrBehind):
		return "crypto.behind"
	}
	return "internal"
}

// take turns what the session wants into reports.
func (m *member) take() {
	o := m.session.Take()
	if len(o.Items) > 0 {
		send := &port.Send{Items: make([]port.Item, len(o.Items))}
		for i, item := range o.Items {
			send.Items[i] = port.Item(item)
		}
		m.tell(send)
	}
	for _, e := range o.Events {
		m.tell(happened(e))
	}
	if o.State != nil {
		m.tell(stateOf(o.State))
	}
	if o.KeyFrame {
		m.tell(&port.KeyFrame{})
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

// tellDrops reports what was dropped since the last time.
func (m *member) tellDrops() {
	m.dropsTold = m.now
	var counts []port.Drop
	for i, n := range m.drops {
		if n > 0 {
			counts = append(counts, port.Drop{Reason: int8(-i), Count: n})
		}
	}
	if len(counts) > 0 {
		clear(m.drops[:])
		m.tell(&port.Drops{Counts: counts})
	}
}

// secretOf makes what a command says into its PRS.
func secretOf(b []byte) ([32]byte, error) {
	c, err := port.DecodeCommand(b)
	if err != nil {
		return [32]byte{}, errMalformed
	}
	var secret port.Secret
	switch c := c.(type) {
	case *port.Open:
		secret = c.Secret
	case *port.Retry:
		secret = c.Secret
	case *port.Change:
		secret = c.Secret
	case *port.Adopt:
		secret = c.Secret
	default:
		return [32]byte{}, errMalformed
	}
	return stretch.PRS(secret.Passphrase, secret.Room), nil
}
