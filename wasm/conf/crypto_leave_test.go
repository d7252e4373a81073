package conf

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
)

func TestMembersHearThatWeGoBeforeTheRelayDoes(t *testing.T) {
	c := sealedCall(t)
	c.reports(up("Bob"))
	fx := c.on(&Leave{})
	require.Len(t, told[*port.Leave](fx), 1)
	assert.Empty(t, sent[*wire.Leave](fx))
	for _, x := range of[Transmit](fx) {
		assert.False(t, x.On)
	}
	bye := port.Item{Kind: 16, To: uint16(bob), Data: []byte("sealed")}
	fx = c.reports(&port.Send{Items: []port.Item{bye}})
	require.Len(t, sent[*wire.Sealed](fx), 1)
	assert.Equal(t, "sealed", string(sent[*wire.Sealed](fx)[0].Items[0].Data))
	fx = c.reports(&port.Parted{})
	assert.Len(t, sent[*wire.Leave](fx), 1)
	one[CloseCrypto](t, fx)
	assert.Equal(t, ScreenEnd, c.app().Screen)
	assert.Empty(t, c.later(time.Second), "and that is all")
}

func TestWhoLeavesWaitsForNobody(t *testing.T) {
	for name, what := range map[string]func(c *client) []Effect{
		"the worker says nothing": func(c *client) []Effect { return c.later(partTime) },
		"the worker ends":         func(c *client) []Effect { return c.on(CryptoFailed{Code: codeWorker}) },
		"the person insists":      func(c *client) []Effect { return c.on(&Leave{}) },
		"the page goes":           func(c *client) []Effect { return c.on(PageGone{}) },
	} {
		t.Run(name, func(t *testing.T) {
			c := sealedCall(t)
			c.reports(up("Bob"))
			require.Empty(t, sent[*wire.Leave](c.on(&Leave{})))
			assert.Len(t, sent[*wire.Leave](what(c)), 1)
			assert.Equal(t, ScreenEnd, c.app().Screen)
		})
	}
	c := sealedCall(t)
	assert.Len(t, sent[*wire.Leave](c.on(PageGone{})), 1, "the page goes without a word before")
}

func TestOtherWaysOutOfACallSayGoodbyeToo(t *testing.T) {
	c := sealedCall(t)
	require.Len(t, told[*port.Leave](c.on(&Home{})), 1)
	assert.Equal(t, ScreenCall, c.app().Screen)
	assert.Len(t, sent[*wire.Leave](c.reports(&port.Parted{})), 1)
	assert.Equal(t, ScreenHome, c.app().Screen)
	assert.False(t, c.crypto().On)

	c = sealedCall(t)
	require.Len(t, told[*port.Leave](c.on(&OpenRoom{Name: "other"})), 1)
	assert.Len(t, sent[*wire.Leave](c.reports(&port.Parted{})), 1)
	assert.Equal(t, "other", c.s.View().Room.Name)
	assert.Equal(t, ScreenPrejoin, c.app().Screen)
}

func TestARelayThatHidesWhoLeftGainsNothing(t *testing.T) {
	for name, dropsAll := range map[string]bool{"it says nothing": false, "and drops what the member said last": true} {
		t.Run(name, func(t *testing.T) {
			h, b, a := twoUp(t)
			gone := a.at
			h.lie = func(_ *guest, m wire.ServerMessage) wire.ServerMessage {
				switch m.(type) {
				case *wire.Left:
					return nil
				case *wire.Sealed:
					if dropsAll {
						return nil
					}
				}
				return m
			}
			a.does(&Leave{})
			h.passes(500 * time.Millisecond)
			require.Equal(t, ScreenEnd, a.app().Screen)
			p, ok := b.sees(gone)
			require.True(t, ok, "the relay's list has it")
			if dropsAll {
				assert.Equal(t, PeerUp, p.Crypto, "nobody can know")
				h.passes(46 * time.Second)
				p, _ = b.sees(gone)
			}
			assert.NotEqual(t, PeerUp, p.Crypto)
			assert.NotEqual(t, CryptoUp, b.crypto().Phase)
			b.unharmed()
		})
	}
}
