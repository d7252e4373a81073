//go:build js

package browser

import (
	"errors"
	"slices"
	"syscall/js"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/sdp"
)

// codecs are what this page sends and receives. Fewer make the descriptions smaller (25 slots with all of Chromium's
// codecs are 250 kB of SDP); more would let the relay choose better ones.
var codecs = map[wire.Kind][]string{
	wire.Audio: {"audio/opus"},
	wire.Video: {"video/VP8", "video/rtx"},
}

// maxBitrate is what a stream may take of the uplink, bits per second; 0 leaves it to the browser. The camera's is what
// 720p30 is good with, more is hard to see; a screen needs more when it scrolls (media.md, "Encodings").
var maxBitrate = [len(wire.Streams)]int{wire.Cam: 1_500_000, wire.Screen: 2_500_000}

// describeTime is how long the browser may take for a description. It takes 0.3 s for 49 slots. A peer connection that
// is closed meanwhile never says that it is done.
const describeTime = 8 * time.Second

// peer is one RTCPeerConnection. It has a sender for each stream from the start, without a track, so that whatever
// begins to flow later negotiates nothing.
type peer struct {
	w       *Window
	pc      js.Value
	stop    []func()
	senders [len(wire.Streams)]js.Value // RTCRtpTransceivers
	slots   [2][]js.Value               // RTCRtpTransceivers: audio, video
	tracks  map[string]js.Value         // of the slots, by mid; complete after describe
}

// newPeer makes a peer connection. onState is called in a callback.
func (w *Window) newPeer(onState func(state string)) (*peer, error) {
	pc, err := try(func() js.Value {
		return js.Global().Get("RTCPeerConnection").New(object("bundlePolicy", "max-bundle"))
	})
	if err != nil {
		return nil, err
	}
	p := &peer{w: w, pc: pc, tracks: map[string]js.Value{}}
	p.stop = []func(){
		w.closesWith(pc),
		w.listen(pc, "connectionstatechange", func(js.Value) { onState(pc.Get("connectionState").String()) }),
	}
	for _, s := range wire.Streams {
		init := object("direction", "sendonly")
		if maxBitrate[s] > 0 {
			init.Set("sendEncodings", array(object("maxBitrate", maxBitrate[s])))
		}
		if p.senders[s], err = p.add(s.Kind(), init); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

func (p *peer) add(kind wire.Kind, init js.Value) (js.Value, error) {
	t, err := Call(p.pc, "addTransceiver", string(kind), init)
	if err != nil {
		return t, err
	}
	if t.Get("setCodecPreferences").Truthy() {
		_, err = Call(t, "setCodecPreferences", preferences(kind))
	}
	return t, err
}

// preferences are the browser's capabilities for codecs, in the browser's order.
func preferences(kind wire.Kind) js.Value {
	list := array()
	all := js.Global().Get("RTCRtpReceiver").Call("getCapabilities", string(kind)).Get("codecs")
	for i := range all.Length() {
		if c := all.Index(i); slices.Contains(codecs[kind], c.Get("mimeType").String()) {
			list.Call("push", c)
		}
	}
	return list
}

// describe makes a new offer with at least so many slots, and its description. It takes time; nothing else of the peer
// may be called meanwhile but flow.
func (p *peer) describe(audio, video int, fresh bool) (*wire.Offer, error) {
	for i, want := range [...]int{audio, video} {
		kind := [...]wire.Kind{wire.Audio, wire.Video}[i]
		for len(p.slots[i]) < want {
			t, err := p.add(kind, object("direction", "recvonly"))
			if err != nil {
				return nil, err
			}
			p.slots[i] = append(p.slots[i], t)
		}
	}
	if _, err := p.w.awaitFor(describeTime, func() js.Value { return p.pc.Call("setLocalDescription") }); err != nil {
		return nil, err
	}
	sends := make(map[string]wire.Stream, len(p.senders))
	for s, t := range p.senders {
		sends[t.Get("mid").String()] = wire.Stream(s)
	}
	tracks := make(map[string]js.Value)
	for _, t := range slices.Concat(p.slots[0], p.slots[1]) {
		tracks[t.Get("mid").String()] = t.Get("receiver").Get("track")
	}
	p.tracks = tracks
	return sdp.Describe(p.local(), sends, fresh)
}

// local is the text of the last offer, "" when there is none.
func (p *peer) local() string {
	if d := p.pc.Get("localDescription"); d.Truthy() {
		return d.Get("sdp").String()
	}
	return ""
}

// answer takes the relay's answer to the last offer. It takes time.
func (p *peer) answer(a *wire.Answer) error {
	if p.pc.Get("signalingState").String() != "have-local-offer" {
		return errors.New("an answer without an offer")
	}
	text, err := sdp.Build(p.local(), a)
	if err != nil {
		return err
	}
	_, err = p.w.awaitFor(describeTime, func() js.Value {
		return p.pc.Call("setRemoteDescription", object("type", "answer", "sdp", text))
	})
	return err
}

// flow lets a track flow, or with null nothing: not even silence is sent then.
func (p *peer) flow(s wire.Stream, track js.Value) {
	// The calls are made here, in order; the browser keeps it (WebRTC, section 5.2, replaceTrack).
	promise, err := Call(p.senders[s].Get("sender"), "replaceTrack", track)
	if err != nil {
		return
	}
	// It is refused when the peer connection was closed meanwhile, which is no news to anybody.
	p.w.Go(func() { _, _ = p.w.await(func() js.Value { return promise }) })
}

func (p *peer) close() {
	for _, f := range p.stop {
		f()
	}
	p.stop = nil
	p.pc.Call("close")
}
