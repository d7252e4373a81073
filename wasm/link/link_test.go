package link

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// pipe is the client's end of a WebSocket that is held in memory.
type pipe struct {
	in, out chan []byte
	once    sync.Once
	closed  chan struct{}
	code    int
}

func (p *pipe) Read(ctx Context) ([]byte, error) {
	select {
	case b := <-p.in:
		return b, nil
	case <-p.closed:
		return nil, errors.New("closed")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipe) Write(ctx Context, b []byte) error {
	select {
	case p.out <- b:
		return nil
	case <-p.closed:
		return errors.New("closed")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pipe) Close(code int, _ string) error {
	p.once.Do(func() { p.code = code; close(p.closed) })
	return nil
}

// relay is what the link dials; it refuses the first attempts, as many as refuse says.
type relay struct {
	t      *testing.T
	start  time.Time
	refuse int
	dialed []time.Duration // since start
	pipes  []*pipe

	mu     sync.Mutex
	events []string
}

func newRelay(t *testing.T, refuse int) (*relay, *Link) {
	r := &relay{t: t, start: time.Now(), refuse: refuse}
	l := New(Config{
		Dial: r.dial,
		Up:   func() { r.note("up") },
		Down: func(int) { r.note("down") },
		Message: func(m wire.ServerMessage, _ uint32) {
			if w, ok := m.(*wire.Waiting); ok {
				r.note(string(w.For))
			}
		},
	})
	return r, l
}

func (r *relay) note(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, s)
}

func (r *relay) dial(Context) (Conn, error) {
	r.dialed = append(r.dialed, time.Since(r.start))
	if len(r.dialed) <= r.refuse {
		return nil, errors.New("refused")
	}
	p := &pipe{in: make(chan []byte, 8), out: make(chan []byte, 256), closed: make(chan struct{})}
	r.pipes = append(r.pipes, p)
	return p, nil
}

func (r *relay) last() *pipe {
	require.NotEmpty(r.t, r.pipes)
	return r.pipes[len(r.pipes)-1]
}

func (r *relay) says(m wire.ServerMessage) {
	b, err := wire.EncodeServer(m, 0)
	require.NoError(r.t, err)
	r.last().in <- b
}

// hears returns the next message that the client sent.
func (r *relay) hears() wire.ClientMessage {
	select {
	case b := <-r.last().out:
		m, _, err := wire.DecodeClient(b)
		require.NoError(r.t, err)
		return m
	default:
		r.t.Fatal("the client sent nothing")
		return nil
	}
}

func TestAttemptsFollowTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 7)
		l.Open()
		pass(time.Minute)
		ms := time.Millisecond
		// Immediately, again at once, then after 0.3, 1.2, 2.7, 4.8, 7, 7 s.
		assert.Equal(t, []time.Duration{0, 0, 300 * ms, 1500 * ms, 4200 * ms, 9000 * ms, 16000 * ms, 23000 * ms}, r.dialed[:8])
		l.Close()
		l.Wait()
	})
}

func TestJitterAddsAtMostAFifth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 1000)
		l.cfg.Jitter = func() float64 { return 1 }
		l.Open()
		pass(time.Minute)
		assert.Equal(t, 360*time.Millisecond, r.dialed[2]-r.dialed[1])
		assert.Equal(t, 8400*time.Millisecond, r.dialed[7]-r.dialed[6])
		l.Close()
		l.Wait()
	})
}

func TestHurryDialsWithoutThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 6)
		l.Open()
		pass(10 * time.Second) // the next attempt would be at 16 s
		require.Len(t, r.dialed, 6)
		l.Hurry()
		synctest.Wait()
		assert.Equal(t, 10*time.Second, r.dialed[6])
		l.Close()
		l.Wait()
	})
}

func TestALostConnectionIsDialledAtOnceAndTheListenerHearsOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.Open()
		pass(time.Second)
		r.says(&wire.Waiting{For: wire.WaitHost})
		synctest.Wait()
		_ = r.last().Close(0, "")
		synctest.Wait()
		assert.Len(t, r.pipes, 2)
		assert.Equal(t, []string{"up", "host", "down", "up"}, r.events)
		l.Close()
		l.Wait()
		assert.Equal(t, []string{"up", "host", "down", "up"}, r.events, "Close is not a loss")
	})
}

func TestARelayThatAcceptsAndClosesIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.cfg.Up = func() { _ = r.last().Close(0, "") }
		l.Open()
		pass(time.Minute)
		assert.Less(t, len(r.dialed), 15)
		l.Close()
		l.Wait()
	})
}

func TestASilentClientPingsEveryFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.Open()
		for range 6 {
			pass(wire.PingInterval + 100*time.Millisecond)
			assert.IsType(t, new(wire.Ping), r.hears())
			r.says(new(wire.Pong))
		}
		assert.Len(t, r.dialed, 1)
		l.Close()
		l.Wait()
	})
}

func TestAClientThatTalksPingsOnlyWhenItFallsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.Open()
		for range 10 {
			pass(3 * time.Second)
			l.Send(&wire.SetHand{Up: true}, 0)
			synctest.Wait()
			assert.IsType(t, new(wire.SetHand), r.hears())
			r.says(new(wire.Pong))
		}
		assert.Empty(t, r.last().out)
		l.Close()
		l.Wait()
	})
}

func TestAConnectionOnWhichNothingComesIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.Open()
		pass(maxMissed*wire.PingInterval + time.Second)
		require.Len(t, r.pipes, 2)
		assert.Equal(t, closeDead, r.pipes[0].code)
		assert.Equal(t, []string{"up", "down", "up"}, r.events)
		l.Close()
		l.Wait()
	})
}

func TestCloseLetsGoOutWhatWasSentBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.Open()
		synctest.Wait()
		l.Send(new(wire.Leave), 0)
		l.Close()
		start := time.Now()
		l.Wait()
		assert.Zero(t, time.Since(start), "nothing is left to wait for")
		assert.IsType(t, new(wire.Leave), r.hears())
		assert.Equal(t, closeDone, r.last().code)
	})
}

func TestCloseDoesNotWaitForeverForAPeerThatReadsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.Open()
		synctest.Wait()
		r.last().out = make(chan []byte) // nobody reads
		l.Send(new(wire.Leave), 0)
		l.Close()
		start := time.Now()
		l.Wait()
		assert.LessOrEqual(t, time.Since(start), drainTime)
	})
}

func TestAQueueThatIsFullEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.Open()
		synctest.Wait()
		r.last().out = make(chan []byte)
		for range maxQueue + 2 {
			l.Send(&wire.SetHand{Up: true}, 0)
			synctest.Wait()
		}
		assert.Len(t, r.pipes, 2)
		l.Close()
		l.Wait()
	})
}

func TestWhatIsNotValidOrHasNoConnectionIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.Send(new(wire.Ping), 0)
		l.Open()
		synctest.Wait()
		l.Send(&wire.SendChat{Text: ""}, 1)
		synctest.Wait()
		assert.Empty(t, r.last().out)
		l.Close()
		l.Wait()
		l.Send(new(wire.Ping), 0)
	})
}

func TestBytesThatAreNoMessageEndTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.Open()
		synctest.Wait()
		r.last().in <- []byte("{")
		synctest.Wait()
		assert.Equal(t, []string{"up", "down", "up"}, r.events)
		l.Close()
		l.Wait()
	})
}

func TestTypesThatTheClientDoesNotKnowArePassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.Open()
		synctest.Wait()
		r.last().in <- []byte(`{"t":"of the future","d":{}}`)
		synctest.Wait()
		assert.Equal(t, []string{"up"}, r.events)
		l.Close()
		l.Wait()
	})
}

func TestItemsGoBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		var heard []wire.Item
		l.cfg.Message = func(m wire.ServerMessage, re uint32) {
			assert.Zero(t, re)
			heard = append(heard, m.(*wire.Sealed).Items...)
		}
		l.Open()
		synctest.Wait()
		items := []wire.Item{{Kind: wire.ItemHS1, From: 2, To: 1, Data: []byte("a")}, {Kind: wire.ItemRecord, From: 3, To: 1, Data: []byte("b")}}
		l.Send(&wire.Sealed{Items: items}, 7)
		synctest.Wait()
		assert.Equal(t, &wire.Sealed{Items: items}, r.hears())
		r.says(&wire.Sealed{Items: items})
		synctest.Wait()
		assert.Equal(t, items, heard)
		l.Close()
		l.Wait()
	})
}

func TestOpenAfterCloseBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, l := newRelay(t, 0)
		l.Open()
		l.Open()
		synctest.Wait()
		l.Close()
		l.Open()
		synctest.Wait()
		assert.Len(t, r.pipes, 2)
		l.Send(new(wire.Ping), 0)
		synctest.Wait()
		assert.IsType(t, new(wire.Ping), r.hears())
		l.Close()
		l.Wait()
	})
}

// pass lets time pass, and everything happen that it brings.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
