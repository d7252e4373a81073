package conf

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// client is a State whose shell is the test.
type client struct {
	t   *testing.T
	s   *State
	now time.Time
}

// newClient is a client after the start, with nobody signed in.
func newClient(t *testing.T, cfg Config) *client {
	c := &client{t: t, s: New(cfg), now: time.UnixMilli(1_000_000)}
	c.on(Booted{Stored: map[string]string{}})
	c.on(APIResult{Op: "session"})
	return c
}

// on lets an event happen and returns what must be done.
func (c *client) on(e Event) []Effect { return c.s.Step(c.now, e) }

// says lets the relay say something.
func (c *client) says(m wire.ServerMessage) []Effect { return c.on(Received{Message: m}) }

// later lets time pass, with a Tick at each deadline on the way, and returns all that was done.
func (c *client) later(d time.Duration) (fx []Effect) {
	end := c.now.Add(d)
	for {
		at, ok := c.s.Deadline()
		if !ok || at.After(end) {
			c.now = end
			return fx
		}
		if at.After(c.now) {
			c.now = at
		}
		fx = append(fx, c.on(Tick{})...)
	}
}

func (c *client) app() App { return c.s.View().App }

// of are the effects of one type.
func of[E Effect](fx []Effect) (out []E) {
	for _, x := range fx {
		if e, ok := x.(E); ok {
			out = append(out, e)
		}
	}
	return out
}

// one is the only effect of a type.
func one[E Effect](t *testing.T, fx []Effect) E {
	t.Helper()
	out := of[E](fx)
	require.Len(t, out, 1, "%#v", fx)
	return out[0]
}

// sent are the messages of one type that were sent.
func sent[M wire.ClientMessage](fx []Effect) (out []M) {
	for _, e := range of[Send](fx) {
		if m, ok := e.Message.(M); ok {
			out = append(out, m)
		}
	}
	return out
}

// number is the number of the only message of a type that was sent.
func number[M wire.ClientMessage](t *testing.T, fx []Effect) (n uint32) {
	t.Helper()
	require.Len(t, sent[M](fx), 1)
	for _, e := range of[Send](fx) {
		if _, ok := e.Message.(M); ok {
			n = e.N
		}
	}
	require.NotZero(t, n)
	return n
}

// offer describes a peer connection with so many video slots, v0, v1 …
func offer(fresh bool, video int) *wire.Offer {
	o := &wire.Offer{Fresh: fresh}
	for i := range video {
		o.Slots = append(o.Slots, wire.Slot{Mid: "v" + string(rune('0'+i)), Kind: wire.Video})
	}
	for i := range audioSlots {
		o.Slots = append(o.Slots, wire.Slot{Mid: "a" + string(rune('0'+i)), Kind: wire.Audio})
	}
	return o
}

const (
	bob wire.MemberIndex = 1
	ann wire.MemberIndex = 2 // the client of the tests
	cyd wire.MemberIndex = 3
)

func someone(i wire.MemberIndex, name string) wire.Member {
	return wire.Member{Index: i, Name: name, Role: wire.Guest}
}

func filming(m wire.Member) wire.Member {
	m.State.Cam, m.State.Mic = true, true
	return m
}

func welcome(others ...wire.Member) *wire.Welcome {
	return &wire.Welcome{
		Version: wire.Version, You: ann, Resume: "token-1", Media: wire.MediaNew, Answer: &wire.Answer{},
		Members: append(others, someone(ann, "ann")),
	}
}

func resumed(others ...wire.Member) *wire.Welcome {
	w := welcome(others...)
	w.Resume, w.Resumed, w.Media, w.Answer = "token-2", true, wire.MediaKept, nil
	return w
}

// joining is a client that pressed Join in the room "r"; its devices run.
func joining(t *testing.T, cfg Config) *client {
	c := newClient(t, cfg)
	c.on(&OpenRoom{Name: "r"})
	c.on(Captured{Stream: wire.Mic, Device: "m"})
	c.on(Captured{Stream: wire.Cam, Device: "c"})
	c.on(&Join{Name: "ann"})
	return c
}

// greeted is a client that has sent hello.
func greeted(t *testing.T, cfg Config) *client {
	c := joining(t, cfg)
	c.on(LinkUp{})
	c.on(Offered{Offer: offer(true, 4)})
	return c
}

// inCall is a client in a room with bob, who films.
func inCall(t *testing.T, cfg Config) *client {
	c := greeted(t, cfg)
	c.says(welcome(filming(someone(bob, "bob"))))
	c.on(Answered{})
	c.on(PeerState{State: "connected"})
	c.later(time.Second)
	require.Equal(t, ScreenCall, c.app().Screen)
	return c
}
