package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Times of a room.
const (
	joinTime = 90 * time.Second // for all clients together
	flowTime = 60 * time.Second // from the last join until every stream flows
	lookTime = 50 * time.Millisecond
	// quietTime empties the server's queues before something is counted.
	quietTime = 60 * time.Millisecond
)

// joining is how many clients join at a time. More would time out in handshakes on a slow machine.
const joining = 8

// Play plays s and calls report with each result. It returns when all is measured, or the error that kept it from it.
func Play(ctx context.Context, s Spec, via Signalling, report func(Result)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := newRoom(s)
	defer r.close()
	if err := r.fill(ctx, via); err != nil {
		return err
	}
	if err := r.flows(ctx); err != nil {
		return err
	}
	if s.Ramp == nil {
		return r.measure(ctx, s.Rate, report)
	}
	return r.climb(ctx, report)
}

// room is one room full of clients.
type room struct {
	spec    Spec
	name    string
	poller  *poller
	pump    *pump
	clients []*Client // constant once it is filled
	ended   chan struct{}

	mu     sync.Mutex
	leave  []io.Closer     // guarded by mu
	delays []time.Duration // guarded by mu
	first  error           // the first fault; guarded by mu

	timing atomic.Bool // delays are wanted
}

func newRoom(s Spec) *room {
	return &room{spec: s, name: "bench-of-many-packets-" + clientName(0), poller: newPoller(), pump: newPump(), ended: make(chan struct{})}
}

// clientName is unique among the generators of one machine.
func clientName(n int) string { return fmt.Sprintf("c%03d-%d", n, os.Getpid()) }

func (r *room) close() {
	r.pump.close()
	close(r.ended)
	for _, c := range r.clients {
		c.close()
	}
	r.mu.Lock()
	leave := r.leave
	r.mu.Unlock()
	for _, l := range leave {
		_ = l.Close()
	}
	r.poller.close()
}

// fault notes what went wrong on some goroutine.
func (r *room) fault(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.first == nil {
		r.first = errors.New(what)
	}
}

func (r *room) failure() error {
	if err := r.poller.failure(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}

// fill lets everybody join: the publishers first, so that receivers find them.
func (r *room) fill(ctx context.Context, via Signalling) error {
	ctx, cancel := context.WithCancelCause(ctx) // outlives this call: signalling goes on until the room ends
	go func() { <-r.ended; cancel(nil) }()
	timeout := time.AfterFunc(joinTime, func() { cancel(errors.New("joining took too long")) })
	defer timeout.Stop()
	p := r.spec.Pattern
	for i := range p.Clients() {
		c, err := r.newClient(i, time.Now())
		if err != nil {
			return err
		}
		r.clients = append(r.clients, c)
	}
	for _, some := range [][]*Client{r.clients[:p.Publishers], r.clients[p.Publishers:]} {
		for batch := range slices.Chunk(some, joining) {
			if err := r.join(ctx, via, batch); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *room) join(ctx context.Context, via Signalling, batch []*Client) error {
	errs := make([]error, len(batch))
	var all sync.WaitGroup
	for i, c := range batch {
		all.Go(func() {
			l, err := via.Join(ctx, c)
			if err != nil {
				errs[i] = fmt.Errorf("client %d joins: %w", i, err)
				return
			}
			r.mu.Lock()
			r.leave = append(r.leave, l)
			r.mu.Unlock()
		})
	}
	all.Wait()
	return errors.Join(append(errs, context.Cause(ctx))...)
}

// flows waits until every receiver gets every publisher's video.
func (r *room) flows(ctx context.Context) error {
	due := r.spec.Pattern.Publishers * r.spec.Pattern.Fan()
	end := time.Now().Add(flowTime)
	for {
		n := 0
		for _, c := range r.clients {
			n += c.flowing()
		}
		switch {
		case n >= due:
			return nil
		case r.failure() != nil:
			return r.failure()
		case time.Now().After(end):
			return fmt.Errorf("%d of %d streams flow", n, due)
		}
		if err := wait(ctx, lookTime); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *room) delayed(d time.Duration) {
	if !r.timing.Load() {
		return
	}
	r.mu.Lock()
	r.delays = append(r.delays, d)
	r.mu.Unlock()
}
