//go:build js

package browser

import (
	"strings"
	"syscall/js"

	"github.com/conclave-meet/conclave/shared/wire"
)

// shape makes a sender send as x says. It takes time; calls for one peer follow each other. The browser is asked only
// where something is not so already: it may begin a stream anew for each change.
func (p *peer) shape(x shape) error {
	switched, err := p.shapeOnce(x)
	if err != nil || !switched {
		return err
	}
	now, err := try(func() js.Value { return p.parameters(x.stream).Get("encodings").Index(0).Get("codec") })
	if err != nil || now.Truthy() {
		return err
	}
	// It passed over the codec, so it cannot switch. Again, for the one that it keeps.
	p.codecFixed = true
	_, err = p.shapeOnce(x)
	return err
}

func (p *peer) parameters(s wire.Stream) js.Value {
	return p.senders[s].Get("sender").Call("getParameters")
}

// shapeOnce reports whether it asked for another codec.
func (p *peer) shapeOnce(x shape) (switched bool, err error) {
	params, err := try(func() js.Value { return p.parameters(x.stream) })
	if err != nil {
		return false, err
	}
	list := params.Get("encodings")
	if !list.Truthy() || list.Length() == 0 {
		return false, nil
	}
	codec, entry := p.sendCodec(params, x.wanted.Codec)
	changed := false
	for i, e := range x.encodings(list.Length(), codec) {
		changed = e.write(list.Index(i), entry) || changed
	}
	if !changed {
		return false, nil
	}
	// In the same task as getParameters: afterwards the browser takes them no more (WebRTC, section 5.2).
	_, err = p.w.awaitFor(describeTime, func() js.Value {
		return p.senders[x.stream].Get("sender").Call("setParameters", params)
	})
	return entry.Truthy(), err
}

// sendCodec finds the codec that is to be sent: the wanted one, or the present one where the browser cannot switch or
// cannot send all sizes of the wanted one in one stream (Firefox has no scalabilityMode). entry is what setParameters
// needs to switch, undefined when there is nothing to switch.
func (p *peer) sendCodec(params js.Value, wanted string) (codec string, entry js.Value) {
	codecs, first := params.Get("codecs"), params.Get("encodings").Index(0)
	present := first.Get("codec")
	if !codecs.Truthy() || codecs.Length() == 0 {
		return "VP8", js.Undefined() // nothing is negotiated yet; it is first in the offer
	}
	if !present.Truthy() {
		present = codecs.Index(0)
	}
	codec = codecName(present)
	modes := first.Get("scalabilityMode").Type() == js.TypeString
	for i := range codecs.Length() {
		c := codecs.Index(i)
		name := codecName(c)
		if strings.EqualFold(name, wanted) && name != codec && !p.codecFixed && (modes || !scalable(name)) {
			return name, c
		}
	}
	if scalable(codec) && !modes {
		codec = "VP8" // as far as layers go: one encoding for each
	}
	return codec, js.Undefined()
}

// codecName is the name in SDP of a codec of the browser's ("video/VP8").
func codecName(codec js.Value) string {
	_, name, _ := strings.Cut(codec.Get("mimeType").String(), "/")
	return name
}

// write writes e into the browser's parameters and reports whether they were otherwise. What the browser does not know
// it is not given: it would be refused as a change.
func (e encoding) write(v, codec js.Value) (changed bool) {
	set := func(name string, x any, same bool) {
		if !same {
			v.Set(name, x)
			changed = true
		}
	}
	number := func(name string) int {
		if n := v.Get(name); n.Type() == js.TypeNumber {
			return n.Int()
		}
		return 0
	}
	set("active", e.active, v.Get("active").Truthy() == e.active)
	set("scaleResolutionDownBy", e.scale, number("scaleResolutionDownBy") == e.scale)
	set("maxBitrate", e.bitrate, number("maxBitrate") == e.bitrate)
	if e.rate > 0 {
		set("maxFramerate", e.rate, number("maxFramerate") == e.rate)
	}
	if mode := v.Get("scalabilityMode"); mode.Type() == js.TypeString {
		set("scalabilityMode", e.mode, mode.String() == e.mode)
	}
	if codec.Truthy() {
		set("codec", codec, false)
	}
	return changed
}

// sendEncodings are the encodings that a stream's sender begins with (RTCRtpTransceiverInit). Without modes for browsers
// that do not take them.
func sendEncodings(s wire.Stream, modes bool) js.Value {
	list := array()
	names := rids[s]
	for i, e := range (shape{stream: s}).encodings(len(names), "VP8") {
		v := object("rid", names[i], "active", true, "scaleResolutionDownBy", e.scale, "maxBitrate", e.bitrate)
		if e.rate > 0 {
			v.Set("maxFramerate", e.rate)
		}
		if modes {
			v.Set("scalabilityMode", e.mode)
		}
		list.Call("push", v)
	}
	return list
}

// watchSize calls f when the pictures of a track change their size: a telephone was turned, a shared window was pulled
// larger. Tracks have no event for that; an element that plays one has.
func (w *Window) watchSize(track js.Value, f func()) (stop func()) {
	v := js.Global().Get("document").Call("createElement", "video")
	v.Set("muted", true)
	v.Set("playsInline", true)
	deaf := w.listen(v, "resize", func(js.Value) { f() })
	v.Set("srcObject", js.Global().Get("MediaStream").New(array(track)))
	// It is refused when the page may not play yet: the size is then the one that the track began with.
	w.Go(func() { _, _ = w.await(func() js.Value { return v.Call("play") }) })
	return func() {
		deaf()
		v.Set("srcObject", js.Null())
	}
}

// sizeOf is what a track captures.
func sizeOf(track js.Value) size {
	settings := track.Call("getSettings")
	number := func(name string) int {
		if n := settings.Get(name); n.Type() == js.TypeNumber {
			return n.Int()
		}
		return 0
	}
	return size{number("width"), number("height")}
}
