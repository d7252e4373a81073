package room

import (
	"fmt"
	"testing"

	"github.com/conclave-meet/conclave/relay/room/held"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sealed lets c ask to enter an encrypted room; it announces "key c".
func (g *stage) sealed(c Conn, host bool, resume Token) {
	next, life := g.fresh()
	g.step(Enter{Conn: c, Announce: fmt.Appendf(nil, "key %d", c), Host: host, Resume: resume, Next: next, Life: life})
}

// records are items for members, each with its member's number for text.
func records(to ...wire.MemberIndex) []wire.Item {
	var out []wire.Item
	for _, m := range to {
		out = append(out, wire.Item{Kind: wire.ItemRecord, From: 99, To: m, Data: fmt.Appendf(nil, "for %d", m)})
	}
	return out
}

func TestWhoIsInAnEncryptedRoom(t *testing.T) {
	playAll(t, []scene{
		{"who opens a room says whether it is encrypted", Hosts, func(g *stage) {
			g.sealed(1, true, "")
			g.sealed(2, false, "")
			assert.Equal(g.t, []string{"welcome 1 [1] encrypted", "joined 2 key 2"}, g.hears(1))
			assert.Equal(g.t, []string{"welcome 2 [1 2] encrypted"}, g.hears(2))
			assert.Equal(g.t, []wire.Member{
				{Index: 1, Role: wire.Host, Announce: []byte("key 1")}, {Index: 2, Role: wire.Guest, Announce: []byte("key 2")},
			}, g.members[2])
		}},
		{"so does the first who comes where anyone may", Anyone, func(g *stage) {
			g.sealed(1, false, "")
			g.guest(2)
			assert.Equal(g.t, []string{"bye e2ee.required"}, g.hears(2))
			assert.Equal(g.t, []string{"welcome 1 [1] encrypted"}, g.hears(1), "nobody hears of the other")
		}},
		{"a client that wants no encryption is not let in, a host neither", Hosts, func(g *stage) {
			g.sealed(1, true, "")
			g.guest(2)
			g.host(3)
			assert.Equal(g.t, []string{"bye e2ee.required"}, g.hears(2))
			assert.Equal(g.t, []string{"bye e2ee.required"}, g.hears(3))
		}},
		{"a client that wants encryption is not let into an open room", Hosts, func(g *stage) {
			g.host(1)
			g.sealed(2, false, "")
			assert.Equal(g.t, []string{"bye e2ee.off"}, g.hears(2))
			assert.Equal(g.t, []string{"welcome 1 [1]"}, g.hears(1))
		}},
		{"who waits learns only when the room opens that it is of the other kind", Hosts, func(g *stage) {
			g.guest(1)
			g.sealed(2, false, "")
			assert.Equal(g.t, []string{"waiting"}, g.hears(1))
			assert.Equal(g.t, []string{"waiting"}, g.hears(2))
			g.sealed(3, true, "")
			assert.Equal(g.t, []string{"bye e2ee.required"}, g.hears(1))
			assert.Equal(g.t, []string{"welcome 2 [1 2] encrypted"}, g.hears(2))
		}},
		{"one who waits for encryption does not get into the open room of another", Hosts, func(g *stage) {
			g.sealed(1, false, "")
			g.guest(2)
			g.hush()
			g.step(SignIn{Conn: 2})
			assert.Equal(g.t, []string{"bye e2ee.off"}, g.hears(1))
			assert.Equal(g.t, []string{"welcome 1 [1]"}, g.hears(2))
		}},
		{"a room that everybody has left is of no kind", Hosts, func(g *stage) {
			g.sealed(1, true, "")
			g.step(Leave{Conn: 1, Why: wire.CodeLeft})
			g.host(2)
			assert.Equal(g.t, []string{"welcome 1 [1]"}, g.hears(2))
		}},
		{"a seat is taken back with another announce, which the others hear", Hosts, func(g *stage) {
			g.sealed(1, true, "")
			g.sealed(2, false, "")
			g.hush()
			g.sealed(12, false, g.token[2])
			assert.Equal(g.t, []string{"welcome 2 [1 2] again encrypted"}, g.hears(12))
			assert.Equal(g.t, []string{"member 2 guest key 12"}, g.hears(1))
		}},
		{"a seat is not taken back without one", Hosts, func(g *stage) {
			g.sealed(1, true, "")
			g.sealed(2, false, "")
			g.hush()
			g.enter(12, false, g.token[2])
			assert.Equal(g.t, []string{"bye e2ee.required"}, g.hears(12))
			assert.Empty(g.t, g.hears(2), "who has the seat keeps it")
			g.step(Pass{Conn: 2, Items: records(1)})
			assert.Equal(g.t, []string{"item 2>1 16 for 1"}, g.hears(1))
		}},
		{"no more than a hundred", Anyone, func(g *stage) {
			g.s = NewState(Anyone, MostMembers)
			for c := range Conn(maxEncrypted) {
				g.sealed(c+1, false, "")
			}
			g.sealed(200, false, "")
			assert.Equal(g.t, []string{"bye room.full"}, g.hears(200))
		}},
	})
}

func TestWhatIsSaidInAnEncryptedRoom(t *testing.T) {
	playAll(t, []scene{
		{"items reach those they are for, in order, from whom they are", Hosts, func(g *stage) {
			g.sealed(1, true, "")
			g.sealed(2, false, "")
			g.sealed(3, false, "")
			g.hush()
			g.step(Pass{Conn: 3, Items: records(1, 2, 1)})
			assert.Equal(g.t, []string{"item 3>1 16 for 1", "item 3>1 16 for 1"}, g.hears(1))
			assert.Equal(g.t, []string{"item 3>2 16 for 2"}, g.hears(2))
			assert.Empty(g.t, g.hears(3))
			assert.Empty(g.t, g.media)
		}},
		{"items for nobody, for oneself and for the lost are dropped, the others are not", Hosts, func(g *stage) {
			g.sealed(1, true, "")
			g.sealed(2, false, "")
			g.sealed(3, false, "")
			g.step(Lose{Conn: 2})
			g.hush()
			g.step(Pass{Conn: 3, Items: records(0, 2, 3, 4, 1)})
			assert.Equal(g.t, []string{"item 3>1 16 for 1"}, g.hears(1))
			assert.Equal(g.t, []string{"drop 4 member.gone"}, g.media)
			g.sealed(12, false, g.token[2])
			assert.Equal(g.t, []string{"welcome 2 [1 2 3] again encrypted"}, g.hears(12), "nothing was kept")
		}},
		{"in an open room there are no items", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.hush()
			g.step(Pass{Conn: 2, Items: records(1, 1)})
			assert.Empty(g.t, g.hears(1))
			assert.Equal(g.t, []string{"drop 2 e2ee.off"}, g.media)
		}},
		{"chat and hands are refused", Hosts, func(g *stage) {
			g.sealed(1, true, "")
			g.sealed(2, false, "")
			g.hush()
			g.step(Say{Conn: 2, N: 3, Text: "in clear"})
			g.step(Say{Conn: 2, N: 4, Text: "in clear", To: 1})
			g.step(Raise{Conn: 2, N: 5, Up: true})
			assert.Equal(g.t, []string{"error e2ee.clear re 3", "error e2ee.clear re 4", "error e2ee.clear re 5"}, g.hears(2))
			assert.Empty(g.t, g.hears(1))
		}},
		{"what somebody sends is told as in an open room", Hosts, func(g *stage) {
			g.sealed(1, true, "")
			g.sealed(2, false, "")
			g.hush()
			g.step(Switch{Conn: 2, State: wire.Sending{Cam: true}})
			assert.Equal(g.t, []string{"member 2 guest cam key 2"}, g.hears(1))
		}},
		{"one who waits says nothing of it", Hosts, func(g *stage) {
			for c, ev := range map[Conn]Event{
				1: Secure{Conn: 1}, 2: Announce{Conn: 2, Announce: []byte("k")}, 3: Pass{Conn: 3, Items: records(1)},
			} {
				g.sealed(c, false, "")
				g.step(ev)
				assert.Equal(g.t, []string{"waiting", "bye proto.order"}, g.hears(c))
			}
			assert.True(g.t, g.s.Empty())
		}},
		{"connections that the room does not know mean nothing", Hosts, func(g *stage) {
			g.sealed(1, true, "")
			for _, ev := range []Event{Secure{Conn: 9}, Announce{Conn: 9}, Pass{Conn: 9, Items: records(1)}} {
				assert.Empty(g.t, g.s.Step(g.now, ev))
			}
		}},
	})
}

func TestARoomIsEncryptedDuringTheCall(t *testing.T) {
	playAll(t, []scene{
		{"all hear it, after the media were ended, and announce themselves", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.hush()
			out := g.s.Step(g.now, Secure{Conn: 1, N: 7})
			assert.Equal(g.t, []Effect{
				Bar{Life: g.s.life}, Send{To: []Conn{2}, Msg: &wire.Secured{By: 1}}, Send{To: []Conn{1}, Re: 7, Msg: &wire.Secured{By: 1}},
			}, out)
			g.step(Announce{Conn: 2, N: 8, Announce: []byte("key 2")})
			assert.Equal(g.t, []string{"member 2 guest key 2"}, g.hears(1))
			assert.Equal(g.t, []string{"member 2 guest key 2 re 8"}, g.hears(2))
			g.sealed(3, false, "")
			assert.Equal(g.t, []wire.Member{
				{Index: 1, Role: wire.Host}, {Index: 2, Role: wire.Guest, Announce: []byte("key 2")},
				{Index: 3, Role: wire.Guest, Announce: []byte("key 3")},
			}, g.members[3], "nobody has a name")
		}},
		{"a moderator may", Anyone, func(g *stage) {
			g.guest(1)
			g.hush()
			g.step(Secure{Conn: 1, N: 7})
			assert.Equal(g.t, []string{"secured by 1 re 7"}, g.hears(1))
		}},
		{"a guest may not", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.hush()
			g.step(Secure{Conn: 2, N: 7})
			assert.Equal(g.t, []string{"error auth.role re 7"}, g.hears(2))
			assert.Empty(g.t, g.hears(1))
			assert.Empty(g.t, g.media)
			g.step(Say{Conn: 2, Text: "x"})
			assert.Equal(g.t, []string{"chat 1 2>0 x"}, g.hears(1), "the room is as open as before")
		}},
		{"once is enough", Hosts, func(g *stage) {
			g.host(1)
			g.host(2)
			g.step(Secure{Conn: 1})
			g.step(Announce{Conn: 1, Announce: []byte("key 1")})
			g.hush()
			g.media = nil
			g.step(Secure{Conn: 2, N: 7})
			assert.Equal(g.t, []string{"secured by 1 re 7"}, g.hears(2))
			assert.Empty(g.t, g.hears(1))
			assert.Empty(g.t, g.media, "nobody's media end again")
		}},
		{"nor does it change a room that was so from the beginning", Hosts, func(g *stage) {
			g.sealed(1, true, "")
			g.hush()
			g.step(Secure{Conn: 1, N: 7})
			assert.Equal(g.t, []string{"secured by 1 re 7"}, g.hears(1))
			assert.Empty(g.t, g.media)
		}},
		{"who was lost meanwhile comes back with an announce, and not without", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.step(Say{Conn: 1, Text: "before"})
			g.step(Lose{Conn: 2})
			g.step(Secure{Conn: 1})
			g.hush()
			g.enter(12, false, g.token[2])
			assert.Equal(g.t, []string{"bye e2ee.required"}, g.hears(12))
			g.sealed(13, false, g.token[2])
			assert.Equal(g.t, []string{"welcome 2 [1 2] again encrypted"}, g.hears(13), "and hears no chat again")
			assert.Equal(g.t, []string{"member 2 guest key 13"}, g.hears(1))
		}},
		{"an open room wants no announce", Hosts, func(g *stage) {
			g.host(1)
			g.hush()
			g.step(Announce{Conn: 1, N: 7, Announce: []byte("key 1")})
			assert.Equal(g.t, []string{"error e2ee.off re 7"}, g.hears(1))
			assert.Nil(g.t, g.s.seats[0].member.Announce)
		}},
		{"a room with too many people stays open", Anyone, func(g *stage) {
			g.s = NewState(Anyone, MostMembers)
			for c := range Conn(maxEncrypted + 1) {
				g.guest(c + 1)
			}
			g.hush()
			g.step(Secure{Conn: 1, N: 7})
			assert.Equal(g.t, []string{"error e2ee.many 100 re 7"}, g.hears(1))
			assert.False(g.t, g.s.encrypted())
		}},
	})
}

// TestAnEncryptedRoomHoldsNoNameAndNoText walks everything that a room's state holds, its spare memory too.
func TestAnEncryptedRoomHoldsNoNameAndNoText(t *testing.T) {
	g := newStage(t, Anyone)
	for c := range Conn(5) {
		next, life := g.fresh()
		g.step(Enter{Conn: c + 1, Name: fmt.Sprintf("secret name %d", c), Next: next, Life: life})
	}
	for i := range 2 * maxMissed {
		g.step(Say{Conn: 2, Text: fmt.Sprintf("secret text %d", i), To: wire.MemberIndex(i % 3)})
	}
	g.step(Raise{Conn: 3, Up: true})
	g.step(Lose{Conn: 4})
	g.step(Leave{Conn: 5, Why: wire.CodeLeft})
	require.NotEmpty(t, held.Texts(g.s, "secret name"), "the walk finds names in an open room")
	require.NotEmpty(t, held.Texts(g.s, "secret text"), "and chat")

	g.step(Secure{Conn: 1})
	assert.Empty(t, held.Texts(g.s, "secret"))
	for _, x := range g.s.seats {
		assert.Zero(t, x.member.Hand)
	}
	g.step(Say{Conn: 2, Text: "secret text"})
	g.step(Pass{Conn: 2, Items: []wire.Item{{To: 1, Data: []byte("secret item")}, {To: 4, Data: []byte("secret item")}}})
	g.enter(9, true, g.token[4])
	assert.Empty(t, held.Texts(g.s, "secret"), "nor what is said afterwards")
}
