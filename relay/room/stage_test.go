package room

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/require"
)

// stage runs a State and keeps what each connection was told, in words: "waiting", "welcome 2 [1 2]", "joined 3",
// "left 1 lost", "member 2 guest away", "chat 1 2>0 hello", "error member.gone", "secured by 1", "item 2>1 16 text",
// "bye replaced".
type stage struct {
	t     *testing.T
	s     *State
	now   time.Time
	heard map[Conn][]string
	media []string // "remove 2", "bar", "close", "drop 3 member.gone"
	token map[Conn]Token
	drawn int
	// members are what the welcome of each connection said of everybody.
	members map[Conn][]wire.Member
}

func newStage(t *testing.T, o Opening) *stage {
	return &stage{
		t: t, s: NewState(o, DefaultMembers), now: time.Unix(1000, 0),
		heard: map[Conn][]string{}, token: map[Conn]Token{}, members: map[Conn][]wire.Member{},
	}
}

func (g *stage) step(ev Event) {
	for _, e := range g.s.Step(g.now, ev) {
		switch e := e.(type) {
		case Send:
			require.NotEmpty(g.t, e.To)
			for _, c := range e.To {
				g.heard[c] = append(g.heard[c], words(e.Msg, e.Re))
			}
		case Admit:
			var who []wire.MemberIndex
			for _, m := range e.Members {
				who = append(who, m.Index)
			}
			again := ""
			if e.Resumed {
				again = " again"
			}
			if e.E2EE {
				again += " encrypted"
			}
			g.heard[e.Conn] = append(g.heard[e.Conn], fmt.Sprintf("welcome %d %v%s", e.You, who, again))
			g.members[e.Conn] = e.Members
			g.token[e.Conn] = e.Resume
		case End:
			g.heard[e.Conn] = append(g.heard[e.Conn], "bye "+string(e.Err.Code))
		case Deliver:
			require.NotEmpty(g.t, e.Items)
			for _, it := range e.Items {
				g.heard[e.To] = append(g.heard[e.To], fmt.Sprintf("item %d>%d %d %s", it.From, it.To, it.Kind, it.Data))
			}
		case Drop:
			g.media = append(g.media, fmt.Sprintf("drop %d %s", e.Items, e.Why))
		case Bar:
			g.media = append(g.media, "bar")
		case Remove:
			g.media = append(g.media, fmt.Sprintf("remove %d", e.Member))
		case Close:
			g.media = append(g.media, "close")
		}
	}
}

func words(m wire.ServerMessage, re uint32) string {
	out := ""
	switch m := m.(type) {
	case *wire.Waiting:
		out = "waiting"
	case *wire.Joined:
		out = fmt.Sprintf("joined %d", m.Member.Index)
		if m.Member.Announce != nil {
			out += " " + string(m.Member.Announce)
		}
	case *wire.Left:
		out = fmt.Sprintf("left %d %s", m.Member, m.Why)
	case *wire.Changed:
		out = fmt.Sprintf("member %d %s", m.Member.Index, m.Member.Role)
		if m.Member.Away {
			out += " away"
		}
		if m.Member.Hand != 0 {
			out += fmt.Sprintf(" hand %d", m.Member.Hand)
		}
		if m.Member.State.Cam {
			out += " cam"
		}
		if m.Member.Announce != nil {
			out += " " + string(m.Member.Announce)
		}
	case *wire.Secured:
		out = fmt.Sprintf("secured by %d", m.By)
	case *wire.Chat:
		out = fmt.Sprintf("chat %d %d>%d %s", m.ID, m.From, m.To, m.Text)
	case *wire.Failure:
		out = "error " + string(m.Code)
		if most := m.Params["most"]; most != "" {
			out += " " + most
		}
	default:
		out = fmt.Sprintf("%T", m)
	}
	if re != 0 {
		out += fmt.Sprintf(" re %d", re)
	}
	return out
}

func (g *stage) fresh() (Token, Life) {
	g.drawn++
	return Token(fmt.Sprintf("token %d", g.drawn)), Life(fmt.Sprintf("life %d", g.drawn))
}

func (g *stage) enter(c Conn, host bool, resume Token) {
	next, life := g.fresh()
	g.step(Enter{Conn: c, Name: fmt.Sprintf("name %d", c), Host: host, Resume: resume, Next: next, Life: life})
}

func (g *stage) guest(c Conn) { g.enter(c, false, "") }
func (g *stage) host(c Conn)  { g.enter(c, true, "") }

// hears returns what c heard since the last call.
func (g *stage) hears(c Conn) []string {
	h := g.heard[c]
	delete(g.heard, c)
	return h
}

// hush forgets all that was heard.
func (g *stage) hush() { g.heard = map[Conn][]string{} }

// pass lets time go by, ticking whenever the state asks for it.
func (g *stage) pass(d time.Duration) {
	end := g.now.Add(d)
	for {
		at, ok := g.s.Next()
		if !ok || at.After(end) {
			break
		}
		require.False(g.t, at.Before(g.now), "a deadline lies in the past: the loop would spin")
		g.now = at
		g.step(Tick{})
		if again, ok := g.s.Next(); ok {
			require.True(g.t, again.After(at), "a tick leaves its own deadline behind: the loop would spin")
		}
	}
	g.now = end
}

// scene is one situation.
type scene struct {
	name    string
	opening Opening
	play    func(g *stage)
}

func playAll(t *testing.T, scenes []scene) {
	for _, c := range scenes {
		t.Run(c.name, func(t *testing.T) { c.play(newStage(t, c.opening)) })
	}
}

func sorted(m map[wire.MemberIndex]bool) []wire.MemberIndex {
	var out []wire.MemberIndex
	for i := range m {
		out = append(out, i)
	}
	slices.Sort(out)
	return out
}
