// Package hooks holds the scripts that tests put into a page before its own
// scripts run (bidi.Page.Preload): devices that tell participants apart, and
// probes that read off what arrived.
package hooks

import (
	_ "embed" // the scripts
	"encoding/json"
	"fmt"
)

//go:embed media.js
var mediaScript string

//go:embed probe.js
var probeScript string

// Participant says what a page's devices give. The zero value of a field is
// the default in brackets.
type Participant struct {
	Colour string  `json:"colour"` // of the camera, any CSS colour [grey]
	Tone   float64 `json:"tone"`   // of the microphone, in hertz [silence]

	// Turn and Turns let the microphone take part in a conversation: it gives
	// its tone in the Turn-th of every Turns times of two seconds, by the
	// machine's clock, and silence in the others [always the tone].
	Turn  int `json:"turn"`
	Turns int `json:"turns"`

	ScreenColour string  `json:"screenColour"` // of a shared screen [white]
	ScreenTone   float64 `json:"screenTone"`   // of a shared tab's sound, in hertz [none is offered]

	Width  int `json:"width"`  // of the camera, in pixels [640]
	Height int `json:"height"` // of the camera, in pixels [360]
	Rate   int `json:"rate"`   // frames per second of the camera and the screen [15]

	// Grain covers the camera's picture with noise that moves, so that an
	// encoder spends all the bits it may; the mean colour stays [a plain
	// picture, which takes next to none].
	Grain bool `json:"grain"`
	// Dust covers it with noise that stays, so that its key frames are as large
	// as a real camera's, and no encoder makes the picture smaller.
	Dust bool `json:"dust"`

	// Refuse is the name of the DOMException that getUserMedia rejects with,
	// such as "NotAllowedError" or "NotFoundError" [none].
	Refuse string `json:"refuse"`

	// OwnMicrophone leaves the browser's own fake microphone in place.
	// Headless Firefox needs it: without a sound card its AudioContext never
	// runs. Preference media.navigator.audio.fake_frequency sets the tone.
	OwnMicrophone bool `json:"ownMicrophone"`
}

// Media replaces navigator.mediaDevices' devices: the camera is a colour with
// a small moving block at the lower edge, the microphone a sine tone. A screen
// can be shared only after a click, as for people.
func Media(p Participant) string {
	settings, err := json.Marshal(p)
	if err != nil {
		panic(err) // plain fields: a NaN tone is the caller's bug
	}
	return fmt.Sprintf("const settings = %s;\n%s", settings, mediaScript)
}

// Probe gives the page one global, probe:
//
//	probe.colour(v)       [r, g, b] in the middle of a video's picture, null before the first
//	probe.near(v, c, by)  whether that is within by (40) of the CSS colour c, per component
//	probe.frames(v)       frames shown so far; always 0 in headless Firefox,
//	                      which paints none: there count framesDecoded in stats
//	await probe.tone(a)   {hz, db}: the loudest frequency of a playing <audio>, <video> or MediaStream
//	await probe.tones(a)  [{hz, db}, …]: all peaks within 30 dB of the loudest, loudest first
//	probe.peers           every RTCPeerConnection the page has made
//	probe.sockets         the address of every WebSocket the page has made
//	probe.negotiations()  how often descriptions were set, on all of them together
//	await probe.stats(k)  the getStats entries of all peers, of type k if given
//
// v and a are elements or CSS selectors.
func Probe() string { return probeScript }
