package media

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/conclave-meet/conclave/relay/media/rewrite"
	"github.com/conclave-meet/conclave/shared/wire"
)

// Limits of what waits for one client. As the paced rate is a multiple of what the path takes, a queue means that a layer
// flows which is too much, until a lower one begins. What is too old is dropped then: the receiver asks again for what it
// can still use.
const (
	maxQueued   = 300         // packets: a third of a megabyte
	maxQueueAge = time.Second // more would show the past; less would tear a key frame on a slow path
)

// maxAtOnce is how many packets leave together when there is room for all at last: a socket's buffer has no room for more.
const maxAtOnce = 48

// paceEvery is the grain of what is sent later. A finer one costs wake-ups, a coarser one makes bursts.
const paceEvery = 5 * time.Millisecond

// late is a packet that has its number in a slot, and is to be made of what the layer's ring holds.
type late struct {
	sl   *slot
	from feed
	ext  uint64 // number in the layer
	seq  uint16 // and in the slot
	last bool   // it ends a picture
	size int    // of the payload
	at   time.Time
}

// queue is what waits for one client: a ring that grows to maxQueued. Guarded by down.mu.
type queue struct {
	ring  []late
	first int
	n     int
}

func (q *queue) len() int { return q.n }

// put takes a packet, if there is room.
func (q *queue) put(x late) bool {
	if q.n == maxQueued {
		return false
	}
	if q.n == len(q.ring) {
		ring := make([]late, min(max(2*len(q.ring), 32), maxQueued))
		for i := range q.n {
			ring[i] = q.ring[(q.first+i)%len(q.ring)]
		}
		q.ring, q.first = ring, 0
	}
	q.ring[(q.first+q.n)%len(q.ring)] = x
	q.n++
	return true
}

// oldest is the packet that take would return. There is one.
func (q *queue) oldest() *late { return &q.ring[q.first] }

// take returns the oldest packet.
func (q *queue) take() (x late, ok bool) {
	if q.n == 0 {
		return x, false
	}
	x, q.ring[q.first] = q.ring[q.first], late{} // nothing keeps a source that ended
	q.first = (q.first + 1) % len(q.ring)
	q.n--
	return x, true
}

// enqueue has x sent later. It reports whether there is room.
func (s *Session) enqueue(x late) bool {
	if !s.down.put(x) {
		return false
	}
	s.count.inc(Paced)
	s.engine.pace.add(s)
	return true
}

func (d *down) put(x late) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.queue.put(x)
}

// next is the next packet to send, if there is credit for one. over says that nothing waits any more, nor is there a probe:
// the pacer has forgotten the session then.
func (d *down) next(now time.Time) (x late, ok, over bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.queue.len() > 0:
		// What is too old to be sent needs no credit.
		if o := d.queue.oldest(); now.Sub(o.at) <= maxQueueAge && !d.bucket.Take(now, o.size+overhead) {
			return x, false, false
		}
		x, ok = d.queue.take()
	case d.cluster == nil:
		d.busy.Store(false) // beneath mu: what is put after this adds the session again
		over = true
	}
	return x, ok, over
}

// mayGoLocked reports whether a packet may be sent at once, with so much payload. The caller holds sl.mu.
func (sl *slot) mayGoLocked(size int, now time.Time) bool {
	d := &sl.s.down
	if sl.kind == wire.Audio {
		d.fixed.Add(uint64(size + overhead))
		d.bucket.Force(now, size+overhead) // it never waits, but what comes after it does
		return true
	}
	if sl.queued == 0 && d.bucket.Take(now, size+overhead) {
		return true
	}
	sl.queued++
	return false
}

// mayRepair reports whether there is bandwidth for a retransmission. Without it the receiver asks again.
func (s *Session) mayRepair(now time.Time) bool {
	const usual = 1200 // bytes
	if s.down.bucket.Take(now, usual) {
		return true
	}
	s.count.inc(DropPaced)
	return false
}

// dropQueued is for a packet that was to wait, and does not any more.
func (sl *slot) dropQueued() {
	sl.s.count.inc(DropPaced)
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.queued--
}

// catchUp makes the packet x that waited in buf, and returns its size; 0 when it is not to be sent any more. scratch is used
// on the way.
func (sl *slot) catchUp(x *late, now time.Time, buf, scratch *buffer) int {
	k := sl.s.keys.Load()
	m, ok := sl.recall(x.from, x.ext, sl.s.terms.of(sl.kind, x.from.codec).PT, scratch)
	if !ok || k == nil || now.Sub(x.at) > maxQueueAge {
		sl.dropQueued()
		return 0
	}
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.queued--
	o, verdict := sl.stream.Again(x.seq, m.in)
	if verdict != rewrite.Send {
		return 0
	}
	h := &m.h
	h.ssrc, h.seq, h.ts, h.frame, h.marker = sl.ssrc, x.seq, o.TS, o.Frame, x.last
	n := h.put(buf[:])
	n += m.info.Rewrite(buf[n:], m.payload, o.Counters)
	return sl.sealLocked(k, h, buf, n, now)
}

// pacer is the goroutine that sends what waits, in all sessions. It sleeps as long as nothing does.
type pacer struct {
	wake chan struct{} // capacity 1

	mu    sync.Mutex
	fresh []*Session // that have something to send and are not known yet; guarded by mu
}

func newPacer() *pacer { return &pacer{wake: make(chan struct{}, 1)} }

// add has the pacer look after s until nothing waits there.
func (p *pacer) add(s *Session) {
	if !s.down.busy.CompareAndSwap(false, true) {
		return
	}
	p.note(s)
	select {
	case p.wake <- struct{}{}:
	default: // it is awake
	}
}

func (p *pacer) note(s *Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fresh = append(p.fresh, s)
}

// take appends the new sessions to all.
func (p *pacer) take(all []*Session) []*Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	all = append(all, p.fresh...)
	clear(p.fresh)
	p.fresh = p.fresh[:0]
	return all
}

// run sends until ctx ends.
func (p *pacer) run(ctx context.Context) {
	var all []*Session
	x := pace{}
	t := time.NewTicker(paceEvery)
	defer t.Stop()
	for {
		t.Stop()
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		t.Reset(paceEvery)
		for all = p.take(all); len(all) > 0; all = p.take(all) {
			now := time.Now()
			all = slices.DeleteFunc(all, func(s *Session) bool { return !x.serve(s, now) })
			x.out.flush()
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
		}
	}
}

// pace is what the pacer's goroutine owns.
type pace struct {
	out burst
	tmp buffer
}

// serve sends what s has credit for. It reports whether more may come.
func (x *pace) serve(s *Session, now time.Time) (more bool) {
	defer s.guard()
	if s.ended.Load() {
		return false
	}
	for range maxAtOnce {
		l, ok, over := s.down.next(now)
		if over {
			return false
		}
		if !ok {
			break
		}
		if n := l.sl.catchUp(&l, now, x.out.room(), &x.tmp); n > 0 && x.out.push(s, n) {
			s.count.inc(PacketsOut)
		}
	}
	x.probe(s, now)
	return true
}
