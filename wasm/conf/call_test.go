package conf

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

func TestARoomIsChosenByWhatWasTyped(t *testing.T) {
	for name, x := range map[string]struct{ raw, room, problem string }{
		"a plain name":                  {"standup", "standup", ""},
		"a name that is made canonical": {"/My%20Room"[1:], "my-room", ""},
		"an empty name":                 {"  ", "", "room.name"},
		"a name with bad characters":    {"a/b", "", "room.name"},
		"a name that is too long":       {strings.Repeat("x", 65), "", "room.name"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, Config{})
			c.on(&OpenRoom{Name: x.raw})
			v := c.s.View()
			assert.Equal(t, x.room, v.Room.Name)
			assert.Equal(t, x.problem, v.Room.Problem.Code)
			if x.problem == "" {
				assert.Equal(t, ScreenPrejoin, v.App.Screen)
				assert.Positive(t, v.Room.Strength.Level)
			} else {
				assert.Equal(t, ScreenHome, v.App.Screen)
				assert.NotEmpty(t, v.Room.Problem.Params["why"])
			}
		})
	}
}

func TestHelloWaitsForTheConnectionAndTheOffer(t *testing.T) {
	t.Run("the connection is first", func(t *testing.T) {
		c := joining(t, Config{Client: "test/1"})
		assert.Empty(t, of[Send](c.on(LinkUp{})))
		hello := sent[*wire.Hello](c.on(Offered{Offer: offer(true, 4)}))
		require.Len(t, hello, 1)
		assert.Equal(t, "r", hello[0].Room)
		assert.Equal(t, "ann", hello[0].Name)
		assert.Equal(t, "test/1", hello[0].Client)
		assert.Equal(t, wire.Sending{Mic: true, Cam: true}, hello[0].State)
		assert.NotNil(t, hello[0].Offer)
	})
	t.Run("the offer is first", func(t *testing.T) {
		c := joining(t, Config{})
		assert.Empty(t, of[Send](c.on(Offered{Offer: offer(true, 4)})))
		assert.Len(t, sent[*wire.Hello](c.on(LinkUp{})), 1)
	})
}

func TestJoinConnectsAndDescribesAtTheSameTime(t *testing.T) {
	c := newClient(t, Config{})
	c.on(&OpenRoom{Name: "r"})
	fx := c.on(&Join{Name: "ann"})
	one[Connect](t, fx)
	assert.Equal(t, MakeOffer{Fresh: true, Audio: 5, Video: 4}, one[MakeOffer](t, fx))
	assert.Equal(t, ConnConnecting, c.app().Conn)
}

func TestANameThatTheRelayWouldRefuseDoesNotJoin(t *testing.T) {
	c := newClient(t, Config{})
	c.on(&OpenRoom{Name: "r"})
	fx := c.on(&Join{Name: "  "})
	assert.Empty(t, of[Connect](fx))
	assert.Equal(t, "error.name.bad", one[Tell](t, fx).Note.Key)
	assert.Equal(t, ScreenPrejoin, c.app().Screen)
}

func TestAGuestWaitsUntilTheRelayLetsIn(t *testing.T) {
	c := greeted(t, Config{})
	c.says(&wire.Waiting{For: wire.WaitHost})
	assert.Equal(t, ScreenWaiting, c.app().Screen)
	assert.Equal(t, ConnUp, c.app().Conn)
	one[SetAnswer](t, c.says(welcome()))
	assert.Equal(t, ScreenCall, c.app().Screen)
	assert.Equal(t, c.now.UnixMilli(), c.app().JoinedAt)
}

func TestAConnectionLostWhileWaitingSaysHelloAgainWithTheSameOffer(t *testing.T) {
	c := greeted(t, Config{})
	c.says(&wire.Waiting{For: wire.WaitHost})
	c.on(LinkDown{Tries: 1})
	assert.Equal(t, ConnLost, c.app().Conn)
	fx := c.on(LinkUp{})
	assert.Empty(t, of[MakeOffer](fx))
	hello := sent[*wire.Hello](fx)
	require.Len(t, hello, 1)
	assert.NotNil(t, hello[0].Offer)
}

func TestASignedInHostBringsATicket(t *testing.T) {
	c := newClient(t, Config{})
	c.on(APIResult{Op: "session", Name: "ann"})
	c.on(&OpenRoom{Name: "r"})
	assert.Equal(t, "ticket", one[CallAPI](t, c.on(&Join{Name: "ann"})).Op)
	c.on(LinkUp{})
	assert.Empty(t, of[Send](c.on(Offered{Offer: offer(true, 4)})), "the ticket is awaited")
	hello := sent[*wire.Hello](c.on(APIResult{Op: "ticket", Ticket: "T"}))
	require.Len(t, hello, 1)
	assert.Equal(t, "T", hello[0].Ticket)
}

func TestAHostWithoutATicketEntersAsAGuest(t *testing.T) {
	for name, happens := range map[string]func(c *client) []Effect{
		"the session is over": func(c *client) []Effect {
			return c.on(APIResult{Op: "ticket", Err: &wire.Error{Code: "auth.session"}})
		},
		"nothing comes back": func(c *client) []Effect { return c.later(ticketTime) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, Config{})
			c.on(APIResult{Op: "session", Name: "ann"})
			c.on(&OpenRoom{Name: "r"})
			c.on(&Join{Name: "ann"})
			c.on(LinkUp{})
			c.on(Offered{Offer: offer(true, 4)})
			hello := sent[*wire.Hello](happens(c))
			require.Len(t, hello, 1)
			assert.Empty(t, hello[0].Ticket)
		})
	}
}

func TestATicketThatBecameOldIsReplacedBeforeHello(t *testing.T) {
	c := newClient(t, Config{})
	c.on(APIResult{Op: "session", Name: "ann"})
	c.on(&OpenRoom{Name: "r"})
	c.on(&Join{Name: "ann"})
	c.on(Offered{Offer: offer(true, 4)})
	c.on(APIResult{Op: "ticket", Ticket: "old"})
	c.now = c.now.Add(ticketLife)
	fx := c.on(LinkUp{})
	assert.Empty(t, of[Send](fx))
	assert.Equal(t, "ticket", one[CallAPI](t, fx).Op)
	hello := sent[*wire.Hello](c.on(APIResult{Op: "ticket", Ticket: "new"}))
	require.Len(t, hello, 1)
	assert.Equal(t, "new", hello[0].Ticket)
}

func TestATicketThatTheRelayRefusesIsReplacedOnce(t *testing.T) {
	c := newClient(t, Config{})
	c.on(APIResult{Op: "session", Name: "ann"})
	c.on(&OpenRoom{Name: "r"})
	c.on(&Join{Name: "ann"})
	c.on(APIResult{Op: "ticket", Ticket: "late"})
	c.on(Offered{Offer: offer(true, 4)})
	require.Len(t, sent[*wire.Hello](c.on(LinkUp{})), 1)
	c.says(&wire.Bye{Error: wire.Error{Code: wire.CodeTicket}})
	c.on(LinkDown{Tries: 1})
	hello := sent[*wire.Hello](c.on(LinkUp{}))
	require.Len(t, hello, 1)
	assert.Empty(t, hello[0].Ticket, "as a guest, who can become a host by auth")
	assert.Equal(t, "ticket", one[CallAPI](t, c.says(&wire.Waiting{For: wire.WaitHost})).Op)
}

func TestTheHostSignsInWhileWaiting(t *testing.T) {
	c := greeted(t, Config{})
	c.says(&wire.Waiting{For: wire.WaitHost})
	assert.Equal(t, CallAPI{Op: "signin", Name: "ann", Secret: "pw"}, one[CallAPI](t, c.on(&SignIn{Name: "ann", Secret: "pw"})))
	assert.True(t, c.s.View().Auth.Busy)
	assert.Equal(t, "ticket", one[CallAPI](t, c.on(APIResult{Op: "signin", Name: "ann"})).Op)
	fx := c.on(APIResult{Op: "ticket", Ticket: "T"})
	n := number[*wire.Auth](t, fx)
	c.on(Received{Message: &wire.Failure{Error: wire.Error{Code: wire.CodeTicket}}, Re: n})
	assert.Equal(t, "auth.ticket", c.s.View().Auth.Problem.Code)
}

func TestAWrongPasswordIsSaidWithItsWait(t *testing.T) {
	c := greeted(t, Config{})
	c.says(&wire.Waiting{For: wire.WaitHost})
	c.on(&SignIn{Name: "ann", Secret: "no"})
	c.on(APIResult{Op: "signin", Err: &wire.Error{Code: "auth.rate", RetryAfter: 30000}})
	a := c.s.View().Auth
	assert.False(t, a.Busy)
	assert.Equal(t, Problem{Code: "auth.rate", RetryAfter: 30000}, a.Problem)
	assert.Equal(t, ScreenWaiting, c.app().Screen)
}

func TestEnrollingSignsIn(t *testing.T) {
	c := newClient(t, Config{})
	assert.Equal(t, CallAPI{Op: "enrol", Token: "t", Name: "ann", Secret: "pw"},
		one[CallAPI](t, c.on(&Enrol{Token: "t", Name: "ann", Secret: "pw"})))
	c.on(APIResult{Op: "enrol", Name: "ann"})
	a := c.s.View().Auth
	assert.True(t, a.Enrolled)
	assert.Equal(t, "ann", a.Name)
	c.on(&SignOut{})
	c.on(APIResult{Op: "signout"})
	assert.Empty(t, c.s.View().Auth.Name)
}

func TestALostConnectionIsResumedWithoutAnOffer(t *testing.T) {
	c := inCall(t, Config{})
	assert.Equal(t, "call.lost", one[Tell](t, c.on(LinkDown{Tries: 1})).Note.Key)
	assert.Equal(t, ConnLost, c.app().Conn)
	assert.Equal(t, ScreenCall, c.app().Screen)
	assert.Len(t, c.s.View().Peers, 1, "the others stay on screen")

	hello := sent[*wire.Hello](c.on(LinkUp{}))
	require.Len(t, hello, 1)
	assert.Equal(t, "token-1", hello[0].Resume)
	assert.Nil(t, hello[0].Offer)
	fx := c.says(resumed(filming(someone(bob, "bob"))))
	assert.Equal(t, Store{Key: "resume:r", Value: "token-2"}, one[Store](t, fx))
	assert.Len(t, sent[*wire.SetWants](fx), 1, "wants are told again")
	assert.Empty(t, of[MakeOffer](fx))
	assert.Equal(t, ConnUp, c.app().Conn)
}

func TestWhatChangedWhileTheConnectionWasAwayIsSaidAfterwards(t *testing.T) {
	c := inCall(t, Config{})
	c.on(LinkDown{Tries: 1})
	off := false
	assert.Empty(t, of[Send](c.on(&Mic{On: &off})))
	assert.Empty(t, of[Send](c.on(&Hand{})))
	assert.Empty(t, of[Send](c.on(&Say{Text: "hi"})))
	assert.Equal(t, wire.Sending{Cam: true}, sent[*wire.Hello](c.on(LinkUp{}))[0].State)
	fx := c.says(resumed(filming(someone(bob, "bob"))))
	assert.Equal(t, []*wire.SetHand{{Up: true}}, sent[*wire.SetHand](fx))
	assert.Len(t, sent[*wire.SendChat](fx), 1)
}

func TestSlotsThatGoOnPlayingAreNotTouchedByAResume(t *testing.T) {
	c := inCall(t, Config{})
	bobs := wire.SlotState{Mid: "v0", Source: wire.Source{Member: bob, Stream: wire.Cam}}
	one[Bind](t, c.says(&wire.Slots{Slots: []wire.SlotState{bobs}}))
	c.on(LinkDown{Tries: 1})
	c.on(LinkUp{})
	w := resumed(filming(someone(bob, "bob")))
	w.Slots = []wire.SlotState{bobs}
	assert.Empty(t, of[Bind](c.says(w)))
	assert.Equal(t, "1/cam", c.s.View().Peers[0].Cam.Stream)
}

func TestMediaThatTheRelayLostIsMadeAnew(t *testing.T) {
	for name, happens := range map[string]func(c *client) []Effect{
		"found out at the resume": func(c *client) []Effect {
			c.on(LinkDown{Tries: 1})
			c.on(LinkUp{})
			w := resumed()
			w.Media = wire.MediaGone
			return c.says(w)
		},
		"said by the relay": func(c *client) []Effect {
			return c.says(&wire.Failure{Error: wire.Error{Code: wire.CodeMedia}})
		},
		"seen by the peer connection": func(c *client) []Effect { return c.on(PeerState{State: "failed"}) },
	} {
		t.Run(name, func(t *testing.T) {
			c := inCall(t, Config{})
			c.later(time.Minute)
			assert.True(t, one[MakeOffer](t, happens(c)).Fresh)
			n := number[*wire.SetOffer](t, c.on(Offered{Offer: offer(true, 4)}))
			one[SetAnswer](t, c.on(Received{Message: &wire.AnswerTo{}, Re: n}))
			c.on(Answered{})
			c.on(PeerState{State: "connected"})
			assert.Equal(t, ConnUp, c.app().Conn)
		})
	}
}

func TestAPeerConnectionThatKeepsFailingIsTriedLaterEachTimeAndThenGivenUp(t *testing.T) {
	c := inCall(t, Config{})
	var pauses []time.Duration
	for range 20 {
		before := c.now
		fx := c.on(PeerState{State: "failed"})
		if c.app().Screen == ScreenEnd {
			break
		}
		if len(of[MakeOffer](fx)) == 0 {
			at, ok := c.s.Deadline()
			require.True(t, ok)
			c.now = at
			fx = c.on(Tick{})
		}
		one[MakeOffer](t, fx)
		pauses = append(pauses, c.now.Sub(before))
		n := number[*wire.SetOffer](t, c.on(Offered{Offer: offer(true, 4)}))
		c.on(Received{Message: &wire.AnswerTo{}, Re: n})
		c.on(Answered{})
	}
	ms := time.Millisecond
	assert.Equal(t, []time.Duration{0, 500 * ms, 1000 * ms, 2000 * ms, 4000 * ms, 8000 * ms}, pauses)
	assert.Equal(t, "media.failed", c.app().End.Code)
}

func TestALostSeatBecomesWaitingAndANewPeerConnection(t *testing.T) {
	c := inCall(t, Config{})
	c.on(LinkDown{Tries: 1})
	c.on(LinkUp{})
	fx := c.says(&wire.Waiting{For: wire.WaitHost})
	assert.True(t, one[MakeOffer](t, fx).Fresh)
	assert.Equal(t, ScreenWaiting, c.app().Screen)
	assert.Empty(t, c.s.View().Peers)
	assert.Len(t, sent[*wire.SetOffer](c.on(Offered{Offer: offer(true, 4)})), 1)
	one[SetAnswer](t, c.says(welcome()))
	assert.Equal(t, ScreenCall, c.app().Screen)
}

func TestAReloadComesBackByTheTokenOfItsTab(t *testing.T) {
	c := newClient(t, Config{})
	c = &client{t: t, s: New(Config{}), now: c.now}
	c.on(Booted{Stored: map[string]string{"resume:r": "kept", "name": "ann", "mic": "off"}})
	c.on(APIResult{Op: "session"})
	assert.Equal(t, Capture{Cam: true}, one[Capture](t, c.on(&OpenRoom{Name: "r"})), "the microphone was off before")
	c.on(&Join{Name: "ann"})
	c.on(LinkUp{})
	hello := sent[*wire.Hello](c.on(Offered{Offer: offer(true, 4)}))
	require.Len(t, hello, 1)
	assert.Equal(t, "kept", hello[0].Resume)
	assert.NotNil(t, hello[0].Offer, "this page has no peer connection yet")
}

func TestLeavingEndsEverythingAtOnce(t *testing.T) {
	c := inCall(t, Config{})
	fx := c.on(&Leave{})
	assert.Len(t, sent[*wire.Leave](fx), 1)
	one[Disconnect](t, fx)
	one[ClosePeer](t, fx)
	assert.Equal(t, []Release{{wire.Mic}, {wire.Cam}}, of[Release](fx))
	assert.Equal(t, Store{Key: "resume:r"}, one[Store](t, fx))
	v := c.s.View()
	assert.Equal(t, ScreenEnd, v.App.Screen)
	assert.Equal(t, "left", v.App.End.Code)
	assert.Empty(t, v.Peers)
	assert.True(t, v.Me.Mic.On && v.Me.Cam.On, "what was chosen stays")
	assert.Empty(t, c.on(LinkDown{Tries: 1}))
	assert.Empty(t, c.on(LinkUp{}), "a connection that was under way is none of ours")
}

func TestWhoWaitsCanLeave(t *testing.T) {
	c := greeted(t, Config{})
	c.says(&wire.Waiting{For: wire.WaitHost})
	fx := c.on(&Leave{})
	assert.Len(t, sent[*wire.Leave](fx), 1)
	one[Disconnect](t, fx)
}

func TestRejoiningStartsDevicesAndTheCallAnew(t *testing.T) {
	c := inCall(t, Config{})
	c.on(&Leave{})
	fx := c.on(&Rejoin{})
	one[Connect](t, fx)
	assert.Equal(t, Capture{Mic: true, Cam: true, MicID: "m", CamID: "c"}, one[Capture](t, fx))
	assert.True(t, one[MakeOffer](t, fx).Fresh)
	c.on(LinkUp{})
	hello := sent[*wire.Hello](c.on(Offered{Offer: offer(true, 4)}))
	require.Len(t, hello, 1)
	assert.Empty(t, hello[0].Resume)
}

func TestAnOfferThatWasUnderWayWhenTheCallEndedIsNotTakenForTheNext(t *testing.T) {
	c := joining(t, Config{})
	c.on(&Leave{})
	assert.Empty(t, of[MakeOffer](c.on(&Rejoin{})), "one at a time")
	c.on(LinkUp{})
	fx := c.on(Offered{Offer: offer(true, 4)})
	assert.Empty(t, of[Send](fx))
	one[MakeOffer](t, fx)
	assert.Len(t, sent[*wire.Hello](c.on(Offered{Offer: offer(true, 4)})), 1)
}

func TestASeatThatWasTakenFromElsewhereIsTakenBack(t *testing.T) {
	c := inCall(t, Config{})
	token := c.s.call.token
	require.NotEmpty(t, token)
	fx := c.says(&wire.Bye{Error: wire.Error{Code: wire.CodeReplaced}})
	stored := of[Store](fx)
	assert.Equal(t, Store{Key: "resume:" + c.s.View().Room.Name, Value: token}, stored[len(stored)-1])
	c.on(&Rejoin{})
	c.on(LinkUp{})
	hello := sent[*wire.Hello](c.on(Offered{Offer: offer(true, 4)}))
	require.Len(t, hello, 1)
	assert.Equal(t, token, hello[0].Resume)
	assert.NotNil(t, hello[0].Offer)
}

func TestByeSaysWhyItIsOver(t *testing.T) {
	for _, code := range []wire.Code{wire.CodeKicked, wire.CodeReplaced, wire.CodeRoomFull, wire.CodeEnded, wire.CodeVersion, wire.CodeRate} {
		t.Run(string(code), func(t *testing.T) {
			c := inCall(t, Config{})
			fx := c.says(&wire.Bye{Error: wire.Error{Code: code, RetryAfter: 7}})
			assert.Equal(t, ScreenEnd, c.app().Screen)
			assert.Equal(t, Problem{Code: string(code), RetryAfter: 7}, c.app().End)
			assert.Empty(t, of[Send](fx))
			assert.Len(t, of[Release](fx), 2)
			one[Disconnect](t, fx)
		})
	}
}

func TestByesThatLieInTheRelayAreALostConnection(t *testing.T) {
	for _, code := range []wire.Code{wire.CodeDrain, wire.CodeSlow, wire.CodeTimeout, wire.CodeInternal} {
		t.Run(string(code), func(t *testing.T) {
			c := inCall(t, Config{})
			assert.Empty(t, of[Disconnect](c.says(&wire.Bye{Error: wire.Error{Code: code}})))
			assert.Equal(t, ScreenCall, c.app().Screen)
			assert.Equal(t, ConnLost, c.app().Conn)
			assert.Len(t, sent[*wire.Hello](c.on(LinkUp{})), 1)
		})
	}
}

func TestGoingHomeLeaves(t *testing.T) {
	c := inCall(t, Config{})
	assert.Len(t, sent[*wire.Leave](c.on(&Home{})), 1)
	assert.Equal(t, ScreenHome, c.app().Screen)
	assert.Empty(t, c.s.View().Room.Name)
}
