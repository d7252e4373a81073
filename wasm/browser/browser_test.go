//go:build js

package browser

import (
	"context"
	"errors"
	"strconv"
	"syscall/js"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/conclave-meet/conclave/wasm/conf"
)

// These run under node, which has promises, events, timers and random numbers. What needs a browser's media is tested
// in e2e/browser.

func window(t *testing.T) *Window {
	return NewWindow(func(text string) { t.Error(text) })
}

// eval runs JavaScript and returns its value.
func eval(code string) js.Value { return js.Global().Call("eval", "("+code+")") }

func TestAwait(t *testing.T) {
	w := window(t)
	for _, c := range []struct {
		name, code string
		want       string
		err        string
	}{
		{"a promise that is kept", `() => Promise.resolve("yes")`, "yes", ""},
		{"a promise that is kept later", `() => new Promise(r => setTimeout(() => r("later"), 5))`, "later", ""},
		{"a promise that is broken", `() => Promise.reject(new DOMException("no", "NotAllowedError"))`, "", "NotAllowedError: no"},
		{"a promise that is broken with a string", `() => Promise.reject("why")`, "", "Error: why"},
		{"a call of what is not there", `() => noSuchThing`, "", "ReferenceError: noSuchThing is not defined"},
		{"a call that throws", `() => { throw new TypeError("bad") }`, "", "TypeError: bad"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := w.await(func() js.Value { return eval(c.code).Invoke() })
			if c.err != "" {
				require.EqualError(t, err, c.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, v.String())
		})
	}
}

func TestAwaitForGivesUp(t *testing.T) {
	w := window(t)
	_, err := w.awaitFor(5*time.Millisecond, func() js.Value { return eval(`new Promise(r => globalThis.settleLate = r)`) })
	assert.Equal(t, "TimeoutError", NameOf(err))
	js.Global().Call("settleLate", 1)
	_, err = w.await(func() js.Value { return eval(`new Promise(r => setTimeout(r))`) })
	require.NoError(t, err, "a promise that settles too late does no harm")
}

func TestTryTakesWhatIsNotThereForAnError(t *testing.T) {
	_, err := try(func() js.Value { return global("RTCPeerConnection").New() })
	assert.Equal(t, "TypeError", NameOf(err))
	_, err = window(t).newPeer(func(f func()) { f() }, func(string) {}, nil)
	assert.Equal(t, "TypeError", NameOf(err), "node has no peer connections")
}

func TestTryLetsPanicsOfGoThrough(t *testing.T) {
	assert.PanicsWithValue(t, "mine", func() { _, _ = try(func() js.Value { panic("mine") }) })
}

func TestListenEndsWhenItIsStopped(t *testing.T) {
	w := window(t)
	target := eval(`new EventTarget()`)
	heard := 0
	stop := w.listen(target, "ping", func(js.Value) { heard++ })
	fire := func() { target.Call("dispatchEvent", eval(`new Event("ping")`)) }
	fire()
	fire()
	stop()
	fire()
	assert.Equal(t, 2, heard)
}

func TestGlobalLooksDottedNamesUp(t *testing.T) {
	js.Global().Set("deepThing", eval(`{a: {b: 5}}`))
	assert.Equal(t, 5, global("deepThing.a.b").Int())
	assert.True(t, global("deepThing.x.b").IsUndefined())
	assert.True(t, global("noSuchThing.at.all").IsUndefined())
}

func TestQueueDoesOneThingAfterTheOther(t *testing.T) {
	tasks := make(chan func(), 10)
	q := queue{w: window(t), run: func(f func()) { tasks <- f }}
	var order []string
	first := make(chan struct{})
	q.do(func() func() {
		<-first
		return func() { order = append(order, "first") }
	})
	q.do(func() func() {
		order = append(order, "second works")
		return func() { order = append(order, "second") }
	})
	close(first)
	(<-tasks)()
	(<-tasks)()
	assert.Equal(t, []string{"first", "second works", "second"}, order)
}

func TestRandomFillsEverything(t *testing.T) {
	b := make([]byte, 70_000) // more than the browser gives at once
	n, err := Random{}.Read(b)
	require.NoError(t, err)
	assert.Equal(t, len(b), n)
	for _, part := range [][]byte{b[:100], b[65_500:65_600], b[69_900:]} {
		assert.NotEqual(t, make([]byte, 100), part)
	}
}

func TestRefusalsAreSortedByWhatAPersonCanDo(t *testing.T) {
	for _, c := range []struct {
		err  error
		want conf.InputState
	}{
		{&Error{"NotAllowedError", "Permission denied"}, conf.InputDenied},
		{&Error{"NotAllowedError", "Permission denied by system"}, conf.InputSystem},
		{&Error{"NotFoundError", "Requested device not found"}, conf.InputNone},
		{&Error{"OverconstrainedError", ""}, conf.InputNone},
		{&Error{"NotReadableError", "Could not start video source"}, conf.InputBusy},
		{&Error{"AbortError", ""}, conf.InputBusy},
		{&Error{"TypeError", ""}, conf.InputFailed},
		{errors.New("?"), conf.InputFailed},
	} {
		assert.Equal(t, c.want, inputState(c.err), "%v", c.err)
	}
	assert.Empty(t, shareCode(&Error{"NotAllowedError", "Permission denied"}), "the person cancelled")
	assert.Equal(t, "share.denied", shareCode(&Error{"NotAllowedError", "Permission denied by system"}))
	assert.Equal(t, "share.failed", shareCode(&Error{"NotFoundError", ""}))
}

// openSocket dials a WebSocket that is a plain EventTarget, and returns both ends.
func openSocket(t *testing.T) (*Socket, js.Value) {
	js.Global().Set("location", eval(`{protocol: "https:", host: "meet.example"}`))
	js.Global().Set("WebSocket", eval(`class extends EventTarget {
		constructor(url, protocol) { super(); Object.assign(this, {url, protocol, bufferedAmount: 0, sent: []});
			globalThis.lastSocket = this; setTimeout(() => this.dispatchEvent(new Event(url.includes("bad") ? "close" : "open"))); }
		send(m) { this.sent.push(m); }
		close(code) { this.code = code; }
	}`))
	s, err := window(t).DialSocket(t.Context(), "/_/ws", "conclave.1")
	require.NoError(t, err)
	return s, js.Global().Get("lastSocket")
}

func say(ws js.Value, data string) {
	ws.Call("dispatchEvent", eval(`Object.assign(new Event("message"), {data: `+data+`})`))
}

func TestSocketCarriesText(t *testing.T) {
	s, ws := openSocket(t)
	assert.Equal(t, "wss://meet.example/_/ws", ws.Get("url").String())
	say(ws, `"één"`)
	say(ws, `"two"`)
	for _, want := range []string{"één", "two"} {
		b, err := s.Read(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, string(b))
	}
	require.NoError(t, s.Write(t.Context(), []byte("drei 3️⃣")))
	assert.Equal(t, "drei 3️⃣", ws.Get("sent").Index(0).String())
}

func TestSocketCarriesItemsInBinaryFrames(t *testing.T) {
	s, ws := openSocket(t)
	assert.Equal(t, "arraybuffer", ws.Get("binaryType").String())
	say(ws, `new Uint8Array([1, 16, 0, 2, 0, 3, 0, 0, 0, 1, 0xff]).buffer`)
	b, err := s.Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []byte{1, 16, 0, 2, 0, 3, 0, 0, 0, 1, 0xff}, b)
	require.NoError(t, s.Write(t.Context(), b))
	sent := ws.Get("sent").Index(0)
	assert.True(t, sent.InstanceOf(js.Global().Get("Uint8Array")))
	assert.Equal(t, 0xff, sent.Index(10).Int())
}

func TestSocketEnds(t *testing.T) {
	t.Run("after what had arrived was read, when the other side closes", func(t *testing.T) {
		s, ws := openSocket(t)
		say(ws, `"last"`)
		ws.Call("dispatchEvent", eval(`new Event("close")`))
		b, err := s.Read(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "last", string(b))
		_, err = s.Read(t.Context())
		require.Error(t, err)
		require.Error(t, s.Write(t.Context(), []byte("x")))
	})
	t.Run("at once when it is closed here, with a status that a page may send", func(t *testing.T) {
		for code, want := range map[int]int{1000: 1000, 1001: 1000, 4000: 4000} {
			s, ws := openSocket(t)
			waits := make(chan error, 1)
			go func() {
				_, err := s.Read(context.Background())
				waits <- err
			}()
			require.NoError(t, s.Close(code, ""))
			require.NoError(t, s.Close(code, ""), "twice does no harm")
			require.ErrorIs(t, <-waits, errClosed)
			assert.Equal(t, want, ws.Get("code").Int())
		}
	})
	t.Run("when the reader's time is over", func(t *testing.T) {
		s, _ := openSocket(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Read(ctx)
		require.ErrorIs(t, err, context.Canceled)
	})
	for name, data := range map[string]string{
		"with JSON in a binary frame":  `new TextEncoder().encode("{}").buffer`,
		"with items in a text frame":   `"\u0001\u0001"`,
		"with an empty binary frame":   `new ArrayBuffer(0)`,
		"with a frame of another kind": `new Blob(["x"])`,
	} {
		t.Run(name, func(t *testing.T) {
			s, ws := openSocket(t)
			say(ws, data)
			_, err := s.Read(t.Context())
			require.ErrorContains(t, err, "wrong kind of frame")
		})
	}
	t.Run("when nobody reads", func(t *testing.T) {
		s, ws := openSocket(t)
		for i := range maxUnread + 1 {
			say(ws, strconv.Quote(strconv.Itoa(i)))
		}
		require.Error(t, s.Write(t.Context(), []byte("x")))
	})
	t.Run("when nothing gets out", func(t *testing.T) {
		s, ws := openSocket(t)
		ws.Set("bufferedAmount", maxUnsent+1)
		require.Error(t, s.Write(t.Context(), []byte("x")))
	})
	t.Run("when there is no connection to be had", func(t *testing.T) {
		s, _ := openSocket(t)
		_ = s.Close(1000, "")
		_, err := window(t).DialSocket(t.Context(), "/bad", "conclave.1")
		require.Error(t, err)
	})
}

func TestFetchSaysWhyThereIsNoAnswer(t *testing.T) {
	_, _, err := window(t).Fetch("GET", "/no/host/in/node", nil, time.Second)
	assert.Equal(t, "TypeError", NameOf(err))
}

func TestFramesRunOnceForManyRequests(t *testing.T) {
	js.Global().Set("requestAnimationFrame", eval(`f => setTimeout(f, 1)`))
	js.Global().Set("cancelAnimationFrame", eval(`n => clearTimeout(n)`))
	ran := make(chan struct{}, 10)
	f := window(t).NewFrames(func() { ran <- struct{}{} })
	f.Ask()
	f.Ask()
	<-ran
	assert.Empty(t, ran)
	f.Ask()
	<-ran
}

func TestFramesRunInAPageThatNobodySees(t *testing.T) {
	js.Global().Set("requestAnimationFrame", eval(`f => 0`))
	js.Global().Set("cancelAnimationFrame", eval(`n => {}`))
	ran := make(chan struct{}, 1)
	f := window(t).NewFrames(func() { ran <- struct{}{} })
	f.Ask()
	<-ran
}

func TestTextIsNormalized(t *testing.T) {
	for _, s := range []string{"", "plain", "ﬁne ①", "e\u0301", "한글", "가", "㎏ ℡ ｶﾞ", "Å", "😀"} {
		assert.Equal(t, norm.NFKC.String(s), Normalize("NFKC", s), "NFKC of %q", s)
		assert.Equal(t, norm.NFD.String(s), Normalize("NFD", s), "NFD of %q", s)
	}
}
