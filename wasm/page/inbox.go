//go:build js

package main

import "sync"

// maxInbox is how many functions may wait. The loop never waits for anything, so more than a handful means that it is
// stuck; it is better to end then than to fill the memory.
const maxInbox = 10_000

// inbox is where the loop gets its work from. put never waits, for callbacks of the browser must not.
type inbox struct {
	wake chan struct{} // has room for one: there is something

	mu    sync.Mutex
	tasks []func() // guarded by mu
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// put adds a function. It may be called from anywhere.
func (b *inbox) put(f func()) {
	b.mu.Lock()
	if len(b.tasks) == maxInbox {
		b.mu.Unlock()
		panic("the loop stands still")
	}
	b.tasks = append(b.tasks, f)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take returns the next function, nil when there is none.
func (b *inbox) take() func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.tasks) == 0 {
		b.tasks = nil
		return nil
	}
	f := b.tasks[0]
	b.tasks[0] = nil
	b.tasks = b.tasks[1:]
	return f
}
