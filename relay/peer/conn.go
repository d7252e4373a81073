package peer

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/conclave-meet/conclave/relay/room"
	"github.com/conclave-meet/conclave/shared/wire"
)

// writeTimeout is how long one message may take to leave. More would hold a dead client's memory longer; less would cut
// slow phones off while their radio wakes up.
const writeTimeout = 10 * time.Second

// Conn is one client's signalling connection.
type Conn struct {
	// constant after newConn
	srv   *Server
	id    room.Conn
	sock  *socket
	out   *outbox
	begun time.Time

	announced chan struct{} // capacity 1: the room has heard the announce that the read loop waits for

	silence *time.Timer // ends the connection; pushed on by each message

	// owned by the read loop
	loop       *room.Loop // the room, from hello on
	returns    bool       // hello had a resume token
	limit      *limiter
	violations int
	messages   int

	// owned by the write loop, and by the read loop after that
	offer    *wire.Offer // of hello, until it is answered
	state    wire.Sending
	seat     *seat // nil: waiting
	call     *call
	welcomed bool // the welcome has left
	resumed  bool // the seat is that of an earlier connection
}

func newConn(s *Server, id room.Conn, sock *socket) *Conn {
	c := &Conn{srv: s, id: id, sock: sock, out: newOutbox(), begun: time.Now(), limit: newLimiter(),
		announced: make(chan struct{}, 1)}
	c.silence = time.AfterFunc(wire.HelloTimeout, func() { c.end(wire.Refuse(wire.CodeTimeout)) })
	return c
}

// serve runs the connection until it ends. It is the read loop and waits for the write loop.
func (c *Conn) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	written := make(chan struct{})
	go func() {
		defer close(written)
		defer cancel() // a read loop that waits for its room need not wait any longer
		defer c.contain("write")
		c.write()
	}()
	c.read(ctx)
	c.end(nil)
	<-written
	c.silence.Stop()
	c.depart()
	c.sock.release()
}

// contain keeps a broken invariant of this connection from ending the others'.
func (c *Conn) contain(where string) {
	if p := recover(); p != nil {
		c.srv.cfg.Logger.Error("connection broke", "conn", uint64(c.id), "in", where, "stack", string(debug.Stack()))
		c.end(wire.Refuse(wire.CodeInternal))
		c.sock.kill()
	}
}

// depart tells the room that the connection is over. A seat is kept, but not one that the client never heard of: nobody
// could take it back.
func (c *Conn) depart() {
	if c.loop == nil {
		return
	}
	// The room is there until Release, and takes events until the relay stops.
	ctx := context.Background()
	var ev room.Event = room.Lose{Conn: c.id}
	if known := c.welcomed || c.resumed || c.seat == nil && c.returns; !known {
		ev = room.Leave{Conn: c.id, Why: wire.CodeLost}
	}
	_ = c.loop.Post(ctx, ev) // an error says that the relay stops: there is no room to tell
	c.loop.Release()
}

// put queues it for the client and never waits.
func (c *Conn) put(it item) {
	if c.out.put(it) {
		c.ending()
	}
}

// send queues a message for the client and never waits.
func (c *Conn) send(m wire.ServerMessage, re uint32) { c.put(item{text: c.srv.encode(m, re)}) }

// end ends the connection, with a bye unless it is nil: then there is nobody to hear it. Only the first call counts.
func (c *Conn) end(bye *wire.Error) {
	if c.out.end(bye) && bye != nil {
		c.ending()
	}
}

// ending gives the client a short time to take its bye.
func (c *Conn) ending() { time.AfterFunc(2*closeTimeout, c.sock.kill) }

// write is the write loop: it runs until the outbox has ended and is empty.
func (c *Conn) write() {
	for range c.out.ready {
		items, ended := c.out.take()
		for _, it := range items {
			if !c.perform(it) {
				c.end(nil)
				c.sock.kill()
				return
			}
		}
		if ended {
			c.close()
			return
		}
	}
}

// perform sends an item. It reports false when the connection does not work any more.
func (c *Conn) perform(it item) bool {
	if c.seat != nil && !c.welcomed {
		return true // the welcome comes first; where the media refused the client, it is to hear of that alone
	}
	stuck := time.AfterFunc(writeTimeout, func() { c.end(wire.Refuse(wire.CodeSlow)) })
	defer stuck.Stop()
	texts := [][]byte{it.text}
	if it.task != nil {
		texts = it.task()
	}
	for _, t := range texts {
		if t == nil {
			continue
		}
		if c.sock.write(t) != nil {
			return false
		}
		c.welcomed = c.seat != nil
	}
	return true
}

// close says bye and closes the WebSocket.
func (c *Conn) close() {
	bye, _ := c.out.over()
	if bye == nil {
		c.sock.kill()
		return
	}
	if c.sock.write(c.srv.encode(&wire.Bye{Error: *bye}, 0)) != nil {
		c.sock.kill()
		return
	}
	c.sock.close(wire.CloseStatus(bye.Code), bye.Code)
}

// reason is how the connection ended, for the log.
func (c *Conn) reason() wire.Code {
	if bye, _ := c.out.over(); bye != nil {
		return bye.Code
	}
	return wire.CodeLost
}

// asError is err for a client. What has no code is a fault of the relay.
func asError(err error) *wire.Error {
	if e, ok := err.(*wire.Error); ok && e != nil {
		return e
	}
	return wire.Refuse(wire.CodeInternal)
}
