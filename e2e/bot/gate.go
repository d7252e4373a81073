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
	open func(ctx context.Context) (link.Conn, error) // constant

	// guarded by mu
	mu     sync.Mutex
	closed bool
	life   context.Context // ends with the next cut
	end    context.CancelFunc
}

func newGate(open func(ctx context.Context) (link.Conn, error)) *gate {
	g := &gate{open: open}
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
	return &gated{Conn: c, life: life}, nil
}

// gated is a connection that ends without a word when the gate is cut.
type gated struct {
	link.Conn
	life context.Context
}

func (c *gated) Read(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	return c.Conn.Read(ctx)
}

func (c *gated) Write(ctx context.Context, b []byte) error {
	if c.life.Err() != nil {
		return errCut
	}
	return c.Conn.Write(ctx, b)
}
