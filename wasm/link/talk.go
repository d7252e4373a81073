package link

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// talk is one connection: run's goroutine reads, another writes.
type talk struct {
	// constant after converse made it
	conn  Conn
	queue chan []byte
	ctx   Context
	abort func()
	done  chan struct{} // closed by finish
	once  sync.Once

	// atomic
	read  atomic.Bool  // something came since the last beat
	wrote atomic.Int64 // when something was last written, Unix nanoseconds
}

// converse reads from conn until it ends, or until Close.
func (l *Link) converse(f *life, conn Conn) {
	ctx, abort := withCancel()
	t := &talk{conn: conn, queue: make(chan []byte, maxQueue), ctx: ctx, abort: abort, done: make(chan struct{})}
	t.wrote.Store(time.Now().UnixNano())

	l.mu.Lock()
	wanted := l.life == f
	f.talk = t
	l.mu.Unlock()
	var writer sync.WaitGroup
	writer.Go(t.write)
	if wanted {
		l.cfg.Up()
		l.listen(f, t)
	} else {
		t.finish()
	}

	l.mu.Lock()
	f.talk = nil
	l.mu.Unlock()
	if f.ctx.Err() == nil {
		abort() // nobody waits for what is still to be written
	}
	writer.Wait()
	abort()
	_ = conn.Close(closeDone, "")
}

// listen hands on what comes.
func (l *Link) listen(f *life, t *talk) {
	for {
		b, err := t.conn.Read(t.ctx)
		if err != nil {
			return
		}
		t.read.Store(true)
		m, re, err := wire.DecodeServer(b)
		if err != nil {
			return // not our relay's language: dial anew
		}
		if f.ctx.Err() != nil {
			continue // Close was called; only what was sent still goes out
		}
		// Timers of hidden pages run late; what comes in is a better clock.
		if t.quiet() {
			t.ping()
		}
		if _, pong := m.(*wire.Pong); m != nil && !pong {
			l.cfg.Message(m, re)
		}
	}
}

// send queues b. A queue that is full ends the connection.
func (t *talk) send(b []byte) {
	select {
	case t.queue <- b:
	default:
		t.abort()
	}
}

// finish has the writer write what is queued, and then end the connection; in any case it ends soon.
func (t *talk) finish() {
	t.once.Do(func() {
		close(t.done)
		time.AfterFunc(drainTime, t.abort)
	})
}

// write is the writing goroutine. When it ends, so does the connection, and with it the read.
func (t *talk) write() {
	defer t.abort()
	tick, stop := ticks(beat)
	defer stop()
	for missed, beats := 0, 0; ; {
		select {
		case b := <-t.queue:
			if t.put(b) != nil {
				return
			}
		case <-tick:
			if beats++; beats%int(wire.PingInterval/beat) == 0 {
				if t.read.Swap(false) {
					missed = 0
				} else if missed++; missed >= maxMissed {
					t.abort()
					_ = t.conn.Close(closeDead, "silent")
					return
				}
			}
			if t.quiet() {
				t.ping()
			}
		case <-t.done:
			t.drain()
			return
		case <-t.ctx.Done():
			return
		}
	}
}

// ticks is a time.Ticker without its channel of times (see context_js.go). A tick that nobody takes is lost.
func ticks(d time.Duration) (tick <-chan struct{}, stop func()) {
	c, done := make(chan struct{}, 1), make(chan struct{})
	var next func()
	next = func() {
		select {
		case <-done:
			return
		case c <- struct{}{}:
		default:
		}
		time.AfterFunc(d, next)
	}
	first := time.AfterFunc(d, next)
	return c, func() {
		close(done)
		first.Stop()
	}
}

// drain writes what is left, and closes.
func (t *talk) drain() {
	for {
		select {
		case b := <-t.queue:
			if t.put(b) != nil {
				return
			}
		default:
			_ = t.conn.Close(closeDone, "")
			return
		}
	}
}

func (t *talk) put(b []byte) error {
	ctx, cancel := withTimeout(t.ctx, writeTime)
	defer cancel()
	t.wrote.Store(time.Now().UnixNano())
	return t.conn.Write(ctx, b)
}

// quiet reports whether it is time for a ping.
func (t *talk) quiet() bool {
	return time.Now().UnixNano()-t.wrote.Load() >= int64(wire.PingInterval)
}

func (t *talk) ping() {
	if b, err := wire.EncodeClient(new(wire.Ping), 0); err == nil {
		t.wrote.Store(time.Now().UnixNano())
		t.send(b)
	}
}
