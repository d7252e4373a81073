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
	slots   [2][]slot                   // audio, video
	tracks  map[string]slot             // of the slots, by mid; complete after describe
	shapes  queue                       // of shape
	sealer  *sealer                     // all frames go through it; nil: none

	codecFixed bool // the browser cannot switch codecs; owned by shapes
}

// slot is an m-line that the relay may fill.
type slot struct {
	v      js.Value // RTCRtpTransceiver
	number int      // in the sealer
	track  js.Value // set by describe
}

// newPeer makes a peer connection. run hands a function to the core's loop; onState is called in a callback. With a sealer
// every frame goes through it, or the peer connection is not made.
func (w *Window) newPeer(run func(func()), onState func(state string), x *sealer) (*peer, error) {
	pc, err := try(func() js.Value {
		return js.Global().Get("RTCPeerConnection").New(object("bundlePolicy", "max-bundle"))
	})
	if err != nil {
		return nil, err
	}
	p := &peer{w: w, pc: pc, tracks: map[string]slot{}, shapes: queue{w: w, run: run}, sealer: x}
	p.stop = []func(){
		w.closesWith(pc),
		w.listen(pc, "connectionstatechange", func(js.Value) { onState(pc.Get("connectionState").String()) }),
	}
	for _, s := range wire.Streams {
		if p.senders[s], err = p.addSender(s); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

// addSender makes the sender of a stream. Browsers that take no modes, or not that many encodings, get fewer.
func (p *peer) addSender(s wire.Stream) (t js.Value, err error) {
	init := object("direction", "sendonly")
	if len(rids[s]) == 0 {
		t, err = Call(p.pc, "addTransceiver", string(s.Kind()), init)
	} else {
		const modes, plain = true, false
		init.Set("sendEncodings", sendEncodings(s, modes))
		if t, err = Call(p.pc, "addTransceiver", string(s.Kind()), init); err != nil {
			init.Set("sendEncodings", sendEncodings(s, plain))
			t, err = Call(p.pc, "addTransceiver", string(s.Kind()), init)
		}
	}
	if err != nil {
		return t, err
	}
	if p.sealer != nil {
		if err := p.sealer.seals(t.Get("sender"), s); err != nil {
			return t, err
		}
	}
	const sends = true
	return t, prefer(t, s.Kind(), sends, p.sealer != nil)
}

func (p *peer) addSlot(kind wire.Kind) (s slot, err error) {
	if s.v, err = Call(p.pc, "addTransceiver", string(kind), object("direction", "recvonly")); err != nil {
		return s, err
	}
	if p.sealer != nil {
		if s.number, err = p.sealer.opens(s.v.Get("receiver"), kind); err != nil {
			return s, err
		}
	}
	const sends = false
	return s, prefer(s.v, kind, sends, p.sealer != nil)
}

// describe makes a new offer with at least so many slots, and its description. It takes time; nothing else of the peer
// may be called meanwhile but flow.
func (p *peer) describe(audio, video int, fresh bool) (*wire.Offer, error) {
	for i, want := range [...]int{audio, video} {
		kind := [...]wire.Kind{wire.Audio, wire.Video}[i]
		for len(p.slots[i]) < want {
			s, err := p.addSlot(kind)
			if err != nil {
				return nil, err
			}
			p.slots[i] = append(p.slots[i], s)
		}
	}
	if err := p.setLocal(); err != nil {
		return nil, err
	}
	sends := make(map[string]wire.Stream, len(p.senders))
	for s, t := range p.senders {
		sends[t.Get("mid").String()] = wire.Stream(s)
	}
	tracks := make(map[string]slot)
	for _, s := range slices.Concat(p.slots[0], p.slots[1]) {
		s.track = s.v.Get("receiver").Get("track")
		tracks[s.v.Get("mid").String()] = s
	}
	p.tracks = tracks
	if p.sealer != nil {
		return sdp.DescribeSealed(p.local(), sends, fresh)
	}
	return sdp.Describe(p.local(), sends, fresh)
}

// setLocal makes an offer and sets it. In it the browser asks for lost sound to be sent again, which browsers can but do
// not offer by themselves; where that is refused, without.
func (p *peer) setLocal() error {
	offer, err := p.w.awaitFor(describeTime, func() js.Value { return p.pc.Call("createOffer") })
	if err != nil {
		return err
	}
	text := sdp.NackSound(offer.Get("sdp").String())
	_, err = p.w.awaitFor(describeTime, func() js.Value {
		return p.pc.Call("setLocalDescription", object("type", "offer", "sdp", text))
	})
	if err != nil {
		_, err = p.w.awaitFor(describeTime, func() js.Value { return p.pc.Call("setLocalDescription") })
	}
	return err
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
	build := sdp.Build
	if p.sealer != nil {
		build = sdp.BuildSealed
	}
	text, err := build(p.local(), a)
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
