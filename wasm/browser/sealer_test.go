//go:build js

package browser

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// fakeWorker is a Worker that keeps what it is told and does nothing.
func fakeWorker() js.Value {
	return eval(`Object.assign(new EventTarget(), {
		heard: [], ended: false,
		postMessage(m, moved) { this.heard.push(structuredClone(m, { transfer: moved })); },
		terminate() { this.ended = true; },
		say(data) { this.dispatchEvent(Object.assign(new Event("message"), { data })); },
	})`)
}

// bytesOf is a Uint8Array's buffer with b in it.
func bytesOf(b []byte) js.Value {
	a := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(a, b)
	return a.Get("buffer")
}

// room is a Media with the worker that it starts, and what it emits.
type room struct {
	*Media
	worker js.Value
	events []conf.Event
}

func newRoom(t *testing.T) *room {
	r := &room{worker: fakeWorker()}
	r.Media = NewMedia(window(t), func(f func()) { f() }, func(e conf.Event) { r.events = append(r.events, e) },
		func() js.Value { return r.worker })
	return r
}

func TestAWorkerHearsCommandsAsBytes(t *testing.T) {
	r := newRoom(t)
	open := &port.Open{Secret: port.Secret{Room: "r", Passphrase: "four words"}, Realm: "meet.example"}
	r.Do(conf.OpenCrypto{Open: open})
	r.Do(conf.TellCrypto{Command: &port.Left{Index: 9}})
	heard := r.worker.Get("heard")
	require.Equal(t, 2, heard.Length())
	for i, want := range []port.Command{open, &port.Left{Index: 9}} {
		a := js.Global().Get("Uint8Array").New(heard.Index(i))
		b := make([]byte, a.Length())
		js.CopyBytesToGo(b, a)
		got, err := port.DecodeCommand(b)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	r.Do(conf.CloseCrypto{})
	assert.True(t, r.worker.Get("ended").Bool())
	r.Do(conf.TellCrypto{Command: &port.Left{Index: 9}})
	assert.Equal(t, 2, heard.Length())
}

func TestReportsOfAWorkerBecomeEvents(t *testing.T) {
	r := newRoom(t)
	r.Do(conf.OpenCrypto{Open: &port.Open{}})
	say := func(v any) { r.worker.Call("say", v) }
	ready := &port.Ready{Announce: []byte("a")}
	say(bytesOf(port.AppendReport(nil, ready)))
	assert.Equal(t, []conf.Event{conf.CryptoReport{Report: ready}}, r.events)
	r.Do(conf.CloseCrypto{})
	say(bytesOf(port.AppendReport(nil, ready)))
	assert.Len(t, r.events, 1, "nothing comes from one that was ended")
}

func TestTheEndOfAWorkerIsToldOnce(t *testing.T) {
	for name, c := range map[string]struct {
		js   string
		code string
	}{
		"it says so":                       {`w => w.say("crypto.load")`, "crypto.load"},
		"it says something else":           {`w => w.say("<b>")`, "crypto.worker"},
		"it says nothing that can be read": {`w => w.say(new Uint8Array([77]).buffer)`, "crypto.worker"},
		"it says what no worker says":      {`w => w.say(null)`, "crypto.worker"},
		"a script that cannot be had":      {`w => w.dispatchEvent(new Event("error"))`, "crypto.load"},
		"a message that cannot be read":    {`w => w.dispatchEvent(new Event("messageerror"))`, "crypto.worker"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.Do(conf.OpenCrypto{Open: &port.Open{}})
			eval(c.js).Invoke(r.worker)
			eval(`w => w.say("crypto.worker")`).Invoke(r.worker)
			r.worker.Call("say", bytesOf(port.AppendReport(nil, &port.KeyFrame{})))
			assert.Equal(t, []conf.Event{conf.CryptoFailed{Code: c.code}}, r.events)
		})
	}
	t.Run("an error in it", func(t *testing.T) {
		r := newRoom(t)
		r.Do(conf.OpenCrypto{Open: &port.Open{}})
		r.worker.Call("say", bytesOf(port.AppendReport(nil, &port.Ready{})))
		eval(`w => w.dispatchEvent(new Event("error"))`).Invoke(r.worker)
		assert.Equal(t, conf.CryptoFailed{Code: "crypto.worker"}, r.events[len(r.events)-1])
	})
	t.Run("it does not begin", func(t *testing.T) {
		r := newRoom(t)
		r.newWorker = func() js.Value { return eval(`() => { throw new TypeError("blocked") }`).Invoke() }
		r.Do(conf.OpenCrypto{Open: &port.Open{}})
		assert.Equal(t, []conf.Event{conf.CryptoFailed{Code: "crypto.load"}}, r.events)
	})
}

// newTransforms gives node a script transform that keeps what it was made with.
func newTransforms(t *testing.T) {
	js.Global().Set("RTCRtpScriptTransform", eval(`class { constructor(worker, options) { Object.assign(this, {worker, options}); } }`))
	t.Cleanup(func() { js.Global().Delete("RTCRtpScriptTransform") })
}

func TestTransformsAreMadeAsTheWorkerKnowsThem(t *testing.T) {
	newTransforms(t)
	v := fakeWorker()
	s := window(t).newSealer(v, func(port.Report) {}, func(string) {})
	sender, first, second := eval(`{}`), eval(`{}`), eval(`{}`)
	require.NoError(t, s.seals(sender, wire.ScreenAudio))
	n, err := s.opens(first, wire.Audio)
	require.NoError(t, err)
	m, err := s.opens(second, wire.Video)
	require.NoError(t, err)
	assert.NotEqual(t, n, m)
	text := func(end js.Value) string {
		x := end.Get("transform")
		assert.True(t, x.Get("worker").Equal(v))
		return js.Global().Get("JSON").Call("stringify", x.Get("options")).String()
	}
	assert.Equal(t, `{"op":"seal","stream":3}`, text(sender))
	assert.Equal(t, `{"op":"open","audio":true,"slot":1}`, text(first))
	assert.Equal(t, `{"op":"open","audio":false,"slot":2}`, text(second))

	s.assign(m, wire.Source{Member: 3, Stream: wire.Screen})
	s.assign(m, wire.Source{})
	heard := js.Global().Get("JSON").Call("stringify", v.Get("heard")).String()
	assert.Equal(t, `[{"t":"slot","slot":2,"source":26},{"t":"slot","slot":2,"source":-1}]`, heard)

	js.Global().Delete("RTCRtpScriptTransform")
	require.Error(t, s.seals(sender, wire.Mic), "no transform, no sender")
}

func TestNodeCannotSeal(t *testing.T) {
	w := window(t)
	assert.False(t, w.CanSeal())
	newTransforms(t)
	assert.False(t, w.CanSeal())
	js.Global().Set("Worker", eval(`class {}`))
	js.Global().Set("RTCRtpSender", eval(`class { get transform() { return null } }`))
	js.Global().Set("RTCRtpReceiver", eval(`class { get createEncodedStreams() { return null } }`))
	t.Cleanup(func() {
		for _, name := range []string{"Worker", "RTCRtpSender", "RTCRtpReceiver"} {
			js.Global().Delete(name)
		}
	})
	assert.False(t, w.CanSeal(), "the old way is none")
	js.Global().Set("RTCRtpReceiver", js.Global().Get("RTCRtpSender"))
	assert.True(t, w.CanSeal())
}
