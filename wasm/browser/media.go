//go:build js

package browser

import (
	"syscall/js"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// Media is what this page sends and receives: the peer connection, the devices, the streams. It carries out the effects
// of conf that concern them.
//
// Muting: the microphone stays open and its sender is given no track, so that nothing is sent, unmuting takes no time
// and the level can still be shown. A camera that is off is stopped (conf.Release), so that its light goes out.
type Media struct {
	Streams *Streams
	Level   *Level

	w    *Window
	run  func(func())
	emit func(conf.Event)

	newWorker func() js.Value
	sealer    *sealer // nil: no room is encrypted; what is sent goes through it, or not at all

	negotiations queue
	captures     queue
	lists        queue

	peer  *peer // nil: none; replaced only by negotiations
	bound map[string]wire.Source
	own   [len(wire.Streams)]*track // what is captured
	flows [len(wire.Streams)]bool   // what conf.Transmit last said
	// what conf.Encode last said of this peer; nil: nothing
	wanted    [len(wire.Streams)]*wire.Encoding
	complains bool // the console was told that a shape was refused
}

// NewMedia makes the Media of a page. run hands a function to the core's loop and may be called from anywhere; emit is
// called in that loop, with what happened; newWorker starts an encryption worker (package port), and may throw.
func NewMedia(w *Window, run func(func()), emit func(conf.Event), newWorker func() js.Value) *Media {
	q := queue{w: w, run: run}
	m := &Media{
		Streams: newStreams(), Level: new(Level),
		w: w, run: run, emit: emit, newWorker: newWorker, negotiations: q, captures: q, lists: q, bound: map[string]wire.Source{},
	}
	m.watchDevices()
	return m
}

// Do carries an effect out, or reports false when it is none of media's.
func (m *Media) Do(e conf.Effect) bool {
	switch e := e.(type) {
	case conf.MakeOffer:
		x := m.sealer
		m.negotiations.do(func() func() { return m.makeOffer(e, x) })
	case conf.SetAnswer:
		m.negotiations.do(func() func() { return m.setAnswer(e.Answer) })
	case conf.ClosePeer:
		m.negotiations.do(func() func() { return m.closePeer })
	case conf.Bind:
		m.bind(e.Mid, e.Source)
	case conf.Capture:
		m.captures.do(func() func() { return m.capture(e) })
	case conf.Release:
		m.setOwn(e.Stream, nil)
	case conf.Transmit:
		m.flows[e.Stream] = e.On
		m.flow(e.Stream)
	case conf.Encode:
		m.wanted[e.Encoding.Stream] = &e.Encoding
		m.shape(e.Encoding.Stream)
	case conf.StartShare:
		m.w.Go(func() { m.run(m.share()) })
	case conf.SetSpeaker:
		// Sound is played by the view's elements; it reads the choice from conf.View.
	case conf.OpenCrypto:
		m.openCrypto(e.Open)
	case conf.TellCrypto:
		m.tellCrypto(e.Command)
	case conf.CloseCrypto:
		m.closeCrypto()
	case conf.KeyFrame:
		m.keyFrames()
	default:
		return false
	}
	return true
}

// Keep forgets the streams of members that are gone.
func (m *Media) Keep(known func(wire.MemberIndex) bool) { m.Streams.keep(known) }

// makeOffer works in a goroutine of negotiations; what it returns runs in the loop. x seals what e wants sealed.
func (m *Media) makeOffer(e conf.MakeOffer, x *sealer) (then func()) {
	p, fresh := m.peer, e.Fresh || m.peer == nil
	if !e.Sealed {
		x = nil
	} else if x == nil {
		return func() { m.emit(conf.Offered{Err: string(wire.CodeMedia)}) } // it has ended meanwhile
	}
	if !fresh && p.sealer != x {
		return func() { m.emit(conf.Offered{Err: string(wire.CodeMedia)}) } // a peer connection keeps what it began with
	}
	if fresh {
		var err error
		if p, err = m.newPeer(x); err != nil {
			return func() { m.emit(conf.Offered{Err: "media.unsupported"}) }
		}
	}
	o, err := p.describe(e.Audio, e.Video, fresh)
	return func() {
		if p != m.peer {
			m.closePeer()
			m.peer = p
		}
		if err != nil {
			m.emit(conf.Offered{Err: string(wire.CodeMedia)})
			return
		}
		m.emit(conf.Offered{Offer: o})
	}
}

func (m *Media) newPeer(x *sealer) (*peer, error) {
	var p *peer
	p, err := m.w.newPeer(m.run, func(state string) {
		m.run(func() {
			if p != nil && p == m.peer {
				m.emit(conf.PeerState{State: state})
			}
		})
	}, x)
	return p, err
}

func (m *Media) setAnswer(a *wire.Answer) (then func()) {
	var err error = &Error{Name: "InvalidStateError", Message: "no peer connection"}
	if m.peer != nil {
		err = m.peer.answer(a)
	}
	return func() {
		e := conf.Answered{}
		if err != nil {
			e.Err = string(wire.CodeMedia)
		}
		for s := range wire.Streams {
			m.shape(wire.Stream(s)) // what was said before could not name a codec, and rids may have been refused
		}
		m.emit(e)
	}
}

// closePeer ends the peer connection. The next one holds everything back until conf says otherwise.
func (m *Media) closePeer() {
	for mid := range m.bound {
		m.bind(mid, wire.Source{})
	}
	m.flows = [len(wire.Streams)]bool{}
	m.wanted = [len(wire.Streams)]*wire.Encoding{}
	if m.peer != nil {
		m.peer.close()
		m.peer = nil
	}
}

// bind moves the track of a slot from the stream of the source that was in it to that of the one that is.
func (m *Media) bind(mid string, src wire.Source) {
	if m.peer == nil {
		return
	}
	t, ok := m.peer.tracks[mid]
	if !ok {
		return
	}
	if x := m.peer.sealer; x != nil {
		x.assign(t.number, src)
	}
	if old, ok := m.bound[mid]; ok {
		delete(m.bound, mid)
		m.Streams.remove(conf.SourceID(old), t.track)
	}
	if src.Member != 0 {
		m.bound[mid] = src
		m.Streams.add(conf.SourceID(src), t.track)
	}
}

// flow gives the sender of a stream what conf wants it to have.
func (m *Media) flow(s wire.Stream) {
	if m.peer == nil {
		return
	}
	v := js.Null()
	// conf would not let anything flow in clear either; this is the second lock.
	if t := m.own[s]; t != nil && m.flows[s] && m.peer.sealer == m.sealer {
		v = t.v
	}
	m.peer.flow(s, v)
}

// shape has a stream sent as the relay wants it and as its track's size allows. Also when there is no track yet: it must
// not begin otherwise. (Chromium gives VP9 up for good when a screen begins with two encodings.)
func (m *Media) shape(s wire.Stream) {
	p := m.peer
	if p == nil || s.Kind() != wire.Video {
		return
	}
	x := shape{stream: s}
	if t := m.own[s]; t != nil {
		x.size = sizeOf(t.v)
	}
	if w := m.wanted[s]; w != nil {
		x.told, x.wanted = true, *w
	}
	p.shapes.do(func() (then func()) {
		err := p.shape(x)
		return func() {
			// People would not know what to do about it, and see pictures all the same.
			if err != nil && p == m.peer && !m.complains {
				m.complains = true
				js.Global().Get("console").Call("warn", "layers of "+s.String()+": "+err.Error())
			}
		}
	})
}

// track is a track of mine.
type track struct {
	v    js.Value
	stop func() // of listening to its end
}

// setOwn replaces a track of mine; nil: there is none now.
func (m *Media) setOwn(s wire.Stream, t *track) {
	id := "me/" + s.String()
	old := m.own[s]
	m.own[s] = t
	if t != nil {
		m.Streams.add(id, t.v)
	}
	m.shape(s)
	m.flow(s)
	if old != nil {
		old.stop()
		m.Streams.remove(id, old.v)
		old.v.Call("stop")
	}
	if s == wire.Mic {
		m.Level.listen(t)
	}
}

// newTrack watches a track for its size and its end: a device that was pulled out, a share that was ended in the browser's own bar.
// The browser says nothing when the track is stopped by setOwn.
func (m *Media) newTrack(s wire.Stream, v js.Value) *track {
	t := &track{v: v}
	mine := func(f func()) func() {
		return func() {
			m.run(func() {
				if m.own[s] == t {
					f()
				}
			})
		}
	}
	ended := mine(func() { m.emit(conf.TrackEnded{Stream: s}) })
	t.stop = m.w.listen(v, "ended", func(js.Value) { ended() })
	if s.Kind() == wire.Video {
		deaf, blind := t.stop, m.w.watchSize(v, mine(func() { m.shape(s) }))
		t.stop = func() {
			deaf()
			blind()
		}
	}
	return t
}
