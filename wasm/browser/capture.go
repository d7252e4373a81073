//go:build js

package browser

import (
	"strings"
	"syscall/js"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// listPause is how long the list of devices must have been quiet before it is read again: plugging one headset in
// changes it several times. More would be felt.
const listPause = 500 * time.Millisecond

// opened is what came of asking for a device.
type opened struct {
	stream wire.Stream
	v      js.Value // the track; undefined when why says why there is none
	why    conf.InputState
}

// capture asks for devices. It works in a goroutine of captures; what it returns runs in the loop.
func (m *Media) capture(e conf.Capture) (then func()) {
	results := m.open(e)
	return func() {
		for _, r := range results {
			if r.why != "" {
				m.emit(conf.CaptureFailed{Stream: r.stream, Why: r.why})
				continue
			}
			m.setOwn(r.stream, m.newTrack(r.stream, r.v))
			m.emit(conf.Captured{Stream: r.stream, Device: setting(r.v, "deviceId")})
		}
		m.list() // names of devices are told only after permission
	}
}

func setting(track js.Value, name string) string {
	if v := track.Call("getSettings").Get(name); v.Type() == js.TypeString {
		return v.String()
	}
	return ""
}

// open climbs the ladder of ui.md 1.3: both at once, so that people are asked one question; then one by one, so that
// one missing device does not cost the other. A refusal by the person is asked again only where the browser remembers
// a permission: otherwise people would be asked three times.
func (m *Media) open(e conf.Capture) []opened {
	var results []opened
	if !devices().Truthy() {
		if e.Mic {
			results = append(results, opened{stream: wire.Mic, why: conf.InputInsecure})
		}
		if e.Cam {
			results = append(results, opened{stream: wire.Cam, why: conf.InputInsecure})
		}
		return results
	}
	var pair error
	if e.Mic && e.Cam {
		stream, err := m.ask(micConstraints(e.MicID), camConstraints(e.CamID))
		if err == nil {
			return []opened{
				{stream: wire.Mic, v: stream.Call("getAudioTracks").Index(0)},
				{stream: wire.Cam, v: stream.Call("getVideoTracks").Index(0)},
			}
		}
		pair = err
	}
	refused := NameOf(pair) == "NotAllowedError"
	if e.Mic {
		results = append(results, m.one(wire.Mic, e.MicID, pair, refused && !m.granted("microphone")))
	}
	if e.Cam {
		results = append(results, m.one(wire.Cam, e.CamID, pair, refused && !m.granted("camera")))
	}
	return results
}

// one asks for one device, unless asking is of no use any more.
func (m *Media) one(s wire.Stream, id string, before error, hopeless bool) opened {
	if hopeless {
		return opened{stream: s, why: inputState(before)}
	}
	ask := func(id string) (js.Value, error) {
		if s == wire.Mic {
			return m.ask(micConstraints(id), js.ValueOf(false))
		}
		return m.ask(js.ValueOf(false), camConstraints(id))
	}
	stream, err := ask(id)
	if n := NameOf(err); id != "" && (n == "OverconstrainedError" || n == "NotFoundError") {
		stream, err = ask("") // the chosen one is not there: any will do
	}
	if err != nil {
		return opened{stream: s, why: inputState(err)}
	}
	return opened{stream: s, v: stream.Call("getTracks").Index(0)}
}

func (m *Media) ask(audio, video js.Value) (js.Value, error) {
	return m.w.await(func() js.Value {
		return devices().Call("getUserMedia", object("audio", audio, "video", video))
	})
}

// granted reports whether the browser remembers a permission. Browsers that cannot say count as no.
func (m *Media) granted(name string) bool {
	p := global("navigator.permissions")
	if !p.Truthy() {
		return false
	}
	v, err := m.w.await(func() js.Value { return p.Call("query", object("name", name)) })
	return err == nil && v.Get("state").String() == "granted"
}

func devices() js.Value { return global("navigator.mediaDevices") }

func micConstraints(id string) js.Value {
	return withDevice(id, object("echoCancellation", true, "noiseSuppression", true, "autoGainControl", true))
}

// camConstraints ask for 720p30, which nearly every camera has, and for the side of a telephone that looks at people.
func camConstraints(id string) js.Value {
	return withDevice(id, object("width", object("ideal", 1280), "height", object("ideal", 720),
		"frameRate", object("ideal", 30), "facingMode", object("ideal", "user")))
}

func withDevice(id string, constraints js.Value) js.Value {
	if id != "" {
		constraints.Set("deviceId", object("exact", id))
	}
	return constraints
}

// inputState sorts the refusals of getUserMedia (Media Capture and Streams, section 10.2) by what a person can do.
func inputState(err error) conf.InputState {
	switch NameOf(err) {
	case "NotAllowedError", "SecurityError":
		// Chromium's words when macOS or Windows says no.
		if strings.Contains(strings.ToLower(err.Error()), "system") {
			return conf.InputSystem
		}
		return conf.InputDenied
	case "NotFoundError", "OverconstrainedError":
		return conf.InputNone
	case "NotReadableError", "AbortError":
		return conf.InputBusy
	}
	return conf.InputFailed
}

// share opens the browser's dialog for a screen. It works in a goroutine; what it returns runs in the loop.
func (m *Media) share() (then func()) {
	if !devices().Get("getDisplayMedia").Truthy() {
		return func() { m.emit(conf.ShareFailed{Code: "share.failed"}) }
	}
	stream, err := m.w.await(func() js.Value {
		return devices().Call("getDisplayMedia", object("video", object("frameRate", screenRate), "audio", true,
			"selfBrowserSurface", "exclude", "surfaceSwitching", "include",
			"systemAudio", "include", "monitorTypeSurfaces", "include"))
	})
	if err != nil {
		return func() { m.emit(conf.ShareFailed{Code: shareCode(err)}) }
	}
	return func() {
		video := stream.Call("getVideoTracks").Index(0)
		video.Set("contentHint", "detail") // sharp text before smooth motion
		audio := stream.Call("getAudioTracks")
		if audio.Length() > 0 {
			m.setOwn(wire.ScreenAudio, m.newTrack(wire.ScreenAudio, audio.Index(0)))
		}
		m.setOwn(wire.Screen, m.newTrack(wire.Screen, video))
		m.emit(conf.Shared{Audio: audio.Length() > 0})
	}
}

// shareCode is "" when the person closed the dialog, which browsers tell from a ban only in their words.
func shareCode(err error) string {
	switch {
	case NameOf(err) == "NotAllowedError" && strings.Contains(strings.ToLower(err.Error()), "system"):
		return "share.denied"
	case NameOf(err) == "NotAllowedError", NameOf(err) == "AbortError":
		return ""
	}
	return "share.failed"
}

// watchDevices reads the list of devices now and whenever it changed.
func (m *Media) watchDevices() {
	m.run(m.list)
	var quiet *time.Timer
	m.w.Listen("navigator.mediaDevices", "devicechange", func() {
		if quiet != nil {
			quiet.Stop()
		}
		quiet = time.AfterFunc(listPause, func() { m.run(m.list) })
	})
}

// list tells which devices there are.
func (m *Media) list() {
	if !devices().Truthy() {
		return
	}
	m.lists.do(func() func() {
		all, err := m.w.await(func() js.Value { return devices().Call("enumerateDevices") })
		if err != nil {
			return func() {}
		}
		var e conf.DeviceList
		for i := range all.Length() {
			d := all.Index(i)
			x := conf.Device{ID: d.Get("deviceId").String(), Label: d.Get("label").String()}
			switch d.Get("kind").String() {
			case "audioinput":
				e.Mics = append(e.Mics, x)
			case "videoinput":
				e.Cams = append(e.Cams, x)
			case "audiooutput":
				e.Speakers = append(e.Speakers, x)
			}
		}
		return func() { m.emit(e) }
	})
}
