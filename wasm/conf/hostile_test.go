package conf

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// twoUp are two people in an encrypted room who have proved themselves to each other.
func twoUp(t *testing.T) (h *hall, b, a *guest) {
	h = newHall(t)
	b, a = h.comes(bobsName, phrase), h.comes(annsName, phrase)
	for _, g := range h.all {
		require.Equal(t, CryptoUp, g.crypto().Phase)
		require.Equal(t, AgreeSame, g.crypto().Agreement)
	}
	p, _ := a.sees(b.at)
	require.Equal(t, bobsName, p.Name)
	return h, b, a
}

func TestPeopleOfAnEncryptedRoomTalkPastTheRelay(t *testing.T) {
	h, b, a := twoUp(t)
	yes := true
	a.does(&Say{Text: treasure})
	a.does(&Hand{Up: &yes})
	h.passes(time.Second)
	assert.True(t, a.reads(treasure))
	assert.True(t, b.reads(treasure))
	p, _ := b.sees(a.at)
	assert.NotZero(t, p.Hand)
	for _, g := range h.all {
		g.does(&CryptoCode{On: true})
	}
	h.passes(time.Second)
	assert.Len(t, a.crypto().Code, 35)
	assert.Equal(t, a.crypto().Code, b.crypto().Code)
	a.unharmed()
	b.unharmed()
}

// off makes welcomes into an open room of those into an encrypted one.
func off(_ *guest, m wire.ServerMessage) wire.ServerMessage {
	if w, ok := m.(*wire.Welcome); ok {
		lie := *w
		lie.E2EE, lie.Answer, lie.Media = false, &wire.Answer{}, wire.MediaNew
		return &lie
	}
	return m
}

func failure(c wire.Code) *wire.Failure { return &wire.Failure{Error: *wire.Refuse(c)} }

func TestARelayThatTakesEncryptionBack(t *testing.T) {
	for _, row := range []struct {
		name   string
		attack func(h *hall, a *guest)
		end    wire.Code // "": the call goes on
	}{
		{"says that it is off, as an answer", func(h *hall, a *guest) { h.tell(a, failure(wire.CodeE2EEOff), 3) }, wire.CodeE2EEOff},
		{"says that it is off, as a goodbye", func(h *hall, a *guest) {
			h.tell(a, &wire.Bye{Error: *wire.Refuse(wire.CodeE2EEOff)}, 0)
		}, wire.CodeE2EEOff},
		{"welcomes a second time, into an open room", func(h *hall, a *guest) {
			h.tell(a, &wire.Welcome{You: a.at, Answer: &wire.Answer{}, Members: []wire.Member{someone(a.at, forged)}}, 0)
		}, ""},
		{"takes it back with the seat, after a lost connection", func(h *hall, a *guest) {
			h.lie = off
			a.redials()
		}, wire.CodeE2EEOff},
		{"lets a new member in instead, into an open room", func(h *hall, a *guest) {
			delete(h.seats, a.at)
			h.encrypted = false
			a.redials()
		}, wire.CodeE2EEOff},
		{"begins anew, where somebody has opened the room in clear", func(h *hall, a *guest) {
			h.lie = off
			h.restarts()
		}, wire.CodeE2EEOff},
		{"lets people wait after a lost connection, then in, in clear", func(h *hall, a *guest) {
			h.lie = func(g *guest, m wire.ServerMessage) wire.ServerMessage {
				if _, ok := m.(*wire.Welcome); ok {
					h.post(func() { g.does(Received{Message: off(g, m)}) })
					return &wire.Waiting{For: wire.WaitHost}
				}
				return m
			}
			a.redials()
		}, wire.CodeE2EEOff},
		{"encrypts it once more", func(h *hall, a *guest) {
			for _, by := range []wire.MemberIndex{1, a.at, 0, 99} {
				h.tell(a, &wire.Secured{By: by}, 0)
			}
		}, ""},
		{"says that encryption is required, or that something went in clear", func(h *hall, a *guest) {
			h.tell(a, failure(wire.CodeE2EERequired), 0)
			h.tell(a, failure(wire.CodeE2EEClear), 0)
		}, ""},
		{"asks for another peer connection", func(h *hall, a *guest) {
			h.tell(a, failure(wire.CodeNoMedia), 0)
			a.does(PeerState{State: "failed"})
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			h, b, a := twoUp(t)
			row.attack(h, a)
			h.passes(15 * time.Second)
			a.unharmed()
			if row.end == "" {
				assert.Equal(t, ScreenCall, a.app().Screen)
				assert.True(t, b.reads(treasure))
				return
			}
			assert.Equal(t, ScreenEnd, a.app().Screen)
			assert.Equal(t, string(row.end), a.app().End.Code)
			assert.Nil(t, a.seat)

			// Joining again leads to the same, as long as the relay says so.
			h.lie = off
			a.does(&Rejoin{})
			h.passes(3 * time.Second)
			assert.Equal(t, string(wire.CodeE2EEOff), a.app().End.Code)
			a.unharmed()
		})
	}
}

func TestARelayThatTakesEncryptionBackAtTheDoor(t *testing.T) {
	for name, lie := range map[string]func(*guest, wire.ServerMessage) wire.ServerMessage{
		"a welcome into an open room": off,
		"a refusal": func(_ *guest, m wire.ServerMessage) wire.ServerMessage {
			if _, ok := m.(*wire.Welcome); ok {
				return &wire.Bye{Error: *wire.Refuse(wire.CodeE2EEOff)}
			}
			return m
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			h.lie = lie
			a := h.comes(annsName, phrase)
			assert.Equal(t, string(wire.CodeE2EEOff), a.app().End.Code)
			a.unharmed()
		})
	}
}

func TestARelayThatMakesThingsUp(t *testing.T) {
	const nobody wire.MemberIndex = 77
	for name, attack := range map[string]func(h *hall, b, a *guest){
		"another name, and a raised hand": func(h *hall, b, a *guest) {
			m := filming(someone(b.at, forged))
			m.Hand, m.Announce = 5, h.seats[b.at].Announce
			h.tell(a, &wire.Changed{Member: m}, 0)
		},
		"my own name": func(h *hall, _, a *guest) {
			h.tell(a, &wire.Changed{Member: someone(a.at, forged)}, 0)
		},
		"a message of bob's, and one of mine": func(h *hall, b, a *guest) {
			for i, from := range []wire.MemberIndex{b.at, a.at, nobody} {
				h.tell(a, &wire.Chat{ID: uint64(i + 1), From: from, Text: forged + " says"}, 0)
			}
		},
		"a member without keys": func(h *hall, _, a *guest) {
			h.tell(a, &wire.Joined{Member: filming(someone(nobody, forged))}, 0)
		},
		"a member with keys that are none": func(h *hall, _, a *guest) {
			m := filming(someone(nobody, forged))
			m.Announce = []byte(forged)
			h.tell(a, &wire.Joined{Member: m}, 0)
		},
		"a member with bob's keys": func(h *hall, b, a *guest) {
			m := filming(someone(nobody, forged))
			m.Announce = h.seats[b.at].Announce
			h.tell(a, &wire.Joined{Member: m}, 0)
		},
		"a member with my keys": func(h *hall, _, a *guest) {
			m := filming(someone(nobody, forged))
			m.Announce = h.seats[a.at].Announce
			h.tell(a, &wire.Joined{Member: m}, 0)
		},
		"items of nobody": func(h *hall, b, a *guest) {
			for kind := range uint8(20) {
				h.tell(a, &wire.Sealed{Items: []wire.Item{{Kind: kind, From: nobody, To: a.at, Data: []byte(forged)}}}, 0)
			}
		},
		"slots of nobody, of me, of another kind": func(h *hall, b, a *guest) {
			h.tell(a, &wire.Slots{Slots: []wire.SlotState{
				{Mid: "v0", Source: wire.Source{Member: nobody, Stream: wire.Cam}},
				{Mid: "v1", Source: wire.Source{Member: a.at, Stream: wire.Cam}},
				{Mid: "v2", Source: wire.Source{Member: b.at, Stream: wire.Mic}},
				{Mid: "a0", Source: wire.Source{Member: b.at, Stream: wire.Cam}},
				{Mid: "x9", Source: wire.Source{Member: b.at, Stream: wire.Cam}},
			}}, 0)
		},
		"an answer to no question": func(h *hall, _, a *guest) {
			h.tell(a, &wire.AnswerTo{Answer: wire.Answer{Codecs: []wire.Codec{{Kind: wire.Audio, Name: "red", PT: 63, Clock: 48000}}}}, 9)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, b, a := twoUp(t)
			attack(h, b, a)
			h.passes(10 * time.Second)
			a.unharmed()
			assert.Equal(t, CryptoUp, a.crypto().Phase)
			assert.Equal(t, AgreeSame, a.crypto().Agreement)
			assert.True(t, b.reads(treasure))
			p, _ := a.sees(b.at)
			assert.Equal(t, bobsName, p.Name)
			assert.Zero(t, p.Hand)
			assert.Empty(t, p.Cam.Stream)
			assert.Empty(t, p.Sounds)
			if p, ok := a.sees(nobody); ok {
				assert.NotEqual(t, PeerUp, p.Crypto)
				assert.Empty(t, p.Name)
				assert.Empty(t, p.Cam.Stream)
			}
			for mid, src := range a.bound {
				assert.NotEqual(t, b.at, src.Member, mid)
			}
		})
	}
}
