package conf

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/e2ee/seat"
	"github.com/conclave-meet/conclave/shared/wire"
)

// seals reports whether the worker lets media out, and under what error not.
func (g *guest) seals() error {
	_, err := g.seat.Seal(nil, e2ee.Frame{Codec: envelope.Opus}, []byte("sound"))
	return err
}

func TestWhoHasAnotherPassphraseIsToldAndSoAreTheOthers(t *testing.T) {
	h, b, a := twoUp(t)
	c := h.comes("Cyd Crane", "other words of that kind")
	c.does(&Say{Text: treasure})
	h.passes(2 * time.Second)
	assert.Equal(t, CryptoMismatch, c.crypto().Phase)
	assert.Equal(t, b.at, c.crypto().With)
	assert.Error(t, c.seals(), "no media either way")
	for i := range wire.MemberIndex(2) {
		p, ok := c.sees(i + 1)
		require.True(t, ok)
		assert.Empty(t, p.Name)
	}
	p, _ := b.sees(c.at)
	assert.Equal(t, PeerDifferent, p.Crypto)
	assert.Empty(t, p.Name)
	assert.Equal(t, 1, b.crypto().Different)
	assert.Equal(t, CryptoUp, b.crypto().Phase)
	assert.False(t, b.reads(treasure))

	c.does(&CryptoPassphrase{Text: phrase})
	h.passes(3 * time.Second)
	assert.Equal(t, CryptoUp, c.crypto().Phase)
	assert.NoError(t, c.seals())
	for _, g := range []*guest{a, b} {
		p, _ := g.sees(c.at)
		assert.Equal(t, "Cyd Crane", p.Name)
		assert.True(t, g.reads(treasure))
		g.unharmed()
	}
}

// hide has the relay keep from to what from is and says.
func hide(from, to wire.MemberIndex, next func(*guest, wire.ServerMessage) wire.ServerMessage) func(*guest, wire.ServerMessage) wire.ServerMessage {
	return func(g *guest, m wire.ServerMessage) wire.ServerMessage {
		if next != nil {
			if m = next(g, m); m == nil {
				return nil
			}
		}
		if g.at != to {
			return m
		}
		switch x := m.(type) {
		case *wire.Joined:
			if x.Member.Index == from {
				return nil
			}
		case *wire.Sealed:
			if x.Items[0].From == from {
				return nil
			}
		case *wire.Welcome:
			lie := *x
			lie.Members = nil
			for _, o := range x.Members {
				if o.Index != from {
					lie.Members = append(lie.Members, o)
				}
			}
			return &lie
		}
		return m
	}
}

func TestARelayThatSplitsTheRoomIsFoundOut(t *testing.T) {
	h, b, a := twoUp(t)
	h.lie = hide(3, a.at, hide(a.at, 3, nil))
	c := h.comes("Cyd Crane", phrase)
	require.Equal(t, CryptoUp, c.crypto().Phase)
	h.passes(time.Minute)
	for _, g := range h.all {
		assert.Equal(t, CryptoSplit, g.crypto().Phase)
		assert.Equal(t, AgreeDiffer, g.crypto().Agreement)
		require.ErrorIs(t, g.seals(), e2ee.ErrPaused)
	}
	a.does(&Say{Text: treasure})
	h.passes(time.Second)
	assert.False(t, b.reads(treasure))
	a.does(&CryptoAccept{})
	h.passes(time.Second)
	assert.NoError(t, a.seals())
	assert.ErrorIs(t, c.seals(), e2ee.ErrPaused, "each for itself")
	assert.Equal(t, AgreeDiffer, a.crypto().Agreement, "it stays said")
}

func TestARelayThatPutsKeysInThePlaceOfAnothersGetsNothing(t *testing.T) {
	mallory := seat.New(nobodysRandom{})
	require.NoError(t, mallory.Do(0, &port.Open{Secret: port.Secret{Room: "r"}, Realm: "meet.example"}))
	first, _ := mallory.Next()
	keys := first.(*port.Ready).Announce

	h := newHall(t)
	b := h.comes(bobsName, phrase)
	h.lie = func(g *guest, m wire.ServerMessage) wire.ServerMessage {
		w, ok := m.(*wire.Welcome)
		if !ok {
			return m
		}
		lie := *w
		lie.Members = append([]wire.Member(nil), w.Members...)
		lie.Members[0].Announce = keys
		return &lie
	}
	a := h.comes(annsName, phrase)
	assert.Equal(t, CryptoMismatch, a.crypto().Phase)
	p, _ := a.sees(b.at)
	assert.Empty(t, p.Name)
	p, _ = b.sees(a.at)
	assert.Empty(t, p.Name)
	assert.Equal(t, PeerDifferent, p.Crypto)
	a.unharmed()
	assert.False(t, b.reads(treasure))
}

// nobodysRandom is enough for keys that only stand in a list.
type nobodysRandom struct{}

func (nobodysRandom) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(i + 1)
	}
	return len(b), nil
}

func TestWhatIsSaidWhileAConnectionIsLostArrives(t *testing.T) {
	h, b, a := twoUp(t)
	a.deaf = true // the network is gone, and nobody knows yet
	a.does(&Say{Text: "sent into the void"})
	h.passes(2 * time.Second)
	a.loses()
	a.does(&Say{Text: "written while it was gone"})
	b.does(&Say{Text: "said to her meanwhile"})
	h.passes(3 * time.Second)
	assert.False(t, b.reads("sent into the void"))
	assert.False(t, a.reads("written while it was gone"), "it waits")
	a.dials()
	h.passes(5 * time.Second)
	assert.True(t, b.reads("sent into the void"))
	assert.True(t, b.reads("written while it was gone"))
	assert.True(t, a.reads("said to her meanwhile"))
	assert.Len(t, b.s.View().Chat.Messages, 3, "each once")
	assert.Equal(t, CryptoUp, a.crypto().Phase)
	assert.Equal(t, AgreeSame, b.crypto().Agreement)
	a.unharmed()
}

func TestManyMessagesArriveInOrder(t *testing.T) {
	h, b, a := twoUp(t)
	var want, got []string
	for i := range 60 {
		want = append(want, fmt.Sprint("line ", i))
		a.does(&Say{Text: want[i]})
		h.passes(20 * time.Millisecond)
	}
	h.passes(20 * time.Second)
	for _, m := range b.s.View().Chat.Messages {
		got = append(got, m.Text)
	}
	assert.Equal(t, want, got)
	assert.Equal(t, Problem{}, a.s.View().Chat.Problem)
}

func TestARelayThatMovesMeToAnotherSeatMeetsAnotherMember(t *testing.T) {
	h, b, a := twoUp(t)
	x := h.seats[a.at]
	delete(h.seats, a.at)
	h.last = 9
	x.Index = 9
	h.seats[9] = x
	a.redials()
	h.passes(5 * time.Second)
	assert.EqualValues(t, 9, a.s.View().Me.Index)
	p, _ := b.sees(9)
	assert.NotEqual(t, PeerUp, p.Crypto, "the same keys in two seats")
	h.tell(b, &wire.Left{Member: 2}, 0)
	h.passes(time.Minute)
	a.unharmed()
	b.unharmed()
}

func TestEncryptionThatIsTurnedOnDuringTheCallStaysOn(t *testing.T) {
	h := newHall(t)
	var all []*guest
	for _, name := range []string{bobsName, annsName, "Cyd Crane"} {
		g := h.atHall()
		g.does(&OpenRoom{Name: "r"})
		g.enters(name)
		require.Equal(t, ScreenCall, g.app().Screen)
		all = append(all, g)
	}
	b, a, c := all[0], all[1], all[2]
	a.does(&CryptoPassphrase{Text: phrase})
	a.does(&CryptoOn{})
	assert.Equal(t, string(wire.CodeRole), a.crypto().Problem.Code)
	b.does(&CryptoPassphrase{Text: phrase})
	for _, g := range all {
		g.wrote = nil // their names went out, which nobody can take back
	}
	b.does(&CryptoOn{})
	h.passes(3 * time.Second)
	require.Equal(t, CryptoUp, b.crypto().Phase)
	require.Equal(t, CryptoUp, a.crypto().Phase, "she gave hers before")
	require.Equal(t, CryptoNoPhrase, c.crypto().Phase)
	p, _ := b.sees(c.at)
	assert.Equal(t, PeerWaiting, p.Crypto)
	assert.Empty(t, p.Name)
	c.does(&CryptoPassphrase{Text: phrase})
	h.passes(3 * time.Second)
	require.Equal(t, CryptoUp, c.crypto().Phase)
	for _, g := range all {
		g.unharmed()
	}
	h.lie = off
	a.redials()
	h.passes(3 * time.Second)
	assert.Equal(t, string(wire.CodeE2EEOff), a.app().End.Code)
	a.unharmed()
}

func TestAPassphraseThatABadRelayMustNotHoldUp(t *testing.T) {
	const next = "still other words of the kind"
	h, b, a := twoUp(t)
	a.does(&CryptoChange{Text: next})
	assert.Equal(t, string(wire.CodeRole), a.crypto().Problem.Code, "she is a guest")
	h.passes(2 * time.Second)
	assert.Equal(t, phrase, b.s.Passphrase())
	b.does(&CryptoChange{Text: next})
	// Whatever the relay says of his role now, his word is proved and hers is not asked.
	h.tell(a, &wire.Changed{Member: wire.Member{Index: b.at, Role: wire.Guest, Announce: h.seats[b.at].Announce}}, 0)
	h.passes(2 * time.Second)
	assert.Equal(t, next, a.s.Passphrase())
	c := h.comes("Cyd Crane", phrase)
	assert.Equal(t, CryptoMismatch, c.crypto().Phase, "the old one lets nobody in")
	d := h.comes("Dee Dove", next)
	assert.Equal(t, CryptoUp, d.crypto().Phase)
	a.unharmed()
}
