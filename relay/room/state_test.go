package room

import (
	"fmt"
	"testing"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhoOpensARoom(t *testing.T) {
	playAll(t, []scene{
		{"a host who comes first opens the room", Hosts, func(g *stage) {
			g.host(1)
			assert.Equal(g.t, []string{"welcome 1 [1]"}, g.hears(1))
		}},
		{"guests wait, and enter in the order in which they came when a host arrives, after the host", Hosts, func(g *stage) {
			g.guest(1)
			g.guest(2)
			assert.Equal(g.t, []string{"waiting"}, g.hears(1))
			assert.Equal(g.t, []string{"waiting"}, g.hears(2))
			g.host(3)
			assert.Equal(g.t, []string{"welcome 1 [1]", "joined 2", "joined 3"}, g.hears(3))
			assert.Equal(g.t, []string{"welcome 2 [1 2]", "joined 3"}, g.hears(1))
			assert.Equal(g.t, []string{"welcome 3 [1 2 3]"}, g.hears(2))
		}},
		{"a waiting person who turns out to be the host opens the room", Hosts, func(g *stage) {
			g.guest(1)
			g.guest(2)
			g.hush()
			g.step(SignIn{Conn: 2, N: 7})
			assert.Equal(g.t, []string{"welcome 1 [1]", "joined 2"}, g.hears(2))
			assert.Equal(g.t, []string{"welcome 2 [1 2]"}, g.hears(1))
			assert.Equal(g.t, wire.Host, g.s.seats[0].member.Role)
		}},
		{"somebody inside who signs in becomes a host", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.hush()
			g.step(SignIn{Conn: 2, N: 7})
			assert.Equal(g.t, []string{"member 2 host"}, g.hears(1))
			assert.Equal(g.t, []string{"member 2 host re 7"}, g.hears(2))
		}},
		{"a room stays open when its host has left", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.step(Leave{Conn: 1, Why: wire.CodeLeft})
			g.hush()
			g.guest(3)
			assert.Equal(g.t, []string{"welcome 3 [2 3]"}, g.hears(3))
			assert.Equal(g.t, []string{"joined 3"}, g.hears(2))
		}},
		{"everything is forgotten with the last leave", Hosts, func(g *stage) {
			g.host(1)
			g.step(Say{Conn: 1, Text: "x"})
			old, life := g.token[1], g.s.life
			g.step(Leave{Conn: 1, Why: wire.CodeLeft})
			assert.True(g.t, g.s.Empty())
			assert.Equal(g.t, []string{"remove 1", "close"}, g.media)
			g.hush()
			g.guest(2)
			assert.Equal(g.t, []string{"waiting"}, g.hears(2), "the room is closed again")
			g.enter(3, false, old)
			assert.Equal(g.t, []string{"waiting"}, g.hears(3), "the old token is worth nothing")
			g.host(4)
			assert.Equal(g.t, []string{"welcome 1 [1]", "joined 2", "joined 3"}, g.hears(4))
			assert.NotEqual(g.t, life, g.s.life)
			g.hush()
			g.step(Say{Conn: 4, Text: "y"})
			assert.Equal(g.t, []string{"chat 1 1>0 y"}, g.hears(4))
		}},
	})
}

func TestThoseWhoWaitAndThoseWhoFollow(t *testing.T) {
	playAll(t, []scene{
		{"one who waits and goes leaves nothing behind", Hosts, func(g *stage) {
			g.guest(1)
			g.step(Lose{Conn: 1})
			assert.True(g.t, g.s.Empty())
			g.host(2)
			assert.Equal(g.t, []string{"welcome 1 [1]"}, g.hears(2))
			assert.Equal(g.t, []string{"waiting"}, g.hears(1))
		}},
		{"one who waits may leave", Hosts, func(g *stage) {
			g.guest(1)
			g.step(Leave{Conn: 1, Why: wire.CodeLeft})
			assert.Equal(g.t, []string{"waiting", "bye left"}, g.hears(1))
			assert.True(g.t, g.s.Empty())
		}},
		{"one who waits and acts like a member is sent away", Hosts, func(g *stage) {
			for c, ev := range map[Conn]Event{1: Say{Conn: 1, Text: "x"}, 2: Raise{Conn: 2, Up: true}, 3: Switch{Conn: 3}} {
				g.guest(c)
				g.step(ev)
				assert.Equal(g.t, []string{"waiting", "bye proto.order"}, g.hears(c))
			}
			assert.True(g.t, g.s.Empty())
		}},
		{"with anyone, the first member moderates and the longest-present follows", Anyone, func(g *stage) {
			g.guest(1)
			g.guest(2)
			g.guest(3)
			assert.Equal(g.t, wire.Moderator, g.s.seats[0].member.Role)
			g.hush()
			g.step(Leave{Conn: 1, Why: wire.CodeLeft})
			assert.Equal(g.t, []string{"left 1 left", "member 2 moderator"}, g.hears(3))
			g.step(Lose{Conn: 2})
			g.hush()
			g.pass(wire.SeatTime)
			assert.Equal(g.t, []string{"member 2 moderator away", "left 2 lost", "member 3 moderator"}, g.hears(3))
		}},
		{"with anyone, nobody follows while a host is there", Anyone, func(g *stage) {
			g.guest(1)
			g.host(2)
			g.guest(3)
			g.hush()
			g.step(Leave{Conn: 1, Why: wire.CodeLeft})
			assert.Equal(g.t, []string{"left 1 left"}, g.hears(3))
		}},
	})
}

func TestLostConnectionsKeepTheirSeats(t *testing.T) {
	playAll(t, []scene{
		{"others do not notice a connection that is back within five seconds", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.hush()
			g.step(Lose{Conn: 2})
			g.pass(wire.AwayAfter - 1)
			g.enter(12, false, g.token[2])
			g.s.seats[1].member.Name = "name 2" // enter names people by their connection
			assert.Equal(g.t, []string{"welcome 2 [1 2] again"}, g.hears(12))
			g.pass(2 * wire.SeatTime)
			assert.Equal(g.t, []string{"member 2 guest"}, g.hears(1), "only the new name")
			assert.Empty(g.t, g.media)
		}},
		{"a lost member is away after five seconds, and back", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.hush()
			g.step(Lose{Conn: 2})
			g.pass(wire.AwayAfter)
			assert.Equal(g.t, []string{"member 2 guest away"}, g.hears(1))
			g.enter(12, false, g.token[2])
			assert.Equal(g.t, []string{"member 2 guest"}, g.hears(1))
		}},
		{"a lost member's seat is empty after a minute", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.hush()
			g.step(Lose{Conn: 2})
			g.pass(wire.SeatTime - 1)
			assert.Empty(g.t, g.media)
			g.pass(1)
			assert.Equal(g.t, []string{"member 2 guest away", "left 2 lost"}, g.hears(1))
			assert.Equal(g.t, []string{"remove 2"}, g.media)
			g.enter(12, false, g.token[2])
			assert.Equal(g.t, []string{"welcome 3 [1 3]"}, g.hears(12), "the token is no error, and no seat")
		}},
		{"a room of lost members ends with the last seat", Hosts, func(g *stage) {
			g.host(1)
			g.step(Lose{Conn: 1})
			assert.False(g.t, g.s.Empty())
			g.pass(wire.SeatTime)
			assert.True(g.t, g.s.Empty())
			assert.Equal(g.t, []string{"remove 1", "close"}, g.media)
		}},
		{"a second tab with the token takes the seat over", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.hush()
			g.enter(12, false, g.token[2])
			assert.Equal(g.t, []string{"bye replaced"}, g.hears(2))
			assert.Equal(g.t, []string{"welcome 2 [1 2] again"}, g.hears(12))
			g.step(Lose{Conn: 2})
			g.pass(2 * wire.SeatTime)
			assert.Empty(g.t, g.media, "the older connection's end means nothing")
			g.hush()
			g.step(Say{Conn: 2, Text: "x"})
			assert.Empty(g.t, g.hears(1), "nor does what it still says")
		}},
		{"a token is good until the next one was used, because a welcome may be lost", Hosts, func(g *stage) {
			g.host(1)
			first := g.token[1]
			g.enter(2, false, first)
			g.enter(3, false, first)
			assert.Equal(g.t, []string{"welcome 1 [1] again"}, g.hears(3))
			second := g.token[3]
			g.enter(4, false, second)
			assert.Equal(g.t, []string{"welcome 1 [1] again"}, g.hears(4))
			g.enter(5, false, first)
			assert.Equal(g.t, []string{"welcome 2 [1 2]"}, g.hears(5), "the first is spent now")
		}},
		{"a host who comes back is still the host", Hosts, func(g *stage) {
			g.host(1)
			g.enter(2, false, g.token[1])
			assert.Equal(g.t, wire.Host, g.s.seats[0].member.Role)
		}},
	})
}

func TestWhatMembersSay(t *testing.T) {
	playAll(t, []scene{
		{"chat reaches everybody in one order, the sender by its number", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.hush()
			g.step(Say{Conn: 2, N: 9, Text: "hello"})
			g.step(Say{Conn: 1, Text: "hi"})
			assert.Equal(g.t, []string{"chat 1 2>0 hello", "chat 2 1>0 hi"}, g.hears(1))
			assert.Equal(g.t, []string{"chat 1 2>0 hello re 9", "chat 2 1>0 hi"}, g.hears(2))
		}},
		{"chat to one reaches that one and the sender", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.guest(3)
			g.hush()
			g.step(Say{Conn: 2, N: 9, Text: "psst", To: 1})
			assert.Equal(g.t, []string{"chat 1 2>1 psst"}, g.hears(1))
			assert.Equal(g.t, []string{"chat 1 2>1 psst re 9"}, g.hears(2))
			assert.Empty(g.t, g.hears(3))
		}},
		{"chat to nobody is refused", Hosts, func(g *stage) {
			g.host(1)
			g.hush()
			g.step(Say{Conn: 1, N: 4, Text: "psst", To: 9})
			assert.Equal(g.t, []string{"error member.gone re 4"}, g.hears(1))
		}},
		{"a lost member hears on return what was said, the last hundred at most", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.guest(3)
			g.step(Lose{Conn: 2})
			for i := range maxMissed + 1 {
				g.step(Say{Conn: 1, Text: fmt.Sprint(i)})
			}
			g.step(Say{Conn: 1, Text: "private", To: 3})
			g.enter(12, false, g.token[2])
			heard := g.hears(12)
			require.Len(g.t, heard, 1+maxMissed)
			assert.Equal(g.t, "welcome 2 [1 2 3] again", heard[0])
			assert.Equal(g.t, "chat 2 1>0 1", heard[1])
			assert.Equal(g.t, "chat 101 1>0 100", heard[maxMissed])
		}},
		{"what was said while nobody noticed the loss is said again, the member's own too", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.guest(3)
			g.step(Say{Conn: 1, Text: "old"})
			g.pass(unsure + 1)
			g.step(Say{Conn: 1, Text: "into the void"})
			g.step(Say{Conn: 2, N: 5, Text: "from the void"})
			g.step(Say{Conn: 1, Text: "private", To: 3})
			g.hush()
			g.enter(12, false, g.token[2])
			assert.Equal(g.t, []string{"bye replaced"}, g.hears(2))
			assert.Equal(g.t, []string{"welcome 2 [1 2 3] again", "chat 2 1>0 into the void", "chat 3 2>0 from the void"}, g.hears(12))
		}},
		{"what was said again is in doubt like the rest when the new connection is lost at once", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.step(Lose{Conn: 2})
			g.step(Say{Conn: 1, Text: "first"})
			g.pass(wire.SeatTime - 1)
			g.enter(12, false, g.token[2])
			g.pass(unsure - 1)
			g.enter(13, false, g.token[12])
			assert.Equal(g.t, []string{"welcome 2 [1 2] again", "chat 1 1>0 first"}, g.hears(13))
			g.pass(unsure + 1)
			g.enter(14, false, g.token[13])
			assert.Equal(g.t, []string{"welcome 2 [1 2] again"}, g.hears(14), "after that it is known to have arrived")
		}},
		{"two tabs of one person take the seat from each other, as often as they like", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			tabs := [2]Token{g.token[2], g.token[2]} // a duplicated tab has the same
			for i := range 6 {
				tab, c := 1-i%2, Conn(10+i)
				g.enter(c, false, tabs[tab])
				assert.Contains(g.t, g.hears(c), "welcome 2 [1 2] again")
				tabs[tab] = g.token[c]
			}
			g.hush()
			g.enter(99, false, g.token[2])
			assert.Equal(g.t, []string{"welcome 3 [1 2 3]"}, g.hears(99), "a token of long ago is good for nothing")
		}},
		{"a raised hand keeps its time", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.hush()
			g.step(Raise{Conn: 2, N: 1, Up: true})
			g.now = g.now.Add(time.Second)
			g.step(Raise{Conn: 2, N: 2, Up: true})
			g.step(Raise{Conn: 2, N: 3})
			assert.Equal(g.t, []string{"member 2 guest hand 1000000", "member 2 guest hand 1000000", "member 2 guest"}, g.hears(1))
			assert.Equal(g.t, "member 2 guest hand 1000000 re 1", g.hears(2)[0])
		}},
		{"the others learn what somebody sends, once", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.hush()
			g.step(Switch{Conn: 2, State: wire.Sending{Cam: true}})
			g.step(Switch{Conn: 2, State: wire.Sending{Cam: true}})
			assert.Equal(g.t, []string{"member 2 guest cam"}, g.hears(1))
			assert.Empty(g.t, g.hears(2))
		}},
	})
}

func TestBounds(t *testing.T) {
	playAll(t, []scene{
		{"a hundred and no more", Hosts, func(g *stage) {
			for c := range Conn(DefaultMembers) {
				g.guest(c + 1)
			}
			g.guest(200)
			assert.Equal(g.t, []string{"bye room.full"}, g.hears(200), "nor do more wait")
			g.host(300)
			assert.Equal(g.t, DefaultMembers, g.s.Members())
			assert.Equal(g.t, []string{"waiting", "bye room.full"}, g.hears(DefaultMembers), "the last who came")
			g.host(301)
			assert.Equal(g.t, []string{"bye room.full"}, g.hears(301))
			g.step(Leave{Conn: 1, Why: wire.CodeLeft})
			g.host(302)
			assert.Contains(g.t, g.hears(302)[0], "welcome 101 ")
		}},
		{"as many as the operator said", Hosts, func(g *stage) {
			g.s = NewState(Hosts, 2)
			g.host(1)
			g.guest(2)
			g.guest(3)
			assert.Equal(g.t, 2, g.s.Members())
			assert.Equal(g.t, []string{"bye room.full"}, g.hears(3))
		}},
		{"indices run out before they repeat", Hosts, func(g *stage) {
			g.host(1)
			g.s.last = lastIndex
			g.guest(2)
			assert.Equal(g.t, []string{"bye room.full"}, g.hears(2))
		}},
		{"connections that the room does not know mean nothing", Hosts, func(g *stage) {
			for _, ev := range []Event{SignIn{Conn: 9}, Say{Conn: 9}, Raise{Conn: 9}, Switch{Conn: 9}, Leave{Conn: 9}, Lose{Conn: 9}, Tick{}} {
				assert.Empty(g.t, g.s.Step(g.now, ev))
			}
		}},
		{"after a fault everybody is told, and the room is empty", Hosts, func(g *stage) {
			g.host(1)
			g.guest(2)
			g.step(Lose{Conn: 2})
			out := g.s.abort()
			assert.Equal(g.t, []Effect{End{Conn: 1, Err: wire.Refuse(wire.CodeInternal)}, Close{Life: "life 1"}}, out)
			assert.True(g.t, g.s.Empty())
		}},
	})
}
