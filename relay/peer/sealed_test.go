package peer

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/conclave-meet/conclave/relay/room"
	"github.com/conclave-meet/conclave/relay/room/held"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func announce(name string) wire.E2EE { return wire.E2EE{Announce: []byte("announce-" + name)} }

func sealedHello(name string) *wire.Hello {
	h, a := hello(name), announce(name)
	h.Name, h.E2EE = "", &a
	if name == "ann" {
		h.Ticket = "good"
	}
	return h
}

// joinSealed enters the encrypted room as a host (ann) or a guest and returns the welcome.
func (r *relay) joinSealed(name string) (*client, *wire.Welcome) {
	c := r.dial()
	c.send(sealedHello(name))
	return c, hearsOne[*wire.Welcome](c, 0)
}

// says sends an item with text for each of the members.
func (c *client) says(text string, to ...wire.MemberIndex) {
	m := &wire.Sealed{}
	for _, i := range to {
		m.Items = append(m.Items, wire.Item{Kind: wire.ItemRecord, To: i, Data: []byte("item-" + text)})
	}
	c.send(m)
}

// hearsItems waits and returns the items that came since the last call, "2>1 text"; nothing else must have come.
func (c *client) hearsItems() []string {
	c.t.Helper()
	var out []string
	for _, m := range c.hears() {
		s, ok := m.(*wire.Sealed)
		require.True(c.t, ok, "%T", m)
		for _, it := range s.Items {
			out = append(out, fmt.Sprintf("%d>%d %s", it.From, it.To, strings.TrimPrefix(string(it.Data), "item-")))
		}
	}
	return out
}

func TestTwoMeetInAnEncryptedRoom(t *testing.T) {
	play(t, func(r *relay) {
		ann, w := r.joinSealed("ann")
		assert.True(t, w.E2EE)
		bob, w := r.joinSealed("bob")
		assert.Equal(t, wire.MediaNew, w.Media)
		assert.Equal(t, []byte("announce-ann"), w.Members[0].Announce)
		assert.Equal(t, []byte("announce-bob"), hearsOne[*wire.Joined](ann, 0).Member.Announce)

		bob.says("hello", 1)
		assert.Equal(t, []string{"2>1 hello"}, ann.hearsItems())
		ann.says("to all", 2, 3)
		assert.Equal(t, []string{"1>2 to all"}, bob.hearsItems())
		assert.Equal(t, map[wire.Code]uint64{wire.CodeNobody: 1}, r.srv.Stats().Dropped)

		n := bob.send(&wire.SendChat{Text: "secret-text"})
		assert.Equal(t, wire.CodeE2EEClear, hearsOne[*wire.Failure](bob, n).Code)
		n = bob.send(&wire.SetHand{Up: true})
		assert.Equal(t, wire.CodeE2EEClear, hearsOne[*wire.Failure](bob, n).Code)
		assert.Empty(t, ann.hears())
	})
}

func TestARoomIsOpenOrEncryptedForAll(t *testing.T) {
	play(t, func(r *relay) {
		eve := r.dial()
		eve.send(hello("eve"))
		hearsOne[*wire.Waiting](eve, 0)
		ann, w := r.joinSealed("ann")
		eve.gone(wire.CodeE2EERequired)
		late := r.dial()
		late.send(hello("late"))
		late.gone(wire.CodeE2EERequired)
		thief := r.dial()
		h := hello("thief")
		h.Offer, h.Resume = nil, w.Resume
		thief.send(h)
		thief.gone(wire.CodeE2EERequired)
		assert.True(t, ann.open(), "the seat is not taken over")
		assert.Equal(t, []string{"join 1"}, r.media.noted(), "nobody else has media")
		ann.send(&wire.Leave{})
		ann.gone(wire.CodeLeft)

		ann, w = r.join("ann")
		assert.False(t, w.E2EE)
		bob := r.dial()
		bob.send(sealedHello("bob"))
		bob.gone(wire.CodeE2EEOff)
		ann.says("hello", 1)
		n := ann.send(&wire.SetAnnounce{E2EE: announce("ann")})
		assert.Equal(t, wire.CodeE2EEOff, hearsOne[*wire.Failure](ann, n).Code)
		assert.Equal(t, map[wire.Code]uint64{wire.CodeE2EEOff: 1}, r.srv.Stats().Dropped)
	})
}

func TestItemsAreForMembers(t *testing.T) {
	play(t, func(r *relay) {
		early := r.dial()
		early.says("x", 1)
		early.gone(wire.CodeOrder)
		waiting := r.dial()
		waiting.send(sealedHello("bob"))
		hearsOne[*wire.Waiting](waiting, 0)
		waiting.says("x", 1)
		waiting.gone(wire.CodeOrder)
		ann, _ := r.joinSealed("ann")
		for range wire.MaxViolations {
			ann.binary("\x01")
			assert.Equal(t, wire.CodeBadMessage, hearsOne[*wire.Failure](ann, 0).Code)
		}
		ann.binary("\x01")
		ann.gone(wire.CodeBadMessage)
	})
}

func TestARoomIsEncryptedDuringTheCall(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		bob, _ := r.join("bob")
		bob.send(&wire.SetWants{Wants: []wire.Want{{Source: wire.Source{Member: 1, Stream: wire.Cam}, Height: 180}}})
		n := bob.send(&wire.SetE2EE{})
		assert.Equal(t, wire.CodeRole, hearsOne[*wire.Failure](bob, n).Code)
		ann.hears()
		r.media.noted()

		n = ann.send(&wire.SetE2EE{})
		assert.Equal(t, wire.MemberIndex(1), hearsOne[*wire.Secured](ann, n).By)
		assert.Equal(t, wire.MemberIndex(1), hearsOne[*wire.Secured](bob, 0).By)
		assert.ElementsMatch(t, []string{"end 1", "end 2"}, r.media.noted())

		o := offer()
		for range 2 { // changed, then fresh
			o.Fresh = !o.Fresh
			n = bob.send(&wire.SetOffer{Offer: *o})
			assert.Equal(t, wire.CodeE2EERequired, hearsOne[*wire.Failure](bob, n).Code)
		}
		assert.Empty(t, r.media.noted())

		// A client need not wait for the one before it sends the other.
		n = bob.send(&wire.SetAnnounce{E2EE: announce("bob")})
		bob.send(&wire.SetOffer{Offer: *o})
		all := bob.hears()
		require.Len(t, all, 2)
		var answered, changed bool
		for _, m := range all {
			switch m := m.(type) {
			case *wire.AnswerTo:
				answered = true
			case *wire.Changed:
				changed = true
				assert.Equal(t, wire.Member{Index: 2, Role: wire.Guest, Announce: []byte("announce-bob")}, m.Member)
			}
		}
		assert.True(t, answered && changed, "message %d", n)
		assert.Equal(t, []byte("announce-bob"), hearsOne[*wire.Changed](ann, 0).Member.Announce)
		assert.Equal(t, []string{"join 2", "want 2+"}, r.media.noted(), "wants last as long as the seat")

		n = ann.send(&wire.SetOffer{Offer: *offer()})
		assert.Equal(t, wire.CodeE2EERequired, hearsOne[*wire.Failure](ann, n).Code, "who asked for it announces too")
		n = ann.send(&wire.SetE2EE{})
		hearsOne[*wire.Secured](ann, n)
		assert.Empty(t, bob.hears())
		assert.Empty(t, r.media.noted(), "the second time changes nothing")
	})
}

// TestMediaInClearEndsBeforeTheNextBegins: the peer connection that encrypting the room ended takes its time.
func TestMediaInClearEndsBeforeTheNextBegins(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		bob := r.dial()
		h := hello("bob")
		h.Offer.ICE.Ufrag = "stay"
		bob.send(h)
		hearsOne[*wire.Welcome](bob, 0)
		ann.hears()
		ann.send(&wire.SetE2EE{})
		hearsOne[*wire.Secured](bob, 0)
		r.media.noted()

		bob.send(&wire.SetAnnounce{E2EE: announce("bob")})
		bob.send(&wire.SetOffer{Offer: *offer()})
		synctest.Wait()
		assert.Empty(t, r.media.noted(), "no member has two at a time")
		close(r.media.hold)
		assert.Equal(t, []string{"end 2", "join 2"}, r.media.noted())
	})
}

// TestAnOfferRightAfterAnAnnounceWaits: it must not overtake the announce where the room is busy, so nothing else is read meanwhile.
func TestAnOfferRightAfterAnAnnounceWaits(t *testing.T) {
	play(t, func(r *relay) {
		busy := room.NewHub(room.Config{Do: func(string, room.Effect) {}})
		defer busy.Close()
		for name, ends := range map[string]func(*Conn, context.CancelFunc){
			"until the room has heard it": func(c *Conn, _ context.CancelFunc) { c.heard() },
			"until the connection ends":   func(_ *Conn, cancel context.CancelFunc) { cancel() },
		} {
			c := newConn(r.srv, 99, nil)
			loop, err := busy.Get("room")
			require.NoError(t, err)
			c.loop = loop
			ctx, cancel := context.WithCancel(r.t.Context())
			handled := false
			go func() {
				c.handle(ctx, &wire.SetAnnounce{E2EE: announce("bob")}, 1)
				handled = true
			}()
			synctest.Wait()
			assert.False(t, handled, name)
			ends(c, cancel)
			synctest.Wait()
			assert.True(t, handled, name)
			cancel()
			c.silence.Stop()
			loop.Release()
		}
	})
}

// TestAnAnnounceOfAnOpenRoomLetsNobodyIn: the room says no, and is encrypted before the client's queue comes to it.
func TestAnAnnounceOfAnOpenRoomLetsNobodyIn(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		bob, _ := r.join("bob")
		ann.hears()
		o := offer()
		o.ICE.Ufrag = "hold"
		bob.send(&wire.SetOffer{Offer: *o}) // what follows waits in the queue
		bob.send(&wire.SetAnnounce{E2EE: announce("bob")})
		synctest.Wait()
		n := ann.send(&wire.SetE2EE{})
		hearsOne[*wire.Secured](ann, n)
		close(r.media.hold)
		var refused []wire.Code
		for _, m := range bob.hears() {
			if f, ok := m.(*wire.Failure); ok {
				refused = append(refused, f.Code)
			}
		}
		assert.ElementsMatch(t, []wire.Code{wire.CodeE2EEOff, wire.CodeE2EERequired}, refused)

		n = bob.send(&wire.SetOffer{Offer: *offer()})
		assert.Equal(t, wire.CodeE2EERequired, hearsOne[*wire.Failure](bob, n).Code, "that announce does not count")
		n = bob.send(&wire.SetAnnounce{E2EE: announce("bob")})
		hearsOne[*wire.Changed](bob, n)
		n = bob.send(&wire.SetOffer{Offer: *offer()})
		hearsOne[*wire.AnswerTo](bob, n)
	})
}

func TestARoomIsEncryptedWhileSomebodyIsAway(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		bob, w := r.join("bob")
		bob.vanish()
		ann.hears()
		ann.send(&wire.SetE2EE{})
		ann.hears()
		back := r.dial()
		h := hello("bob")
		h.Offer, h.Resume = nil, w.Resume
		back.send(h)
		back.gone(wire.CodeE2EERequired)
		r.media.noted()

		back = r.dial()
		h = sealedHello("bob")
		h.Offer, h.Resume = nil, w.Resume
		back.send(h)
		again := hearsOne[*wire.Welcome](back, 0)
		assert.True(t, again.E2EE)
		assert.True(t, again.Resumed)
		assert.Equal(t, wire.MediaGone, again.Media)
		n := back.send(&wire.SetOffer{Offer: *offer()})
		hearsOne[*wire.AnswerTo](back, n)
		assert.Equal(t, []string{"join 2"}, r.media.noted())
	})
}

// TestARoomIsEncryptedWhileSomebodyComesIn: the peer connection begins before, and is ready after.
func TestARoomIsEncryptedWhileSomebodyComesIn(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		bob := r.dial()
		h := hello("bob")
		h.Offer.ICE.Ufrag = "hold"
		bob.send(h)
		hearsOne[*wire.Joined](ann, 0)
		ann.send(&wire.SetE2EE{})
		hearsOne[*wire.Secured](ann, 1+1)
		assert.Empty(t, bob.hears())
		close(r.media.hold)
		all := bob.hears()
		require.Len(t, all, 2)
		assert.Equal(t, wire.MediaGone, all[0].(*wire.Welcome).Media)
		assert.IsType(t, &wire.Secured{}, all[1])
		assert.ElementsMatch(t, []string{"join 1", "end 1", "join 2", "end 2"}, r.media.noted(), "nobody has media in clear")
	})
}

// library is not looked into: its buffers are those of the network, and hold the last that went through them.
const library = "nhooyr.io/websocket"

// TestTheRelayHoldsNoNameAndNoText walks all that a server holds: its rooms, connections, queues and its log.
func TestTheRelayHoldsNoNameAndNoText(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		bob, w := r.join("bob")
		bob.send(&wire.SendChat{Text: "secret-text"})
		bob.send(&wire.SetHand{Up: true})
		ann.hears()
		require.NotEmpty(t, held.Texts(r.srv, "name-", library), "the walk finds names in an open room")
		require.NotEmpty(t, held.Texts(r.srv, "secret-text", library), "and chat")

		ann.send(&wire.SetE2EE{})
		ann.hears()
		bob.send(&wire.SetAnnounce{E2EE: announce("bob")})
		bob.hears()
		clean := func(when string) {
			synctest.Wait()
			for _, secret := range []string{"name-", "secret-text", "item-"} {
				assert.Empty(t, held.Texts(r.srv, secret, library), when)
			}
		}
		clean("encrypted during the call")
		bob.send(&wire.SendChat{Text: "secret-text"})
		bob.says("x", 1, 9)
		clean("after what should not be said was said")
		eve := r.dial()
		eve.send(hello("eve"))
		eve.gone(wire.CodeE2EERequired)
		clean("after somebody came with a name")
		bob.vanish()
		h := sealedHello("bob")
		h.Resume = w.Resume
		r.dial().send(h)
		clean("after somebody came back")
		require.NotEmpty(t, held.Texts(r.srv, "announce-bob", library), "the walk still finds what is there")
	})
}

func TestAFloodOfItemsHarmsItsSenderAlone(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.joinSealed("ann")
		bob, _ := r.joinSealed("bob")
		eve, _ := r.joinSealed("eve")
		ann.hears()
		bob.hears()
		for range 2 * wire.ItemBurst {
			eve.says("x", 1)
		}
		bob.says("still here", 1)
		heard := ann.hearsItems()
		assert.Contains(t, heard, "2>1 still here")
		assert.Len(t, heard, wire.ItemBurst+1)
		warned := hearsOne[*wire.Failure](eve, 0)
		assert.Equal(t, wire.CodeRate, warned.Code)
		assert.NotZero(t, warned.RetryAfter)
		assert.Equal(t, map[wire.Code]uint64{wire.CodeRate: wire.ItemBurst}, r.srv.Stats().Dropped)
		hearsOne[*wire.Pong](eve, eve.send(&wire.Ping{})) // items and messages are counted apart

		for i := 0; eve.open(); i++ {
			require.Less(t, i, 200)
			eve.says("x", ones(100)...)        // 1000 a second
			time.Sleep(100 * time.Millisecond) // virtual
			bob.says("y", 1)
		}
		eve.gone(wire.CodeRate)
		assert.True(t, ann.open())
		assert.True(t, bob.open())
		assert.Empty(t, bob.besides(), "bob is refused nothing")
	})
}

// ones is member 1, n times.
func ones(n int) []wire.MemberIndex {
	to := make([]wire.MemberIndex, n)
	for i := range to {
		to[i] = 1
	}
	return to
}

// besides returns what c heard besides the comings and goings of others.
func (c *client) besides() []wire.ServerMessage {
	var out []wire.ServerMessage
	for _, m := range c.hears() {
		switch m.(type) {
		case *wire.Joined, *wire.Left, *wire.Changed:
		default:
			out = append(out, m)
		}
	}
	return out
}

func TestWhoReadsSlowlyHoldsNobodyUp(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.joinSealed("ann")
		bob, _ := r.joinSealed("bob")
		slow := r.connect(wire.Subprotocol) // reads nothing for now
		slow.send(sealedHello("slow"))
		synctest.Wait() // it is member 3
		eve, _ := r.joinSealed("eve")
		ann.hears()
		bob.hears()
		long := strings.Repeat("x", 1000)
		for range 100 {
			eve.says(long, 3, 1)
			synctest.Wait() // ann's share must not be full only because her connection's goroutine did not run
		}
		assert.Len(t, ann.hearsItems(), 100, "who reads gets all of it")
		bob.says("from bob", 3)
		ann.says("from ann", 3)
		synctest.Wait()
		dropped := r.srv.Stats().Dropped
		assert.Len(t, dropped, 1)
		assert.InDelta(t, 100-wire.MaxShare/1000, dropped[wire.CodeSlow], 2, "eve's share is full")

		go slow.read()
		texts := map[string]int{}
		for i, m := range slow.hears() {
			if i == 0 {
				require.IsType(t, &wire.Welcome{}, m)
			}
			if s, ok := m.(*wire.Sealed); ok {
				for _, it := range s.Items {
					texts[fmt.Sprint(it.From, len(it.Data))]++
				}
			}
		}
		assert.Equal(t, map[string]int{"4 1005": int(100 - dropped[wire.CodeSlow]), "2 13": 1, "1 13": 1}, texts)
		assert.Equal(t, dropped, r.srv.Stats().Dropped)
		bob.says("again", 3)
		assert.Equal(t, []string{"2>3 again"}, slow.hearsItems(), "it lives, and gets what is said now")
		assert.True(t, eve.open())
	})
}
