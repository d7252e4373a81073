package link

import (
	"errors"
	"sync"
	"time"
)

// Context is as much of context.Context as a connection needs. The real one would bring the page 40 kB (brotli): it has
// a method that returns a time.Time, and with that comes everything that a time.Time can do, to parse and to print.
type Context interface {
	Done() <-chan struct{}
	Err() error
}

// errEnded is the Err of a Context that has ended.
var errEnded = errors.New("ended")

// lifetime is a Context that ends when its parent does, when it is told to, or after a time.
type lifetime struct {
	done chan struct{}

	mu       sync.Mutex
	ended    bool               // guarded by mu
	children map[*lifetime]bool // guarded by mu
}

func withCancel() (Context, func()) {
	l := &lifetime{done: make(chan struct{}), children: map[*lifetime]bool{}}
	return l, l.end
}

// withTimeout makes a child of what withCancel or withTimeout made.
func withTimeout(parent Context, d time.Duration) (Context, func()) {
	ctx, end := withCancel()
	p, l := parent.(*lifetime), ctx.(*lifetime)
	p.mu.Lock()
	over := p.ended
	if !over {
		p.children[l] = true
	}
	p.mu.Unlock()
	if over {
		end()
	}
	timer := time.AfterFunc(d, end)
	return ctx, func() {
		timer.Stop()
		end()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.children, l)
	}
}

// Done is closed at the end.
func (l *lifetime) Done() <-chan struct{} { return l.done }

// Err is nil until the end.
func (l *lifetime) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return errEnded
	}
	return nil
}

func (l *lifetime) end() {
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return
	}
	l.ended = true
	children := l.children
	l.children = nil
	l.mu.Unlock()
	close(l.done)
	for c := range children {
		c.end()
	}
}
