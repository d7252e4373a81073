//go:build js

package browser

import (
	"math"
	"sync"
	"syscall/js"
)

// levelWindow is how many samples a level is made of: 21 ms at 48 kHz, a little more than a frame of the display.
const levelWindow = 1024

// Level measures my microphone, for the meter and for "you are muted". Now may be called from any goroutine.
type Level struct {
	mu       sync.Mutex
	track    js.Value // guarded by mu, and all below; undefined: no microphone
	context  js.Value // made when a level is first asked for: before a gesture browsers complain
	source   js.Value
	analyser js.Value
	samples  js.Value // Uint8Array
	buffer   [levelWindow]byte
}

// listen changes the microphone; nil: there is none.
func (l *Level) listen(t *track) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source.Truthy() {
		l.source.Call("disconnect")
	}
	l.source, l.track = js.Undefined(), js.Undefined()
	if t != nil {
		l.track = t.v
	}
}

// Now is the level, 0 … 1: the root mean square of the last samples on a scale of decibels from -60 to 0. Speech at a
// usual distance is at a half to two thirds.
func (l *Level) Now() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.track.Truthy() {
		return 0
	}
	ready := false
	_, err := try(func() js.Value {
		if ready = l.ready(); ready {
			l.analyser.Call("getByteTimeDomainData", l.samples)
		}
		return js.Undefined()
	})
	if err != nil {
		l.track = js.Undefined() // a meter less: Firefox does not take microphones of every sample rate
	}
	if err != nil || !ready {
		return 0
	}
	js.CopyBytesToGo(l.buffer[:], l.samples)
	sum := 0.0
	for _, b := range l.buffer {
		x := (float64(b) - 128) / 128
		sum += x * x
	}
	if sum == 0 {
		return 0
	}
	return min(1, max(0, 1+10*math.Log10(sum/levelWindow)/60))
}

// ready connects what is not connected. Without a gesture of the person the context may not run yet.
func (l *Level) ready() bool {
	if !l.context.Truthy() {
		l.context = js.Global().Get("AudioContext").New()
		l.analyser = l.context.Call("createAnalyser")
		l.analyser.Set("fftSize", levelWindow)
		l.samples = js.Global().Get("Uint8Array").New(levelWindow)
	}
	if l.context.Get("state").String() != "running" {
		l.context.Call("resume") // refused until there was a gesture; asked again with the next level
		return false
	}
	if !l.source.Truthy() {
		stream := js.Global().Get("MediaStream").New(array(l.track))
		l.source = l.context.Call("createMediaStreamSource", stream)
		l.source.Call("connect", l.analyser)
	}
	return true
}
