package peer

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/conclave-meet/conclave/relay/room"
	"github.com/conclave-meet/conclave/shared/wire"
)

// Config is what a Server is made with. All fields are needed, but Opening, Members and Logger.
type Config struct {
	Opening room.Opening // who may open rooms; "": hosts
	Members int          // seats of a room; 0: room.DefaultMembers
	// Redeem spends a ticket and returns nil when a host showed it. The error is a *wire.Error.
	Redeem func(ticket string) error
	// Media begins the media of a room's incarnation.
	Media  func(Events) Media
	Rand   io.Reader // for tokens: crypto/rand.Reader
	Logger *slog.Logger
}

// Server accepts signalling connections and carries out what rooms decide. Its methods may be called from any
// goroutine.
type Server struct {
	// constant after New
	cfg  Config
	hub  *room.Hub
	boot string

	handlers sync.WaitGroup // ServeHTTP
	closings sync.WaitGroup // sessions and groups that are being closed

	randMu sync.Mutex // readers of randomness need not be safe for concurrent use

	mu      sync.Mutex
	conns   map[room.Conn]*Conn
	calls   map[room.Life]*call
	last    room.Conn
	drained bool
	stats   Stats // its maps of counts; the rest is made when asked for
}

// New returns a Server without connections. It returns an error when there is no randomness.
func New(cfg Config) (*Server, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		cfg: cfg, conns: map[room.Conn]*Conn{}, calls: map[room.Life]*call{},
		stats: Stats{Refused: map[wire.Code]uint64{}, Dropped: map[wire.Code]uint64{}, Ended: map[wire.Code]uint64{}},
	}
	var err error
	if s.boot, err = s.random(9); err != nil {
		return nil, fmt.Errorf("draw the boot id: %w", err)
	}
	s.hub = room.NewHub(room.Config{Opening: cfg.Opening, Members: cfg.Members, Do: s.do, Logger: cfg.Logger})
	return s, nil
}

// random returns n random bytes in base64url.
func (s *Server) random(n int) (string, error) {
	b := make([]byte, n)
	s.randMu.Lock()
	defer s.randMu.Unlock()
	_, err := io.ReadFull(s.cfg.Rand, b)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// draw returns a resume token and an incarnation's id.
func (s *Server) draw() (room.Token, room.Life, error) {
	t, err := s.random(32)
	if err != nil {
		return "", "", err
	}
	l, err := s.random(12)
	return room.Token(t), room.Life(l), err
}

// ServeHTTP upgrades the request to a WebSocket and serves it until it ends. The caller has checked the Origin.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.drained {
		s.mu.Unlock()
		http.Error(w, "the relay is shutting down", http.StatusServiceUnavailable)
		return
	}
	s.handlers.Add(1)
	s.mu.Unlock()
	defer s.handlers.Done()

	sock, err := accept(w, r)
	if err != nil {
		return // the library has answered
	}
	c := s.add(sock)
	defer s.drop(c)
	if !sock.speaks() {
		c.end(wire.Refuse(wire.CodeVersion, "version", fmt.Sprint(wire.Version)))
	}
	c.serve()
}

// add registers a connection. One that comes while the server drains is told at once.
func (s *Server) add(sock *socket) *Conn {
	s.mu.Lock()
	s.last++
	c := newConn(s, s.last, sock)
	s.conns[c.id] = c
	drained := s.drained
	s.mu.Unlock()
	if drained {
		c.end(wire.Refuse(wire.CodeDrain))
	}
	return c
}

// drop forgets a connection that has ended.
func (s *Server) drop(c *Conn) {
	why := c.reason()
	s.mu.Lock()
	delete(s.conns, c.id)
	s.stats.Ended[why]++
	s.mu.Unlock()
	s.cfg.Logger.Info("connection ended", "conn", uint64(c.id), "reason", string(why),
		"lasted", time.Since(c.begun).Round(time.Millisecond), "messages", c.messages)
}

func (s *Server) conn(id room.Conn) *Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[id]
}

// call returns the media of an incarnation, beginning it if need be. Only the room's own goroutine calls it.
func (s *Server) call(l room.Life) *call {
	s.mu.Lock()
	k := s.calls[l]
	s.mu.Unlock()
	if k == nil {
		k = s.newCall(l)
		s.mu.Lock()
		s.calls[l] = k
		s.mu.Unlock()
	}
	return k
}

// do carries out an effect of a room, in the room's goroutine.
func (s *Server) do(name string, e room.Effect) {
	switch e := e.(type) {
	case room.Send:
		if f, ok := e.Msg.(*wire.Failure); ok {
			s.refused(f.Code)
		}
		b := s.encode(e.Msg, e.Re)
		for _, id := range e.To {
			if c := s.conn(id); c != nil {
				c.put(item{text: b})
			}
		}
	case room.Deliver:
		if c := s.conn(e.To); c != nil {
			n, why := c.out.deliver(e.Items)
			s.dropped(why, n)
		}
	case room.Drop:
		s.dropped(e.Why, e.Items)
	case room.Bar:
		s.call(e.Life).bar()
	case room.Announced:
		if c := s.conn(e.Conn); c != nil {
			if x := s.call(e.Life).seat(e.Member); e.Good && x != nil {
				x.unbar()
			}
			c.heard()
		}
	case room.Admit:
		k, c := s.call(e.Life), s.conn(e.Conn)
		x := k.attach(e.You, c)
		if c != nil {
			c.put(item{task: func() [][]byte { return c.admit(name, e, k, x) }})
		}
	case room.End:
		if c := s.conn(e.Conn); c != nil {
			c.end(e.Err)
		}
	case room.Remove:
		if p := s.call(e.Life).remove(e.Member); p != nil {
			s.closings.Go(p.Close)
		}
	case room.Close:
		s.mu.Lock()
		k := s.calls[e.Life]
		delete(s.calls, e.Life)
		s.mu.Unlock()
		if k != nil {
			s.closings.Go(k.media.Close)
		}
	}
}

// encode writes a message. One that cannot be written is a fault of the relay: it is logged, and nil sends nothing.
func (s *Server) encode(m wire.ServerMessage, re uint32) []byte {
	b, err := wire.EncodeServer(m, re)
	if err != nil {
		s.cfg.Logger.Error("message not written", "type", fmt.Sprintf("%T", m), "err", err)
		return nil
	}
	return b
}

func (s *Server) refused(c wire.Code) {
	s.mu.Lock()
	s.stats.Refused[c]++
	s.mu.Unlock()
}

// dropped counts items.
func (s *Server) dropped(c wire.Code, items int) {
	if items == 0 {
		return
	}
	s.mu.Lock()
	s.stats.Dropped[c] += uint64(items)
	s.mu.Unlock()
}

// Close says bye [wire.CodeDrain] to everybody and waits until all connections, rooms and peer connections have ended:
// until ctx ends at the most, then it cuts what is left. New connections are refused from its beginning on.
func (s *Server) Close(ctx context.Context) {
	s.mu.Lock()
	s.drained = true
	conns := make([]*Conn, 0, len(s.conns))
	for _, c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.end(wire.Refuse(wire.CodeDrain))
	}
	stop := context.AfterFunc(ctx, func() {
		for _, c := range conns {
			c.sock.kill()
		}
	})
	s.handlers.Wait()
	stop()
	s.hub.Close()
	s.mu.Lock()
	for l, k := range s.calls {
		s.closings.Go(k.media.Close)
		delete(s.calls, l)
	}
	s.mu.Unlock()
	s.closings.Wait()
}
