package conf

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
)

func TestNothingOfWhatTheRelaySaysOfPeopleIsShown(t *testing.T) {
	c := sealedCall(t)
	liar := filming(someone(bob, "Ana, host"))
	liar.Hand = 5
	fx := c.says(&wire.Changed{Member: liar})
	fx = append(fx, c.says(&wire.Joined{Member: someone(cyd, "Cyd")})...)
	fx = append(fx, c.says(&wire.Chat{ID: 1, From: bob, Text: "the relay's words"})...)
	v := c.s.View()
	require.Len(t, v.Peers, 2)
	for _, p := range v.Peers {
		assert.Empty(t, p.Name)
		assert.Zero(t, p.Hand)
		assert.Equal(t, PeerWaiting, p.Crypto)
	}
	assert.Empty(t, v.Chat.Messages)
	assert.Empty(t, of[Tell](fx))
	fx = c.says(&wire.Left{Member: cyd})
	assert.Empty(t, of[Tell](fx), "nobody knows who that was")
}

func TestNamesAndHandsComeFromTheMembers(t *testing.T) {
	c := sealedCall(t)
	c.reports(up("Bob"))
	p := c.s.View().Peers[0]
	assert.Equal(t, "Bob", p.Name)
	assert.Equal(t, PeerUp, p.Crypto)

	st := up("Bob")
	st.Peers[0].About.Hand = 77
	fx := c.reports(st)
	assert.EqualValues(t, 77, c.s.View().Peers[0].Hand)
	assert.Equal(t, "say.hand", of[Tell](fx)[0].Note.Key)

	for _, about := range []port.About{{Name: "a\nb", Hand: -5}, {Name: strings.Repeat("x", 10_000)}} {
		st.Peers[0].About = about
		c.reports(st)
		assert.Empty(t, c.s.View().Peers[0].Name, "what cannot be a name")
		assert.Zero(t, c.s.View().Peers[0].Hand)
	}
}

func TestWhoComesIsAnnouncedWhenItsNameIsProved(t *testing.T) {
	c := sealedCall(t)
	fx := c.reports(up("Bob"))
	assert.Empty(t, of[Tell](fx), "he was there before me")
	m := someone(cyd, "")
	m.Announce = []byte("cyd")
	fx = c.says(&wire.Joined{Member: m})
	assert.Equal(t, []*port.Joined{{Member: port.Member{Index: uint16(cyd), Announce: m.Announce}}}, told[*port.Joined](fx))
	assert.Empty(t, of[Tell](fx))
	st := up("Bob")
	st.Peers = append(st.Peers, port.Peer{Index: uint16(cyd), Status: port.StatusUp, About: port.About{Name: "Cyd"}})
	fx = c.reports(st)
	assert.Equal(t, Note{T: "announce", Key: "say.joined", Params: map[string]string{"name": "Cyd"}}, of[Tell](fx)[0].Note)
	assert.Empty(t, of[Tell](c.reports(st)), "once")
	fx = c.says(&wire.Left{Member: cyd})
	assert.Equal(t, "say.left", of[Tell](fx)[0].Note.Key)
	assert.Equal(t, []*port.Left{{Index: uint16(cyd)}}, told[*port.Left](fx))
}

func TestMyNameAndHandGoToTheMembersOnly(t *testing.T) {
	c := keyed(t)
	fx := c.says(encrypted(welcome(someone(bob, ""))))
	assert.Equal(t, []*port.Profile{{Profile: port.About{Name: "ann"}}}, told[*port.Profile](fx))
	assert.Equal(t, []*port.Welcome{{Me: uint16(ann), Others: []port.Member{{Index: uint16(bob), Announce: []byte{1}}}}}, told[*port.Welcome](fx))
	up := true
	fx = c.on(&Hand{Up: &up})
	assert.Empty(t, sent[*wire.SetHand](fx))
	assert.Equal(t, []*port.Profile{{Profile: port.About{Name: "ann", Hand: c.now.UnixMilli()}}}, told[*port.Profile](fx))
	c.says(&wire.Changed{Member: someone(ann, "")})
	assert.NotZero(t, c.s.View().Me.Hand, "the relay knows nothing of it")
}

func TestPicturesAndSoundsOnlyOfThoseWhoHaveThePassphrase(t *testing.T) {
	c := sealedCall(t)
	c.says(&wire.Slots{Slots: []wire.SlotState{
		{Mid: "v0", Source: wire.Source{Member: bob, Stream: wire.Cam}},
		{Mid: "a0", Source: wire.Source{Member: bob, Stream: wire.Mic}},
	}})
	state := func(st port.Status) Peer {
		x := up("Bob")
		x.Peers[0].Status = st
		c.reports(x)
		return c.s.View().Peers[0]
	}
	for _, st := range []port.Status{port.StatusWaiting, port.StatusChecking, port.StatusDifferent, port.StatusFailed} {
		p := state(st)
		assert.Empty(t, p.Cam.Stream, st)
		assert.Empty(t, p.Sounds)
		assert.True(t, p.Cam.On)
	}
	for _, st := range []port.Status{port.StatusUp, port.StatusReconnecting} {
		p := state(st)
		assert.Equal(t, "1/cam", p.Cam.Stream)
		assert.Equal(t, []string{"1/mic"}, p.Sounds)
	}
}

func TestChatGoesPastTheRelay(t *testing.T) {
	c := sealedCall(t)
	fx := c.on(&Say{Text: "early"})
	assert.Empty(t, told[*port.Say](fx), "nobody could read it")
	fx = c.reports(up("Bob"))
	say := told[*port.Say](fx)
	require.Len(t, say, 1)
	assert.Equal(t, "early", say[0].Text)
	assert.Empty(t, sent[*wire.SendChat](fx))
	require.Len(t, c.s.View().Chat.Messages, 1)
	assert.True(t, c.s.View().Chat.Messages[0].Pending)

	said := &port.Said{From: uint16(ann), ID: say[0].ID, Text: "early"}
	c.reports(said)
	c.reports(said)
	c.reports(&port.Said{From: uint16(bob), ID: 9, To: uint16(ann), Text: "hello", At: -1})
	c.reports(&port.Said{From: uint16(bob), ID: 10, To: uint16(cyd), Text: "not for me"})
	c.reports(&port.Said{From: uint16(bob), ID: 11, Text: "not\x00text"})
	v := c.s.View().Chat
	require.Len(t, v.Messages, 2)
	assert.Equal(t, "early", v.Messages[0].Text)
	assert.Equal(t, "ann", v.Messages[0].Name)
	assert.True(t, v.Messages[0].Mine && !v.Messages[0].Pending)
	assert.Equal(t, "hello", v.Messages[1].Text)
	assert.Equal(t, "Bob", v.Messages[1].Name)
	assert.Equal(t, ann, v.Messages[1].To)
	assert.Equal(t, c.now.UnixMilli(), v.Messages[1].At, "by my clock")
	assert.NotEqual(t, v.Messages[0].ID, v.Messages[1].ID)
	assert.Equal(t, 1, v.Unread)
}

func TestAMessageThatCannotBeSentIsTakenBack(t *testing.T) {
	c := sealedCall(t)
	c.reports(up("Bob"))
	say := told[*port.Say](c.on(&Say{Text: "to whom?", To: cyd}))
	c.says(&wire.Failure{Error: wire.Error{Code: wire.CodeChat}})
	assert.Len(t, c.s.View().Chat.Messages, 1, "not the relay's business")
	c.reports(&port.Unsaid{ID: say[0].ID, Code: string(wire.CodeNobody)})
	assert.Empty(t, c.s.View().Chat.Messages)
	assert.Equal(t, string(wire.CodeNobody), c.s.View().Chat.Problem.Code)
}

func TestAMessageThatComesTooFastIsSentAWhileLater(t *testing.T) {
	c := sealedCall(t)
	c.reports(up("Bob"))
	say := told[*port.Say](c.on(&Say{Text: "much"}))
	c.reports(&port.Unsaid{ID: say[0].ID, Code: string(wire.CodeRate)})
	assert.Empty(t, told[*port.Say](c.on(&Say{Text: "more"})), "in order")
	assert.Equal(t, Problem{}, c.s.View().Chat.Problem)
	again := told[*port.Say](c.later(rateWait))
	require.Len(t, again, 2)
	assert.Equal(t, say[0], again[0])
	assert.Equal(t, "more", again[1].Text)
	c.reports(&port.Said{From: uint16(ann), ID: say[0].ID, Text: "much"})
	assert.Len(t, c.s.View().Chat.Messages, 2)
}

func TestItemsPassBetweenRelayAndWorker(t *testing.T) {
	c := sealedCall(t)
	fx := c.says(&wire.Sealed{Items: []wire.Item{{Kind: wire.ItemHS2, From: bob, To: ann, Data: []byte("x")}}})
	assert.Equal(t, []*port.Receive{{Items: []port.Item{{Kind: 2, From: uint16(bob), To: uint16(ann), Data: []byte("x")}}}}, told[*port.Receive](fx))

	var many []port.Item
	for range wire.MaxItems + 1 {
		many = append(many, port.Item{Kind: 1, To: uint16(bob), Data: []byte("y")})
	}
	out := sent[*wire.Sealed](c.reports(&port.Send{Items: many}))
	require.Len(t, out, 2, "as many messages as it takes")
	assert.Equal(t, wire.Item{Kind: 1, To: bob, Data: []byte("y")}, out[0].Items[0])

	c.on(LinkDown{Tries: 1})
	assert.Empty(t, c.reports(&port.Send{Items: many}))
	assert.Equal(t, CryptoAlone, c.crypto().Phase, "what is known stays")
}

func TestAfterALostConnectionTheWorkerHearsWhoIsThere(t *testing.T) {
	c := sealedCall(t)
	c.reports(up("Bob"))
	c.on(LinkDown{Tries: 1})
	hello := sent[*wire.Hello](c.on(LinkUp{}))
	require.Len(t, hello, 1)
	assert.Equal(t, "token-1", hello[0].Resume)
	assert.Equal(t, announced, hello[0].E2EE.Announce)

	w := encrypted(resumed(someone(bob, ""), someone(cyd, "")))
	w.Members[0].Announce = []byte("somebody else")
	fx := c.says(w)
	assert.Equal(t, []*port.Left{{Index: uint16(bob)}}, told[*port.Left](fx), "another identity is another member")
	require.Len(t, told[*port.Welcome](fx), 1)
	assert.Len(t, told[*port.Welcome](fx)[0].Others, 2)
	assert.Empty(t, sent[*wire.SetAnnounce](fx), "hello had it")
	assert.Empty(t, c.s.View().Peers[0].Name, "that was the other one's")
}

func TestAMemberWithAnotherAnnounceIsAnotherMember(t *testing.T) {
	c := sealedCall(t)
	c.reports(up("Bob"))
	m := filming(someone(bob, ""))
	m.Announce = []byte("another")
	fx := c.says(&wire.Changed{Member: m})
	require.Len(t, told[*port.Left](fx), 1)
	require.Len(t, told[*port.Joined](fx), 1)
	p := c.s.View().Peers[0]
	assert.Empty(t, p.Name)
	assert.Equal(t, PeerWaiting, p.Crypto)

	m.Away = true
	fx = c.says(&wire.Changed{Member: m})
	assert.Equal(t, []*port.Away{{Index: uint16(bob), Away: true}}, told[*port.Away](fx))
	assert.Empty(t, of[TellCrypto](c.says(&wire.Changed{Member: m})), "once")
}
