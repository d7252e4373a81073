package load

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Times of the poller.
const (
	pollEvery = time.Millisecond
	// feedbackEvery is how often browsers send transport-wide feedback, at usual rates.
	feedbackEvery = 100 * time.Millisecond
	// feedbackPackets is how many packets one report covers at most: more would not fit a packet of the network, which is
	// all that a server reads, and browsers split them.
	feedbackPackets = 400
)

// poller reads all taps about once a millisecond.
type poller struct {
	stop atomic.Bool
	done chan struct{}

	mu   sync.Mutex
	taps []*tap // replaced whole; guarded by mu
	err  error  // guarded by mu
}

func newPoller() *poller {
	p := &poller{done: make(chan struct{})}
	go p.run()
	return p
}

func (p *poller) add(t *tap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taps = append(append([]*tap(nil), p.taps...), t)
}

// all are the taps so far.
func (p *poller) all() []*tap {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taps
}

// failure is why the poller ended by itself, or nil.
func (p *poller) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *poller) close() {
	p.stop.Store(true)
	<-p.done
}

func (p *poller) run() {
	defer close(p.done)
	b := newBatch()
	for !p.stop.Load() {
		begun := time.Now()
		for _, t := range p.all() {
			if err := t.poll(b, begun); err != nil {
				p.mu.Lock()
				p.err = err
				p.mu.Unlock()
				return
			}
		}
		// Less than some microseconds of sleep cost more than they give.
		if rest := pollEvery - time.Since(begun); rest > 50*time.Microsecond {
			time.Sleep(rest)
		} else {
			runtime.Gosched()
		}
	}
}

// poll reads what is there. A flood is left for the next round after a while, so that others have their turn.
func (t *tap) poll(b *batch, now time.Time) error {
	const rounds = 16
	for range rounds {
		n, err := b.receive(t.fd)
		if err != nil {
			return err
		}
		for i := range n {
			t.take(b.packet(i), b.from(i), b.arrival(i))
		}
		if n < batchSize {
			break
		}
	}
	if t.transport.Load() != 0 && (now.Sub(t.fedBack) >= feedbackEvery || t.unsaid >= feedbackPackets) {
		t.fedBack, t.unsaid = now, 0
		select {
		case t.reports <- t.feedback.BuildFeedbackPacket():
		default: // pion is slow: the next report covers the time
		}
	}
	return nil
}
