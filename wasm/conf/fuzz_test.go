package conf

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
)

// world is what a State lives in: a shell that carries effects out truthfully, a relay and a person that do anything.
type world struct {
	t      *testing.T
	s      *State
	now    time.Time
	script []byte

	wanted, up, greeted bool
	offers, answers     int // asked of the shell, not answered
	asked               time.Time
	apis                []string
	worker, sealed      bool // there is an encryption worker; the newest peer connection goes through it
	latched             bool
	clear               int                        // messages on screen that came in clear
	shadow              map[string]json.RawMessage // the View as the site has it
}

// inClear is what the relay says in the chat.
const inClear = "clear"

// next draws a number below n from the script.
func (w *world) next(n int) int {
	if len(w.script) == 0 {
		return 0
	}
	b := int(w.script[0])
	w.script = w.script[1:]
	return b % n
}

func (w *world) member() wire.Member {
	i := wire.MemberIndex(w.next(6) + 1)
	bits := w.next(32)
	return wire.Member{
		Index: i, Name: "n", Role: wire.Guest, Hand: int64(bits >> 4),
		State: wire.Sending{Mic: bits&1 != 0, Cam: bits&2 != 0, Screen: bits&4 != 0, ScreenAudio: bits&8 != 0},
	}
}

func (w *world) slots() (list []wire.SlotState) {
	for range w.next(4) {
		mid, n := w.next(6), w.next(5)
		x := wire.SlotState{Mid: string("vvvvva"[mid]) + string(rune('0'+n))}
		if m := w.next(24); m > 0 {
			x.Source = wire.Source{Member: wire.MemberIndex(m % 6), Stream: wire.Streams[m/6]}
		}
		if x.Member == 0 || x.Member == 5 {
			x.Why = wire.WhyBandwidth // an empty slot, or a picture that is paused
		}
		list = append(list, x)
	}
	return list
}

// relay is something that a relay could say, in order or not.
func (w *world) relay() Event {
	var m wire.ServerMessage
	switch w.next(16) {
	case 13:
		m = &wire.Secured{By: w.member().Index}
	case 14:
		m = &wire.Sealed{Items: []wire.Item{{Kind: wire.ItemRecord, From: w.member().Index, Data: []byte("x")}}}
	case 15:
		codes := []wire.Code{wire.CodeE2EERequired, wire.CodeE2EEOff, wire.CodeE2EEClear}
		m = &wire.Failure{Error: wire.Error{Code: codes[w.next(len(codes))]}}
	case 0:
		m = &wire.Waiting{For: wire.WaitHost}
	case 1, 2:
		x := &wire.Welcome{You: 2, Resume: "t", Slots: w.slots(), Media: []wire.MediaState{wire.MediaNew, wire.MediaKept, wire.MediaGone}[w.next(3)]}
		x.E2EE = w.latched != (w.next(8) == 0) // mostly the truth
		if x.Resumed = w.next(2) == 0; x.Media == wire.MediaNew {
			x.Answer = &wire.Answer{}
		}
		me := wire.Member{Index: 2, Name: "me", Role: wire.Guest}
		if o := w.member(); o.Index != 2 {
			x.Members = append(x.Members, o)
		}
		x.Members = append(x.Members, me)
		m = x
	case 3:
		m = &wire.Joined{Member: w.member()}
	case 4:
		m = &wire.Left{Member: w.member().Index}
	case 5:
		m = &wire.Changed{Member: w.member()}
	case 6:
		m = &wire.Slots{Slots: w.slots()}
	case 7:
		m = &wire.Speakers{Speaking: []wire.MemberIndex{w.member().Index}, Dominant: w.member().Index}
	case 8:
		m = &wire.Chat{ID: uint64(w.next(255)), From: w.member().Index, Text: inClear}
	case 9:
		codes := []wire.Code{wire.CodeMedia, wire.CodeNoMedia, wire.CodeRate, wire.CodeOffer, wire.CodeTicket, wire.CodeChat}
		m = &wire.Failure{Error: wire.Error{Code: codes[w.next(len(codes))]}}
	case 10:
		codes := []wire.Code{wire.CodeKicked, wire.CodeDrain, wire.CodeReplaced, wire.CodeInternal, wire.CodeE2EERequired, wire.CodeE2EEOff}
		m = &wire.Bye{Error: wire.Error{Code: codes[w.next(len(codes))]}}
	case 11:
		m = &wire.AnswerTo{}
	case 12:
		m = &wire.Encode{Streams: []wire.Encoding{{Stream: wire.Stream(w.next(4)), Codec: "VP8", Layers: []int{w.next(3)}}}}
	}
	return Received{Message: m, Re: uint32(w.next(5))}
}

// person is something that a person could do.
func (w *world) person() Event {
	switch w.next(20) {
	case 16:
		return &CryptoPassphrase{Text: []string{"quiet otters paint lanterns", "other words of that kind", "weak"}[w.next(3)]}
	case 17:
		return &CryptoOn{}
	case 18:
		return []Event{&CryptoOthers{}, &CryptoUnlock{}, &CryptoAccept{}, &CryptoCode{On: true}, &CryptoCode{}}[w.next(5)]
	case 19:
		return &CryptoChange{Text: "still other words of the kind"}
	case 0, 1:
		return &OpenRoom{Name: []string{"r", "q", "a/b"}[w.next(3)], E2EE: w.next(3) == 0}
	case 2, 3, 4:
		return &Join{Name: "me"}
	case 5:
		return []Event{&Leave{}, PageGone{}}[w.next(2)]
	case 6:
		return &Rejoin{}
	case 7:
		return &Home{}
	case 8:
		return &Mic{}
	case 9:
		return &Cam{}
	case 10:
		return &ShareScreen{On: w.next(2) == 0}
	case 11:
		return &Say{Text: "x"}
	case 12:
		return &Hand{}
	case 13:
		return &SetDevice{Kind: []string{"mic", "cam", "speaker", "?"}[w.next(4)], ID: "d"}
	case 14:
		return &SignIn{Name: "n", Secret: "s"}
	default:
		return Viewport{Watch: []Watch{{Source: wire.Source{Member: w.member().Index, Stream: wire.Cam}, Height: w.next(255) - 5}}}
	}
}

// shell is something that browser or network could do; nil when there is nothing.
func (w *world) shell() Event {
	stream := wire.Streams[w.next(4)]
	switch w.next(12) {
	case 10, 11:
		return w.crypto()
	case 0, 1:
		if w.wanted {
			w.up, w.greeted = true, false
			return LinkUp{}
		}
	case 2:
		if w.wanted {
			w.up = false
			return LinkDown{Tries: 1}
		}
	case 3, 4:
		if w.offers > 0 {
			w.offers--
			return Offered{Offer: validOffer(4 + w.next(4))}
		}
	case 5:
		if w.answers > 0 {
			w.answers--
			return Answered{Err: []string{"", "", "", "media.failed"}[w.next(4)]}
		}
	case 6:
		return PeerState{State: []string{"connected", "disconnected", "failed"}[w.next(3)]}
	case 7:
		return Captured{Stream: stream, Device: "d"}
	case 8:
		return []Event{CaptureFailed{stream, InputDenied}, TrackEnded{stream}, Shared{Audio: true}, ShareFailed{}, DeviceList{}}[w.next(5)]
	case 9:
		if len(w.apis) > 0 {
			op := w.apis[0]
			w.apis = w.apis[1:]
			return APIResult{Op: op, Name: []string{"", "host"}[w.next(2)], Ticket: []string{"", "T"}[w.next(2)]}
		}
	}
	return nil
}

// crypto is something that the encryption worker could say; nil when there is none.
func (w *world) crypto() Event {
	if !w.worker {
		return nil
	}
	m := uint16(w.member().Index)
	var r port.Report
	switch w.next(10) {
	case 0, 1, 2:
		r = &port.Ready{Announce: []byte("me")}
	case 3, 4:
		r = &port.State{Phase: port.Phase(w.next(6)), Agreement: port.Agreement(w.next(4)), Peers: []port.Peer{
			{Index: m, Status: port.Status(w.next(6)), About: port.About{Name: []string{"", "ann"}[w.next(2)], Hand: int64(w.next(2))}},
		}}
	case 5:
		r = &port.Said{From: m, ID: localID + uint64(w.next(5)), Text: "x"}
	case 6:
		r = []port.Report{&port.Send{Items: []port.Item{{Kind: 1, To: m}}}, &port.Parted{}}[w.next(2)]
	case 7:
		text := []string{"words that somebody else chose", "no\tpassphrase"}[w.next(2)]
		r = []port.Report{
			&port.Offered{By: m, Epoch: 1, Text: text}, &port.Passphrase{By: m, Epoch: 1, Text: text}, &port.Retried{}, &port.Retried{Text: text},
		}[w.next(4)]
	case 8:
		r = &port.KeyFrame{}
	default:
		return CryptoFailed{Code: []string{codeWorker, codeLoad}[w.next(2)]}
	}
	return CryptoReport{Report: r}
}

// honest checks what must never happen in a room that is known to be encrypted.
func (w *world) honest(x Effect) {
	t := w.t
	switch x := x.(type) {
	case OpenCrypto:
		require.False(t, w.worker, "two workers")
		w.worker = true
	case CloseCrypto:
		require.True(t, w.worker)
		w.worker = false
	case TellCrypto:
		require.True(t, w.worker, "%T to no worker", x.Command)
		_, err := port.DecodeCommand(port.AppendCommand(nil, x.Command))
		require.NoError(t, err)
	case MakeOffer:
		require.Equal(t, w.s.crypt.latched, x.Sealed)
		require.True(t, !x.Sealed || w.worker, "sealed by whom?")
		if x.Fresh {
			w.sealed = x.Sealed
		}
	case SetAnswer:
		require.True(t, !w.s.crypt.latched || w.sealed, "an answer for a peer connection in clear")
	case Transmit:
		require.True(t, !x.On || !w.s.crypt.latched || w.sealed, "media flows in clear")
	case Tell:
		if w.s.crypt.latched && x.Note.Key != "crypto.secured" {
			require.NotEqual(t, "n", x.Note.Params["name"], "a name of the relay's: %s", x.Note.Key)
			require.NotEqual(t, inClear, x.Note.Params["text"])
		}
	case Send:
		if !w.s.crypt.latched {
			return
		}
		switch m := x.Message.(type) {
		case *wire.Hello:
			require.Empty(t, m.Name)
			require.NotNil(t, m.E2EE)
			require.True(t, m.Offer == nil || w.sealed)
		case *wire.SetOffer:
			require.True(t, w.sealed)
		case *wire.SendChat, *wire.SetHand:
			require.Fail(t, "sent in clear", "%T", m)
		}
	}
}

func validOffer(video int) *wire.Offer {
	o := offer(true, video)
	o.ICE = wire.ICE{Ufrag: "ufrag", Pwd: strings.Repeat("p", 22)}
	o.Fingerprint = strings.Repeat("AA:", 31) + "AA"
	o.Codecs = []wire.Codec{{Kind: wire.Video, Name: "VP8", PT: 96, Clock: 90000}}
	return o
}

// step lets e happen and checks what follows.
func (w *world) step(e Event) {
	before, room := w.latched, w.s.View().Room.Name
	for _, x := range w.s.Step(w.now, e) {
		w.obey(x)
	}
	w.latched = w.s.crypt.latched
	if before && !w.latched {
		_, home := e.(*Home)
		require.True(w.t, home || w.s.View().Room.Name != room, "encryption was turned off by %T", e)
	}
	w.look()
}

func (w *world) obey(x Effect) {
	t := w.t
	w.honest(x)
	switch x := x.(type) {
	case Connect:
		require.False(t, w.wanted, "connected twice")
		w.wanted = true
	case Disconnect:
		require.True(t, w.wanted)
		w.wanted, w.up, w.greeted = false, false, false
	case Send:
		require.True(t, w.up, "sent while the link is down: %T", x.Message)
		_, hello := x.Message.(*wire.Hello)
		require.Equal(t, !w.greeted, hello, "hello comes first, and once: %T", x.Message)
		w.greeted = true
		_, err := wire.EncodeClient(x.Message, x.N)
		require.NoError(t, err, "%T", x.Message)
	case MakeOffer:
		w.negotiates()
		w.offers++
	case SetAnswer:
		w.negotiates()
		w.answers++
	case CallAPI:
		w.apis = append(w.apis, x.Op)
	}
}

// negotiates checks that nothing else is in flight. What the shell has not answered for long is given up.
func (w *world) negotiates() {
	if w.now.Sub(w.asked) >= answerTime {
		w.offers, w.answers = 0, 0
	}
	require.Zero(w.t, w.offers+w.answers, "two negotiations in flight")
	w.asked = w.now
}

// look checks that the View makes sense, and that the slices that are said to have changed are all that did.
func (w *world) look() {
	t, v := w.t, w.s.View()
	require.LessOrEqual(t, len(v.Chat.Messages), maxMessages)
	clear := 0
	for _, m := range v.Chat.Messages {
		if m.Text == inClear {
			clear++
		}
	}
	require.True(t, !w.latched || clear <= w.clear, "a message of the relay's")
	w.clear = clear
	for mid, src := range w.s.crowd.slots {
		require.Equal(t, mid[0] == 'v', src.Stream.Kind() == wire.Video, "%s in slot %s", src.Stream, mid)
	}
	require.True(t, slices.IsSortedFunc(v.Peers, func(a, b Peer) int { return int(a.Index) - int(b.Index) }))
	for _, p := range v.Peers {
		require.NotEqual(t, v.Me.Index, p.Index)
		require.Equal(t, p.Cam.On && p.Cam.Why == "", p.Cam.Stream != "")
		require.Equal(t, w.latched, p.Crypto != PeerPlain)
		if _, proven := w.s.crypt.peer(p.Index); w.latched && !proven {
			require.Empty(t, p.Name, "a name of the relay's")
			require.Zero(t, p.Hand)
			require.Empty(t, p.Cam.Stream)
			require.Empty(t, p.Sounds)
		}
	}
	require.Equal(t, v.App.Screen == ScreenCall, v.Me.Index != 0)
	require.Equal(t, w.wanted, v.App.Conn != ConnIdle)
	require.Equal(t, w.latched, v.Crypto.Phase != CryptoOff)
	if v.App.Screen == ScreenHome || v.App.Screen == ScreenEnd {
		require.False(t, v.Me.Mic.Live || v.Me.Cam.Live || v.Me.Share.On, "a device runs outside of a meeting")
	}

	all, err := json.Marshal(v)
	require.NoError(t, err)
	var full map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(all, &full))
	dirty := w.s.TakeDirty()
	for name, bit := range map[string]Dirty{
		"app": AppChanged, "room": RoomChanged, "me": MeChanged, "devices": DevicesChanged,
		"peers": PeersChanged, "stage": StageChanged, "chat": ChatChanged, "auth": AuthChanged, "crypto": CryptoChanged,
	} {
		if dirty.Has(bit) {
			w.shadow[name] = full[name]
		}
		require.Equal(t, string(full[name]), string(w.shadow[name]), "%s changed without saying so", name)
	}
}

func FuzzAnythingMayHappenInAnyOrder(f *testing.F) {
	f.Add([]byte("join, wait, be welcomed, share, lose the link, come back, leave"))
	for seed := range byte(20) {
		script := make([]byte, 600)
		x := uint32(seed)*2654435761 + 1
		for i := range script { // a linear congruential generator: the same scripts on every run
			x = x*1664525 + 1013904223
			script[i] = byte(x >> 24)
		}
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 4000 {
			return
		}
		w := &world{t: t, s: New(Config{WantAll: len(script)%2 == 0}), now: time.UnixMilli(1e6), script: script, shadow: map[string]json.RawMessage{}}
		w.step(Booted{})
		w.step(CryptoAble{Yes: len(script)%7 != 0})
		w.step(&OpenRoom{Name: "r"})
		w.step(&Join{Name: "me"})
		for len(w.script) > 0 {
			w.now = w.now.Add(time.Duration(w.next(256)*w.next(16)) * time.Millisecond)
			var e Event
			switch w.next(4) {
			case 0:
				e = w.person()
			case 1:
				e = w.relay()
			default:
				e = w.shell()
			}
			if e != nil {
				w.step(e)
			} else {
				w.step(Tick{})
			}
		}
	})
}
