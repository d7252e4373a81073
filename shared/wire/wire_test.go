package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryMessageComesBackAsItWas(t *testing.T) {
	for i, m := range clientSamples() {
		b, err := EncodeClient(m, uint32(i))
		require.NoError(t, err)
		got, n, err := DecodeClient(b)
		require.NoError(t, err, string(b))
		assert.Equal(t, m, got)
		assert.Equal(t, number(b, i), n)
	}
	for i, m := range serverSamples() {
		b, err := EncodeServer(m, uint32(i))
		require.NoError(t, err)
		got, re, err := DecodeServer(b)
		require.NoError(t, err, string(b))
		assert.Equal(t, m, got)
		assert.Equal(t, number(b, i), re)
	}
}

// number is i, or 0 for a message that carries none.
func number(message []byte, i int) uint32 {
	if Binary(message) {
		return 0
	}
	return uint32(i)
}

// TestSamplesHaveEveryField keeps the round trip honest when a field is added.
func TestSamplesHaveEveryField(t *testing.T) {
	set := map[string]bool{} // by path: some sample sets the field
	var check func(v reflect.Value, path string)
	check = func(v reflect.Value, path string) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				check(v.Elem(), path)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				f := v.Field(i)
				p := path + "." + v.Type().Field(i).Name
				if f.Kind() != reflect.Struct && v.Type() != reflect.TypeFor[Sending]() {
					set[p] = set[p] || !f.IsZero()
				}
				if f.Kind() == reflect.Struct || f.Kind() == reflect.Pointer {
					check(f, p)
				}
			}
		}
	}
	for _, m := range clientSamples() {
		check(reflect.ValueOf(m), fmt.Sprintf("%T", m))
	}
	for _, m := range serverSamples() {
		check(reflect.ValueOf(m), fmt.Sprintf("%T", m))
	}
	assert.NotEmpty(t, set)
	for p, ok := range set {
		assert.True(t, ok, "no sample sets %s", p)
	}
}

func TestEveryTypeHasAName(t *testing.T) {
	seen := map[string]reflect.Type{}
	note := func(m, empty any, name string) {
		if _, binary := m.(*Sealed); binary {
			assert.Nil(t, empty, "items have no JSON")
			assert.Empty(t, name)
			return
		}
		assert.IsType(t, m, empty)
		if before, ok := seen[name]; ok {
			assert.Equal(t, before, reflect.TypeOf(m), name)
		}
		seen[name] = reflect.TypeOf(m)
	}
	for _, m := range clientSamples() {
		note(m, newClient(m.clientType()), m.clientType())
	}
	assert.Len(t, seen, 11)
	clear(seen)
	for _, m := range serverSamples() {
		note(m, newServer(m.serverType()), m.serverType())
	}
	assert.Len(t, seen, 14)
}

func TestEveryProperPrefixIsRefused(t *testing.T) {
	for _, m := range clientSamples() {
		b, err := EncodeClient(m, 7)
		require.NoError(t, err)
		for i := range b {
			if endsItem(m, i) {
				continue // items say themselves where they end; a message has no count of them
			}
			got, _, err := DecodeClient(b[:i])
			require.Error(t, err, string(b[:i]))
			require.Nil(t, got)
		}
	}
	for _, m := range serverSamples() {
		b, err := EncodeServer(m, 7)
		require.NoError(t, err)
		for i := range b {
			if endsItem(m, i) {
				continue
			}
			got, _, err := DecodeServer(b[:i])
			require.Error(t, err, string(b[:i]))
			require.Nil(t, got)
		}
	}
}

// endsItem reports whether one of the items of m, if it has any, ends at its byte n.
func endsItem(m any, n int) bool {
	s, ok := m.(*Sealed)
	if !ok {
		return false
	}
	at := 0
	for _, x := range s.Items {
		if at += x.Size(); at == n {
			return true
		}
	}
	return false
}

func TestTheRelayReadsStrictly(t *testing.T) {
	long := `{"t":"chat","d":{"text":"` + strings.Repeat("x", MaxMessage) + `"}}`
	for _, c := range []struct {
		name, text string
		code       Code
		what       string
		n          uint32
	}{
		{"nothing", ``, CodeBadMessage, "envelope", 0},
		{"null", `null`, CodeUnknown, "", 0},
		{"a list", `[]`, CodeBadMessage, "envelope", 0},
		{"something behind the message", `{"t":"ping","n":3}x`, CodeBadMessage, "envelope", 3},
		{"a second message", `{"t":"ping"}{"t":"ping"}`, CodeBadMessage, "envelope", 0},
		{"an unknown field of the envelope", `{"t":"ping","m":1}`, CodeBadMessage, "envelope", 0},
		{"a negative number", `{"t":"ping","n":-1}`, CodeBadMessage, "envelope", 0},
		{"a number that is too large", `{"t":"ping","n":4294967296}`, CodeBadMessage, "envelope", 0},
		{"no type", `{"n":3}`, CodeUnknown, "", 3},
		{"an unknown type", `{"t":"dance","n":3}`, CodeUnknown, "", 3},
		{"a message of the relay", `{"t":"bye","n":3}`, CodeUnknown, "", 3},
		{"an unknown field", `{"t":"hand","n":3,"d":{"up":true,"x":1}}`, CodeBadMessage, "hand", 3},
		{"a wrong type", `{"t":"hand","n":3,"d":{"up":"yes"}}`, CodeBadMessage, "hand", 3},
		{"no object", `{"t":"hand","n":3,"d":null}`, CodeBadMessage, "hand", 3},
		{"a list for an object", `{"t":"hand","n":3,"d":[]}`, CodeBadMessage, "hand", 3},
		{"a stream that does not exist", `{"t":"want","d":{"wants":[{"member":1,"stream":"x","height":1}]}}`, CodeBadMessage, "want", 0},
		{"a member that cannot be", `{"t":"chat","d":{"text":"x","to":65536}}`, CodeBadMessage, "chat", 0},
		{"bytes that are no UTF-8", "{\"t\":\"chat\",\"d\":{\"text\":\"\xff\"}}", CodeBadMessage, "utf-8", 0},
		{"more than the limit", long, CodeTooLarge, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, n, err := DecodeClient([]byte(c.text))
			assert.Nil(t, m)
			assert.Equal(t, c.n, n)
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.code, e.Code)
			assert.Equal(t, c.what, e.Params["what"])
		})
	}
}

func TestAnotherVersionIsCalledThat(t *testing.T) {
	_, _, err := DecodeClient([]byte(`{"t":"hello","n":1,"d":{"version":2,"room":7,"shiny":true}}`))
	assert.Equal(t, Refuse(CodeVersion, "version", "1"), err)
	for _, v := range []string{"0", "-1", `"2"`, "2.5"} {
		_, _, err = DecodeClient([]byte(`{"t":"hello","d":{"version":` + v + `,"room":"a","name":"b","resume":"c","state":{}}}`))
		var e *Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, CodeBadMessage, e.Code, v)
	}
}

func TestClientsReadLeniently(t *testing.T) {
	m, re, err := DecodeServer([]byte(`{"t":"left","re":3,"new":1,"d":{"member":2,"why":"kicked","new":{}}}`))
	require.NoError(t, err)
	assert.Equal(t, &Left{Member: 2, Why: CodeKicked}, m)
	assert.Equal(t, uint32(3), re)
	m, re, err = DecodeServer([]byte(`{"t":"confetti","re":3,"d":{}}`))
	require.NoError(t, err)
	assert.Nil(t, m)
	assert.Equal(t, uint32(3), re)
	m, _, err = DecodeServer([]byte(`{"t":"pong"}`))
	require.NoError(t, err)
	assert.Equal(t, &Pong{}, m)
	for _, bad := range []string{``, `{`, `[]`, `{"t":"left","d":{"member":"x"}}`, `{"t":"left","d":{"member":70000}}`} {
		_, _, err = DecodeServer([]byte(bad))
		require.Error(t, err, bad)
	}
}

func TestListsOfTheRelayAreNeverNull(t *testing.T) {
	for _, m := range []ServerMessage{&Welcome{Answer: &Answer{}}, &AnswerTo{}, &Slots{}, &Speakers{}} {
		b, err := EncodeServer(m, 0)
		require.NoError(t, err)
		assert.NotContains(t, string(b), "null")
	}
}

func TestLimits(t *testing.T) {
	hello := func(edit func(*Hello)) ClientMessage {
		h := &Hello{Version: 1, Room: "a", Name: "b", Offer: sampleOffer()}
		edit(h)
		return h
	}
	want := func(edit func(*SetWants)) ClientMessage {
		w := &SetWants{Wants: []Want{{Source: Source{Member: 1, Stream: Cam}, Height: 180}}}
		edit(w)
		return w
	}
	announce := func(n int) *E2EE { return &E2EE{Announce: make([]byte, n)} }
	many := func(n int) (w []Want) {
		for i := range n {
			w = append(w, Want{Source: Source{Member: MemberIndex(i + 1), Stream: Cam}, Height: 4320})
		}
		return w
	}
	for _, c := range []struct {
		name string
		m    ClientMessage
		code Code // "": it is fine
	}{
		{"the longest room", hello(func(h *Hello) { h.Room = strings.Repeat("a", MaxRoom) }), ""},
		{"a room that is too long", hello(func(h *Hello) { h.Room = strings.Repeat("a", MaxRoom+1) }), CodeRoom},
		{"no room", hello(func(h *Hello) { h.Room = "" }), CodeRoom},
		{"the longest name", hello(func(h *Hello) { h.Name = strings.Repeat("ё", MaxName) }), ""},
		{"the longest name of the largest code points", hello(func(h *Hello) { h.Name = strings.Repeat("🦦", MaxName) }), ""},
		{"a name that is too long", hello(func(h *Hello) { h.Name = strings.Repeat("ё", MaxName+1) }), CodeName},
		{"a name of white space", hello(func(h *Hello) { h.Name = " \u00a0" }), CodeName},
		{"a name that nobody sees", hello(func(h *Hello) { h.Name = "\u200b\u2060\u3164" }), CodeName},
		{"a name with a line separator", hello(func(h *Hello) { h.Name = "a\u2028b" }), CodeName},
		{"a name with a control character", hello(func(h *Hello) { h.Name = "a\x7fb" }), CodeName},
		{"a name that is not UTF-8", hello(func(h *Hello) { h.Name = "a\xff" }), CodeName},
		{"a client with a space", hello(func(h *Hello) { h.Client = "a b" }), CodeBadMessage},
		{"a client that is too long", hello(func(h *Hello) { h.Client = strings.Repeat("a", MaxClient+1) }), CodeBadMessage},
		{"no name where the room is encrypted", hello(func(h *Hello) { h.Name, h.E2EE = "", announce(MaxAnnounce) }), ""},
		{"a name where the room is encrypted", hello(func(h *Hello) { h.E2EE = announce(1) }), CodeBadMessage},
		{"no name where the room is open", hello(func(h *Hello) { h.Name = "" }), CodeName},
		{"an empty announce", hello(func(h *Hello) { h.Name, h.E2EE = "", announce(0) }), CodeBadMessage},
		{"an announce that is too long", hello(func(h *Hello) { h.Name, h.E2EE = "", announce(MaxAnnounce+1) }), CodeBadMessage},
		{"a late announce", &SetAnnounce{E2EE: *announce(MaxAnnounce)}, ""},
		{"a late announce that is empty", &SetAnnounce{}, CodeBadMessage},
		{"a late announce that is too long", &SetAnnounce{E2EE: *announce(MaxAnnounce + 1)}, CodeBadMessage},
		{"a ticket that is too long", hello(func(h *Hello) { h.Ticket = strings.Repeat("a", MaxToken+1) }), CodeBadMessage},
		{"a resume token that is too long", hello(func(h *Hello) { h.Resume = strings.Repeat("a", MaxToken+1) }), CodeBadMessage},
		{"neither offer nor resume token", hello(func(h *Hello) { h.Offer = nil }), CodeBadMessage},
		{"a resume token instead of an offer", hello(func(h *Hello) { h.Offer, h.Resume = nil, "a" }), ""},
		{"no ticket in auth", &Auth{}, CodeTicket},
		{"the longest chat", &SendChat{Text: strings.Repeat("🦦", MaxChat)}, ""},
		{"chat that is too long", &SendChat{Text: strings.Repeat("a", MaxChat+1)}, CodeChat},
		{"empty chat", &SendChat{}, CodeChat},
		{"chat of white space", &SendChat{Text: " \n\t"}, CodeChat},
		{"chat with a carriage return", &SendChat{Text: "a\rb"}, CodeChat},
		{"no wants", want(func(w *SetWants) { w.Wants = nil }), ""},
		{"all wants", want(func(w *SetWants) { w.Wants = many(MaxWants) }), ""},
		{"too many wants", want(func(w *SetWants) { w.Wants = many(MaxWants + 1) }), CodeBadMessage},
		{"a want twice", want(func(w *SetWants) { w.Wants = append(w.Wants, w.Wants[0]) }), CodeBadMessage},
		{"a want of nobody", want(func(w *SetWants) { w.Wants[0].Member = 0 }), CodeBadMessage},
		{"a want of sound", want(func(w *SetWants) { w.Wants[0].Stream = Mic }), CodeBadMessage},
		{"a want of a stream that does not exist", want(func(w *SetWants) { w.Wants[0].Stream = streams }), CodeBadMessage},
		{"a want of no height", want(func(w *SetWants) { w.Wants[0].Height = 0 }), CodeBadMessage},
		{"a want of too much height", want(func(w *SetWants) { w.Wants[0].Height = 4321 }), CodeBadMessage},
		{"a want beyond all priorities", want(func(w *SetWants) { w.Wants[0].Prio = 10 }), CodeBadMessage},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := EncodeClient(c.m, 1)
			if c.code == "" {
				require.NoError(t, err)
				_, _, err = DecodeClient(b)
				require.NoError(t, err)
				return
			}
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.code, e.Code)
		})
	}
}

func TestTheLargestOfferFitsIntoAMessage(t *testing.T) {
	o := sampleOffer()
	o.Codecs, o.Exts, o.Slots = nil, nil, nil
	for i := range MaxCodecs {
		o.Codecs = append(o.Codecs, Codec{Kind: Video, Name: "VP8", PT: uint8(96 + 2*i), RTX: uint8(97 + 2*i), Clock: 90000, Fmtp: strings.Repeat("x", 256)})
	}
	for i := range 14 {
		o.Exts = append(o.Exts, Ext{URI: strings.Repeat("x", 250) + fmt.Sprint(i), ID: uint8(i + 1)})
	}
	for i := range MaxSlots {
		k := Video
		if i < MaxAudioSlots {
			k = Audio
		}
		o.Slots = append(o.Slots, Slot{Mid: fmt.Sprintf("%016d", i), Kind: k})
	}
	b, err := EncodeClient(&SetOffer{Offer: *o}, 1)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(b), MaxMessage)
	t.Logf("%d bytes", len(b))
}

func TestSources(t *testing.T) {
	for _, s := range []Source{{1, Mic}, {1, ScreenAudio}, {65535, Screen}, {4711, Cam}} {
		got, ok := SourceOf(s.CSRC())
		assert.True(t, ok)
		assert.Equal(t, s, got)
		assert.Equal(t, uint32(s.Member)*8+uint32(s.Stream), s.CSRC())
	}
	for _, c := range []uint32{0, 1, 7, 1<<3 | 4, 1<<3 | 7, 1<<19 | 1<<3, 1<<32 - 1} {
		_, ok := SourceOf(c)
		assert.False(t, ok, c)
	}
}

func TestStreams(t *testing.T) {
	assert.Len(t, Streams, int(streams))
	for i, s := range Streams {
		assert.Equal(t, Stream(i), s)
		b, err := json.Marshal(s)
		require.NoError(t, err)
		var got Stream
		require.NoError(t, json.Unmarshal(b, &got))
		assert.Equal(t, s, got)
		assert.True(t, Sending{true, true, true, true}.Has(s))
		assert.False(t, Sending{}.Has(s))
	}
	assert.Equal(t, []Kind{Audio, Video, Video, Audio}, []Kind{Mic.Kind(), Cam.Kind(), Screen.Kind(), ScreenAudio.Kind()})
	assert.Equal(t, "stream(4)", streams.String())
	assert.False(t, Sending{true, true, true, true}.Has(streams))
	_, err := json.Marshal(streams)
	require.Error(t, err)
	s := Screen
	require.Error(t, s.UnmarshalText([]byte("Cam")))
	assert.Equal(t, Screen, s, "unchanged")
}

func TestErrors(t *testing.T) {
	e := Refuse(CodeRate, "a", "1", "b", "2", "odd")
	assert.Equal(t, map[string]string{"a": "1", "b": "2"}, e.Params)
	assert.Equal(t, "rate", e.Error())
	later := e.After(1500 * time.Millisecond)
	assert.Equal(t, int64(1500), later.RetryAfter)
	assert.Zero(t, e.RetryAfter, "the one before is unchanged")
	for code, status := range map[Code]int{
		CodeLeft: 1000, CodeDrain: 1001, CodeInternal: 1011, CodeTooLarge: 1009, CodeOrder: 1008, CodeReplaced: 4000, CodeTicket: 4000,
	} {
		assert.Equal(t, status, CloseStatus(code), code)
	}
}

func TestRoles(t *testing.T) {
	assert.True(t, Host.Moderates())
	assert.True(t, Moderator.Moderates())
	assert.False(t, Guest.Moderates())
}
