//go:build js

package browser

import (
	"syscall/js"
	"time"
)

// Host is the name of the host that this page is from, without a port.
func (w *Window) Host() string { return global("location").Get("hostname").String() }

// Fetch asks this page's own host and waits for the whole answer, at most for the given time. body is JSON; nil sends
// none. A network that fails is an error, whatever the host answers is not.
func (w *Window) Fetch(method, path string, body []byte, most time.Duration) (status int, reply []byte, err error) {
	init := object("method", method, "credentials", "same-origin", "cache", "no-store", "redirect", "error",
		"headers", object("Accept", "application/json"),
		"signal", global("AbortSignal").Call("timeout", most.Milliseconds()))
	if body != nil {
		init.Get("headers").Set("Content-Type", "application/json")
		init.Set("body", string(body))
	}
	r, err := w.await(func() js.Value { return js.Global().Call("fetch", path, init) })
	if err != nil {
		return 0, nil, err
	}
	text, err := w.await(func() js.Value { return r.Call("text") })
	if err != nil {
		return 0, nil, err
	}
	return r.Get("status").Int(), []byte(text.String()), nil
}
