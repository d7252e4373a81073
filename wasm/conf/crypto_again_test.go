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
