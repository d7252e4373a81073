package bot

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
	"github.com/conclave-meet/conclave/wasm/link"
)

// Config says who a bot is and what it does. URL, Room and Name are needed.
type Config struct {
	URL        string // of the relay's WebSocket
	Room, Name string
	Mark       uint32            // in every packet that the bot sends
	Origin     string            // Origin header; "": none
	Stored     map[string]string // what a browser would remember, such as a resume token
	FirstVideo int               // video slots of the first offer; 0: as the page
	FPS        int               // frames per second of camera and screen; 0: 10, at most 50
	Rate       int               // bits per second of the camera's lowest layer, the others' are 2.5 and 7.5 times as much; 0: frames as small as can be
	Chooses    bool              // wants what [Bot.Watch] says, instead of everybody's video
	Network    Network           // between the bot and the relay
	Mute       bool              // gives no transport-wide feedback, so that the relay takes its downlink to be wide: for tests of something else
	Mixed      bool              // not everybody in the room is a bot: packets without a mark are no fault
	NoMic      bool              // has no microphone
	NoCam      bool              // has no camera
	E2EE       E2EE
	// API answers the relay's HTTP interface, as the page's fetch does; nil: nobody is signed in.
	API func(ctx context.Context, call conf.CallAPI) conf.APIResult
	// Tamper changes a description before it is sent, for tests of bad input; nil: none.
	Tamper func(o *wire.Offer)
}

// Bot is one participant. Its methods may be called by anybody.
type Bot struct {
	// constant after Start
	cfg    Config
	ctx    context.Context
	end    context.CancelFunc
	link   *link.Link
	events chan input
	ops    chan func(ctx context.Context) // what the peer connection must do, one after the other
	gate   *gate
	record *recorder
	wg     sync.WaitGroup

	state *conf.State // owned by run
	peer  *peer       // owned by the goroutine that works off ops

	// atomic
	sealer  atomic.Pointer[sealer] // of the encrypted room that the bot is in; changed by run only
	hoard   atomic.Pointer[sealer] // E2EE.Hoards: of the one that it was in
	studio  studio
	network network
	offers  atomic.Int64 // descriptions made

	// guarded by mu
	mu       sync.Mutex
	view     conf.View
	stored   map[string]string
	notes    []conf.Note
	refusals []wire.Error
	moved    chan struct{} // closed and replaced when view changes
}

// input is an event, and which sealer it comes from: one that was closed has nothing to say.
type input struct {
	event conf.Event
	from  *sealer
}

// Start lets a bot enter a room.
func Start(cfg Config) *Bot {
	if cfg.FPS <= 0 {
		cfg.FPS = 10
	}
	ctx, end := context.WithCancel(context.Background())
	b := &Bot{
		cfg: cfg, ctx: ctx, end: end,
		events: make(chan input, 256), ops: make(chan func(context.Context), 64),
		record: newRecorder(&cfg), stored: maps.Clone(cfg.Stored), moved: make(chan struct{}),
	}
	if b.stored == nil {
		b.stored = map[string]string{}
	}
	b.studio.begin()
	if cfg.Network != (Network{}) {
		b.SetNetwork(cfg.Network)
	}
	b.gate = newGate(link.DialWebSocket(cfg.URL, header(cfg.Origin)), cfg.E2EE.Line)
	b.link = link.New(link.Config{
		Dial: b.gate.dial, Jitter: rand.Float64,
		Up:      func() { b.post(conf.LinkUp{}) },
		Down:    func(tries int) { b.post(conf.LinkDown{Tries: tries}) },
		Message: b.message,
	})
	b.state = conf.New(conf.Config{Client: "bot/1", Realm: realm(cfg.URL), WantAll: !cfg.Chooses, FirstVideo: cfg.FirstVideo})
	b.wg.Go(b.run)
	b.wg.Go(b.work)
	b.wg.Go(b.produce)
	b.wg.Go(b.repair)
	b.post(conf.Booted{Stored: b.stored})
	b.post(conf.CryptoAble{Yes: !cfg.E2EE.Unable})
	b.post(&conf.OpenRoom{Name: cfg.Room, E2EE: cfg.E2EE.Passphrase != ""})
	if cfg.E2EE.Passphrase != "" {
		b.post(&conf.CryptoPassphrase{Text: cfg.E2EE.Passphrase})
	}
	b.post(&conf.Join{Name: cfg.Name})
	return b
}

// realm is what the page's location.hostname is.
func realm(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func header(origin string) map[string][]string {
	if origin == "" {
		return nil
	}
	return map[string][]string{"Origin": {origin}}
}

// message hands on what the relay says.
func (b *Bot) message(m wire.ServerMessage, re uint32) {
	switch m := m.(type) {
	case *wire.Failure:
		b.mu.Lock()
		if len(b.refusals) < maxNotes {
			b.refusals = append(b.refusals, m.Error)
		}
		b.mu.Unlock()
	case *wire.Welcome:
		b.bind(m.Slots)
	case *wire.Slots:
		b.bind(m.Slots)
	}
	b.post(conf.Received{Message: m, Re: re})
}

func (b *Bot) bind(slots []wire.SlotState) {
	for _, s := range slots {
		b.record.bind(s)
	}
}

// Refusals are what the relay refused of this bot so far.
func (b *Bot) Refusals() []wire.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.refusals)
}

// Do lets the person at the bot do something.
func (b *Bot) Do(e conf.Event) { b.post(e) }

// Watch says which video the bot wants, and how high; it replaces what was said before. Only where [Config.Chooses] is
// set.
func (b *Bot) Watch(list ...conf.Watch) { b.Do(conf.Viewport{Watch: list}) }

// View is what the bot sees now.
func (b *Bot) View() conf.View {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.view
}

// Await waits until the view is as ok says. The error tells what it was in the end.
func (b *Bot) Await(ctx context.Context, ok func(v conf.View) bool) error {
	for {
		b.mu.Lock()
		v, moved := b.view, b.moved
		b.mu.Unlock()
		if ok(v) {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("%s waited in vain; it sees %+v", b.cfg.Name, v)
		}
	}
}

// Notes are the passing messages so far.
func (b *Bot) Notes() []conf.Note {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.notes)
}

// Stored is what a browser would remember by now.
func (b *Bot) Stored() map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.stored)
}

// Name is the bot's display name.
func (b *Bot) Name() string { return b.cfg.Name }

// Mark is what the bot's packets carry.
func (b *Bot) Mark() uint32 { return b.cfg.Mark }

// Negotiations is how many descriptions the bot has made since the start.
func (b *Bot) Negotiations() int { return int(b.offers.Load()) }

// Records are what reached the bot, by source.
func (b *Bot) Records() map[wire.Source]Record { return b.record.sources(time.Now()) }

// Faults are the violations that the bot saw in its slots, in words; at most a hundred.
func (b *Bot) Faults() []string { return b.record.faulty() }

// CutLink takes the signalling connection away and lets no new one come about, until MendLink.
func (b *Bot) CutLink() { b.gate.cut() }

// MendLink lets the bot dial again.
func (b *Bot) MendLink() {
	b.gate.mend()
	b.link.Hurry()
}

// Close ends the bot at once, as if its process had ended: without saying goodbye.
func (b *Bot) Close() {
	b.gate.cut()
	b.link.Close()
	b.end()
	b.link.Wait()
	b.wg.Wait()
}

func (b *Bot) post(e conf.Event) { b.put(input{event: e}) }

func (b *Bot) postFrom(x *sealer, r port.Report) {
	b.put(input{event: conf.CryptoReport{Report: r}, from: x})
}

func (b *Bot) put(in input) {
	select {
	case b.events <- in:
	case <-b.ctx.Done():
	}
}

// run owns the state.
func (b *Bot) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var in input
		select {
		case in = <-b.events:
		case <-timer.C:
			in.event = conf.Tick{}
		case <-b.ctx.Done():
			return
		}
		if in.from != nil && in.from != b.sealer.Load() {
			continue
		}
		for _, x := range b.state.Step(time.Now(), in.event) {
			b.carry(x)
		}
		if d := b.state.TakeDirty(); d != 0 {
			b.publish(d)
		}
		timer.Stop()
		if at, ok := b.state.Deadline(); ok {
			timer.Reset(max(0, time.Until(at)))
		}
	}
}

// repairEvery is how often a bot looks at what is missing.
const repairEvery = 20 * time.Millisecond

// repair has asked for what is missing, until the bot ends.
func (b *Bot) repair() {
	tick := time.NewTicker(repairEvery)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			b.record.repair(now)
		case <-b.ctx.Done():
			return
		}
	}
}

// publish copies the view for others. Chat is the one slice that the state changes in place.
func (b *Bot) publish(d conf.Dirty) {
	v := *b.state.View()
	b.mu.Lock()
	defer b.mu.Unlock()
	if d.Has(conf.ChatChanged) {
		v.Chat.Messages = slices.Clone(v.Chat.Messages)
	} else {
		v.Chat = b.view.Chat
	}
	b.view = v
	close(b.moved)
	b.moved = make(chan struct{})
}

// work carries out what the peer connection must do.
func (b *Bot) work() {
	for {
		select {
		case f := <-b.ops:
			f(b.ctx)
		case <-b.ctx.Done():
			b.peer.close()
			return
		}
	}
}
