package bidi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// callTimeout bounds a command whose context has no deadline. The slowest
// commands (a first navigation on a busy machine) take a few seconds.
const callTimeout = 30 * time.Second

// object is a JSON object on its way out.
type object = map[string]any

// Error is a command that the browser refused. Code is one of the protocol's
// error codes, such as "no such frame".
type Error struct{ Method, Code, Message string }

func (e *Error) Error() string { return e.Method + ": " + e.Code + ": " + e.Message }

// rpc is one BiDi session: numbered commands, their answers, and events.
type rpc struct {
	wire wire // constant
	// onEvent is called by the read loop, so it must neither wait nor call.
	onEvent func(method string, params json.RawMessage) // constant
	done    chan struct{}                               // closed when the read loop has ended

	mu      sync.Mutex
	last    int64                  // guarded by mu
	pending map[int64]chan message // guarded by mu
}

// message is anything the browser sends: an answer has an id, an event a method.
type message struct {
	Type    string          `json:"type"` // "success", "error" or "event"
	ID      int64           `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

func newRPC(w wire, onEvent func(string, json.RawMessage)) *rpc {
	r := &rpc{wire: w, onEvent: onEvent, done: make(chan struct{}), pending: map[int64]chan message{}}
	go r.readLoop()
	return r
}

func (r *rpc) readLoop() {
	defer close(r.done)
	for {
		text, err := r.wire.read()
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(text, &m) != nil {
			continue
		}
		if m.Type == "event" {
			r.onEvent(m.Method, m.Params)
			continue
		}
		if answer := r.take(m.ID); answer != nil {
			answer <- m
		}
	}
}

func (r *rpc) expect() (int64, chan message) {
	answer := make(chan message, 1) // the read loop never waits
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	r.pending[r.last] = answer
	return r.last, answer
}

func (r *rpc) take(id int64) chan message {
	r.mu.Lock()
	defer r.mu.Unlock()
	answer := r.pending[id]
	delete(r.pending, id)
	return answer
}

var errGone = errors.New("the browser closed the connection")

// call sends a command and decodes its result into out (nil: not wanted).
// It returns *Error when the browser refuses.
func (r *rpc) call(ctx context.Context, method string, params, out any) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	id, answer := r.expect()
	defer r.take(id)
	text, err := json.Marshal(object{"id": id, "method": method, "params": params})
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if err := r.wire.write(text); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case m := <-answer:
		if m.Type == "error" {
			return &Error{Method: method, Code: m.Error, Message: m.Message}
		}
		if out == nil {
			return nil
		}
		return json.Unmarshal(m.Result, out)
	case <-r.done:
		return fmt.Errorf("%s: %w", method, errGone)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

// bounded gives ctx a deadline where it has none.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, callTimeout)
}

// close ends the session's connection and waits for the read loop.
func (r *rpc) close() {
	r.wire.close()
	<-r.done
}
