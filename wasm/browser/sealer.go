//go:build js

package browser

import (
	"syscall/js"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
)

// Codes of a worker that is of no more use (package port).
const (
	codeLoad   = "crypto.load"
	codeWorker = "crypto.worker"
)

// CanSeal reports whether this browser can encrypt frames: Chrome from 141, Firefox from 117, Safari from 15.4 on
// (e2ee.md, 3). What Chromium had before (createEncodedStreams) is not used: frames would go through the page.
func (w *Window) CanSeal() bool {
	for _, name := range [...]string{"RTCRtpScriptTransform", "Worker", "WebAssembly"} {
		if !global(name).Truthy() {
			return false
		}
	}
	for _, name := range [...]string{"RTCRtpSender", "RTCRtpReceiver"} {
		proto := global(name + ".prototype")
		if !proto.Truthy() || !global("Reflect").Call("has", proto, "transform").Bool() {
			return false
		}
	}
	return true
}

// sealer is the encryption worker of one room, as the page sees it; package port has what is said. It belongs to the
// core's loop, but for transform, which changes nothing.
type sealer struct {
	w    *Window
	v    js.Value // the Worker; undefined when it could not be started
	stop []func()
	last int // the last slot's number; owned by the goroutine that makes slots, one after the other
}

// newSealer takes a worker over. report and fail are called in callbacks; after fail nothing else comes. An error before
// the first report is a script that could not be had or run: another worker would fare no better.
func (w *Window) newSealer(v js.Value, report func(port.Report), fail func(code string)) *sealer {
	s := &sealer{w: w, v: v}
	over, began := false, false
	end := func(code string) {
		if !over {
			over = true
			fail(code)
		}
	}
	s.stop = []func(){
		w.listen(v, "message", func(event js.Value) {
			if over {
				return
			}
			if r, code := reportOf(event.Get("data")); code != "" {
				end(code)
			} else {
				began = true
				report(r)
			}
		}),
		w.listen(v, "messageerror", func(js.Value) { end(codeWorker) }),
		w.listen(v, "error", func(js.Value) {
			if began {
				end(codeWorker)
			} else {
				end(codeLoad)
			}
		}),
	}
	return s
}

// reportOf reads what a worker posted: a report, or the code of its end.
func reportOf(data js.Value) (r port.Report, code string) {
	if data.Type() == js.TypeString {
		if data.String() == codeLoad {
			return nil, codeLoad
		}
		return nil, codeWorker
	}
	b, err := try(func() js.Value { return global("Uint8Array").New(data) })
	if err != nil {
		return nil, codeWorker
	}
	text := make([]byte, b.Length())
	js.CopyBytesToGo(text, b)
	if r, err = port.DecodeReport(text); err != nil {
		return nil, codeWorker
	}
	return r, ""
}

// tell gives the worker a command. The browser's copy of it goes to the worker, and Go's is wiped: it may have a
// passphrase in it.
func (s *sealer) tell(c port.Command) {
	b := port.AppendCommand(nil, c)
	a := global("Uint8Array").New(len(b))
	js.CopyBytesToJS(a, b)
	clear(b)
	buffer := a.Get("buffer")
	s.post(buffer, array(buffer))
}

// assign says which source may come out of a slot; Member 0: none.
func (s *sealer) assign(slot int, src wire.Source) {
	source := -1
	if src.Member != 0 {
		source = int(src.Member)<<3 | int(src.Stream)
	}
	s.post(object("t", "slot", "slot", slot, "source", source))
}

// post posts a message. A worker that is not there hears nothing.
func (s *sealer) post(args ...any) {
	if s.v.Truthy() {
		_, _ = Call(s.v, "postMessage", args...)
	}
}

// seals has the frames of a sender sealed as those of a stream.
func (s *sealer) seals(sender js.Value, st wire.Stream) error {
	return s.transform(sender, object("op", "seal", "stream", int(st)))
}

// opens has the frames of a receiver opened, and returns the number of its slot.
func (s *sealer) opens(receiver js.Value, kind wire.Kind) (slot int, err error) {
	s.last++
	return s.last, s.transform(receiver, object("op", "open", "audio", kind == wire.Audio, "slot", s.last))
}

func (s *sealer) transform(end, options js.Value) error {
	_, err := try(func() js.Value {
		end.Set("transform", global("RTCRtpScriptTransform").New(s.v, options))
		return js.Undefined()
	})
	return err
}

// close ends the worker.
func (s *sealer) close() {
	for _, f := range s.stop {
		f()
	}
	s.stop = nil
	if s.v.Truthy() {
		s.v.Call("terminate")
	}
}
