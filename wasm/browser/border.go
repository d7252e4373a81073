//go:build js

package browser

import (
	"errors"
	"os"
	"runtime/debug"
	"sync"
	"syscall/js"
	"time"
)

// Window is the browser as the core sees it. It is made once.
type Window struct {
	fatal func(text string)

	mu      sync.Mutex
	crashed bool             // guarded by mu
	closers map[int]js.Value // guarded by mu; what must not outlive the core: it has a close method
	last    int              // guarded by mu; the last closer's number
}

// NewWindow gives access to the browser. fatal is told of a panic, before the program ends.
func NewWindow(fatal func(text string)) *Window {
	return &Window{fatal: fatal, closers: map[int]js.Value{}}
}

// Go runs f in a goroutine of its own.
func (w *Window) Go(f func()) {
	go func() {
		defer w.Guard()
		f()
	}()
}

// Guard is deferred where a panic must be told to the page. It ends the program then: after a panic nobody knows what
// still holds.
func (w *Window) Guard() {
	v := recover()
	if v == nil {
		return
	}
	w.mu.Lock()
	first := !w.crashed
	w.crashed = true
	closers := w.closers
	w.closers = nil
	w.mu.Unlock()
	if first {
		for _, c := range closers {
			_, _ = try(func() js.Value { return c.Call("close") })
		}
		w.fatal(text(v) + "\n\n" + string(debug.Stack()))
	}
	os.Exit(2)
}

// text says what a panic was about.
func text(v any) string {
	switch v := v.(type) {
	case error:
		return v.Error()
	case string:
		return v
	}
	return "panic"
}

// closesWith has v closed if the core ends by a panic: a camera must not go on without it. It returns what undoes that.
func (w *Window) closesWith(v js.Value) (forget func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	n := w.last
	if w.closers != nil {
		w.closers[n] = v
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.closers, n)
	}
}

// Func makes a function that JavaScript can call. Whoever asked for it releases it.
func (w *Window) Func(f func(args []js.Value) any) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		defer w.Guard()
		return f(args)
	})
}

// listen calls f at each event of a kind. It returns what ends that.
func (w *Window) listen(target js.Value, kind string, f func(event js.Value)) (stop func()) {
	fn := w.Func(func(args []js.Value) any {
		f(args[0])
		return nil
	})
	target.Call("addEventListener", kind, fn)
	return func() {
		target.Call("removeEventListener", kind, fn)
		fn.Release()
	}
}

// Listen calls f at each event of a kind of the window or, with on "document" or "navigator.mediaDevices", of another
// global object. It does so for as long as the core lives.
func (w *Window) Listen(on, kind string, f func()) {
	if target := global(on); target.Truthy() {
		w.listen(target, kind, func(js.Value) { f() })
	}
}

// global looks a dotted name up; undefined when any part of it is not there.
func global(name string) js.Value {
	v := js.Global()
	for name != "" && v.Truthy() {
		part := name
		name = ""
		for i := range len(part) {
			if part[i] == '.' {
				part, name = part[:i], part[i+1:]
				break
			}
		}
		v = v.Get(part)
	}
	return v
}

// Error is an exception or a rejection of the browser: a DOMException or an Error.
type Error struct {
	Name    string // "NotAllowedError", "TypeError" …
	Message string // the browser's own words; for people who look for a fault
}

// Error is name and message, for logs.
func (e *Error) Error() string { return e.Name + ": " + e.Message }

// NameOf is the name of the exception behind err, "" when there is none.
func NameOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Name
	}
	return ""
}

// errorOf makes an Error of whatever JavaScript threw.
func errorOf(v js.Value) *Error {
	if v.Type() != js.TypeObject {
		return &Error{Name: "Error", Message: v.String()}
	}
	e := &Error{Name: "Error"}
	if n := v.Get("name"); n.Type() == js.TypeString {
		e.Name = n.String()
	}
	if m := v.Get("message"); m.Type() == js.TypeString {
		e.Message = m.String()
	}
	return e
}

// try calls f and returns what JavaScript throws in it as an [Error], and the use of something that is not there as a
// TypeError, as JavaScript does. Other panics go on.
func try(f func() js.Value) (v js.Value, err error) {
	defer func() {
		switch x := recover().(type) {
		case nil:
		case js.Error:
			err = errorOf(x.Value)
		case *js.ValueError:
			err = &Error{Name: "TypeError", Message: x.Error()}
		default:
			panic(x)
		}
	}()
	return f(), nil
}

// Call calls a method that may throw.
func Call(v js.Value, method string, args ...any) (js.Value, error) {
	return try(func() js.Value { return v.Call(method, args...) })
}

// await waits for a promise that f makes; f may throw too. Not in a Func: the promise could never settle.
func (w *Window) await(f func() js.Value) (js.Value, error) { return w.awaitFor(0, f) }

// awaitFor waits no longer than most, when it is not 0.
func (w *Window) awaitFor(most time.Duration, f func() js.Value) (js.Value, error) {
	promise, err := try(f)
	if err != nil {
		return js.Undefined(), err
	}
	type result struct {
		v   js.Value
		err error
	}
	done := make(chan result, 1)
	var then, caught js.Func
	settle := func(rejected bool) js.Func {
		return w.Func(func(args []js.Value) any {
			r := result{v: js.Undefined()}
			if len(args) > 0 {
				r.v = args[0]
			}
			if rejected {
				r.err = errorOf(r.v)
			}
			select {
			case done <- r:
			default: // too late
			}
			// Here, and not when the waiting ends: the promise may settle after that.
			then.Release()
			caught.Release()
			return nil
		})
	}
	then, caught = settle(false), settle(true)
	promise.Call("then", then, caught)
	if most > 0 {
		// Not time.NewTimer: its channel of times brings the page all that time.Time can do, 35 kB.
		defer time.AfterFunc(most, func() {
			select {
			case done <- result{js.Undefined(), &Error{Name: "TimeoutError", Message: "the browser did not answer"}}:
			default: // it has
			}
		}).Stop()
	}
	r := <-done
	return r.v, r.err
}

// object makes a JavaScript object of pairs: name, value, name, value … Other than a Go map it keeps the order and
// costs no sorting.
func object(pairs ...any) js.Value {
	o := js.Global().Get("Object").New()
	for i := 0; i+1 < len(pairs); i += 2 {
		o.Set(pairs[i].(string), pairs[i+1])
	}
	return o
}

// array makes a JavaScript array.
func array(items ...any) js.Value {
	a := js.Global().Get("Array").New()
	for _, x := range items {
		a.Call("push", x)
	}
	return a
}
