package auth

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// busyRetry is the wait that ErrBusy asks for: about the time in which one core
// works off a full queue.
const busyRetry = 2 * time.Second

// queuePerSlot is how many may wait for one core. At 25 ms a hash the last one
// waits 0.8 s; more would answer later than people wait, less would refuse a
// class that signs in at the same minute.
const queuePerSlot = 32

// hasher hashes and checks passwords, a bounded number at once: each takes a
// core and its memory for a while, and the core is missing to the calls.
// Safe for concurrent use.
type hasher struct {
	// constant after newHasher
	want   Params
	derive derive
	random io.Reader
	dummy  phc           // the hash of no password, checked for accounts that have none
	slots  chan struct{} // one element per running hash
	queue  chan struct{} // one element per running or waiting hash

	// atomic
	hashes atomic.Uint64 // derivations begun
	busy   atomic.Uint64 // refused because the queue was full
}

func newHasher(want Params, slots int, random io.Reader) (*hasher, error) {
	h := &hasher{
		want:   want,
		random: random,
		slots:  make(chan struct{}, slots),
		queue:  make(chan struct{}, slots*(1+queuePerSlot)),
	}
	h.derive = func(password, salt []byte, p Params, size int) []byte {
		h.hashes.Add(1)
		return argon2id(password, salt, p, size)
	}
	// A random sum: no password is known to have it, and checking against it
	// costs what checking against a real one costs.
	h.dummy = phc{Params: want, salt: make([]byte, saltSize), sum: make([]byte, sumSize)}
	for _, b := range [][]byte{h.dummy.salt, h.dummy.sum} {
		if _, err := io.ReadFull(random, b); err != nil {
			return nil, fmt.Errorf("draw a dummy hash: %w", err)
		}
	}
	return h, nil
}

// make hashes a new password. It returns ErrBusy when too many wait already,
// and ctx's error when ctx ends before the work has begun.
func (h *hasher) make(ctx context.Context, password []byte) (made phc, err error) {
	if err := h.enter(ctx); err != nil {
		return phc{}, err
	}
	defer h.leave()
	return makePHC(h.derive, h.random, h.want, password)
}

// check reports whether password is the one behind stored, which is empty for
// an account without one: that takes the same time and is always false. fresh
// is not empty when the password is right and stored was made with other
// parameters than new hashes are; it then takes stored's place. Errors as make.
func (h *hasher) check(ctx context.Context, stored string, password []byte) (ok bool, fresh string, err error) {
	against := h.dummy
	if stored != "" {
		if against, err = parsePHC(stored); err != nil {
			return false, "", fmt.Errorf("read a stored password: %w", err)
		}
	}
	if err := h.enter(ctx); err != nil {
		return false, "", err
	}
	defer h.leave()
	if !against.matches(h.derive, password) {
		return false, "", nil
	}
	if against.Params == h.want {
		return true, "", nil
	}
	made, err := makePHC(h.derive, h.random, h.want, password)
	return err == nil, made.String(), err
}

// enter waits for a core; leave must follow when it returns nil.
func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.queue <- struct{}{}:
	default:
		h.busy.Add(1)
		return &Error{Code: ErrBusy.Code, RetryAfter: busyRetry}
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		<-h.queue
		return ctx.Err()
	}
}

func (h *hasher) leave() {
	<-h.slots
	<-h.queue
}
