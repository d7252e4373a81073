package bot

import (
	"context"
	"errors"
	"sync"

	"github.com/conclave-meet/conclave/wasm/link"
)

var errCut = errors.New("the network is cut")

// gate stands between the link and the network, so that a test can take the network away.
type gate struct {
	// constant
	open func(ctx context.Context) (link.Conn, error)
	line func(message []byte) // E2EE.Line

	// guarded by mu
	mu     sync.Mutex
	closed bool
	life   context.Context // ends with the next cut
	end    context.CancelFunc
}

func newGate(open func(ctx context.Context) (link.Conn, error), line func(message []byte)) *gate {
	if line == nil {
		line = func([]byte) {}
	}
	g := &gate{open: open, line: line}
	g.life, g.end = context.WithCancel(context.Background())
	return g
}

func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.end()
}

func (g *gate) mend() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		g.closed = false
		g.life, g.end = context.WithCancel(context.Background())
	}
}

func (g *gate) dial(ctx context.Context) (link.Conn, error) {
	g.mu.Lock()
	closed, life := g.closed, g.life
	g.mu.Unlock()
	if closed {
		return nil, errCut
	}
	c, err := g.open(ctx)
	if err != nil {
		return nil, err
	}
	return &gated{Conn: c, life: life, line: g.line}, nil
}

// gated is a connection that ends without a word when the gate is cut.
type gated struct {
	link.Conn
	life context.Context
	line func(message []byte)
}

func (c *gated) Read(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	b, err := c.Conn.Read(ctx)
	if err == nil {
		c.line(b)
	}
	return b, err
}

func (c *gated) Write(ctx context.Context, b []byte) error {
	if c.life.Err() != nil {
		return errCut
	}
	c.line(b)
	return c.Conn.Write(ctx, b)
}
