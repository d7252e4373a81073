package call

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/conclave-meet/conclave/e2e/bot"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// patience is how long a person waits for something. It bounds failures only; everything waits for what it needs.
const patience = time.Minute

const room = "quiet-otters"

// call is one meeting.
type call struct {
	t     *testing.T
	relay *harness.Relay
	marks uint32
	named map[string]*person
}

// person is somebody at a bot.
type person struct {
	*bot.Bot
	c *call
}

func newCall(t *testing.T) *call { return newCallWith(t, harness.Options{}) }

func newCallWith(t *testing.T, o harness.Options) *call {
	// Registered first, so it runs last: after the relay's and the bots' ends.
	t.Cleanup(func() { goleak.VerifyNone(t) })
	return &call{t: t, relay: harness.Start(t, o), named: map[string]*person{}}
}

// with changes how somebody comes.
type with func(*bot.Config)

func slots(video int) with               { return func(c *bot.Config) { c.FirstVideo = video } }
func fps(n int) with                     { return func(c *bot.Config) { c.FPS = n } }
func tampering(f func(*wire.Offer)) with { return func(c *bot.Config) { c.Tamper = f } }
func mute(c *bot.Config)                 { c.Mute = true }
func stored(s map[string]string) with    { return func(c *bot.Config) { c.Stored = s } }

// host comes in as a signed-in host, and is in.
func (c *call) host(name string, how ...with) *person {
	c.t.Helper()
	cookies := c.relay.Host(c.t, name)
	p := c.start(name, append(how, func(x *bot.Config) { x.API = cookies.API })...)
	p.isIn()
	return p
}

// join comes in as a guest, and is in.
func (c *call) join(name string, how ...with) *person {
	c.t.Helper()
	p := c.start(name, how...)
	p.isIn()
	return p
}

// start begins to come in.
func (c *call) start(name string, how ...with) *person {
	c.t.Helper()
	c.marks++
	cfg := bot.Config{URL: c.relay.WebSocket(), Room: room, Name: name, Mark: c.marks}
	for _, f := range how {
		f(&cfg)
	}
	p := &person{Bot: bot.Start(cfg), c: c}
	c.t.Cleanup(func() {
		p.Close()
		assert.Empty(c.t, p.Faults(), "what %s saw in the slots", name)
		if c.t.Failed() {
			c.t.Logf("%s: %d negotiations, refused: %v, sent of the camera: %+v", name, p.Negotiations(), p.Refusals(), p.Sent(wire.Cam))
			for s, r := range p.Records() {
				c.t.Logf("%s has of %v: %+v", name, s, r)
			}
		}
	})
	c.named[name] = p
	return p
}

// until waits for the view to be as ok says.
func (p *person) until(what string, ok func(v conf.View) bool) {
	p.c.t.Helper()
	ctx, cancel := context.WithTimeout(p.c.t.Context(), patience)
	defer cancel()
	require.NoError(p.c.t, p.Await(ctx, ok), "%s: %s", p.Name(), what)
}

// eventually waits for something that no view shows.
func (c *call) eventually(what string, ok func() bool) {
	c.t.Helper()
	require.Eventually(c.t, ok, patience, 20*time.Millisecond, what)
}

func (p *person) isIn() {
	p.c.t.Helper()
	p.until("is in", func(v conf.View) bool { return v.App.Screen == conf.ScreenCall && v.App.Conn == conf.ConnUp })
}

func (p *person) index() wire.MemberIndex { return p.View().Me.Index }

func (p *person) peer(v conf.View, name string) (x conf.Peer, ok bool) {
	i := slices.IndexFunc(v.Peers, func(x conf.Peer) bool { return x.Name == name })
	if i < 0 {
		return x, false
	}
	return v.Peers[i], true
}

// flow is the hope that media of one stream of one person reaches another.
type flow struct {
	from   *person
	stream wire.Stream
	to     *person
}

func (f flow) String() string {
	return f.to.Name() + " gets " + f.stream.String() + " of " + f.from.Name()
}

func (f flow) source() wire.Source { return wire.Source{Member: f.from.index(), Stream: f.stream} }

// slotted reports whether f's media is in a slot, as signalling says.
func (f flow) slotted(v conf.View) bool {
	i := slices.IndexFunc(v.Peers, func(x conf.Peer) bool { return x.Name == f.from.Name() })
	if i < 0 {
		return false
	}
	x, id := v.Peers[i], conf.SourceID(f.source())
	switch f.stream {
	case wire.Cam:
		return x.Cam.Stream == id
	case wire.Screen:
		return x.Screen.Stream == id
	}
	return slices.Contains(x.Sounds, id)
}

// arrives waits until all of these flow now: each in the slot that signalling says, under the right name, with marks
// that only its sender makes.
func (c *call) arrives(flows ...flow) {
	c.t.Helper()
	for _, f := range flows {
		f.to.until("has a slot: "+f.String(), f.slotted)
	}
	before := records(flows)
	missing := slices.Clone(flows) // only these are looked at again: there may be hundreds, and a look is not cheap
	c.eventually(fmt.Sprintf("%v", flows), func() bool {
		now := map[*person]map[wire.Source]bot.Record{}
		for len(missing) > 0 {
			f := missing[0]
			if now[f.to] == nil {
				now[f.to] = f.to.Records()
			}
			was, is := before[f.to][f.source()], now[f.to][f.source()]
			if is.Slot != is.Named || is.Packets <= was.Packets+2 || f.stream.Kind() == wire.Video && is.Frames <= was.Frames+1 {
				return false
			}
			missing = missing[1:]
		}
		return true
	})
	now := records(flows)
	for _, f := range flows {
		was, is := before[f.to][f.source()], now[f.to][f.source()]
		assert.Equal(c.t, is.Packets-was.Packets, is.Marks[f.from.Mark()]-was.Marks[f.from.Mark()], "packets with the right mark: %s", f)
	}
}

func records(flows []flow) map[*person]map[wire.Source]bot.Record {
	out := map[*person]map[wire.Source]bot.Record{}
	for _, f := range flows {
		if out[f.to] == nil {
			out[f.to] = f.to.Records()
		}
	}
	return out
}

func (p *person) gets(s wire.Stream, others ...*person) {
	p.c.t.Helper()
	var flows []flow
	for _, o := range others {
		if o != p {
			flows = append(flows, flow{o, s, p})
		}
	}
	p.c.arrives(flows...)
}

func (p *person) sees(others ...*person) { p.c.t.Helper(); p.gets(wire.Cam, others...) }

func (p *person) hears(others ...*person) { p.c.t.Helper(); p.gets(wire.Mic, others...) }

// misses waits until nothing more of a stream arrives.
func (p *person) misses(s wire.Stream, other *person) {
	p.c.t.Helper()
	src := wire.Source{Member: other.index(), Stream: s}
	count, since := p.Records()[src].Packets, time.Now()
	p.c.eventually(fmt.Sprintf("%s gets no more %s of %s", p.Name(), s, other.Name()), func() bool {
		if now := p.Records()[src].Packets; now != count {
			count, since = now, time.Now()
		}
		return time.Since(since) > 500*time.Millisecond
	})
}

// knows waits until exactly these others are on the list.
func (p *person) knows(others ...*person) {
	p.c.t.Helper()
	var want []string
	for _, o := range others {
		want = append(want, o.Name())
	}
	slices.Sort(want)
	p.until("knows "+strings.Join(want, ", "), func(v conf.View) bool {
		var have []string
		for _, x := range v.Peers {
			have = append(have, x.Name)
		}
		slices.Sort(have)
		return slices.Equal(want, have)
	})
}

func (p *person) leaves() { p.Do(&conf.Leave{}) }

// ends waits for the end screen with a reason.
func (p *person) ends(code wire.Code) {
	p.c.t.Helper()
	p.until("is out", func(v conf.View) bool { return v.App.Screen == conf.ScreenEnd })
	assert.Equal(p.c.t, string(code), p.View().App.End.Code)
}

// negotiations are how often each of these was negotiated with, as they and the relay counted.
func (c *call) negotiations(people ...*person) map[string][2]int {
	c.t.Helper()
	answers := map[wire.MemberIndex]int{}
	for seat, n := range c.relay.Server.Stats().Answers {
		answers[seat.Member] = int(n)
	}
	out := map[string][2]int{}
	for _, p := range people {
		out[p.Name()] = [2]int{p.Negotiations(), answers[p.index()]}
	}
	return out
}
