package conf

import (
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// againTime is how long a device must have run before it is started again by itself after it ended. Less would start a
// device that fails at once over and over.
const againTime = 5 * time.Second

// input is my microphone or camera.
type input struct {
	stream   wire.Stream
	seen     *Input    // the view of it
	starting bool      // Capture is out
	since    time.Time // when it last started to run
}

// onInputs handles microphone, camera, screen and the choice of devices.
func (s *State) onInputs(e Event) bool {
	switch e := e.(type) {
	case *Mic:
		s.switchInput(&s.mic, e.On)
	case *Cam:
		s.switchInput(&s.cam, e.On)
	case *SetDevice:
		s.setDevice(e.Kind, e.ID)
	case *RetryDevices:
		s.startInputs()
	case *ShareScreen:
		s.shareScreen(e.On)
	case Captured:
		s.captured(e)
	case CaptureFailed:
		s.captureFailed(e)
	case TrackEnded:
		s.trackEnded(e.Stream)
	case Shared:
		s.shared(e.Audio)
	case ShareFailed:
		s.shareFailed(e.Code)
	case DeviceList:
		s.deviceList(e)
	default:
		return false
	}
	return true
}

func (s *State) input(st wire.Stream) *input {
	switch st {
	case wire.Mic:
		return &s.mic
	case wire.Cam:
		return &s.cam
	}
	return nil
}

// sending is what goes out at the moment: what the person wants and a track can give.
func (s *State) sending() wire.Sending {
	me := &s.view.Me
	return wire.Sending{
		Mic: me.Mic.On && me.Mic.Live, Cam: me.Cam.On && me.Cam.Live,
		Screen: me.Share.On, ScreenAudio: me.Share.On && me.Share.Audio,
	}
}

// settleFlow lets tracks flow or holds them back.
func (s *State) settleFlow() {
	now := s.sending()
	if s.crypt.latched && !s.neg.sealed || s.crypt.parting != nil {
		now = wire.Sending{} // the peer connection there is, is not for this room, or the person has left it
	}
	for _, st := range wire.Streams {
		if on := now.Has(st); on != s.flow[st] {
			s.flow[st] = on
			s.do(Transmit{Stream: st, On: on})
		}
	}
}

// encode hands on how the relay wants my video. Only video has layers.
func (s *State) encode(list []wire.Encoding) {
	for _, e := range list {
		if e.Stream.Kind() == wire.Video {
			s.do(Encode{Encoding: e})
		}
	}
}

// settleState tells the relay what I send.
func (s *State) settleState() {
	if now := s.sending(); now != s.call.sent || !s.call.told {
		s.call.sent, s.call.told = now, true
		s.send(&wire.SetState{Sending: now})
	}
}

// switchInput: the choice shows at once, whatever the device does.
func (s *State) switchInput(in *input, want *bool) {
	on := !in.seen.On
	if want != nil {
		on = *want
	} else if in.failed() && s.active() {
		on = true // the button of a device that was refused asks for it again
	}
	in.seen.On = on
	value := "off"
	if on {
		value = "on"
	}
	s.do(Store{Key: in.stream.String(), Value: value})
	switch {
	case on && s.active():
		s.start(in == &s.mic, in == &s.cam)
	case !on && in.stream == wire.Cam:
		s.release(in) // its light goes out
	case !on && !in.seen.Live:
		in.seen.State = InputOff
	}
}

// failed reports whether the device was asked for in vain.
func (in *input) failed() bool {
	switch in.seen.State {
	case InputOff, InputStarting, InputReady:
		return false
	}
	return true
}

// startInputs starts what the person wants and does not run.
func (s *State) startInputs() {
	if s.active() {
		s.start(s.mic.seen.On, s.cam.seen.On)
	}
}

// start asks for both at once where both are missing: people are asked one question then.
func (s *State) start(mic, cam bool) {
	if s.blocked() {
		return
	}
	e := Capture{}
	if mic && s.mic.starts() {
		e.Mic, e.MicID = true, s.view.Devices.Mic
	}
	if cam && s.cam.starts() {
		e.Cam, e.CamID = true, s.view.Devices.Cam
	}
	if e.Mic || e.Cam {
		s.do(e)
	}
}

// starts reports whether the device must be asked for; it is starting then.
func (in *input) starts() bool {
	if in.seen.Live {
		return false
	}
	in.seen.State = InputStarting
	out := in.starting
	in.starting = true
	return !out
}

// release stops a device.
func (s *State) release(in *input) {
	if s.flow[in.stream] {
		s.flow[in.stream] = false
		s.do(Transmit{Stream: in.stream})
	}
	if in.seen.Live {
		s.do(Release{Stream: in.stream})
	}
	in.seen.Live, in.seen.State = false, InputOff
}

// stopInputs stops all devices. What the person chose stays.
func (s *State) stopInputs() {
	s.release(&s.mic)
	s.release(&s.cam)
	s.stopShare()
	s.view.Me.Share = Share{Busy: s.view.Me.Share.Busy}
}

func (s *State) setDevice(kind, id string) {
	d := &s.view.Devices
	switch kind {
	case "mic":
		d.Mic = id
		s.restart(&s.mic, Capture{Mic: true, MicID: id})
	case "cam":
		d.Cam = id
		s.restart(&s.cam, Capture{Cam: true, CamID: id})
	case "speaker":
		d.Speaker = id
		s.do(SetSpeaker{ID: id})
	default:
		return
	}
	s.do(Store{Key: "device." + kind, Value: id})
}

// restart moves a device that runs, starts or failed to another one; the old track goes on until the new one is there.
func (s *State) restart(in *input, e Capture) {
	if !s.active() || s.blocked() || !in.seen.On && !in.seen.Live {
		return
	}
	in.starting = true
	in.seen.State = InputStarting
	s.do(e)
}

func (s *State) captured(e Captured) {
	in := s.input(e.Stream)
	if in == nil {
		return
	}
	in.starting, in.since = false, s.now
	in.seen.Live, in.seen.State = true, InputReady
	if !s.active() || in.stream == wire.Cam && !in.seen.On {
		s.release(in)
		return
	}
	if e.Device != "" {
		if in.stream == wire.Mic {
			s.view.Devices.Mic = e.Device
		} else {
			s.view.Devices.Cam = e.Device
		}
	}
}

// captureFailed: the choice stays, so that a device that is plugged in later starts.
func (s *State) captureFailed(e CaptureFailed) {
	in := s.input(e.Stream)
	if in == nil {
		return
	}
	in.starting = false
	switch {
	case in.seen.Live: // another device was asked for; the one before goes on
		in.seen.State = InputReady
		s.tell(Note{T: "toast", Key: "devices.failed", Tone: "error"})
	case in.seen.On && s.active():
		in.seen.State = e.Why
	default:
		in.seen.State = InputOff
	}
}

func (s *State) trackEnded(st wire.Stream) {
	in := s.input(st)
	if in == nil {
		s.stopShare()
		return
	}
	if !in.seen.Live {
		return
	}
	again := s.now.Sub(in.since) >= againTime && in.seen.On && s.active()
	s.release(in)
	if !again {
		if in.seen.On {
			in.seen.State = InputFailed
		}
		return
	}
	// The device is gone; whatever is the default now takes its place.
	if st == wire.Mic {
		s.view.Devices.Mic = ""
	} else {
		s.view.Devices.Cam = ""
	}
	s.start(st == wire.Mic, st == wire.Cam)
}

func (s *State) deviceList(e DeviceList) {
	d := &s.view.Devices
	d.Mics, d.Cams, d.Speakers = notNil(e.Mics), notNil(e.Cams), notNil(e.Speakers)
	// "Plug one in; we will notice."
	if s.active() {
		mic, cam := s.mic.seen, s.cam.seen
		s.start(mic.On && mic.State == InputNone && len(d.Mics) > 0, cam.On && cam.State == InputNone && len(d.Cams) > 0)
	}
}

func notNil(d []Device) []Device {
	if d == nil {
		return []Device{}
	}
	return d
}
