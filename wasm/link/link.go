// Package link is the signalling client: it dials the relay, keeps the connection alive, dials again when it is lost,
// and turns messages into bytes and back. It knows nothing about rooms: what to say on a new connection is decided by
// whoever listens ([Config.Up]).
//
// The socket comes from outside, over three methods: the browser's own WebSocket in the page, nhooyr.io/websocket in
// native programs ([DialWebSocket]).
package link

import (
	"sync"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Conn is one open WebSocket. A message goes into a binary frame where [wire.Binary] says so, into a text frame else;
// one that came in the other kind ends the connection. Read and Write may run at the same time, each from one goroutine. An ended context, and
// Close, end a Read that waits. Close may be called more than once.
type Conn interface {
	Read(ctx Context) ([]byte, error)
	Write(ctx Context, b []byte) error
	Close(code int, reason string) error
}

const (
	// dialTime is how long one attempt may take. More would let one lost packet of a handshake hold up the next attempt,
	// less would fail on slow networks (three round trips and TLS).
	dialTime = 10 * time.Second
	// writeTime is how long one message may take to be handed to the network; a stalled one takes this long to notice.
	writeTime = 10 * time.Second
	// drainTime is how long Close lets what was sent go out.
	drainTime = 2 * time.Second
	// steadyTime is how long a connection must have been open for the next attempt to be the first again. Less would
	// let a relay that accepts and closes be dialled without a pause.
	steadyTime = 5 * time.Second
	// beat is how often the clock is looked at. More would send pings later than wire says, less would wake phones.
	beat = time.Second
	// maxMissed is how many ping intervals in a row may pass without anything coming in.
	maxMissed = 3
	// maxQueue is how many messages may wait to be written. When it is full the connection is given up: nothing has
	// moved on it for long. Less would be too little for an encrypted room that opens for a hundred at once, where each
	// answers ninety-nine.
	maxQueue = 256
)

// The close codes (RFC 6455, section 7.4) that a page may use are 1000 and 3000 … 4999.
const (
	closeDone = 1000
	closeDead = 4000
)

// backoff is the pause before each attempt after a loss (reliability.md, 1.1); the last one repeats.
var backoff = [...]time.Duration{
	0, 300 * time.Millisecond, 1200 * time.Millisecond, 2700 * time.Millisecond, 4800 * time.Millisecond, 7 * time.Second,
}

// Config is what a Link is made of. Dial is needed. Up, Down and Message are called from one goroutine, one after the
// other; the Link reads nothing while they run. They may call Send and Close.
type Config struct {
	Dial    func(ctx Context) (Conn, error)
	Up      func()                                // a connection is open, nothing was sent on it
	Down    func(tries int)                       // it was lost, or an attempt failed: the how manieth in a row
	Message func(m wire.ServerMessage, re uint32) // the relay said something
	Jitter  func() float64                        // 0 … 1, for spreading attempts of many clients; nil for none
}

// Link is a connection to the relay that is wanted, from Open to Close. Safe for concurrent use.
type Link struct {
	cfg Config // constant after New

	wg sync.WaitGroup

	// guarded by mu
	mu   sync.Mutex
	life *life // nil when no connection is wanted
}

// life is the time from one Open to the next Close.
type life struct {
	ctx   Context
	end   func()
	hurry chan struct{} // capacity 1
	talk  *talk         // guarded by Link.mu; nil when there is no connection
}

// New makes a Link that wants no connection yet.
func New(cfg Config) *Link {
	if cfg.Up == nil {
		cfg.Up = func() {}
	}
	if cfg.Down == nil {
		cfg.Down = func(int) {}
	}
	if cfg.Message == nil {
		cfg.Message = func(wire.ServerMessage, uint32) {}
	}
	if cfg.Jitter == nil {
		cfg.Jitter = func() float64 { return 0 }
	}
	return &Link{cfg: cfg}
}

// Open wants a connection. It does nothing when one is wanted already.
func (l *Link) Open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.life != nil {
		return
	}
	ctx, end := withCancel()
	f := &life{ctx: ctx, end: end, hurry: make(chan struct{}, 1)}
	l.life = f
	l.wg.Go(func() { l.run(f) })
}

// Close wants no connection any more. It returns at once: what was sent still goes out, for at most 2 s.
func (l *Link) Close() {
	l.mu.Lock()
	f := l.life
	l.life = nil
	var t *talk
	if f != nil {
		t = f.talk
	}
	l.mu.Unlock()
	if f == nil {
		return
	}
	f.end()
	if t != nil {
		t.finish()
	}
}

// Wait waits for everything that Open started, after Close.
func (l *Link) Wait() { l.wg.Wait() }

// Hurry dials now instead of after the pause: the network came back.
func (l *Link) Hurry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.life != nil {
		select {
		case l.life.hurry <- struct{}{}:
		default:
		}
	}
}

// Send sends m with the number n (0: none). It never waits. What cannot be sent, because there is no connection or m is
// not valid, is dropped: the listener says everything anew after Up.
func (l *Link) Send(m wire.ClientMessage, n uint32) {
	b, err := wire.EncodeClient(m, n)
	if err != nil {
		return
	}
	l.mu.Lock()
	var t *talk
	if l.life != nil {
		t = l.life.talk
	}
	l.mu.Unlock()
	if t != nil {
		t.send(b)
	}
}

// run dials until the life ends.
func (l *Link) run(f *life) {
	for tries := 0; ; {
		if tries > 0 && !l.pause(f, tries) {
			return
		}
		ctx, cancel := withTimeout(f.ctx, dialTime)
		conn, err := l.cfg.Dial(ctx)
		cancel()
		if f.ctx.Err() != nil {
			if err == nil {
				_ = conn.Close(closeDone, "")
			}
			return
		}
		if err == nil {
			start := time.Now()
			l.converse(f, conn)
			if time.Since(start) >= steadyTime {
				tries = 0
			}
		}
		if f.ctx.Err() != nil {
			return
		}
		tries++
		l.cfg.Down(tries)
	}
}

// pause waits before an attempt. It reports false when the life ended.
func (l *Link) pause(f *life, tries int) bool {
	d := backoff[min(tries-1, len(backoff)-1)]
	d += time.Duration(l.cfg.Jitter() * 0.2 * float64(d))
	// Not time.NewTimer: its channel of times would bring the page what context_js.go is there to keep away.
	over := make(chan struct{})
	defer time.AfterFunc(d, func() { close(over) }).Stop()
	select {
	case <-over:
	case <-f.hurry:
	case <-f.ctx.Done():
	}
	return f.ctx.Err() == nil
}
