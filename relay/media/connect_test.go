package media

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// refusal is the code and the parameter of a *wire.Error.
func refusal(t *testing.T, err error) (wire.Code, string) {
	t.Helper()
	var e *wire.Error
	require.True(t, errors.As(err, &e), "%v", err)
	return e.Code, e.Params["why"] + e.Params["kind"]
}

func TestAnotherCertificateIsRefused(t *testing.T) {
	c := newCall(t)
	o := describe(1, 1)
	o.Fingerprint = strings.TrimSuffix(strings.Repeat("AB:", 32), ":")
	eve := c.enter(1, o, both)
	require.Error(t, eve.connect())
	c.until("it is reported", func() bool { return c.gone[1] != nil })
	code, why := refusal(t, c.gone[1])
	assert.Equal(t, wire.CodeMedia, code)
	assert.Equal(t, "fingerprint", why)
	assert.Nil(t, eve.s.keys.Load(), "there are no keys")
	_, err := eve.s.Offer(o)
	code, _ = refusal(t, err)
	assert.Equal(t, wire.CodeNoMedia, code)
}

func TestAClientThatClosesIsReported(t *testing.T) {
	c := newCall(t)
	ann := c.join(1, describe(1, 1), both)
	require.WithinDuration(t, time.Now(), ann.s.LastHeard(), 5*time.Second)
	require.NoError(t, ann.dtls.Close())
	c.until("it is reported", func() bool { return c.gone[1] != nil })
	_, why := refusal(t, c.gone[1])
	assert.Equal(t, "closed", why)
}

func TestAClosedSessionIsNotReported(t *testing.T) {
	c := newCall(t)
	ann := c.join(1, describe(1, 1), both)
	ann.s.Close()
	ann.s.Close()
	c.group.Close()
	assert.Empty(t, c.gone)
	assert.Empty(t, ann.s.engine.sessions)
}

func TestOffersThatCannotBeAnswered(t *testing.T) {
	c := newCall(t)
	for name, x := range map[string]struct {
		change func(*wire.Offer)
		code   wire.Code
		why    string
	}{
		"no VP8":                     {func(o *wire.Offer) { o.Codecs = o.Codecs[:2] }, wire.CodeNoCodec, "video"},
		"no opus":                    {func(o *wire.Offer) { o.Codecs = o.Codecs[1:] }, wire.CodeNoCodec, "audio"},
		"a clock that is not opus's": {func(o *wire.Offer) { o.Codecs[0].Clock = 8000 }, wire.CodeNoCodec, "audio"},
		"nothing to tell streams by": {func(o *wire.Offer) { o.Exts = o.Exts[1:] }, wire.CodeOffer, "mid"},
	} {
		t.Run(name, func(t *testing.T) {
			o := describe(1, 1)
			o.ICE, o.Fingerprint = wire.ICE{Ufrag: "abcd", Pwd: strings.Repeat("x", 22)}, strings.Repeat("A", 95)
			x.change(o)
			_, _, err := c.group.Join(1, o, nothing)
			code, why := refusal(t, err)
			assert.Equal(t, x.code, code)
			assert.Equal(t, x.why, why)
		})
	}
}

func TestTheAnswerHoldsWhatWillBeUsed(t *testing.T) {
	c := newCall(t)
	ann := c.enter(1, counted(describe(1, 2)), both)
	a := ann.answer
	assert.Equal(t, []wire.Codec{ann.offer.Codecs[0], ann.offer.Codecs[2]}, a.Codecs)
	assert.Equal(t, append(slices.Clone(ann.offer.Exts[:2]), ann.offer.Exts[3:]...), a.Exts, "all but the dependency descriptor")
	assert.Len(t, a.Candidates, 1)
	assert.Len(t, a.Slots, 3)
	ssrcs := map[uint32]bool{0: true}
	for i, s := range a.Slots {
		assert.Equal(t, ann.offer.Slots[i].Mid, s.Mid)
		assert.False(t, ssrcs[s.SSRC], "each slot has its own SSRC")
		ssrcs[s.SSRC] = true
		if s.Kind == wire.Audio {
			assert.Zero(t, s.RTX, "opus has no retransmissions here")
		} else {
			assert.False(t, ssrcs[s.RTX])
			ssrcs[s.RTX] = true
		}
	}
}

func TestSlotsCanBeAdded(t *testing.T) {
	c := newCall(t)
	ann := c.join(1, describe(1, 1), nothing)
	bob := c.join(2, describe(1, 1), both)
	more := *ann.offer
	more.Fresh = false
	more.Codecs = []wire.Codec{ann.offer.Codecs[2], ann.offer.Codecs[0]} // as after a negotiation
	more.Slots = append(append([]wire.Slot(nil), ann.offer.Slots...), wire.Slot{Mid: "v1", Kind: wire.Video})
	a, err := ann.s.Offer(&more)
	require.NoError(t, err)
	assert.Equal(t, ann.answer.Slots, a.Slots[:2], "what was there stays")
	assert.Equal(t, ann.answer.ICE, a.ICE)
	ann.answer = a
	ann.s.Want([]wire.Want{{Source: wire.Source{Member: 2, Stream: wire.Screen}, Height: 1}, {Source: cam(2), Height: 180}})
	bob.s.Sending(wire.Sending{Cam: true, Screen: true})
	c.until("both are shown", func() bool { return c.slots[1]["v0"].Member == 2 && c.slots[1]["v1"].Member == 2 })
	bob.camera(5).begins(ann, ann.slot(map[bool]string{true: "v0", false: "v1"}[c.slots[1]["v0"].Source == cam(2)]))
	assert.Equal(t, uint64(2), ann.s.Stats()[Negotiations])
	assert.Equal(t, uint64(1), bob.s.Stats()[Negotiations], "nobody else negotiates")
}

func TestOffersThatDoNotContinue(t *testing.T) {
	c := newCall(t)
	ann := c.enter(1, describe(1, 2), both)
	for name, x := range map[string]struct {
		change func(*wire.Offer)
		why    string
	}{
		"a fresh one":          {func(o *wire.Offer) { o.Fresh = true }, "fresh"},
		"another certificate":  {func(o *wire.Offer) { o.Fingerprint = strings.Repeat("A", 95) }, "fingerprint"},
		"other payload types":  {func(o *wire.Offer) { o.Codecs[0].PT = 100 }, "codecs"},
		"other extension ids":  {func(o *wire.Offer) { o.Exts[0].ID = 14 }, "exts"},
		"another purpose":      {func(o *wire.Offer) { o.Send[0].Stream, o.Send[3].Stream = wire.ScreenAudio, wire.Mic }, "send"},
		"fewer slots":          {func(o *wire.Offer) { o.Slots = o.Slots[:1] }, "slots"},
		"slots in other order": {func(o *wire.Offer) { o.Slots[1], o.Slots[2] = o.Slots[2], o.Slots[1] }, "slots"},
		"another kind":         {func(o *wire.Offer) { o.Slots[0].Kind = wire.Video }, "slots"},
	} {
		t.Run(name, func(t *testing.T) {
			o := keepOffer(ann.offer)
			o.Fresh = false
			x.change(o)
			_, err := ann.s.Offer(o)
			code, why := refusal(t, err)
			assert.Equal(t, wire.CodeOffer, code)
			assert.Equal(t, x.why, why)
		})
	}
	assert.Equal(t, uint64(1), ann.s.Stats()[Negotiations])
}

func TestEveryAddressIsReached(t *testing.T) {
	e, err := New(Config{Loopback: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	require.NotZero(t, e.Port())
	c := &call{t: t, engine: e, profiles: []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM}}
	c.group = e.NewGroup(Events{})
	reached := 0
	for i, address := range e.candidates {
		switch {
		case strings.Contains(address, " ::1 "):
			c.from = "[::1]:0"
		case strings.Contains(address, " 127.0.0.1 "):
			c.from = "127.0.0.1:0"
		default:
			continue // no traffic leaves the machine
		}
		x := c.enter(wire.MemberIndex(i+1), describe(1, 1), both)
		x.answer.Candidates = []string{address}
		require.NoError(t, x.connect(), address)
		reached++
	}
	require.Positive(t, reached)
}

func TestATakenPortIsAnError(t *testing.T) {
	c := newCall(t)
	_, err := New(Config{Listen: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(c.engine.Port()))})
	assert.ErrorIs(t, err, errInUse)
}

func TestPublicAddressesAreAnnounced(t *testing.T) {
	e, err := New(Config{PublicIPs: []netip.Addr{netip.MustParseAddr("203.0.113.7")}})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	require.Len(t, e.candidates, 1)
	got, err := ice.UnmarshalCandidate(e.candidates[0])
	require.NoError(t, err)
	assert.Equal(t, "203.0.113.7", got.Address())
	assert.Equal(t, e.Port(), got.Port())
	assert.Equal(t, ice.CandidateTypeHost, got.Type())
}

func TestICECanRestart(t *testing.T) {
	_, _, bob, k, first := watches(t)
	o := keepOffer(bob.offer)
	o.Fresh = false
	require.NoError(t, bob.agent.Restart("", ""))
	var err error
	o.ICE.Ufrag, o.ICE.Pwd, err = bob.agent.GetLocalUserCredentials()
	require.NoError(t, err)
	a, err := bob.s.Offer(o)
	require.NoError(t, err)
	assert.NotEqual(t, bob.answer.ICE, a.ICE)
	assert.Equal(t, bob.answer.Slots, a.Slots)
	was := bob.s.peer.Load()

	require.NoError(t, gather(bob.agent))
	require.NoError(t, bob.agent.SetRemoteCredentials(a.ICE.Ufrag, a.ICE.Pwd))
	require.NoError(t, bob.addCandidates(a))
	require.Eventually(t, func() bool { return bob.s.peer.Load() != was }, 5*time.Second, time.Millisecond, "a pair is chosen anew")
	assert.NotEqual(t, was.addr, bob.s.peer.Load().addr)
	k.x.send(k.next(false))
	p := bob.gets("a frame on the new way", bob.slot("v0").SSRC, anything)
	assert.Equal(t, first.SequenceNumber+1, p.SequenceNumber)
}

func TestAMemberWhoComesAnewIsSeenAgain(t *testing.T) {
	c, ann, bob, _, _ := watches(t)
	again := c.join(1, describe(1, 1), both)
	assert.True(t, ann.s.ended.Load(), "the session before is closed")
	again.camera(99).begins(bob, bob.slot("v0"))
	assert.Empty(t, c.gone)
}
