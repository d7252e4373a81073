package conf

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
)

const phrase = "quiet otters paint lanterns"

var announced = []byte("ann's keys")

// atDoor is a client in front of the encrypted room "r".
func atDoor(t *testing.T) *client {
	c := newClient(t, Config{Realm: "meet.example"})
	c.on(CryptoAble{Yes: true})
	c.on(&OpenRoom{Name: "r", E2EE: true})
	c.on(Captured{Stream: wire.Mic, Device: "m"})
	c.on(Captured{Stream: wire.Cam, Device: "c"})
	return c
}

// reports lets the worker report something.
func (c *client) reports(r port.Report) []Effect { return c.on(CryptoReport{Report: r}) }

// keyed is a client that has sent hello for an encrypted room.
func keyed(t *testing.T) *client {
	c := atDoor(t)
	c.on(&CryptoPassphrase{Text: phrase})
	c.on(&Join{Name: "ann"})
	c.on(LinkUp{})
	c.on(Offered{Offer: offer(true, 4)})
	c.reports(&port.Ready{Announce: announced})
	return c
}

func encrypted(w *wire.Welcome) *wire.Welcome {
	w.E2EE = true
	for i := range w.Members {
		m := &w.Members[i]
		m.Name, m.Announce = "", []byte{byte(m.Index)}
	}
	return w
}

// sealedCall is a client in an encrypted room with bob, who films, and whom nobody knows yet.
func sealedCall(t *testing.T) *client {
	c := keyed(t)
	c.says(encrypted(welcome(filming(someone(bob, "")))))
	c.on(Answered{})
	c.on(PeerState{State: "connected"})
	c.later(time.Second)
	require.Equal(t, ScreenCall, c.app().Screen)
	return c
}

// up says that bob has the passphrase.
func up(name string) *port.State {
	return &port.State{
		Phase: port.PhaseUp, Code: "11111 22222 33333 44444 55555 66666", Agreement: port.AgreementSame, Sending: true,
		Peers: []port.Peer{{Index: uint16(bob), Status: port.StatusUp, About: port.About{Name: name}}},
	}
}

// told are the commands of one type to the worker.
func told[C port.Command](fx []Effect) (out []C) {
	for _, e := range of[TellCrypto](fx) {
		if x, ok := e.Command.(C); ok {
			out = append(out, x)
		}
	}
	return out
}

// hosts makes the client a host.
func (c *client) hosts() {
	c.says(&wire.Changed{Member: wire.Member{Index: ann, Name: "ann", Role: wire.Host}})
}

func (c *client) crypto() Crypto { return c.s.View().Crypto }

func TestAnEncryptedRoomIsNotEnteredWithoutAPassphrase(t *testing.T) {
	c := atDoor(t)
	assert.Equal(t, CryptoNoPhrase, c.crypto().Phase)
	fx := c.on(&Join{Name: "ann"})
	assert.Empty(t, of[Connect](fx))
	assert.Equal(t, ScreenPrejoin, c.app().Screen)
	assert.Equal(t, codePhraseNone, c.crypto().Problem.Code)

	open := one[OpenCrypto](t, c.on(&CryptoPassphrase{Text: "  quiet otters\tpaint lanterns "})).Open
	assert.Equal(t, port.Secret{Room: "r", Passphrase: phrase}, open.Secret)
	assert.Equal(t, "meet.example", open.Realm)
	assert.Equal(t, Problem{}, c.crypto().Problem)
	assert.Equal(t, CryptoStarting, c.crypto().Phase)
	assert.Equal(t, phrase, c.s.Passphrase())
	one[Connect](t, c.on(&Join{Name: "ann"}))
}

func TestPassphrasesThatAreRefused(t *testing.T) {
	for text, code := range map[string]string{
		"":                         "crypto.empty",
		" \t ":                     "crypto.empty",
		"with a\x00zero in it":     "crypto.control",
		strings.Repeat("wör", 200): "crypto.long",
		"password":                 "crypto.weak",
		"Monday Meeting 2026":      "crypto.weak",
	} {
		c := atDoor(t)
		assert.Empty(t, of[OpenCrypto](c.on(&CryptoPassphrase{Text: text})), text)
		assert.Equal(t, code, c.crypto().Problem.Code, text)
		assert.Equal(t, CryptoNoPhrase, c.crypto().Phase)
		assert.True(t, PassphraseStrength(text).Weak || code != codePhraseWeak)
	}
	assert.False(t, PassphraseStrength(phrase).Weak)
}

func TestABrowserThatCannotEncryptIsToldBeforeItsCameraIsAskedFor(t *testing.T) {
	c := newClient(t, Config{})
	c.on(CryptoAble{Yes: false})
	fx := c.on(&OpenRoom{Name: "r", E2EE: true})
	assert.Empty(t, of[Capture](fx))
	assert.Equal(t, AbleNo, c.crypto().Able)
	on := true
	assert.Empty(t, of[Capture](c.on(&Cam{On: &on})))
	assert.Empty(t, of[Capture](c.on(&RetryDevices{})))
	assert.Empty(t, of[Capture](c.on(&SetDevice{Kind: "cam", ID: "x"})))
	c.on(&CryptoPassphrase{Text: phrase})
	fx = c.on(&Join{Name: "ann"})
	assert.Empty(t, of[Connect](fx))
	assert.Empty(t, of[OpenCrypto](fx))
	assert.Equal(t, codeUnable, c.crypto().Problem.Code)

	one[Capture](t, c.on(&OpenRoom{Name: "open"}))
}

func TestHelloOfAnEncryptedRoomHasAnAnnounceAndNoName(t *testing.T) {
	c := atDoor(t)
	c.on(&CryptoPassphrase{Text: phrase})
	assert.True(t, one[MakeOffer](t, c.on(&Join{Name: "ann"})).Sealed)
	c.on(LinkUp{})
	assert.Empty(t, sent[*wire.Hello](c.on(Offered{Offer: offer(true, 4)})), "before there are keys")
	hello := sent[*wire.Hello](c.reports(&port.Ready{Announce: announced}))
	require.Len(t, hello, 1)
	assert.Empty(t, hello[0].Name)
	assert.Equal(t, &wire.E2EE{Announce: announced}, hello[0].E2EE)
}

func TestTheRelayCannotTurnEncryptionOff(t *testing.T) {
	for name, m := range map[string]wire.ServerMessage{
		"welcome into an open room": welcome(),
		"bye, the room is open":     &wire.Bye{Error: wire.Error{Code: wire.CodeE2EEOff}},
	} {
		t.Run(name, func(t *testing.T) {
			c := keyed(t)
			fx := c.says(m)
			assert.Equal(t, ScreenEnd, c.app().Screen)
			assert.Equal(t, string(wire.CodeE2EEOff), c.app().End.Code)
			one[CloseCrypto](t, fx)
			one[ClosePeer](t, fx)
			one[Disconnect](t, fx)
			assert.Empty(t, of[SetAnswer](fx))
			assert.True(t, c.crypto().On, "it is still not to be entered in clear")

			fx = c.on(&Rejoin{})
			assert.True(t, one[MakeOffer](t, fx).Sealed)
			one[OpenCrypto](t, fx)
		})
	}
	t.Run("refusal in a call", func(t *testing.T) {
		c := sealedCall(t)
		c.says(&wire.Failure{Error: wire.Error{Code: wire.CodeE2EEOff}})
		assert.Equal(t, string(wire.CodeE2EEOff), c.app().End.Code)
	})
	t.Run("welcome after a lost connection", func(t *testing.T) {
		c := sealedCall(t)
		c.on(LinkDown{Tries: 1})
		c.on(LinkUp{})
		c.says(resumed(someone(bob, "bob")))
		assert.Equal(t, string(wire.CodeE2EEOff), c.app().End.Code)
	})
}

func TestChoosingTheSameRoomAgainDoesNotTurnEncryptionOff(t *testing.T) {
	c := atDoor(t)
	c.on(&OpenRoom{Name: "R"})
	assert.True(t, c.crypto().On)
	c.on(&OpenRoom{Name: "other"})
	assert.False(t, c.crypto().On)
	c = atDoor(t)
	c.on(&CryptoPassphrase{Text: phrase})
	one[CloseCrypto](t, c.on(&Home{}))
	assert.Empty(t, c.s.Passphrase())
	c.on(&OpenRoom{Name: "r"})
	assert.False(t, c.crypto().On, "the person went away and came without")
}

func TestARoomThatTurnsOutToBeEncrypted(t *testing.T) {
	for name, m := range map[string]wire.ServerMessage{
		"by bye":     &wire.Bye{Error: wire.Error{Code: wire.CodeE2EERequired}},
		"by welcome": &wire.Welcome{You: ann, E2EE: true, Answer: &wire.Answer{}, Members: []wire.Member{{Index: ann}}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, Config{})
			c.on(CryptoAble{Yes: true})
			c.on(&OpenRoom{Name: "r"})
			c.on(&Join{Name: "ann"})
			c.on(LinkUp{})
			require.Len(t, sent[*wire.Hello](c.on(Offered{Offer: offer(true, 4)})), 1)
			fx := c.says(m)
			one[ClosePeer](t, fx)
			assert.Empty(t, of[SetAnswer](fx))
			assert.Equal(t, ScreenPrejoin, c.app().Screen)
			assert.Equal(t, CryptoNoPhrase, c.crypto().Phase)
			assert.Equal(t, string(wire.CodeE2EERequired), c.crypto().Problem.Code)

			one[OpenCrypto](t, c.on(&CryptoPassphrase{Text: phrase}))
			assert.True(t, one[MakeOffer](t, c.on(&Join{Name: "ann"})).Sealed)
		})
	}
	c := keyed(t)
	c.says(&wire.Bye{Error: wire.Error{Code: wire.CodeE2EERequired}})
	assert.Equal(t, ScreenEnd, c.app().Screen, "to whom said so, that is no reason to ask again")
}

// openCall is a client in an open room with bob, in a browser that can encrypt.
func openCall(t *testing.T) *client {
	c := inCall(t, Config{})
	c.on(CryptoAble{Yes: true})
	return c
}

func TestARoomIsEncryptedDuringTheCall(t *testing.T) {
	c := openCall(t)
	c.says(&wire.Slots{Slots: []wire.SlotState{{Mid: "v0", Source: wire.Source{Member: bob, Stream: wire.Cam}}}})
	fx := c.says(&wire.Secured{By: bob})
	assert.Len(t, of[Transmit](fx), 2, "microphone and camera are held back")
	for _, x := range of[Transmit](fx) {
		assert.False(t, x.On)
	}
	one[ClosePeer](t, fx)
	assert.Empty(t, of[MakeOffer](fx), "there is no worker yet")
	v := c.s.View()
	assert.Equal(t, ScreenCall, v.App.Screen)
	assert.Equal(t, CryptoNoPhrase, v.Crypto.Phase)
	assert.Empty(t, v.Peers[0].Name)
	assert.Empty(t, v.Peers[0].Cam.Stream)
	assert.Equal(t, "bob", of[Tell](fx)[0].Note.Params["name"])

	fx = c.on(&CryptoPassphrase{Text: phrase})
	one[OpenCrypto](t, fx)
	assert.True(t, one[MakeOffer](t, fx).Sealed)
	fx = c.on(Offered{Offer: offer(true, 4)})
	assert.Empty(t, sent[*wire.SetOffer](fx), "not before the announce")
	fx = c.reports(&port.Ready{Announce: announced})
	var order []string
	for _, x := range of[Send](fx) {
		order = append(order, fmt.Sprintf("%T", x.Message))
	}
	assert.Equal(t, []string{"*wire.SetAnnounce", "*wire.SetOffer"}, order)
	require.Len(t, told[*port.Welcome](fx), 1)
	assert.Empty(t, of[TellCrypto](c.says(&wire.Secured{By: bob})), "it is encrypted already")
}

func TestADescriptionMadeBeforeEncryptionGoesNowhere(t *testing.T) {
	c := openCall(t)
	c.on(PeerState{State: "failed"})
	fx := c.says(&wire.Secured{By: bob})
	one[ClosePeer](t, fx)
	c.on(&CryptoPassphrase{Text: phrase})
	fx = c.reports(&port.Ready{Announce: announced})
	assert.Empty(t, of[MakeOffer](fx), "the shell still works on the one in clear")
	fx = c.on(Offered{Offer: offer(true, 4)})
	assert.Empty(t, sent[*wire.SetOffer](fx))
	assert.Empty(t, of[Transmit](fx))
	assert.True(t, one[MakeOffer](t, fx).Sealed)
	fx = c.on(Offered{Offer: offer(true, 4)})
	require.Len(t, sent[*wire.SetOffer](fx), 1)
}

func TestAHostEncryptsTheRoom(t *testing.T) {
	c := openCall(t)
	assert.Empty(t, sent[*wire.SetE2EE](c.on(&CryptoOn{})))
	assert.Equal(t, string(wire.CodeRole), c.crypto().Problem.Code, "a guest does not")
	c.hosts()
	assert.Empty(t, sent[*wire.SetE2EE](c.on(&CryptoOn{})))
	assert.Equal(t, codePhraseNone, c.crypto().Problem.Code)
	c.on(&CryptoPassphrase{Text: phrase})
	assert.Equal(t, CryptoOff, c.crypto().Phase)
	fx := c.on(&CryptoOn{})
	require.Len(t, sent[*wire.SetE2EE](fx), 1)
	assert.Equal(t, CryptoOff, c.crypto().Phase, "not before the relay says so")
	fx = c.says(&wire.Secured{By: ann})
	one[OpenCrypto](t, fx)
	assert.Empty(t, of[Tell](fx), "I know")

	c = newClient(t, Config{})
	c.on(CryptoAble{Yes: true})
	c.on(&OpenRoom{Name: "r"})
	c.on(&CryptoOn{})
	assert.Equal(t, CryptoNoPhrase, c.crypto().Phase, "at prejoin it holds at once")
}

func TestABrowserThatCannotEncryptLeavesTheCall(t *testing.T) {
	c := inCall(t, Config{})
	c.on(CryptoAble{Yes: false})
	c.says(&wire.Secured{By: bob})
	assert.Equal(t, ScreenEnd, c.app().Screen)
	assert.Equal(t, codeUnable, c.app().End.Code)
}

func TestPhasesAreShown(t *testing.T) {
	c := sealedCall(t)
	for phase, want := range map[port.Phase]CryptoPhase{
		port.PhaseAlone: "alone", port.PhaseChecking: "checking", port.PhaseUp: "up",
		port.PhaseMismatch: "mismatch", port.PhaseLocked: "locked", port.PhaseSplit: "split",
	} {
		c.reports(&port.State{Phase: phase, With: 1, Attempts: 20, Agreement: port.AgreementDiffer, Peers: []port.Peer{{Index: 1, Status: port.StatusDifferent}}})
		got := c.crypto()
		assert.Equal(t, Crypto{On: true, Able: AbleYes, Phase: want, With: 1, Attempts: 20, Agreement: AgreeDiffer, Different: 1}, got)
	}
}

func TestThePassphraseChangesForEverybody(t *testing.T) {
	const mine, his = "other words of that kind", "still other words of the kind"
	c := sealedCall(t)
	c.reports(up("Bob"))
	assert.Empty(t, c.on(&CryptoChange{Text: mine}))
	assert.Equal(t, string(wire.CodeRole), c.crypto().Problem.Code, "a guest does not")
	c.hosts()
	change := told[*port.Change](c.on(&CryptoChange{Text: mine}))
	require.Len(t, change, 1)
	assert.Equal(t, mine, change[0].Passphrase)
	assert.Equal(t, phrase, c.s.Passphrase(), "it has not gone out")
	fx := c.reports(&port.Passphrase{By: uint16(ann), Epoch: 1, Text: mine})
	assert.Equal(t, mine, c.s.Passphrase())
	assert.Equal(t, Note{T: "toast", Key: "crypto.changedMine", Tone: "info"}, of[Tell](fx)[0].Note)
	assert.Empty(t, told[*port.Adopt](fx))

	fx = c.reports(&port.Offered{By: uint16(bob), Epoch: 2, Text: his})
	adopt := told[*port.Adopt](fx)
	require.Len(t, adopt, 1)
	assert.Equal(t, &port.Adopt{Secret: port.Secret{Room: "r", Passphrase: his}, Epoch: 2}, adopt[0])
	assert.Equal(t, mine, c.s.Passphrase(), "the worker has not taken it yet")
	assert.Empty(t, of[Tell](fx))
	fx = c.reports(&port.Passphrase{By: uint16(bob), Epoch: 2, Text: his})
	assert.Equal(t, his, c.s.Passphrase())
	assert.Empty(t, told[*port.Adopt](fx))
	assert.Equal(t, Note{T: "toast", Key: "crypto.changed", Params: map[string]string{"name": "Bob"}, Tone: "info"}, of[Tell](fx)[0].Note)

	c.on(&CryptoChange{Text: "weak"})
	assert.Equal(t, codePhraseWeak, c.crypto().Problem.Code)
	c.on(&CryptoChange{Text: mine})
	c.reports(&port.Unchanged{Code: "crypto.later"})
	assert.Equal(t, "crypto.later", c.crypto().Problem.Code)
}

func TestAPassphraseOfOthersThatNobodyCanTypeIsDeclined(t *testing.T) {
	c := sealedCall(t)
	c.reports(up("Bob"))
	for _, text := range []string{" not\nclean ", "", "two  blanks", strings.Repeat("x", 300)} {
		fx := c.reports(&port.Offered{By: uint16(bob), Epoch: 3, Text: text})
		assert.Equal(t, []*port.Decline{{Epoch: 3}}, told[*port.Decline](fx), text)
		assert.Empty(t, told[*port.Adopt](fx))
		assert.Equal(t, phrase, c.s.Passphrase())
	}
}

func TestAPassphraseOfOthersThatIsEasyToGuessIsTakenAndSaid(t *testing.T) {
	c := sealedCall(t)
	c.reports(up("Bob"))
	require.Len(t, told[*port.Adopt](c.reports(&port.Offered{By: uint16(bob), Epoch: 1, Text: "a"})), 1, "people would come apart")
	fx := c.reports(&port.Passphrase{By: uint16(bob), Epoch: 1, Text: "a"})
	weak := Note{T: "toast", Key: "crypto.changedWeak", Params: map[string]string{"name": "Bob"}, Tone: "warn"}
	assert.Equal(t, weak, of[Tell](fx)[0].Note)
	assert.Equal(t, "a", c.s.Passphrase())
}

func TestAProgramThatCannotBeHadEndsTheCall(t *testing.T) {
	c := keyed(t)
	c.on(CryptoFailed{Code: codeLoad})
	assert.Equal(t, codeLoad, c.app().End.Code)

	c = atDoor(t)
	c.on(&CryptoPassphrase{Text: phrase})
	one[CloseCrypto](t, c.on(CryptoFailed{Code: codeLoad}))
	assert.Equal(t, ScreenPrejoin, c.app().Screen)
	assert.Equal(t, codeLoad, c.crypto().Problem.Code)
	one[OpenCrypto](t, c.on(&Join{Name: "ann"}))
}

func TestAWorkerThatNeverBeginsIsGivenUp(t *testing.T) {
	c := atDoor(t)
	c.on(&CryptoPassphrase{Text: phrase})
	c.on(&Join{Name: "ann"})
	c.on(LinkUp{})
	c.on(Offered{Offer: offer(true, 4)})
	c.later(startTime - time.Second)
	require.Equal(t, ScreenJoining, c.app().Screen)
	fx := c.later(time.Second)
	one[CloseCrypto](t, fx)
	assert.Equal(t, codeLoad, c.app().End.Code)

	c = atDoor(t)
	c.on(&CryptoPassphrase{Text: phrase})
	one[CloseCrypto](t, c.later(startTime))
	assert.Equal(t, codeLoad, c.crypto().Problem.Code)
	one[OpenCrypto](t, c.on(&Join{Name: "ann"}))

	c = keyed(t)
	assert.Empty(t, of[CloseCrypto](c.later(2*startTime)), "it has begun")
}

func TestTheWorkerAsksForAKeyFrame(t *testing.T) {
	c := sealedCall(t)
	one[KeyFrame](t, c.reports(&port.KeyFrame{}))
}

func TestAPassphraseIsNowhereInTheViewOrInPrint(t *testing.T) {
	c := sealedCall(t)
	c.reports(up("Bob"))
	fx := c.on(&CryptoChange{Text: "other words of that kind"})
	fx = append(fx, c.reports(&port.Offered{By: uint16(bob), Epoch: 2, Text: "words of his own kind"})...)
	fx = append(fx, c.reports(&port.Passphrase{By: uint16(bob), Epoch: 2, Text: "words of his own kind"})...)
	all, err := json.Marshal(c.s.View())
	require.NoError(t, err)
	for _, x := range of[Tell](fx) {
		all = fmt.Appendf(all, "%+v", x)
	}
	for _, x := range of[Store](fx) {
		all = fmt.Appendf(all, "%+v", x)
	}
	for _, x := range of[TellCrypto](fx) {
		all = fmt.Appendf(all, "%+v %v %#v", x, x.Command, x.Command)
	}
	assert.NotContains(t, string(all), "words")
	assert.NotContains(t, string(all), "lanterns")
}

func TestTheWorkerMakesACodeForThoseWhoLookAtIt(t *testing.T) {
	c := sealedCall(t)
	assert.Equal(t, []*port.ShowCode{{On: true}}, told[*port.ShowCode](c.on(&CryptoCode{On: true})))
	assert.Empty(t, told[*port.ShowCode](c.on(&CryptoCode{On: true})), "it knows")
	assert.Equal(t, []*port.ShowCode{{}}, told[*port.ShowCode](c.on(&CryptoCode{})))

	c = keyed(t)
	assert.Empty(t, told[*port.ShowCode](c.on(&CryptoCode{On: true})), "not before the room")
	assert.Equal(t, []*port.ShowCode{{On: true}}, told[*port.ShowCode](c.says(encrypted(welcome(someone(bob, ""))))))
}
