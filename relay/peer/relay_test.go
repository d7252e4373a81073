//lint:file-ignore SA1019 the tests' client speaks through the library that the relay uses

package peer

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/conclave-meet/conclave/relay/room"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"nhooyr.io/websocket"
)

// relay is a Server on an in-memory network, inside a synctest bubble, with media that only notes what is asked of it.
type relay struct {
	t     *testing.T
	srv   *Server
	media *notes
	log   *strings.Builder
	http  *http.Server
	conns chan net.Conn
}

// play runs f with a relay in a bubble of virtual time.
func play(t *testing.T, f func(*relay)) {
	synctest.Test(t, func(t *testing.T) {
		r := &relay{t: t, media: &notes{hold: make(chan struct{})}, log: &strings.Builder{}, conns: make(chan net.Conn)}
		srv, err := New(Config{
			Opening: room.Hosts, Rand: rand.Reader, Media: r.media.group,
			Redeem: func(ticket string) error {
				if ticket != "good" {
					return wire.Refuse(wire.CodeTicket)
				}
				return nil
			},
			Logger: slog.New(slog.NewTextHandler(r.log, nil)),
		})
		require.NoError(t, err)
		r.srv = srv
		r.http = &http.Server{Handler: srv}
		served := make(chan error, 1)
		go func() { served <- r.http.Serve(&listener{conns: r.conns, done: make(chan struct{})}) }()
		f(r)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		srv.Close(ctx)
		require.NoError(t, r.http.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
		synctest.Wait()
		for _, secret := range []string{"name-", "secret-room", "good", "token", "secret-text", "announce-", "item-"} {
			assert.NotContains(t, r.log.String(), secret)
		}
	})
}

// listener is one end of an in-memory network.
type listener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error { l.once.Do(func() { close(l.done) }); return nil }

func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }

// client is the other end of a signalling connection.
type client struct {
	t  *testing.T
	ws *websocket.Conn
	n  uint32

	mu     sync.Mutex
	heard  []heard
	closed int // WebSocket status, -1: without one, 0: not closed
}

type heard struct {
	m  wire.ServerMessage
	re uint32
}

// dial opens a connection whose client reads everything.
func (r *relay) dial() *client {
	c := r.connect(wire.Subprotocol)
	go c.read()
	return c
}

// connect opens a connection whose client does not read.
func (r *relay) connect(protocols ...string) *client {
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		a, b := net.Pipe()
		r.conns <- a
		return b, nil
	}}
	ws, _, err := websocket.Dial(r.t.Context(), "ws://relay/_/ws", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: protocols,
	})
	require.NoError(r.t, err)
	ws.SetReadLimit(1 << 20)
	c := &client{t: r.t, ws: ws}
	r.t.Cleanup(func() { _ = ws.CloseNow() })
	return c
}

func (c *client) read() {
	for {
		frame, b, err := c.ws.Read(context.Background())
		c.mu.Lock()
		if err != nil {
			c.closed = int(websocket.CloseStatus(err))
			c.mu.Unlock()
			return
		}
		m, re, err := wire.DecodeServer(b)
		if assert.NoError(c.t, err) {
			assert.Equal(c.t, frameOf(b), frame)
			c.heard = append(c.heard, heard{m, re})
		}
		c.mu.Unlock()
	}
}

// send sends a message and returns its number.
func (c *client) send(m wire.ClientMessage) uint32 {
	c.n++
	b, err := wire.EncodeClient(m, c.n)
	require.NoError(c.t, err)
	c.write(frameOf(b), b)
	return c.n
}

// text sends whatever it is given.
func (c *client) text(s string) { c.write(websocket.MessageText, []byte(s)) }

func (c *client) binary(s string) { c.write(websocket.MessageBinary, []byte(s)) }

func (c *client) write(frame websocket.MessageType, b []byte) {
	err := c.ws.Write(c.t.Context(), frame, b)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed == 0 {
		require.NoError(c.t, err)
	}
}

// hears waits until nothing moves, and returns what came since the last call.
func (c *client) hears() []wire.ServerMessage {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []wire.ServerMessage
	for _, h := range c.heard {
		out = append(out, h.m)
	}
	c.heard = nil
	return out
}

// hearsOne is hears where exactly one message of type T must have come, as the answer to message re.
func hearsOne[T wire.ServerMessage](c *client, re uint32) T {
	c.t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.Len(c.t, c.heard, 1)
	m, ok := c.heard[0].m.(T)
	require.True(c.t, ok, "%T", c.heard[0].m)
	require.Equal(c.t, re, c.heard[0].re)
	c.heard = nil
	return m
}

// gone waits and asserts that the connection ended with bye and the status that belongs to the code.
func (c *client) gone(code wire.Code) *wire.Bye {
	c.t.Helper()
	all := c.hears()
	require.NotEmpty(c.t, all)
	bye, ok := all[len(all)-1].(*wire.Bye)
	require.True(c.t, ok, "%T", all[len(all)-1])
	require.Equal(c.t, code, bye.Code)
	c.mu.Lock()
	defer c.mu.Unlock()
	require.Equal(c.t, wire.CloseStatus(code), c.closed)
	return bye
}

// open reports whether the connection lives.
func (c *client) open() bool {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed == 0
}

// vanish cuts the connection without a word.
func (c *client) vanish() { _ = c.ws.CloseNow(); synctest.Wait() }

func offer() *wire.Offer {
	return &wire.Offer{
		Fresh: true, ICE: wire.ICE{Ufrag: "abcd", Pwd: strings.Repeat("p", 22)},
		Fingerprint: strings.TrimSuffix(strings.Repeat("AB:", 32), ":"),
		Codecs:      []wire.Codec{{Kind: wire.Audio, Name: "opus", PT: 111, Clock: 48000}},
		Exts:        []wire.Ext{}, Send: []wire.Send{{Mid: "0", Stream: wire.Mic}}, Slots: []wire.Slot{{Mid: "1", Kind: wire.Audio}},
	}
}

func hello(name string) *wire.Hello {
	return &wire.Hello{Version: wire.Version, Room: "Secret Room", Name: "name-" + name, Offer: offer()}
}

// join enters the room as a host (ann) or a guest and returns the welcome.
func (r *relay) join(name string) (*client, *wire.Welcome) {
	c := r.dial()
	h := hello(name)
	if name == "ann" {
		h.Ticket = "good"
	}
	c.send(h)
	return c, hearsOne[*wire.Welcome](c, 0)
}

// notes is media that notes what is asked of it.
type notes struct {
	hold chan struct{} // a peer connection with the ufrag "hold" begins, and one with "stay" ends, when it is closed

	mu     sync.Mutex
	events Events // of the latest group
	log    []string
	last   *peerNotes
	how    []wire.Encoding // what all were told to send
}

type peerNotes struct {
	n     *notes
	id    wire.MemberIndex
	stays bool
}

func (n *notes) note(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = append(n.log, s)
}

// noted returns what was noted since the last call.
func (n *notes) noted() []string {
	synctest.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	out := n.log
	n.log = nil
	return out
}

func (n *notes) group(e Events) Media {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = e
	return n
}

var (
	errRefused = wire.Refuse(wire.CodeNoCodec)
	errGone    = wire.Refuse(wire.CodeMedia, "why", "dtls")
)

func (n *notes) Join(m wire.MemberIndex, o *wire.Offer, s wire.Sending) (Session, *wire.Answer, error) {
	if o.ICE.Ufrag == "bad0" {
		return nil, nil, errRefused
	}
	if o.ICE.Ufrag == "boom" {
		panic("fault")
	}
	if o.ICE.Ufrag == "hold" {
		<-n.hold
	}
	n.note("join " + who(m) + sends(s))
	p := &peerNotes{n: n, id: m, stays: o.ICE.Ufrag == "stay"}
	n.mu.Lock()
	n.last = p
	n.mu.Unlock()
	return p, &wire.Answer{ICE: wire.ICE{Ufrag: "relay" + o.ICE.Ufrag}}, nil
}

func (n *notes) Close() { n.note("close") }

func (p *peerNotes) Offer(o *wire.Offer) (*wire.Answer, error) {
	if o.ICE.Ufrag == "bad0" {
		return nil, errors.New("not a wire.Error")
	}
	p.n.note("offer " + who(p.id))
	return &wire.Answer{ICE: wire.ICE{Ufrag: "relay" + o.ICE.Ufrag}}, nil
}

func (p *peerNotes) Want(w []wire.Want) { p.n.note("want " + who(p.id) + strings.Repeat("+", len(w))) }

func (p *peerNotes) Sending(s wire.Sending) { p.n.note("sending " + who(p.id) + sends(s)) }

func (p *peerNotes) Slots() []wire.SlotState { return []wire.SlotState{{Mid: "1"}} }

func (p *peerNotes) Encodings() []wire.Encoding {
	p.n.mu.Lock()
	defer p.n.mu.Unlock()
	return p.n.how
}

func (p *peerNotes) Close() {
	if p.stays {
		<-p.n.hold
	}
	p.n.note("end " + who(p.id))
}

func who(m wire.MemberIndex) string { return string(rune('0' + m)) }

func sends(s wire.Sending) string {
	if s.Mic {
		return " mic"
	}
	return ""
}

func (r *relay) close(d time.Duration) {
	ctx, cancel := context.WithTimeout(r.t.Context(), d)
	defer cancel()
	r.srv.Close(ctx)
}
