package room

import (
	"fmt"
	"testing"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/require"
)

// model is what a careful listener knows of a room: it sees effects only, and checks what must always hold.
type model struct {
	t       *testing.T
	life    Life
	last    wire.MemberIndex
	in      map[wire.MemberIndex]bool          // not yet removed in this incarnation
	seat    map[Conn]wire.MemberIndex          // connections with a welcome
	view    map[Conn]map[wire.MemberIndex]bool // who each client believes is there
	ended   map[Conn]bool
	entered map[Conn]bool
	host    map[Conn]bool // has shown a good ticket
	chat    uint64
	e2ee    bool          // the incarnation is encrypted
	sealed  map[Conn]bool // asked for an encrypted room
	barred  map[wire.MemberIndex]bool
}

func newModel(t *testing.T) *model {
	return &model{t: t, in: map[wire.MemberIndex]bool{}, seat: map[Conn]wire.MemberIndex{},
		view: map[Conn]map[wire.MemberIndex]bool{}, ended: map[Conn]bool{}, entered: map[Conn]bool{}, host: map[Conn]bool{},
		sealed: map[Conn]bool{}, barred: map[wire.MemberIndex]bool{}}
}

func (m *model) see(e Effect) {
	switch e := e.(type) {
	case Admit:
		m.admit(e)
	case Send:
		for _, c := range e.To {
			m.hear(c, e.Msg)
		}
	case Deliver:
		require.True(m.t, m.e2ee, "items are for encrypted rooms")
		require.NotNil(m.t, m.view[e.To])
		for _, it := range e.Items {
			require.Equal(m.t, m.seat[e.To], it.To, "nobody hears what is for another")
			require.True(m.t, m.in[it.From], "who speaks is there")
			require.Equal(m.t, fmt.Sprint(it.From), string(it.Data), "the relay says from whom items are")
		}
	case Bar:
		require.Equal(m.t, m.life, e.Life)
		require.False(m.t, m.e2ee, "once")
		m.e2ee = true
		for x := range m.in {
			m.barred[x] = true
		}
	case Announced:
		require.Equal(m.t, m.life, e.Life)
		require.Equal(m.t, m.seat[e.Conn], e.Member)
		require.Equal(m.t, m.e2ee, e.Good, "an announce counts in an encrypted room, and in no other")
		delete(m.barred, e.Member)
	case End:
		require.False(m.t, m.ended[e.Conn], "a connection ends once")
		require.True(m.t, m.entered[e.Conn])
		m.ended[e.Conn] = true
		delete(m.view, e.Conn)
	case Remove:
		require.True(m.t, m.in[e.Member], "who is removed was there")
		require.Equal(m.t, m.life, e.Life)
		delete(m.in, e.Member)
		delete(m.barred, e.Member)
	case Close:
		require.Equal(m.t, m.life, e.Life)
		require.Empty(m.t, m.in, "nobody is left when an incarnation ends")
		m.life, m.last, m.chat, m.e2ee = "", 0, 0, false
	}
}

func (m *model) admit(e Admit) {
	require.True(m.t, m.entered[e.Conn], "only who asked is let in")
	require.False(m.t, m.ended[e.Conn])
	require.NotContains(m.t, m.view, e.Conn, "one welcome a connection")
	if m.life == "" {
		m.life, m.e2ee = e.Life, e.E2EE
	}
	require.Equal(m.t, m.e2ee, e.E2EE, "an incarnation that is encrypted stays so, and only Bar makes it so")
	require.Equal(m.t, m.e2ee, m.sealed[e.Conn], "nobody is in a room of the other kind")
	require.Equal(m.t, m.life, e.Life)
	if e.Resumed {
		require.True(m.t, m.in[e.You], "a seat that is taken back is still there")
	} else {
		require.Greater(m.t, e.You, m.last, "indices increase")
		m.last = e.You
		m.in[e.You] = true
	}
	view := map[wire.MemberIndex]bool{}
	for _, x := range e.Members {
		m.look(x)
		view[x.Index] = true
	}
	require.Equal(m.t, sorted(m.in), sorted(view), "a welcome names everybody")
	m.seat[e.Conn], m.view[e.Conn] = e.You, view
	delete(m.barred, e.You)
}

// look checks what is said of a member.
func (m *model) look(x wire.Member) {
	if m.e2ee {
		require.Empty(m.t, x.Name, "an encrypted room knows no names")
		require.Zero(m.t, x.Hand, "nor hands")
		return
	}
	require.NotEmpty(m.t, x.Name)
	require.Empty(m.t, x.Announce)
}

func (m *model) hear(c Conn, msg wire.ServerMessage) {
	require.False(m.t, m.ended[c], "nothing follows the end")
	if _, ok := msg.(*wire.Waiting); ok {
		require.NotContains(m.t, m.view, c)
		return
	}
	view := m.view[c]
	require.NotNil(m.t, view, "who is not inside hears nothing of the inside")
	switch msg := msg.(type) {
	case *wire.Joined:
		m.look(msg.Member)
		require.False(m.t, view[msg.Member.Index], "joined once")
		view[msg.Member.Index] = true
	case *wire.Left:
		require.True(m.t, view[msg.Member], "left once, after having joined")
		delete(view, msg.Member)
	case *wire.Changed:
		m.look(msg.Member)
		require.True(m.t, view[msg.Member.Index], "only who is there changes")
	case *wire.Secured:
		require.True(m.t, m.e2ee, "the media have ended when it is said")
	case *wire.Chat:
		require.False(m.t, m.e2ee)
		require.True(m.t, msg.To == 0 || msg.To == m.seat[c] || msg.From == m.seat[c], "what is said to one is heard by one")
	}
}

// settle checks what holds between two events.
func (m *model) settle(s *State) {
	require.Equal(m.t, len(m.in), s.Members())
	for c, v := range m.view {
		require.Equal(m.t, sorted(m.in), sorted(v), "connection %d believes something else", c)
	}
	if s.Members() == 0 {
		require.Empty(m.t, s.byConn)
		require.Empty(m.t, s.byToken)
		require.Zero(m.t, s.last)
		require.Zero(m.t, s.chat)
		require.Empty(m.t, string(s.life))
	}
	require.Equal(m.t, m.e2ee, s.encrypted())
	for _, x := range s.seats {
		announced := m.e2ee && !m.barred[x.member.Index]
		require.Equal(m.t, announced, len(x.member.Announce) > 0, "who may have media in an encrypted room has announced itself")
	}
	require.LessOrEqual(m.t, s.Members(), DefaultMembers)
	require.LessOrEqual(m.t, len(s.waiting), DefaultMembers)
	if s.opening == Hosts && s.Members() > 0 {
		require.Empty(m.t, s.waiting, "nobody waits for an open room")
	}
}

// play makes an event of two bytes.
func (m *model) play(s *State, a, b byte, now *time.Time, conns *Conn, tokens []Token) (Event, Token) {
	c := Conn(b)%(*conns+1) + 1
	switch a % 13 {
	case 0, 1, 2:
		*conns++
		next := Token(fmt.Sprint("t", *conns))
		e := Enter{Conn: *conns, Name: fmt.Sprint("n", b), Host: b%8 == 0, Next: next, Life: Life(fmt.Sprint("l", *conns))}
		if a%13 == 2 && len(tokens) > 0 {
			e.Resume = tokens[int(b)%len(tokens)]
		}
		if a >= 128 {
			e.Name, e.Announce, m.sealed[*conns] = "", []byte{b}, true
		}
		m.entered[e.Conn], m.host[e.Conn] = true, e.Host
		return e, next
	case 3:
		delete(m.view, c)
		m.ended[c] = m.ended[c] || false
		return Lose{Conn: c}, ""
	case 4:
		return Leave{Conn: c, Why: wire.CodeLeft}, ""
	case 5:
		return SignIn{Conn: c, N: 1}, ""
	case 6:
		return Say{Conn: c, Text: "x", To: wire.MemberIndex(a / 10)}, ""
	case 7:
		return Raise{Conn: c, Up: a > 100}, ""
	case 8:
		return Switch{Conn: c, State: wire.Sending{Mic: a > 100}}, ""
	case 10:
		return Secure{Conn: c, N: 1}, ""
	case 11:
		return Announce{Conn: c, N: 1, Announce: []byte{b}}, ""
	case 12:
		from := []byte(fmt.Sprint(m.seat[c]))
		return Pass{Conn: c, Items: []wire.Item{{To: wire.MemberIndex(a / 13), Data: from}, {From: 7, To: 1, Data: from}}}, ""
	}
	*now = now.Add(time.Duration(b) * time.Second / 2)
	return Tick{}, ""
}

// FuzzRoom plays random events against the model: who is in the room was let in, all who are inside agree on who is
// there, indices increase, and nothing outlives the incarnation.
func FuzzRoom(f *testing.F) {
	f.Add([]byte{0, 1, 0, 2, 0, 8, 3, 1, 9, 255, 2, 1, 4, 2}, false)
	f.Add([]byte{0, 1, 5, 0, 6, 1, 3, 0, 9, 11, 2, 0, 4, 0}, false)
	f.Add([]byte{0, 1, 0, 2, 4, 0, 3, 1, 9, 130, 0, 3}, true)
	f.Add([]byte{130, 8, 130, 1, 12, 1, 25, 0, 3, 1, 132, 1, 12, 0, 0, 1, 6, 0}, false)
	f.Add([]byte{0, 8, 0, 1, 10, 0, 11, 1, 6, 1, 130, 3, 12, 0, 38, 1, 3, 1, 2, 1, 132, 1, 7, 0}, true)
	f.Fuzz(func(t *testing.T, script []byte, anyone bool) {
		o := Hosts
		if anyone {
			o = Anyone
		}
		s, m := NewState(o, DefaultMembers), newModel(t)
		now, conns, tokens := time.Unix(1000, 0), Conn(0), []Token(nil)
		for i := 0; i+1 < len(script) && i < 2000; i += 2 {
			ev, token := m.play(s, script[i], script[i+1], &now, &conns, tokens)
			if token != "" {
				tokens = append(tokens, token)
			}
			for _, e := range s.Step(now, ev) {
				m.see(e)
			}
			m.settle(s)
		}
		for c := range conns {
			for _, e := range s.Step(now, Leave{Conn: c + 1, Why: wire.CodeLeft}) {
				m.see(e)
			}
		}
		for _, e := range s.Step(now.Add(wire.SeatTime), Tick{}) {
			m.see(e)
		}
		m.settle(s)
		require.True(t, s.Empty(), "everything is gone with the last leave")
	})
}
