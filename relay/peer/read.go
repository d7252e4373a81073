package peer

import (
	"context"
	"errors"
	"time"

	"github.com/conclave-meet/conclave/relay/room"
	"github.com/conclave-meet/conclave/shared/roomname"
	"github.com/conclave-meet/conclave/shared/wire"
)

// read is the read loop: it runs until the connection ends.
func (c *Conn) read(ctx context.Context) {
	defer c.contain("read")
	for {
		b, err := c.sock.read(ctx)
		if _, ended := c.out.over(); ended {
			return
		}
		switch {
		case errors.Is(err, errBinary):
			c.end(wire.Refuse(wire.CodeBadMessage, "what", "binary"))
		case errors.Is(err, errTooLarge):
			c.end(wire.Refuse(wire.CodeTooLarge))
		case err == nil:
			c.receive(ctx, b)
		}
		if err != nil {
			return
		}
	}
}

// receive handles one message: limits first, then its form, then its content.
func (c *Conn) receive(ctx context.Context, b []byte) {
	if c.loop != nil {
		c.silence.Reset(wire.DeadAfter)
	}
	c.messages++
	if wire.Binary(b) {
		c.sealed(ctx, b)
		return
	}
	if !c.allow(c.limit.judge(time.Now())) {
		return
	}
	m, n, err := wire.DecodeClient(b)
	if err != nil {
		c.refuse(asError(err), n)
		return
	}
	hello, first := m.(*wire.Hello)
	switch {
	case first != (c.loop == nil):
		c.end(wire.Refuse(wire.CodeOrder))
	case first:
		c.hello(ctx, hello)
	default:
		c.handle(ctx, m, n)
	}
}

// sealed hands the items of a binary message on. Reading it costs no more than finding out how many there are, which
// the limit depends on.
func (c *Conn) sealed(ctx context.Context, b []byte) {
	m, _, err := wire.DecodeClient(b)
	if err != nil {
		c.refuse(asError(err), 0)
		return
	}
	items := m.(*wire.Sealed).Items
	switch {
	case c.loop == nil:
		c.end(wire.Refuse(wire.CodeOrder))
	case !c.allow(c.limit.judgeItems(time.Now(), len(items), len(b))):
		c.srv.dropped(wire.CodeRate, len(items))
	default:
		c.post(ctx, room.Pass{Conn: c.id, Items: items})
	}
}

// allow reports whether a message may be handled, and tells the client where it may not.
func (c *Conn) allow(v verdict) bool {
	switch v {
	case pass:
		return true
	case quit:
		c.end(wire.Refuse(wire.CodeRate))
		return false
	case warn:
		c.send(&wire.Failure{Error: *wire.Refuse(wire.CodeRate).After(rateWarn)}, 0)
	}
	c.srv.refused(wire.CodeRate)
	return false
}

// refuse answers a message that could not be read. Before the conversation has begun, and when it happens too often, it
// ends the connection.
func (c *Conn) refuse(e *wire.Error, n uint32) {
	c.violations++
	if c.loop == nil || c.violations > wire.MaxViolations || e.Code == wire.CodeTooLarge || e.Code == wire.CodeVersion {
		c.end(e)
		return
	}
	c.fail(e, n)
}

// fail answers a message with an error.
func (c *Conn) fail(e *wire.Error, n uint32) {
	c.srv.refused(e.Code)
	c.send(&wire.Failure{Error: *e}, n)
}

// hello asks the room to let the client in.
func (c *Conn) hello(ctx context.Context, h *wire.Hello) {
	name, err := roomname.Parse(h.Room)
	if err != nil {
		var why *roomname.Error
		errors.As(err, &why) // Parse returns no other
		c.end(wire.Refuse(wire.CodeRoom, "why", string(why.Reason)))
		return
	}
	host := h.Ticket != ""
	if host {
		if err := c.srv.cfg.Redeem(h.Ticket); err != nil {
			c.end(asError(err))
			return
		}
	}
	next, life, err := c.srv.draw()
	if err != nil {
		c.end(asError(err))
		return
	}
	loop, err := c.srv.hub.Get(name.Text())
	if err != nil {
		c.end(wire.Refuse(wire.CodeDrain))
		return
	}
	c.loop, c.returns = loop, h.Resume != ""
	c.silence.Reset(wire.DeadAfter)
	offer, state := h.Offer, h.State // and not h, which has the name
	c.put(item{task: func() [][]byte {
		c.offer, c.state = offer, state
		return nil
	}})
	ev := room.Enter{
		Conn: c.id, Name: h.Name, State: h.State, Host: host, Resume: room.Token(h.Resume), Next: next, Life: life,
	}
	if h.E2EE != nil {
		ev.Announce = h.E2EE.Announce
	}
	c.post(ctx, ev)
}

// handle does what a message asks for.
func (c *Conn) handle(ctx context.Context, m wire.ClientMessage, n uint32) {
	switch m := m.(type) {
	case *wire.Auth:
		if err := c.srv.cfg.Redeem(m.Ticket); err != nil {
			c.fail(asError(err), n)
			return
		}
		c.post(ctx, room.SignIn{Conn: c.id, N: n})
	case *wire.SetOffer:
		c.put(item{task: func() [][]byte { return c.setOffer(&m.Offer, n) }})
	case *wire.SetWants:
		c.put(item{task: func() [][]byte { return c.setWants(m.Wants) }})
	case *wire.SetState:
		c.post(ctx, room.Switch{Conn: c.id, State: m.Sending})
		c.put(item{task: func() [][]byte { return c.setState(m.Sending) }})
	case *wire.SendChat:
		c.post(ctx, room.Say{Conn: c.id, N: n, Text: m.Text, To: m.To})
	case *wire.SetHand:
		c.post(ctx, room.Raise{Conn: c.id, N: n, Up: m.Up})
	case *wire.SetE2EE:
		c.post(ctx, room.Secure{Conn: c.id, N: n})
	case *wire.SetAnnounce:
		c.announce(ctx, room.Announce{Conn: c.id, N: n, Announce: m.Announce})
	case *wire.Ping:
		c.send(&wire.Pong{}, n)
	case *wire.Leave:
		c.post(ctx, room.Leave{Conn: c.id, Why: wire.CodeLeft})
	default:
		c.end(wire.Refuse(wire.CodeInternal)) // wire decodes a message that this loop does not know
	}
}

// announce lets the room hear it, and waits until it did: an offer may follow at once, and is answered only where the
// member has announced itself. A room that does not know the connection (any more) ends it, and with it the wait.
func (c *Conn) announce(ctx context.Context, ev room.Announce) {
	c.post(ctx, ev)
	select {
	case <-c.announced:
	case <-ctx.Done():
	}
}

// heard says that the room has heard what announce waits for. It never waits.
func (c *Conn) heard() {
	select {
	case c.announced <- struct{}{}:
	default:
	}
}

// post hands an event to the room. It fails only when the relay stops or the connection has ended.
func (c *Conn) post(ctx context.Context, ev room.Event) {
	if c.loop.Post(ctx, ev) != nil {
		c.end(wire.Refuse(wire.CodeDrain))
	}
}
