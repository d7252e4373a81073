package bot

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/e2ee/seat"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/stretch"
	"github.com/conclave-meet/conclave/shared/wire"
)

// E2EE is how a bot takes part in encrypted rooms. The zero value comes without: such a room refuses it.
type E2EE struct {
	Passphrase string // "": none. It is that of the room, or it is not
	Unable     bool   // cannot encrypt, as an old browser
	// Codec is a video codec besides VP8 that the bot offers, and sends sealed when the relay asks for it: "VP9", "AV1".
	Codec string
	// Tap sees each sealed frame that arrives, and whose it is said to be, before it is opened: what a relay that records
	// has. It must not call the bot, and not keep the slice.
	Tap func(from wire.Source, sealed []byte)
	// Line sees each message of signalling in both directions: what the relay is told and tells. As with Tap.
	Line func(message []byte)
	// Hoards has the bot keep its keys when it has left, as a program can that means no good; see [Bot.Reads].
	Hoards bool
}

// maxCommands is how many commands wait for a sealer, such as behind a passphrase that is being derived. What comes in one
// second in a room of a hundred is a tenth of it; a bot that fills it is stuck, and told so.
const maxCommands = 1 << 12

// codeWorker says that the sealer has ended.
const codeWorker = "crypto.worker"

// sealer is a bot's seat in one encrypted room: what the encryption worker is to the page. Its own goroutine takes commands
// and lets time pass; any may seal and open.
type sealer struct {
	// constant after newSealer
	start time.Time
	tell  func(port.Report) // may wait; called by run's goroutine only
	wake  chan struct{}
	end   context.CancelFunc

	// guarded by mu
	mu   sync.Mutex
	seat *seat.Seat
	todo []port.Command
	full bool // commands were lost
}

func newSealer(end context.CancelFunc, tell func(x *sealer, r port.Report)) *sealer {
	x := &sealer{start: time.Now(), wake: make(chan struct{}, 1), end: end, seat: seat.New(rand.Reader)}
	x.tell = func(r port.Report) { tell(x, r) }
	return x
}

// give has a command carried out, behind those before it. It does not wait.
func (x *sealer) give(c port.Command) {
	x.mu.Lock()
	if len(x.todo) < maxCommands {
		x.todo = append(x.todo, c)
	} else {
		x.full = true
	}
	x.mu.Unlock()
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// run carries out what is given, until ctx ends.
func (x *sealer) run(ctx context.Context) {
	timer := time.NewTimer(seat.Pulse)
	defer timer.Stop()
	for ctx.Err() == nil {
		for c, ok := x.next(); ok; c, ok = x.next() {
			// Bots are in rooms with browsers, whose Argon2id runs apart for the sake of memory. Here it only must not hold
			// up frames.
			if secret := seat.SecretIn(c); secret != nil {
				secret.PRS = stretch.PRS(secret.Passphrase, secret.Room)
			}
			x.report(x.do(c))
		}
		at, list := x.tick()
		x.report(list)
		timer.Reset(max(0, at-time.Since(x.start)))
		select {
		case <-x.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

func (x *sealer) next() (c port.Command, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.todo) == 0 {
		return nil, false
	}
	c, x.todo = x.todo[0], x.todo[1:]
	return c, true
}

func (x *sealer) do(c port.Command) []port.Report {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.seat.Do(time.Since(x.start), c); err != nil || x.full {
		return append(x.reportsLocked(), &port.Fault{Code: codeWorker})
	}
	return x.reportsLocked()
}

// tick lets time pass. It returns when it is due again.
func (x *sealer) tick() (at time.Duration, list []port.Report) {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := time.Since(x.start)
	x.seat.Tick(now)
	at, ok := x.seat.Deadline()
	if !ok {
		at = now + seat.Pulse
	}
	return at, x.reportsLocked()
}

func (x *sealer) reportsLocked() (list []port.Report) {
	for r, ok := x.seat.Next(); ok; r, ok = x.seat.Next() {
		list = append(list, r)
	}
	return list
}

func (x *sealer) report(list []port.Report) {
	for _, r := range list {
		x.tell(r)
	}
}

// seal is the envelope of a frame.
func (x *sealer) seal(what e2ee.Frame, frame []byte) ([]byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.seat.Seal(nil, what, frame)
}

// open is the frame in an envelope, and whose it is.
func (x *sealer) open(audio bool, sealed []byte) ([]byte, senderkey.ID, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.seat.Unseal(nil, audio, sealed)
}

// close ends run, and forgets all keys unless they are hoarded. Who seals or opens then gets nothing.
func (x *sealer) close(hoard bool) {
	x.end()
	if hoard {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.seat.Wipe()
	x.todo = nil
}

// openCrypto, tellCrypto and closeCrypto carry out what the page has its worker for. They run on run's goroutine.
func (b *Bot) openCrypto(first *port.Open) {
	b.closeCrypto()
	ctx, end := context.WithCancel(b.ctx)
	x := newSealer(end, func(x *sealer, r port.Report) { b.postFrom(x, r) })
	b.sealer.Store(x)
	x.give(first)
	b.wg.Go(func() {
		defer end()
		x.run(ctx)
	})
}

func (b *Bot) tellCrypto(c port.Command) {
	if x := b.sealer.Load(); x != nil {
		x.give(c)
	}
}

func (b *Bot) closeCrypto() {
	x := b.sealer.Swap(nil)
	if x == nil {
		return
	}
	x.close(b.cfg.E2EE.Hoards)
	if b.cfg.E2EE.Hoards {
		b.hoard.Store(x)
	}
}

// Reads tries to open a sealed frame with the keys of the room that the bot has left, of which [E2EE.Hoards] had it keep
// them. Without any it returns [e2ee.ErrNoKey].
func (b *Bot) Reads(audio bool, sealed []byte) error {
	x := b.hoard.Load()
	if x == nil {
		return e2ee.ErrNoKey
	}
	_, _, err := x.open(audio, sealed)
	return err
}
