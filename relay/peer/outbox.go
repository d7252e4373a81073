package peer

import (
	"sync"

	"github.com/conclave-meet/conclave/shared/wire"
)

// item is what waits for the write loop: a message, or a task that yields messages.
type item struct {
	text  []byte
	task  func() [][]byte
	items int // how many of them text has: it is a binary message that may grow
}

// sealedSize is the size in bytes from which a binary message does not grow. More would save frames; less would keep a
// message from being stuck behind a long one on a slow line, and the line from being taken for dead (writeTimeout).
const sealedSize = 16 << 10

// outbox is the queue of one client: at most wire.MaxQueue messages and tasks of the relay's own, and then an end; and as
// many binary messages beside them, lest what one member says to another cuts off who would still have kept up. All
// methods may be called from any goroutine and none waits.
type outbox struct {
	ready chan struct{} // capacity 1: something changed

	mu     sync.Mutex
	items  []item
	sealed int                      // how many of them are binary messages
	share  map[wire.MemberIndex]int // bytes of items that wait, by the member they are from
	ended  bool
	bye    *wire.Error // why it ended; nil when there is nobody to tell
}

func newOutbox() *outbox { return &outbox{ready: make(chan struct{}, 1)} }

// put queues it. After the end, items are dropped. When the queue is full everything in it is dropped for a bye
// [wire.CodeSlow]: what this client would hear is old already, and it will get all afresh when it comes back.
func (o *outbox) put(it item) (full bool) {
	o.mu.Lock()
	switch {
	case o.ended:
	case len(o.items)-o.sealed < wire.MaxQueue:
		o.items = append(o.items, it)
	default:
		o.ended, o.bye, o.items, o.share, full = true, wire.Refuse(wire.CodeSlow), nil, nil, true
	}
	o.mu.Unlock()
	o.wake()
	return full
}

// deliver queues items of one member in as few messages as possible. It returns how many of them, from the end, are not
// queued: those beyond the member's share ([wire.MaxShare]) or the end of the queue. So whoever says too much, or says
// it to somebody who does not listen, loses it, and takes nothing from others.
func (o *outbox) deliver(items []wire.Item) (dropped int, why wire.Code) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return len(items), wire.CodeNobody
	}
	n := 0
	for n < len(items) && o.appendLocked(items[n]) {
		n++
	}
	o.wake()
	return len(items) - n, wire.CodeSlow
}

// appendLocked puts x behind the last message, or into a new one. It reports false where there is no room for it.
func (o *outbox) appendLocked(x wire.Item) bool {
	used := o.share[x.From] + x.Size()
	if used > wire.MaxShare {
		return false
	}
	b, err := wire.EncodeServer(&wire.Sealed{Items: []wire.Item{x}}, 0)
	if err != nil {
		return false // larger than the relay reads
	}
	last := len(o.items) - 1
	switch {
	case last >= 0 && o.items[last].items > 0 && o.items[last].items < wire.MaxItems && len(o.items[last].text)+len(b) <= sealedSize:
		o.items[last].text = append(o.items[last].text, b...)
		o.items[last].items++
	case o.sealed < wire.MaxQueue:
		o.items = append(o.items, item{text: b, items: 1})
		o.sealed++
	default:
		return false
	}
	if o.share == nil {
		o.share = map[wire.MemberIndex]int{}
	}
	o.share[x.From] = used
	return true
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
	items, o.items, o.sealed = o.items, nil, 0
	clear(o.share)
	return items, o.ended
}

// over reports whether the queue has ended, and why.
func (o *outbox) over() (bye *wire.Error, ended bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bye, o.ended
}
