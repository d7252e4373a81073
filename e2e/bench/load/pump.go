package load

import (
	"sync"
	"sync/atomic"
	"time"
)

// pump sends what is due on all sources, about each millisecond.
type pump struct {
	stop, pause atomic.Bool
	late        atomic.Int64 // the worst delay of its own, nanoseconds
	done        chan struct{}

	mu      sync.Mutex
	sources []*source // replaced whole; guarded by mu
}

func newPump() *pump {
	p := &pump{done: make(chan struct{})}
	go p.run()
	return p
}

func (p *pump) add(s *source) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sources = append(append([]*source(nil), p.sources...), s)
}

func (p *pump) all() []*source {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sources
}

func (p *pump) close() {
	p.stop.Store(true)
	<-p.done
}

func (p *pump) run() {
	defer close(p.done)
	for !p.stop.Load() {
		now := time.Now()
		for _, s := range p.all() {
			if p.pause.Load() {
				s.next = now // what was not sent in the pause is not sent after it
				continue
			}
			if late := int64(s.due(now)); late > p.late.Load() {
				p.late.Store(late)
			}
		}
		time.Sleep(time.Millisecond - time.Since(now)%time.Millisecond)
	}
}
