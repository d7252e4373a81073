package peer

import (
	"sync"

	"github.com/conclave-meet/conclave/shared/wire"
)

// item is what waits for the write loop: a message, or a task that yields messages.
type item struct {
	text []byte
	task func() [][]byte
}

// outbox is the queue of one client: at most wire.MaxQueue items, and then an end. All methods may be called from any
// goroutine and none waits.
type outbox struct {
	ready chan struct{} // capacity 1: something changed

	mu    sync.Mutex
	items []item
	ended bool
	bye   *wire.Error // why it ended; nil when there is nobody to tell
}

func newOutbox() *outbox { return &outbox{ready: make(chan struct{}, 1)} }

// put queues it. After the end, items are dropped. When the queue is full everything in it is dropped for a bye
// [wire.CodeSlow]: what this client would hear is old already, and it will get all afresh when it comes back.
func (o *outbox) put(it item) (full bool) {
	o.mu.Lock()
	switch {
	case o.ended:
	case len(o.items) < wire.MaxQueue:
		o.items = append(o.items, it)
	default:
		o.ended, o.bye, o.items, full = true, wire.Refuse(wire.CodeSlow), nil, true
	}
	o.mu.Unlock()
	o.wake()
	return full
}

// end lets nothing in any more. What is queued still goes out, then bye, if there is one. The first end counts.
func (o *outbox) end(bye *wire.Error) (first bool) {
	o.mu.Lock()
	if first = !o.ended; first {
		o.ended, o.bye = true, bye
	}
	o.mu.Unlock()
	o.wake()
	return first
}

func (o *outbox) wake() {
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// take returns all that is queued. After the last call, that with ended, nothing comes.
func (o *outbox) take() (items []item, ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	items, o.items = o.items, nil
	return items, o.ended
}

// over reports whether the queue has ended, and why.
func (o *outbox) over() (bye *wire.Error, ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bye, o.ended
}
