package room

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// inboxSize is how many events wait for a room before those who post them wait themselves, which slows their clients
// and nobody else. More would add delay under load, less would stall readers on short bursts.
const inboxSize = 256

// ErrClosed is returned by [Loop.Post] after [Hub.Close].
var ErrClosed = errors.New("room hub is closed")

// Loop runs one room: a State, owned by one goroutine. Use it from [Hub.Get] until [Loop.Release]; it ends when the
// room is empty and nobody uses it.
type Loop struct {
	// constant after newLoop
	hub   *Hub
	name  string
	inbox chan Event
	nudge chan struct{} // capacity 1: a user was released
	done  <-chan struct{}

	state *State // owned by run

	users int // guarded by hub.mu
}

// Post hands ev to the room. It waits while the inbox is full and returns an error, without effect, when ctx ends or
// the hub is closed.
func (l *Loop) Post(ctx context.Context, ev Event) error {
	select {
	case l.inbox <- ev:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		return ErrClosed
	}
}

// Release says that the caller will post no more. Events posted before are still handled.
func (l *Loop) Release() {
	l.hub.mu.Lock()
	l.users--
	l.hub.mu.Unlock()
	select {
	case l.nudge <- struct{}{}:
	default:
	}
}

// run is the room's goroutine.
func (l *Loop) run() {
	defer l.hub.wg.Done()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	timer.Stop()
	for {
		select {
		case ev := <-l.inbox:
			l.step(ev)
		case <-timer.C:
			l.step(Tick{})
		case <-l.nudge:
		case <-l.done:
			return
		}
		if l.state.Empty() && l.hub.end(l) {
			return
		}
		timer.Stop()
		if at, ok := l.state.Next(); ok {
			timer.Reset(time.Until(at))
		}
	}
}

// step lets ev happen. A panic is a fault of ours; it ends this room and no other.
func (l *Loop) step(ev Event) {
	defer func() {
		if p := recover(); p != nil {
			l.hub.cfg.Logger.Error("room broke", "event", fmt.Sprintf("%T", ev), "stack", string(debug.Stack()))
			l.do(l.state.abort())
		}
	}()
	l.do(l.state.Step(time.Now(), ev))
}

func (l *Loop) do(es []Effect) {
	for _, e := range es {
		l.hub.cfg.Do(l.name, e)
	}
}
