package peer

import (
	"sync"

	"github.com/conclave-meet/conclave/relay/room"
	"github.com/conclave-meet/conclave/shared/wire"
)

// call is the media of one incarnation of a room.
type call struct {
	// constant after newCall
	srv   *Server
	life  room.Life
	media Media

	mu       sync.Mutex
	seats    map[wire.MemberIndex]*seat
	speakers *wire.Speakers // the last that was said, for those who come later
}

// seat is a member's place in the call. It outlives connections, as the room's seat does.
type seat struct {
	you wire.MemberIndex

	joining sync.Mutex // held while a peer connection begins: one at a time, the latest last

	mu      sync.Mutex
	conn    *Conn   // the member's latest, perhaps lost
	session Session // nil: there is no peer connection
	wants   []wire.Want
	closed  bool            // the member is gone
	barred  bool            // the room was encrypted, and the member has not announced itself since
	ending  <-chan struct{} // closed when the session that bar ended is over; nil: it ended none
	answers uint64          // how often something was negotiated
}

func (s *Server) newCall(l room.Life) *call {
	c := &call{srv: s, life: l, seats: map[wire.MemberIndex]*seat{}}
	c.media = s.cfg.Media(Events{Slots: c.slots, Encode: c.encode, Speakers: c.speak, Gone: c.gone})
	return c
}

// attach gives the seat of m to conn, which may be nil when it was lost in the meantime. Nobody is let into an encrypted
// room without an announce.
func (c *call) attach(m wire.MemberIndex, conn *Conn) *seat {
	c.mu.Lock()
	x := c.seats[m]
	if x == nil {
		x = &seat{you: m}
		c.seats[m] = x
	}
	c.mu.Unlock()
	x.mu.Lock()
	x.conn, x.barred = conn, false
	x.mu.Unlock()
	return x
}

// bar ends all sessions, and begins no other for a member before it has announced itself. It does not wait.
func (c *call) bar() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.seats {
		x.mu.Lock()
		x.barred = true
		if s := x.session; s != nil {
			ended := make(chan struct{})
			x.session, x.ending = nil, ended
			c.srv.closings.Go(func() {
				defer close(ended)
				s.Close()
			})
		}
		x.mu.Unlock()
	}
}

// unbar lets x have sessions. The room says so of the member's latest connection only.
func (x *seat) unbar() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.barred = false
}

// mayJoinLocked returns why conn may have no session at x.
func (x *seat) mayJoinLocked(conn *Conn) error {
	switch {
	case x.closed || x.conn != conn:
		return wire.Refuse(wire.CodeReplaced)
	case x.barred:
		return wire.Refuse(wire.CodeE2EERequired)
	}
	return nil
}

// remove takes the seat of m out and returns its session, which the caller closes.
func (c *call) remove(m wire.MemberIndex) Session {
	c.mu.Lock()
	x := c.seats[m]
	delete(c.seats, m)
	c.mu.Unlock()
	if x == nil {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	s := x.session
	x.session = nil
	return s
}

func (c *call) seat(m wire.MemberIndex) *seat {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seats[m]
}

// latest is the connection of the member, nil when there is none.
func (x *seat) latest() *Conn {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.conn
}

// peer is the member's session, nil when there is none, or when conn is not the member's latest: what an older one still
// has in its queue must not change what the latest goes on with.
func (x *seat) peer(conn *Conn) Session {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.conn != conn {
		return nil
	}
	return x.session
}

// join ends the peer connection that x has, if any, and begins another for conn.
func (x *seat) join(c *call, conn *Conn, o *wire.Offer, state wire.Sending) (*wire.Answer, error) {
	x.joining.Lock()
	defer x.joining.Unlock()
	x.mu.Lock()
	refused := x.mayJoinLocked(conn)
	var old Session
	if refused == nil {
		old, x.session = x.session, nil
	}
	ending := x.ending
	x.mu.Unlock()
	if refused != nil {
		return nil, refused
	}
	if old != nil {
		old.Close()
	}
	if ending != nil {
		<-ending
	}
	s, a, err := c.media.Join(x.you, o, state)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	refused = x.mayJoinLocked(conn) // by what happened meanwhile
	if refused == nil {
		x.session = s
		x.answers++
	}
	wants := x.wants
	x.mu.Unlock()
	if refused != nil {
		s.Close()
		return nil, refused
	}
	if len(wants) > 0 {
		s.Want(wants)
	}
	return a, nil
}

// change answers a changed description of the peer connection that x has.
func (x *seat) change(conn *Conn, o *wire.Offer) (*wire.Answer, error) {
	x.mu.Lock()
	barred := x.barred
	x.mu.Unlock()
	if barred {
		return nil, wire.Refuse(wire.CodeE2EERequired)
	}
	s := x.peer(conn)
	if s == nil {
		return nil, wire.Refuse(wire.CodeNoMedia)
	}
	a, err := s.Offer(o)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	x.answers++
	x.mu.Unlock()
	return a, nil
}

// want keeps the list for as long as the seat lasts, also for peer connections that are yet to come.
func (x *seat) want(conn *Conn, w []wire.Want) {
	x.mu.Lock()
	var s Session
	if x.conn == conn {
		x.wants, s = w, x.session
	}
	x.mu.Unlock()
	if s != nil {
		s.Want(w)
	}
}

func (c *call) slots(to wire.MemberIndex, changed []wire.SlotState) {
	if x := c.seat(to); x != nil && len(changed) > 0 {
		if conn := x.latest(); conn != nil {
			conn.send(&wire.Slots{Slots: changed}, 0)
		}
	}
}

func (c *call) encode(to wire.MemberIndex, changed []wire.Encoding) {
	if x := c.seat(to); x != nil && len(changed) > 0 {
		if conn := x.latest(); conn != nil {
			conn.send(&wire.Encode{Streams: changed}, 0)
		}
	}
}

func (c *call) speak(sp wire.Speakers) {
	c.mu.Lock()
	c.speakers = &sp
	seats := make([]*seat, 0, len(c.seats))
	for _, x := range c.seats {
		seats = append(seats, x)
	}
	c.mu.Unlock()
	b := c.srv.encode(&sp, 0)
	for _, x := range seats {
		if conn := x.latest(); conn != nil {
			conn.put(item{text: b})
		}
	}
}

// speaking is what was last said about speakers, nil when nobody spoke yet.
func (c *call) speaking() *wire.Speakers {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.speakers
}

// gone forgets a session that ended by itself and tells its member to begin another.
func (c *call) gone(m wire.MemberIndex, s Session, err error) {
	x := c.seat(m)
	if x == nil {
		return
	}
	x.mu.Lock()
	mine := x.session == s
	if mine {
		x.session = nil
	}
	conn := x.conn
	x.mu.Unlock()
	if mine && conn != nil {
		conn.fail(asError(err), 0)
	}
}
