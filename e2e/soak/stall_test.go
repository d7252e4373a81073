package soak

import (
	"context"
	"sync"
	"testing"
	"time"
)

// stalls is how late the test's own process got to what was due. It fails nothing; beside a freeze it tells a machine that
// was too busy, as with something else that ran meanwhile, from a relay that was at fault.
type stalls struct {
	mu      sync.Mutex
	longest time.Duration // guarded by mu
	seconds int           // in which something was late by more than late; guarded by mu
}

const late = 100 * time.Millisecond // half of a frame's time

// watchStalls watches until the test ends.
func watchStalls(t *testing.T) *stalls {
	const every = 20 * time.Millisecond
	s := &stalls{}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		last := time.Now()
		var second time.Time
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now := time.Now()
			by := now.Sub(last) - every
			fresh := by > late && now.Sub(second) > time.Second
			if fresh {
				second = now
			}
			s.note(by, fresh)
			last = now
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return s
}

func (s *stalls) note(by time.Duration, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.longest = max(s.longest, by)
	if fresh {
		s.seconds++
	}
}

func (s *stalls) log(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Logf("the machine let this process wait for %d ms at most, and for more than %d in %d seconds",
		s.longest.Milliseconds(), late.Milliseconds(), s.seconds)
}
