package conf

import (
	"crypto/sha256"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/e2ee/seat"
	"github.com/conclave-meet/conclave/shared/wire"
)

// hall is a relay that does as it should until lie is set, and the people behind it, whose sessions are real. Everything
// happens in virtual time.
type hall struct {
	t     *testing.T
	now   time.Duration
	queue []func()
	all   []*guest
	seed  byte // of the last worker's randomness

	encrypted bool
	life      string
	last      wire.MemberIndex
	seats     map[wire.MemberIndex]*chair

	// lie changes what a guest is told; nil is left out. It stays nil in an honest relay.
	lie func(to *guest, m wire.ServerMessage) wire.ServerMessage
}

// chair is what the relay knows of a member.
type chair struct {
	wire.Member
	g     *guest
	token string
}

// guest is a client with a real session, and what its shell was told to do.
type guest struct {
	*client
	h     *hall
	w     *world // whose checks hold for each effect
	seat  *seat.Seat
	link  bool
	deaf  bool             // the relay gets nothing of what it sends
	at    wire.MemberIndex // where the relay has put it
	wrote []byte           // everything that the relay got of it
	bound map[string]wire.Source
	notes []Note
}

func newHall(t *testing.T) *hall {
	return &hall{t: t, life: "first", seats: map[wire.MemberIndex]*chair{}}
}

// atHall is somebody in front of the room "r".
func (h *hall) atHall() *guest {
	c := &client{t: h.t, s: New(Config{Realm: "meet.example"}), now: time.UnixMilli(1_000_000).Add(h.now)}
	g := &guest{client: c, h: h, w: &world{t: h.t, s: c.s}, bound: map[string]wire.Source{}}
	h.all = append(h.all, g)
	g.does(Booted{Stored: map[string]string{}})
	g.does(CryptoAble{Yes: true})
	return g
}

// comes lets somebody join the encrypted room.
func (h *hall) comes(name, phrase string) *guest {
	g := h.atHall()
	g.does(&OpenRoom{Name: "r", E2EE: true})
	g.does(&CryptoPassphrase{Text: phrase})
	g.enters(name)
	return g
}

func (g *guest) enters(name string) {
	g.does(Captured{Stream: wire.Mic, Device: "m"})
	g.does(Captured{Stream: wire.Cam, Device: "c"})
	g.does(&Join{Name: name})
	g.h.passes(3 * time.Second)
}

func (h *hall) post(f func()) { h.queue = append(h.queue, f) }

// passes lets time go by. Whatever is under way arrives at once.
func (h *hall) passes(d time.Duration) {
	for end := h.now + d; h.now < end; h.now += 20 * time.Millisecond {
		for len(h.queue) > 0 {
			next := h.queue[0]
			h.queue = h.queue[1:]
			next()
		}
		for _, g := range h.all {
			g.client.now = time.UnixMilli(1_000_000).Add(h.now)
			if at, ok := g.s.Deadline(); ok && !at.After(g.client.now) {
				g.does(Tick{})
			}
			if g.seat == nil {
				continue
			}
			if at, ok := g.seat.Deadline(); ok && at <= h.now {
				g.seat.Tick(h.now)
				g.listens()
			}
		}
	}
}

// does lets an event happen, and what follows from it.
func (g *guest) does(e Event) {
	g.h.t.Helper()
	for _, x := range g.on(e) {
		g.w.honest(x)
		g.obeys(x)
	}
}

func (g *guest) obeys(x Effect) {
	switch x := x.(type) {
	case Connect:
		g.h.post(func() { g.link = true; g.does(LinkUp{}) })
	case Disconnect:
		g.h.post(func() { g.link = false }) // after what was sent has gone out
	case Send:
		b, err := wire.EncodeClient(x.Message, x.N)
		require.NoError(g.h.t, err)
		g.wrote = append(g.wrote, b...)
		g.h.post(func() { g.h.hears(g, x.Message, x.N) })
	case MakeOffer:
		o := validOffer(x.Video)
		o.Fresh = x.Fresh
		g.h.post(func() { g.does(Offered{Offer: o}) })
	case SetAnswer:
		g.h.post(func() { g.does(Answered{}) })
	case OpenCrypto:
		g.h.seed++
		g.seat = seat.New(rand.NewChaCha8([32]byte{g.h.seed}))
		g.tells(x.Open)
	case TellCrypto:
		g.tells(x.Command)
	case CloseCrypto:
		g.seat.Wipe()
		g.seat = nil
	case Bind:
		g.bound[x.Mid] = x.Source
	case CallAPI:
		g.h.post(func() { g.does(APIResult{Op: x.Op}) })
	case Tell:
		g.notes = append(g.notes, x.Note)
	}
}

// tells gives the worker a command, over the border.
func (g *guest) tells(x port.Command) {
	c, err := port.DecodeCommand(port.AppendCommand(nil, x))
	require.NoError(g.h.t, err)
	if secret := seat.SecretIn(c); secret != nil {
		secret.PRS = sha256.Sum256([]byte(secret.Passphrase + " in " + secret.Room)) // Argon2id would take 40 ms
	}
	require.NoError(g.h.t, g.seat.Do(g.h.now, c))
	g.listens()
}

// listens brings the worker's reports to the page.
func (g *guest) listens() {
	for r, ok := g.seat.Next(); ok; r, ok = g.seat.Next() {
		from := g.seat
		g.h.post(func() {
			if g.seat == from {
				g.does(CryptoReport{Report: r})
			}
		})
	}
}

// hears is the relay: what it does with a message.
func (h *hall) hears(g *guest, m wire.ClientMessage, n uint32) {
	x := h.seats[g.at]
	if hello, ok := m.(*wire.Hello); ok {
		h.greets(g, hello)
		return
	}
	if x == nil || x.g != g || !g.link || g.deaf {
		return
	}
	switch m := m.(type) {
	case *wire.SetOffer:
		h.tell(g, &wire.AnswerTo{}, n)
	case *wire.SetAnnounce:
		x.Announce = m.E2EE.Announce
		h.tellAll(&wire.Changed{Member: x.Member}, nil)
	case *wire.SetState:
		x.State = m.Sending
		h.tellAll(&wire.Changed{Member: x.Member}, g)
	case *wire.SetE2EE:
		h.encrypted = true
		for _, y := range h.seats {
			y.Name, y.Hand = "", 0
		}
		h.tellAll(&wire.Secured{By: g.at}, nil)
	case *wire.Sealed:
		for _, it := range m.Items {
			if y := h.seats[it.To]; y != nil {
				it.From = g.at
				h.tell(y.g, &wire.Sealed{Items: []wire.Item{it}}, 0)
			}
		}
	case *wire.Leave:
		delete(h.seats, g.at)
		h.tellAll(&wire.Left{Member: g.at}, g)
	}
}

func (h *hall) greets(g *guest, m *wire.Hello) {
	if h.last == 0 {
		h.encrypted = m.E2EE != nil
	}
	if h.encrypted && m.E2EE == nil {
		h.tell(g, &wire.Bye{Error: *wire.Refuse(wire.CodeE2EERequired)}, 0)
		return
	}
	var x *chair
	for _, y := range h.seats {
		if y.token == m.Resume {
			x = y
		}
	}
	w := &wire.Welcome{Version: wire.Version, Media: wire.MediaKept, Resumed: x != nil, E2EE: h.encrypted, Incarnation: h.life}
	if x == nil {
		h.last++
		x = &chair{Member: wire.Member{Index: h.last, Name: m.Name, Role: wire.Guest}, token: h.life + string('0'+rune(h.last))}
		if h.last == 1 {
			x.Role = wire.Host
		}
		w.Media, w.Answer = wire.MediaNew, &wire.Answer{}
		h.seats[h.last] = x
	}
	x.g, g.at, x.State, x.Away = g, x.Index, m.State, false
	if m.E2EE != nil {
		x.Announce = m.E2EE.Announce
	}
	w.You, w.Resume = x.Index, x.token
	for i := wire.MemberIndex(1); i <= h.last; i++ {
		if y := h.seats[i]; y != nil {
			w.Members = append(w.Members, y.Member)
		}
	}
	h.tell(g, w, 0)
	if w.Resumed {
		h.tellAll(&wire.Changed{Member: x.Member}, g)
	} else {
		h.tellAll(&wire.Joined{Member: x.Member}, g)
	}
}

// tell says something to a guest, true or not.
func (h *hall) tell(g *guest, m wire.ServerMessage, re uint32) {
	if h.lie != nil {
		if m = h.lie(g, m); m == nil {
			return
		}
	}
	h.post(func() {
		if g.link {
			g.does(Received{Message: m, Re: re})
		}
	})
}

func (h *hall) tellAll(m wire.ServerMessage, but *guest) {
	for i := wire.MemberIndex(1); i <= h.last; i++ {
		if x := h.seats[i]; x != nil && x.g != but {
			h.tell(x.g, m, 0)
		}
	}
}

// loses is a lost connection; the seat stays.
func (g *guest) loses() {
	g.link = false
	g.does(LinkDown{Tries: 1})
	if x := g.h.seats[g.at]; x != nil {
		x.Away = true
		g.h.tellAll(&wire.Changed{Member: x.Member}, g)
	}
}

// dials is the connection that comes back.
func (g *guest) dials() {
	g.link, g.deaf = true, false
	g.does(LinkUp{})
}

// redials is a lost connection that comes back at once.
func (g *guest) redials() {
	g.loses()
	g.h.post(g.dials)
}

// restarts lets the relay forget everything.
func (h *hall) restarts() {
	h.life, h.last, h.encrypted, h.seats = "second", 0, false, map[wire.MemberIndex]*chair{}
	for _, g := range h.all {
		if g.link {
			g.redials()
		}
	}
}

// sees is what a guest has on screen of the member at index.
func (g *guest) sees(i wire.MemberIndex) (p Peer, ok bool) {
	for _, p := range g.s.View().Peers {
		if p.Index == i {
			return p, true
		}
	}
	return Peer{}, false
}

// reads reports whether a message is on screen, and not only my own that waits.
func (g *guest) reads(text string) bool {
	for _, m := range g.s.View().Chat.Messages {
		if m.Text == text && !m.Pending {
			return true
		}
	}
	return false
}

// Words that the relay must never get, and words of its own that nobody must ever see.
const (
	annsName, bobsName = "Ann Aardvark", "Bob Badger"
	treasure           = "the treasure lies under the oak"
	forged             = "Mallory"
)

// unharmed checks a guest of an encrypted room after whatever the relay did: it says all that people can say, and
// nothing of that goes out in clear; nothing that the relay made up is on screen.
func (g *guest) unharmed() {
	t := g.h.t
	t.Helper()
	yes := true
	g.does(&SetName{Name: annsName + " the Second"})
	g.does(&Say{Text: treasure})
	g.does(&Hand{Up: &yes})
	g.h.passes(3 * time.Second)
	for _, secret := range []string{"Aardvark", "Badger", "treasure", "lanterns", `"hand"`, `"chat"`} {
		assert.NotContains(t, string(g.wrote), secret)
	}
	seen, err := json.Marshal(g.s.View())
	require.NoError(t, err)
	told, err := json.Marshal(g.notes)
	require.NoError(t, err)
	assert.NotContains(t, string(seen)+string(told), forged)
	assert.True(t, g.crypto().On)
	assert.NotEqual(t, CryptoOff, g.crypto().Phase)
}
