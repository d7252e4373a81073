//go:build js

package main

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/browser"
	"github.com/conclave-meet/conclave/wasm/conf"
	"github.com/conclave-meet/conclave/wasm/link"
)

// page is the running core.
type page struct {
	// constant after newPage
	w      *browser.Window
	ports  ports
	inbox  *inbox
	media  *browser.Media
	link   *link.Link
	frames *browser.Frames

	// guarded by mu; the site asks for it at any time
	mu     sync.Mutex
	phrase string

	// owned by run
	state *conf.State
	dirty conf.Dirty  // slices that the site has not got yet
	alarm *time.Timer // sends a Tick at the state's deadline; nil before the first
}

func newPage(w *browser.Window, ports ports) *page {
	p := &page{w: w, ports: ports, inbox: newInbox(), state: conf.New(conf.Config{Client: client, Realm: w.Host()})}
	p.media = browser.NewMedia(w, p.inbox.put, p.step, ports.worker)
	p.link = link.New(link.Config{
		Dial:    p.dial,
		Up:      func() { p.post(conf.LinkUp{}) },
		Down:    func(tries int) { p.post(conf.LinkDown{Tries: tries}) },
		Message: func(m wire.ServerMessage, re uint32) { p.post(conf.Received{Message: m, Re: re}) },
		Jitter:  jitter,
	})
	p.frames = w.NewFrames(func() { p.inbox.put(p.flush) })
	return p
}

// dial opens the signalling connection.
func (p *page) dial(ctx link.Context) (link.Conn, error) {
	s, err := p.w.DialSocket(ctx, wire.Path, wire.Subprotocol)
	if err != nil {
		return nil, err // not a nil *Socket in a Conn
	}
	return s, nil
}

// jitter spreads the attempts of clients that lost the relay together.
func jitter() float64 {
	var b [1]byte
	_, _ = browser.Random{}.Read(b[:])
	return float64(b[0]) / 256
}

// post has an event stepped by the loop. It may be called from anywhere.
func (p *page) post(e conf.Event) { p.inbox.put(func() { p.step(e) }) }

// run is the loop. It never ends by itself.
func (p *page) run() {
	p.step(conf.Booted{Stored: p.ports.stored()})
	p.step(conf.CryptoAble{Yes: p.w.CanSeal()})
	p.ports.ready(p.raw())
	p.flush()
	p.watch()
	for {
		for f := p.inbox.take(); f != nil; f = p.inbox.take() {
			f()
		}
		<-p.inbox.wake
	}
}

// watch listens to what happens to the page as a whole.
func (p *page) watch() {
	// The relay tells the others at once when leave still gets out; the browser sends what a handler of pagehide writes.
	// A page that comes back from the browser's memory then shows the end screen, with its way back in.
	p.w.Listen("window", "pagehide", func() {
		p.inbox.put(func() {
			switch p.state.View().App.Screen {
			case conf.ScreenJoining, conf.ScreenWaiting, conf.ScreenCall:
				p.step(conf.PageGone{})
				p.flush()
			}
		})
	})
	p.w.Listen("window", "online", func() { p.link.Hurry() })
}

// step takes an event in and carries out what it leads to.
func (p *page) step(e conf.Event) {
	for _, x := range p.state.Step(time.Now(), e) {
		p.do(x)
	}
	p.mu.Lock()
	p.phrase = p.state.Passphrase()
	p.mu.Unlock()
	p.dirty |= p.state.TakeDirty()
	if p.dirty != 0 {
		p.frames.Ask()
	}
	p.arm()
}

// arm sets the alarm to the state's deadline. A Tick that comes late or for nothing does no harm.
func (p *page) arm() {
	if p.alarm != nil {
		p.alarm.Stop()
	}
	if at, ok := p.state.Deadline(); ok {
		// Not time.NewTimer: its channel of times brings the page all that time.Time can do, 35 kB.
		p.alarm = time.AfterFunc(time.Until(at), func() { p.post(conf.Tick{}) })
	}
}

// do carries one effect out.
func (p *page) do(e conf.Effect) {
	switch e := e.(type) {
	case conf.Connect:
		p.link.Open()
	case conf.Disconnect:
		p.link.Close()
	case conf.Send:
		p.link.Send(e.Message, e.N)
	case conf.CallAPI:
		p.w.Go(func() { p.post(p.call(e)) })
	case conf.Store:
		p.ports.set(e.Key, e.Value)
	case conf.Tell:
		p.ports.note(e.Note)
	default:
		if !p.media.Do(e) {
			panic("an effect that nobody carries out")
		}
	}
}

// delivery is what one call of deliver brings: the slices that changed.
type delivery struct {
	App     *conf.App     `json:"app,omitempty"`
	Room    *conf.Room    `json:"room,omitempty"`
	Me      *conf.Me      `json:"me,omitempty"`
	Devices *conf.Devices `json:"devices,omitempty"`
	Peers   *[]conf.Peer  `json:"peers,omitempty"`
	Stage   *conf.Stage   `json:"stage,omitempty"`
	Chat    *conf.Chat    `json:"chat,omitempty"`
	Auth    *conf.Auth    `json:"auth,omitempty"`
	Crypto  *conf.Crypto  `json:"crypto,omitempty"`
}

// flush gives the site what changed.
func (p *page) flush() {
	if p.dirty == 0 {
		return
	}
	d := changed(p.state.View(), p.dirty)
	p.dirty = 0
	if d.Peers != nil {
		present := make(map[wire.MemberIndex]bool, len(*d.Peers))
		for _, x := range *d.Peers {
			present[x.Index] = true
		}
		// After deliver the site asks for no stream of those who left.
		defer p.media.Keep(func(m wire.MemberIndex) bool { return present[m] })
	}
	b, err := json.Marshal(d)
	if err != nil {
		panic(err) // plain data
	}
	p.ports.deliver(b)
}

// changed picks the slices of v that d names.
func changed(v *conf.View, d conf.Dirty) delivery {
	return delivery{
		App:     pick(&v.App, d.Has(conf.AppChanged)),
		Room:    pick(&v.Room, d.Has(conf.RoomChanged)),
		Me:      pick(&v.Me, d.Has(conf.MeChanged)),
		Devices: pick(&v.Devices, d.Has(conf.DevicesChanged)),
		Peers:   pick(&v.Peers, d.Has(conf.PeersChanged)),
		Stage:   pick(&v.Stage, d.Has(conf.StageChanged)),
		Chat:    pick(&v.Chat, d.Has(conf.ChatChanged)),
		Auth:    pick(&v.Auth, d.Has(conf.AuthChanged)),
		Crypto:  pick(&v.Crypto, d.Has(conf.CryptoChanged)),
	}
}

func pick[T any](v *T, yes bool) *T {
	if yes {
		return v
	}
	return nil
}

// passphrase is the room's, "" when there is none.
func (p *page) passphrase() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.phrase
}
