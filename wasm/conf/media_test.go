package conf

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

func TestTheRoomIsSeenAsTheRelayTellsIt(t *testing.T) {
	c := inCall(t, Config{})
	c.says(&wire.Joined{Member: filming(someone(cyd, "cyd"))})
	c.says(&wire.Slots{Slots: []wire.SlotState{
		{Mid: "v0", Source: wire.Source{Member: bob, Stream: wire.Cam}},
		{Mid: "a0", Source: wire.Source{Member: bob, Stream: wire.Mic}},
		{Mid: "unheard of", Source: wire.Source{Member: cyd, Stream: wire.Cam}},
	}})
	c.says(&wire.Speakers{Speaking: []wire.MemberIndex{cyd, ann}, Dominant: cyd})
	v := c.s.View()
	require.Len(t, v.Peers, 2)
	assert.Equal(t, Peer{
		Index: bob, Name: "bob", Role: wire.Guest, Mic: true,
		Cam: Picture{On: true, Stream: "1/cam"}, Screen: Picture{Why: "muted"}, Sounds: []string{"1/mic"},
	}, v.Peers[0])
	assert.Equal(t, Picture{On: true, Why: "notWanted"}, v.Peers[1].Cam)
	assert.True(t, v.Peers[1].Speaks && v.Me.Speaks)
	assert.Equal(t, cyd, v.Stage.Dominant)
}

func TestWhoLeavesIsGoneWithPictureAndSound(t *testing.T) {
	c := inCall(t, Config{})
	c.says(&wire.Slots{Slots: []wire.SlotState{{Mid: "v0", Source: wire.Source{Member: bob, Stream: wire.Cam}}}})
	fx := c.says(&wire.Left{Member: bob, Why: wire.CodeLeft})
	assert.Equal(t, Bind{Mid: "v0"}, one[Bind](t, fx))
	assert.Empty(t, c.s.View().Peers)
}

func TestASlotThatWasEmptiedSaysWhy(t *testing.T) {
	c := inCall(t, Config{})
	c.says(&wire.Slots{Slots: []wire.SlotState{{Mid: "v0", Source: wire.Source{Member: bob, Stream: wire.Cam}}}})
	c.says(&wire.Slots{Slots: []wire.SlotState{{Mid: "v0", Why: wire.WhyBandwidth}}})
	assert.Equal(t, Picture{On: true, Why: "bandwidth"}, c.s.View().Peers[0].Cam)
}

func TestTheNewestShareIsInFront(t *testing.T) {
	c := inCall(t, Config{})
	c.says(&wire.Joined{Member: someone(cyd, "cyd")})
	sharing := func(m wire.Member, on bool) *wire.Changed {
		m.State.Screen = on
		return &wire.Changed{Member: m}
	}
	c.says(sharing(someone(cyd, "cyd"), true))
	c.says(sharing(someone(bob, "bob"), true))
	assert.Equal(t, bob, c.s.View().Stage.Sharer)
	c.says(sharing(someone(bob, "bob"), false))
	assert.Equal(t, cyd, c.s.View().Stage.Sharer)
}

func TestWhatIsOnScreenIsWanted(t *testing.T) {
	c := inCall(t, Config{})
	cam := wire.Source{Member: bob, Stream: wire.Cam}
	fx := c.on(Viewport{Watch: []Watch{
		{Source: cam, Height: 360, Prio: 5},
		{Source: cam, Height: 720},                                      // twice
		{Source: wire.Source{Member: bob, Stream: wire.Mic}, Height: 1}, // no video
		{Source: wire.Source{Member: ann, Stream: wire.Cam}, Height: 1}, // me
		{Source: wire.Source{Member: cyd, Stream: wire.Cam}, Height: 1e6, Prio: 99},
	}})
	want := sent[*wire.SetWants](fx)
	require.Len(t, want, 1)
	assert.Equal(t, []wire.Want{
		{Source: cam, Height: 360, Prio: 5},
		{Source: wire.Source{Member: cyd, Stream: wire.Cam}, Height: 4320, Prio: 9},
	}, want[0].Wants)
	_, err := wire.EncodeClient(want[0], 0)
	assert.NoError(t, err)
}

func TestWantsAreToldAtMostTenTimesASecondAndOnlyWhenTheyChanged(t *testing.T) {
	c := inCall(t, Config{})
	watch := func(h int) Viewport {
		return Viewport{Watch: []Watch{{Source: wire.Source{Member: bob, Stream: wire.Cam}, Height: h}}}
	}
	var all []Effect
	for h := 200; h < 300; h++ { // a layout that moves for a second
		all = append(all, c.on(watch(h))...)
		all = append(all, c.later(10*time.Millisecond)...)
	}
	all = append(all, c.later(time.Second)...)
	list := sent[*wire.SetWants](all)
	assert.InDelta(t, 10, len(list), 2)
	assert.Equal(t, 299, list[len(list)-1].Wants[0].Height)
	assert.Empty(t, of[Send](c.on(watch(299))))
}

func TestTheFirstPicturesAreWantedBeforeTheViewSaysSo(t *testing.T) {
	c := greeted(t, Config{})
	want := sent[*wire.SetWants](c.says(welcome(filming(someone(bob, "bob")))))
	require.Len(t, want, 1)
	assert.Equal(t, []wire.Want{{Source: wire.Source{Member: bob, Stream: wire.Cam}, Height: guessHeight}}, want[0].Wants)
}

func TestMoreSlotsAreOpenedInStepsAndOneNegotiationAtATime(t *testing.T) {
	c := inCall(t, Config{WantAll: true})
	come := func(first, n wire.MemberIndex) (all []Effect) {
		for i := first; i < first+n; i++ {
			all = append(all, c.says(&wire.Joined{Member: filming(someone(i, "x"))})...)
		}
		return append(all, c.later(time.Second)...)
	}
	assert.Equal(t, MakeOffer{Audio: 5, Video: 9}, one[MakeOffer](t, come(cyd, 5)))
	assert.Empty(t, of[MakeOffer](come(cyd+5, 15)), "one is in flight")

	n := number[*wire.SetOffer](t, c.on(Offered{Offer: offer(false, 9)}))
	assert.Empty(t, of[SetAnswer](c.on(Received{Message: &wire.AnswerTo{}, Re: n + 7})), "an answer to something else")
	one[SetAnswer](t, c.on(Received{Message: &wire.AnswerTo{}, Re: n}))
	assert.Equal(t, MakeOffer{Audio: 5, Video: 25}, one[MakeOffer](t, c.on(Answered{})), "then all that is needed, in one")
}

func TestComingAndGoingWithinTheSlotsNegotiatesNothing(t *testing.T) {
	c := inCall(t, Config{WantAll: true, FirstVideo: 25})
	for i := cyd; i < cyd+100; i++ {
		fx := append(c.says(&wire.Joined{Member: filming(someone(i, "x"))}), c.later(time.Second)...)
		fx = append(fx, c.says(&wire.Left{Member: i})...)
		assert.Empty(t, of[MakeOffer](fx))
		assert.Empty(t, sent[*wire.SetOffer](fx))
	}
}

func TestARefusedOfferIsReplacedByAFreshOne(t *testing.T) {
	c := inCall(t, Config{WantAll: true})
	for i := cyd; i < cyd+5; i++ {
		c.says(&wire.Joined{Member: filming(someone(i, "x"))})
	}
	c.later(time.Second)
	n := number[*wire.SetOffer](t, c.on(Offered{Offer: offer(false, 9)}))
	fx := c.on(Received{Message: &wire.Failure{Error: wire.Error{Code: wire.CodeOffer}}, Re: n})
	assert.Equal(t, MakeOffer{Fresh: true, Audio: 5, Video: 9}, one[MakeOffer](t, fx))
}

func TestAnOfferThatWasNotAnsweredBeforeTheConnectionWasLostGoesOutAgain(t *testing.T) {
	c := inCall(t, Config{WantAll: true})
	for i := cyd; i < cyd+5; i++ {
		c.says(&wire.Joined{Member: filming(someone(i, "x"))})
	}
	c.later(time.Second)
	c.on(Offered{Offer: offer(false, 9)})
	c.on(LinkDown{Tries: 1})
	c.on(LinkUp{})
	fx := c.says(resumed())
	assert.Len(t, sent[*wire.SetOffer](fx), 1)
	assert.Empty(t, of[MakeOffer](fx))
}

func TestAShellThatNeverAnswersIsAskedAnew(t *testing.T) {
	c := inCall(t, Config{})
	c.on(PeerState{State: "failed"})
	fx := c.later(answerTime + time.Second)
	assert.Len(t, of[MakeOffer](fx), 1)
}

func TestABrowserThatCannotDoItIsToldSo(t *testing.T) {
	c := joining(t, Config{})
	c.on(Offered{Err: "media.unsupported"})
	assert.Equal(t, ScreenEnd, c.app().Screen)
	assert.Equal(t, "media.unsupported", c.app().End.Code)
}

func TestMutingShowsAndActsAtOnce(t *testing.T) {
	c := inCall(t, Config{})
	fx := c.on(&Mic{})
	assert.Equal(t, Transmit{Stream: wire.Mic}, one[Transmit](t, fx))
	assert.Equal(t, []*wire.SetState{{Sending: wire.Sending{Cam: true}}}, sent[*wire.SetState](fx))
	assert.Empty(t, of[Release](fx), "the microphone stays open")
	assert.Equal(t, Input{State: InputReady, Live: true}, c.s.View().Me.Mic)
	fx = c.on(&Mic{})
	assert.Equal(t, Transmit{Stream: wire.Mic, On: true}, one[Transmit](t, fx))
	assert.Equal(t, []*wire.SetState{{Sending: wire.Sending{Mic: true, Cam: true}}}, sent[*wire.SetState](fx))
}

func TestACameraThatIsOffIsReleased(t *testing.T) {
	c := inCall(t, Config{})
	fx := c.on(&Cam{})
	assert.Equal(t, Release{Stream: wire.Cam}, one[Release](t, fx))
	assert.Len(t, sent[*wire.SetState](fx), 1)
	assert.Equal(t, Input{State: InputOff}, c.s.View().Me.Cam)

	one[Capture](t, c.on(&Cam{}))
	assert.Equal(t, InputStarting, c.s.View().Me.Cam.State)
	c.on(&Cam{}) // changed their mind
	assert.Equal(t, InputOff, c.s.View().Me.Cam.State)
	fx = c.on(Captured{Stream: wire.Cam})
	assert.Equal(t, Release{Stream: wire.Cam}, one[Release](t, fx), "nobody wants it any more")
	assert.Empty(t, sent[*wire.SetState](fx))
}

func TestADeviceThatIsRefusedCanBeAskedForAgain(t *testing.T) {
	c := newClient(t, Config{})
	assert.Equal(t, Capture{Mic: true, Cam: true}, one[Capture](t, c.on(&OpenRoom{Name: "r"})))
	c.on(CaptureFailed{Stream: wire.Mic, Why: InputDenied})
	c.on(CaptureFailed{Stream: wire.Cam, Why: InputNone})
	assert.Equal(t, Input{On: true, State: InputDenied}, c.s.View().Me.Mic)
	assert.Equal(t, Capture{Mic: true}, one[Capture](t, c.on(&Mic{})), "its button asks again")
	c.on(CaptureFailed{Stream: wire.Mic, Why: InputDenied})
	assert.Equal(t, Capture{Cam: true}, one[Capture](t, c.on(DeviceList{Cams: []Device{{ID: "c"}}})), "one was plugged in")
	c.on(CaptureFailed{Stream: wire.Cam, Why: InputBusy})
	assert.Equal(t, Capture{Mic: true, Cam: true}, one[Capture](t, c.on(&RetryDevices{})))
}

func TestADeviceThatIsUnpluggedIsReplacedByTheDefaultOnce(t *testing.T) {
	c := inCall(t, Config{})
	c.later(time.Minute)
	assert.Equal(t, Capture{Cam: true}, one[Capture](t, c.on(TrackEnded{Stream: wire.Cam})))
	c.on(Captured{Stream: wire.Cam})
	assert.Empty(t, of[Capture](c.on(TrackEnded{Stream: wire.Cam})), "it ends at once: no second time")
	assert.Equal(t, InputFailed, c.s.View().Me.Cam.State)
}

func TestAnotherDeviceTakesOverWithoutAGap(t *testing.T) {
	c := inCall(t, Config{})
	fx := c.on(&SetDevice{Kind: "cam", ID: "c2"})
	assert.Equal(t, Capture{Cam: true, CamID: "c2"}, one[Capture](t, fx))
	assert.Empty(t, of[Release](fx))
	assert.Equal(t, Store{Key: "device.cam", Value: "c2"}, one[Store](t, fx))
	c.on(CaptureFailed{Stream: wire.Cam, Why: InputBusy})
	assert.Equal(t, Input{On: true, State: InputReady, Live: true}, c.s.View().Me.Cam, "the old one goes on")
	one[SetSpeaker](t, c.on(&SetDevice{Kind: "speaker", ID: "s"}))
}

func TestSharingTheScreen(t *testing.T) {
	t.Run("goes out with its sound and ends by itself", func(t *testing.T) {
		c := inCall(t, Config{})
		one[StartShare](t, c.on(&ShareScreen{On: true}))
		assert.True(t, c.s.View().Me.Share.Busy)
		fx := c.on(Shared{Audio: true})
		assert.Equal(t, []Transmit{{wire.Screen, true}, {wire.ScreenAudio, true}}, of[Transmit](fx))
		assert.True(t, sent[*wire.SetState](fx)[0].Screen)
		fx = c.on(TrackEnded{Stream: wire.Screen})
		assert.Equal(t, []Release{{wire.Screen}, {wire.ScreenAudio}}, of[Release](fx))
		assert.False(t, sent[*wire.SetState](fx)[0].Screen)
		assert.Equal(t, Share{}, c.s.View().Me.Share)
	})
	t.Run("was given up while the dialog was open", func(t *testing.T) {
		c := inCall(t, Config{})
		c.on(&ShareScreen{On: true})
		c.on(&Leave{})
		assert.Equal(t, Release{Stream: wire.Screen}, one[Release](t, c.on(Shared{})))
	})
	t.Run("was refused", func(t *testing.T) {
		c := inCall(t, Config{})
		c.on(&ShareScreen{On: true})
		c.on(ShareFailed{Code: "share.denied"})
		assert.Equal(t, Share{Problem: Problem{Code: "share.denied"}}, c.s.View().Me.Share)
	})
	t.Run("is not for prejoin", func(t *testing.T) {
		c := newClient(t, Config{})
		c.on(&OpenRoom{Name: "r"})
		assert.Empty(t, of[StartShare](c.on(&ShareScreen{On: true})))
	})
}

func TestANewPeerConnectionIsToldWhatFlows(t *testing.T) {
	c := inCall(t, Config{})
	c.on(PeerState{State: "failed"})
	fx := c.on(Offered{Offer: offer(true, 4)})
	assert.Equal(t, []Transmit{{wire.Mic, true}, {wire.Cam, true}}, of[Transmit](fx))
}

func TestAHandGoesUpAtOnceAndFollowsTheRelay(t *testing.T) {
	c := inCall(t, Config{})
	assert.Equal(t, []*wire.SetHand{{Up: true}}, sent[*wire.SetHand](c.on(&Hand{})))
	assert.Equal(t, c.now.UnixMilli(), c.s.View().Me.Hand)
	me := someone(ann, "ann")
	me.Hand = 12345
	assert.Empty(t, of[Send](c.says(&wire.Changed{Member: me})))
	assert.EqualValues(t, 12345, c.s.View().Me.Hand)
	assert.Empty(t, of[Send](c.says(&wire.Changed{Member: someone(ann, "ann")})), "a moderator lowered it")
	assert.Zero(t, c.s.View().Me.Hand)
}

func TestWhatTheRelayDroppedIsSaidAgain(t *testing.T) {
	c := inCall(t, Config{})
	c.on(&Mic{})
	c.on(&Hand{})
	c.on(&Say{Text: "hi"})
	fx := c.says(&wire.Failure{Error: wire.Error{Code: wire.CodeRate}})
	assert.Empty(t, of[Send](fx))
	fx = c.later(2 * rateWait)
	assert.Equal(t, []*wire.SetState{{Sending: wire.Sending{Cam: true}}}, sent[*wire.SetState](fx))
	assert.Equal(t, []*wire.SetHand{{Up: true}}, sent[*wire.SetHand](fx))
	assert.Len(t, sent[*wire.SendChat](fx), 1)
	assert.Len(t, sent[*wire.SetWants](fx), 1)
}

func TestChat(t *testing.T) {
	t.Run("mine is pending until the relay says it back", func(t *testing.T) {
		c := inCall(t, Config{})
		n := number[*wire.SendChat](t, c.on(&Say{Text: "hi"}))
		assert.True(t, c.s.View().Chat.Messages[0].Pending)
		c.says(&wire.Chat{ID: 1, From: bob, Text: "me first"})
		c.on(Received{Message: &wire.Chat{ID: 2, From: ann, Text: "hi", At: 5}, Re: n})
		v := c.s.View().Chat
		require.Len(t, v.Messages, 2)
		assert.Equal(t, Message{ID: 1, From: bob, Name: "bob", Text: "me first"}, v.Messages[0])
		assert.Equal(t, Message{ID: 2, From: ann, Name: "ann", Mine: true, Text: "hi", At: 5}, v.Messages[1])
		assert.Equal(t, 1, v.Unread)
		c.on(&ChatSeen{Open: true})
		assert.Zero(t, c.s.View().Chat.Unread)
	})
	t.Run("a refused one says why", func(t *testing.T) {
		c := inCall(t, Config{})
		n := number[*wire.SendChat](t, c.on(&Say{Text: "hi", To: cyd}))
		c.on(Received{Message: &wire.Failure{Error: wire.Error{Code: wire.CodeNobody}}, Re: n})
		assert.Empty(t, c.s.View().Chat.Messages)
		assert.Equal(t, "member.gone", c.s.View().Chat.Problem.Code)
	})
	t.Run("one that got through before the connection was lost is not written twice", func(t *testing.T) {
		c := inCall(t, Config{})
		c.on(&Say{Text: "got through"})
		c.on(&Say{Text: "did not"})
		c.on(LinkDown{Tries: 1})
		c.on(LinkUp{})
		fx := c.says(resumed())
		fx = append(fx, c.says(&wire.Chat{ID: 1, From: ann, Text: "got through"})...)
		fx = append(fx, c.later(2*replayTime)...)
		assert.Equal(t, []*wire.SendChat{{Text: "did not"}}, sent[*wire.SendChat](fx))
		assert.Len(t, c.s.View().Chat.Messages, 2)
	})
	t.Run("what is said again after a lost connection is drawn once", func(t *testing.T) {
		c := inCall(t, Config{})
		c.says(&wire.Chat{ID: 1, From: bob, Text: "x"})
		c.says(&wire.Chat{ID: 1, From: bob, Text: "x"})
		assert.Len(t, c.s.View().Chat.Messages, 1)
	})
	t.Run("another life of the room begins empty", func(t *testing.T) {
		c := inCall(t, Config{})
		c.says(&wire.Chat{ID: 9, From: bob, Text: "x"})
		c.on(LinkDown{Tries: 1})
		c.on(LinkUp{})
		w := resumed()
		w.Incarnation, w.Resumed, w.Media = "another", false, wire.MediaGone
		c.says(w)
		assert.Empty(t, c.s.View().Chat.Messages)
		c.says(&wire.Chat{ID: 1, From: bob, Text: "y"})
		assert.Len(t, c.s.View().Chat.Messages, 1)
	})
	t.Run("ten wait for a lost connection and no more", func(t *testing.T) {
		c := inCall(t, Config{})
		c.on(LinkDown{Tries: 1})
		for range 12 {
			c.on(&Say{Text: "hi"})
		}
		assert.Len(t, c.s.View().Chat.Messages, maxQueued)
		assert.Equal(t, "rate", c.s.View().Chat.Problem.Code)
		c.on(LinkUp{})
		assert.Len(t, sent[*wire.SendChat](c.says(resumed())), maxQueued, "none of them was sent before")
	})
	t.Run("only so much is kept", func(t *testing.T) {
		c := inCall(t, Config{})
		for i := range maxMessages + 10 {
			c.says(&wire.Chat{ID: uint64(i + 1), From: bob, Text: "x"})
		}
		m := c.s.View().Chat.Messages
		assert.Len(t, m, maxMessages)
		assert.EqualValues(t, 11, m[0].ID)
	})
	t.Run("nothing empty goes out", func(t *testing.T) {
		c := inCall(t, Config{})
		assert.Empty(t, of[Send](c.on(&Say{Text: " "})))
		assert.Equal(t, "chat.bad", c.s.View().Chat.Problem.Code)
	})
}

func TestAPausedPictureKeepsItsPlace(t *testing.T) {
	c := inCall(t, Config{})
	in := wire.Source{Member: bob, Stream: wire.Cam}
	c.says(&wire.Slots{Slots: []wire.SlotState{{Mid: "v0", Source: in}}})
	c.s.TakeDirty()

	fx := c.says(&wire.Slots{Slots: []wire.SlotState{{Mid: "v0", Source: in, Why: wire.WhyBandwidth}}})
	assert.Empty(t, of[Bind](fx), "the stream stays")
	assert.Equal(t, Picture{On: true, Stream: SourceID(in), Why: "bandwidth"}, c.s.View().Peers[0].Cam)
	assert.True(t, c.s.TakeDirty().Has(PeersChanged), "people are told")

	c.says(&wire.Slots{Slots: []wire.SlotState{{Mid: "v0", Source: in}}})
	assert.Equal(t, Picture{On: true, Stream: SourceID(in)}, c.s.View().Peers[0].Cam)
	assert.True(t, c.s.TakeDirty().Has(PeersChanged))

	t.Run("and nothing is said of it any more when another has its slot", func(t *testing.T) {
		c.says(&wire.Slots{Slots: []wire.SlotState{{Mid: "v0", Source: in, Why: wire.WhyBandwidth}}})
		c.says(&wire.Slots{Slots: []wire.SlotState{{Mid: "v0", Source: wire.Source{Member: bob, Stream: wire.Screen}}}})
		assert.Equal(t, Picture{On: true, Why: "notWanted"}, c.s.View().Peers[0].Cam)
	})
}

func TestTheRelaySaysHowVideoIsSent(t *testing.T) {
	c := inCall(t, Config{})
	cam := wire.Encoding{Stream: wire.Cam, Codec: "VP8", Layers: []int{0, 2}}
	fx := c.says(&wire.Encode{Streams: []wire.Encoding{cam, {Stream: wire.Mic, Codec: "opus"}}})
	assert.Equal(t, Encode{Encoding: cam}, one[Encode](t, fx), "sound has no layers")
	c.on(&Leave{})
	assert.Empty(t, of[Encode](c.says(&wire.Encode{Streams: []wire.Encoding{cam}})))
}
