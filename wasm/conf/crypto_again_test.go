package conf

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
)

// TestAnotherPassphraseWhileJoining: what was made for the worker before is of no use to the one that follows.
func TestAnotherPassphraseWhileJoining(t *testing.T) {
	const other = "other words of that kind"
	described := func(c *client) { c.on(Offered{Offer: offer(true, 4)}) }
	greeted := func(c *client) {
		described(c)
		c.reports(&port.Ready{Announce: announced})
	}
	for _, x := range []struct {
		name         string
		comes        func(*client)
		made, hailed bool // a description was made, hello was sent
	}{
		{"before the description", func(*client) {}, false, false},
		{"before the keys", described, true, false},
		{"after hello", greeted, true, true},
		{"while waiting", func(c *client) {
			greeted(c)
			c.says(&wire.Waiting{})
		}, true, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := atDoor(t)
			c.on(&CryptoPassphrase{Text: phrase})
			c.on(&Join{Name: "ann"})
			c.on(LinkUp{})
			x.comes(c)
			assert.Empty(t, of[OpenCrypto](c.on(&CryptoPassphrase{Text: " " + phrase})), "the same is no other")

			fx := c.on(&CryptoPassphrase{Text: other})
			one[CloseCrypto](t, fx)
			one[ClosePeer](t, fx)
			assert.Equal(t, other, one[OpenCrypto](t, fx).Open.Passphrase)
			if !x.made {
				assert.Empty(t, of[MakeOffer](fx), "the shell still works on the one before")
				fx = c.on(Offered{Offer: offer(true, 4)})
			}
			assert.True(t, one[MakeOffer](t, fx).Sealed)

			fx = append(c.on(Offered{Offer: offer(true, 9)}), c.reports(&port.Ready{Announce: []byte("new keys")})...)
			if x.hailed {
				assert.Empty(t, of[Send](fx))
				c.isLetInAnew(t)
			} else {
				hello := sent[*wire.Hello](fx)
				require.Len(t, hello, 1)
				assert.Len(t, hello[0].Offer.Slots, 9+audioSlots)
				assert.Equal(t, []byte("new keys"), hello[0].E2EE.Announce)
				one[SetAnswer](t, c.says(encrypted(welcome(filming(someone(bob, ""))))))
			}
			c.on(Answered{})
			c.on(PeerState{State: "connected"})
			c.reports(up("Bob"))
			assert.Equal(t, ScreenCall, c.app().Screen)
			fx = c.says(&wire.Slots{Slots: []wire.SlotState{{Mid: "v8", Source: wire.Source{Member: bob, Stream: wire.Cam}}}})
			assert.Len(t, of[Bind](fx), 1, "a slot of the new one")
			assert.True(t, c.s.flow[wire.Mic])
		})
	}
}

// isLetInAnew is let in for a hello that named keys and a peer connection which are gone.
func (c *client) isLetInAnew(t *testing.T) {
	fx := c.says(encrypted(welcome(filming(someone(bob, "")))))
	assert.Empty(t, of[SetAnswer](fx), "the answer is for the peer connection that was closed")
	announces := sent[*wire.SetAnnounce](fx)
	require.Len(t, announces, 1)
	assert.Equal(t, []byte("new keys"), announces[0].Announce)
	n := number[*wire.SetOffer](t, fx)
	assert.Len(t, sent[*wire.SetOffer](fx)[0].Offer.Slots, 9+audioSlots)
	one[SetAnswer](t, c.on(Received{Message: &wire.AnswerTo{}, Re: n}))
}

func TestTheConversationOutlivesTheWorker(t *testing.T) {
	c := sealedCall(t)
	c.reports(up("Bob"))
	c.reports(&port.Said{From: uint16(bob), ID: 1, Text: "shown"})
	c.on(&Say{Text: "given to the worker"})
	c.on(&Say{Text: "for bob alone", To: bob})
	c.on(CryptoFailed{Code: codeWorker})
	chat := c.s.View().Chat
	assert.Equal(t, []string{"shown", "given to the worker"}, texts(chat))
	assert.Equal(t, codeUnsent, chat.Problem.Code, "bob's seat may be somebody else's")

	c.on(LinkUp{})
	c.on(Offered{Offer: offer(true, 4)})
	c.reports(&port.Ready{Announce: []byte("new keys")})
	assert.Empty(t, told[*port.Say](c.says(encrypted(welcome(someone(bob, ""))))), "nobody is up")
	say := told[*port.Say](c.reports(up("Bob")))
	require.Len(t, say, 1)
	assert.Equal(t, "given to the worker", say[0].Text)
	c.reports(&port.Said{From: uint16(ann), ID: say[0].ID, Text: say[0].Text})
	c.on(&Say{Text: "next"})
	c.reports(&port.Said{From: uint16(bob), ID: 2, Text: "answer"})
	chat = c.s.View().Chat
	assert.Equal(t, []string{"shown", "given to the worker", "answer", "next"}, texts(chat))
	ids := map[uint64]bool{}
	for _, m := range chat.Messages {
		ids[m.ID] = true
	}
	assert.Len(t, ids, 4, "no two have one id")

	c.on(&Leave{})
	c.reports(&port.Parted{})
	assert.Empty(t, c.s.View().Chat.Messages)
}

func texts(chat Chat) (out []string) {
	for _, m := range chat.Messages {
		out = append(out, m.Text)
	}
	return out
}

func TestEncryptionIsNotTurnedOnOnTheWayIn(t *testing.T) {
	c := newClient(t, Config{})
	c.on(CryptoAble{Yes: true})
	c.on(&OpenRoom{Name: "r"})
	c.on(&Join{Name: "ann"})
	refused := func(when string) {
		assert.Empty(t, sent[*wire.SetE2EE](c.on(&CryptoOn{})), when)
		assert.Equal(t, codeBusy, c.crypto().Problem.Code, when)
		assert.False(t, c.crypto().On, when)
	}
	refused("joining")
	c.on(LinkUp{})
	c.on(Offered{Offer: offer(true, 4)})
	c.says(&wire.Waiting{})
	refused("waiting")
	c.says(welcome())
	assert.Equal(t, Problem{}, c.crypto().Problem, "now it can be")
	c.hosts()
	c.on(&CryptoPassphrase{Text: phrase})
	c.on(LinkDown{})
	refused("while the connection is lost")
	c.on(LinkUp{})
	c.says(resumed())
	c.hosts()
	require.Len(t, sent[*wire.SetE2EE](c.on(&CryptoOn{})), 1)
	assert.Equal(t, Problem{}, c.crypto().Problem)
}

func TestAnotherPassphraseAfterAMismatch(t *testing.T) {
	c := sealedCall(t)
	c.reports(&port.State{Phase: port.PhaseMismatch, With: uint16(bob)})
	assert.Len(t, told[*port.Others](c.on(&CryptoOthers{})), 1)
	const other = "other words of that kind"
	retry := told[*port.Retry](c.on(&CryptoPassphrase{Text: other}))
	require.Len(t, retry, 1)
	assert.Equal(t, port.Secret{Room: "r", Passphrase: other}, retry[0].Secret)
	assert.Equal(t, phrase, c.s.Passphrase(), "it is being derived")
	c.reports(&port.Retried{Text: other})
	assert.Equal(t, other, c.s.Passphrase())

	c.on(&CryptoPassphrase{Text: phrase})
	c.reports(up("Bob"))
	fx := c.reports(&port.Retried{})
	assert.Equal(t, "crypto.kept", one[Tell](t, fx).Note.Key, "bob came up while it was derived")
	assert.Equal(t, other, c.s.Passphrase())
	assert.Empty(t, c.on(&CryptoPassphrase{Text: phrase}), "mine is right")
	assert.Equal(t, other, c.s.Passphrase())
	assert.Len(t, told[*port.Unlock](c.on(&CryptoUnlock{})), 1)
	assert.Len(t, told[*port.Accept](c.on(&CryptoAccept{})), 1)
}

func TestAWorkerThatEndsIsReplacedAndIAmAnotherMember(t *testing.T) {
	c := sealedCall(t)
	c.reports(up("Bob"))
	yes := true
	c.on(&Hand{Up: &yes})
	fx := c.on(CryptoFailed{Code: codeWorker})
	require.Len(t, sent[*wire.Leave](fx), 1)
	one[CloseCrypto](t, fx)
	one[OpenCrypto](t, fx)
	one[ClosePeer](t, fx)
	one[Disconnect](t, fx)
	one[Connect](t, fx)
	assert.Equal(t, ScreenJoining, c.app().Screen)
	assert.True(t, one[MakeOffer](t, fx).Sealed)
	for _, x := range of[Transmit](fx) {
		assert.False(t, x.On)
	}
	c.on(LinkUp{})
	c.on(Offered{Offer: offer(true, 4)})
	hello := sent[*wire.Hello](c.reports(&port.Ready{Announce: []byte("new keys")}))
	require.Len(t, hello, 1)
	assert.Empty(t, hello[0].Resume, "the seat belongs to the keys that are gone")
	fx = c.says(encrypted(welcome(someone(bob, ""))))
	assert.NotZero(t, told[*port.Profile](fx)[0].Profile.Hand)

	c.on(CryptoFailed{Code: codeWorker})
	c.reports(&port.Ready{Announce: announced})
	fx = c.reports(&port.Fault{Code: "?"})
	assert.Equal(t, ScreenEnd, c.app().Screen, "three times is enough")
	assert.Equal(t, codeWorker, c.app().End.Code)
	one[CloseCrypto](t, fx)
	assert.Empty(t, c.on(CryptoFailed{Code: codeWorker}), "that was known")
}

func TestAWorkerThatEndsNowAndThenDoesNotEndTheCall(t *testing.T) {
	c := sealedCall(t)
	for range 5 {
		c.now = c.now.Add(2 * deathTime / maxDeaths)
		c.on(CryptoFailed{Code: codeWorker})
		require.Equal(t, ScreenJoining, c.app().Screen)
		c.reports(&port.Ready{Announce: announced})
	}
}
