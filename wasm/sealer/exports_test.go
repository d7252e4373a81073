//go:build js && wasm

package main

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/e2ee/seat"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
	"github.com/conclave-meet/conclave/shared/e2ee/stretch"
)

// meeting is a fresh start of the program, as member 5, and another member, 6, that it is to meet.
type meeting struct {
	t       testing.TB
	other   *e2ee.Session
	reports []port.Report // of the program, but for what it sends
	now     time.Duration
}

const (
	me  = 5
	you = 6
)

var secret = port.Secret{PRS: [32]byte{7}, Room: "room", Passphrase: "four words of it"}

// meet lets the two meet, who have passphrases of their own.
func meet(t testing.TB, mine, yours [32]byte) *meeting {
	t.Helper()
	self = newMember()
	clear(sound[:])
	other, err := e2ee.NewSession(e2ee.Config{Realm: "example.org", Room: "room", PRS: yours, Rand: random{}})
	require.NoError(t, err)
	m := &meeting{t: t, other: other}
	first := secret
	first.PRS = mine
	m.command(&port.Open{Secret: first, Realm: "example.org"})
	require.IsType(t, &port.Ready{}, m.reports[0])
	announce := m.reports[0].(*port.Ready).Announce
	m.command(&port.Welcome{Me: me})
	m.other.Welcome(0, you, []e2ee.Member{{Index: me, Announce: announce}})
	m.command(&port.Joined{Member: port.Member{Index: you, Announce: m.other.Announce()}})
	m.passes(time.Second)
	return m
}

// begin is a meeting of two with one passphrase.
func begin(t testing.TB) *meeting {
	t.Helper()
	m := meet(t, secret.PRS, secret.PRS)
	require.Equal(t, port.PhaseUp, m.state().Phase)
	return m
}

func (m *meeting) command(c port.Command) {
	m.t.Helper()
	require.EqualValues(m.t, codeOK, command(put(port.AppendCommand(nil, c))))
	m.listen()
}

// listen takes the reports and gives the other member what is for it.
func (m *meeting) listen() {
	m.t.Helper()
	for n := report(); n != 0; n = report() {
		require.Positive(m.t, n)
		r, err := port.DecodeReport(out[:n])
		require.NoError(m.t, err)
		send, ok := r.(*port.Send)
		if !ok {
			m.reports = append(m.reports, r)
			continue
		}
		for _, item := range send.Items {
			item.From = me
			m.other.Receive(m.now, e2ee.Item(item))
		}
	}
}

// passes lets time go by, in which the two talk.
func (m *meeting) passes(d time.Duration) {
	m.t.Helper()
	for end := m.now + d; m.now < end; m.now += 10 * time.Millisecond {
		m.other.Tick(m.now)
		var items []port.Item
		for _, item := range m.other.Take().Items {
			item.From = you
			items = append(items, port.Item(item))
		}
		tick(float64(m.now.Milliseconds()))
		m.listen()
		if len(items) > 0 {
			m.command(&port.Receive{Items: items})
		}
	}
}

// state is the last one that was reported.
func (m *meeting) state() (last port.State) {
	for _, r := range m.reports {
		if s, ok := r.(*port.State); ok {
			last = *s
		}
	}
	return last
}

// put writes b to the input and returns its size.
func put(b []byte) int32 { return int32(copy(in[:], b)) }

const (
	opusCodec = int32(envelope.Opus)
	vp8Codec  = int32(envelope.VP8)
	av1Codec  = int32(envelope.AV1)

	mic    = int32(senderkey.Mic)
	camera = int32(senderkey.Camera)

	yourMic    = you<<3 | mic
	yourCamera = you<<3 | camera
)

// hears returns the envelope of a frame of the other's microphone.
func (m *meeting) hears(frame string) []byte {
	m.t.Helper()
	e, err := m.other.Seal(nil, e2ee.Frame{Stream: senderkey.Mic, Codec: envelope.Opus}, []byte(frame))
	require.NoError(m.t, err)
	return e
}

func TestFramesGoThroughTheBuffersBothWays(t *testing.T) {
	m := begin(t)
	n := seal(mic, opusCodec, 0, put([]byte("hello")))
	require.Positive(t, n)
	frame, id, err := m.other.Open(nil, true, out[:n])
	require.NoError(t, err)
	assert.Len(t, frame, 80, "sound is padded")
	assert.Equal(t, "ello", string(frame[3:7]))
	assert.EqualValues(t, me, id.Index)

	n = open(kindAudio, yourMic, put(m.hears("and hello")))
	require.EqualValues(t, 9, n)
	assert.Equal(t, "and hello", string(out[:n]))
	assert.EqualValues(t, yourMic, sender()>>8)
}

func TestSoundIsOfOneSize(t *testing.T) {
	begin(t)
	for _, n := range []int32{1, 3, 50, 80, 61} {
		in[0] = 0x78
		sealed := seal(mic, opusCodec, 0, n)
		assert.EqualValues(t, 80+20, sealed, "%d bytes, and 20 of the envelope", n)
	}
}

func TestTheLongestFrameFits(t *testing.T) {
	m := begin(t)
	for i := range longest {
		in[i] = byte(i)
	}
	require.EqualValues(t, longest, maxFrame())
	n := seal(camera, av1Codec, 1, longest)
	require.Greater(t, n, maxFrame())
	require.LessOrEqual(t, n, capacity())
	frame, _, err := m.other.Open(nil, false, out[:n])
	require.NoError(t, err)
	require.True(t, bytes.Equal(in[:longest], frame))

	e, err := m.other.Seal(nil, e2ee.Frame{Stream: senderkey.Camera, Codec: envelope.AV1, Key: true}, frame)
	require.NoError(t, err)
	require.EqualValues(t, longest, open(kindVideo, yourCamera, put(e)))
	assert.Equal(t, byte((longest-1)&0xFF), out[longest-1])
}

func TestNoFrameTakesMemoryOfItsOwn(t *testing.T) {
	m := begin(t)
	const runs = 200
	envelopes := make([][]byte, runs+10)
	for i := range envelopes {
		envelopes[i] = m.hears("80 bytes of sound or so, 80 bytes of sound or so, 80 bytes of sound or so, 80 b")
	}
	next := 0
	assert.Zero(t, testing.AllocsPerRun(runs, func() {
		if seal(camera, vp8Codec, 0, 1200) < 0 || open(kindAudio, yourMic, put(envelopes[next])) < 0 {
			panic("not sealed or not opened")
		}
		next++
	}))
}

// What a frame takes of the program's own memory, besides time: nothing.
func BenchmarkSealAndOpen(b *testing.B) {
	m := begin(b)
	what := e2ee.Frame{Stream: senderkey.Camera, Codec: envelope.VP8}
	frame := bytes.Repeat([]byte{1}, 1200)
	theirs := make([]byte, 0, 2*len(frame))
	b.ReportAllocs()
	for b.Loop() {
		put(frame)
		if seal(camera, vp8Codec, 0, int32(len(frame))) < 0 {
			b.Fatal("not sealed")
		}
		var err error
		if theirs, err = m.other.Seal(theirs[:0], what, frame); err != nil {
			b.Fatal(err)
		}
		if open(kindVideo, yourCamera, put(theirs)) < 0 {
			b.Fatal("not opened")
		}
	}
}

// What a relay that forges frames of 1200 bytes can have us do, besides copying them in.
func BenchmarkForged(b *testing.B) {
	m := begin(b)
	forged, err := m.other.Seal(nil, e2ee.Frame{Stream: senderkey.Camera, Codec: envelope.VP8}, bytes.Repeat([]byte{1}, 1200))
	require.NoError(b, err)
	forged[len(forged)-2] ^= 1
	n := put(forged)
	for _, row := range []struct {
		name         string
		source, want int32
	}{{"of the wanted sender", yourCamera, codeAuthentic}, {"of another", yourMic, codeSource}} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if open(kindVideo, row.source, n) != row.want {
					b.Fatal("not refused")
				}
			}
		})
	}
}

func TestResultsOfSeal(t *testing.T) {
	for _, row := range []struct {
		name                  string
		stream, codec, key, n int32
		want                  int32
	}{
		{"a stream below the first", -1, opusCodec, 0, 1, codeArgument},
		{"a stream beyond the last", senderkey.Streams, opusCodec, 0, 1, codeArgument},
		{"no codec", mic, 0, 0, 1, codeArgument},
		{"a codec nobody knows", mic, 5, 0, 1, codeArgument},
		{"a codec that would wrap", mic, 256 + opusCodec, 0, 1, codeArgument},
		{"a key frame that is neither", mic, opusCodec, 2, 1, codeArgument},
		{"less than nothing", mic, opusCodec, 0, -1, codeArgument},
		{"more than fits", mic, opusCodec, 0, longest + 1, codeArgument},
		{"much more than fits", mic, opusCodec, 0, math.MaxInt32, codeArgument},
		{"an empty frame", mic, opusCodec, 0, 0, codeMalformed},
		{"a VP8 key frame cut short", camera, vp8Codec, 1, 9, codeMalformed},
		{"a picture on the microphone", mic, vp8Codec, 0, 10, codeKind},
	} {
		t.Run(row.name, func(t *testing.T) {
			begin(t)
			clear(in[:10])
			assert.Equal(t, row.want, seal(row.stream, row.codec, row.key, row.n))
		})
	}
}

func TestResultsOfOpen(t *testing.T) {
	m := begin(t)
	e := m.hears("hello")
	assert.EqualValues(t, codeArgument, open(0, yourMic, put(e)), "a forgotten kind")
	assert.EqualValues(t, codeArgument, open(3, yourMic, put(e)))
	assert.EqualValues(t, codeArgument, open(kindAudio, yourMic, -1))
	assert.EqualValues(t, codeArgument, open(kindAudio, yourMic, bufferSize+1))
	assert.EqualValues(t, codeMalformed, open(kindAudio, yourMic, 0))
	assert.EqualValues(t, codeKind, open(kindVideo, yourMic, put(e)))
	e[5] ^= 1
	assert.EqualValues(t, codeAuthentic, open(kindAudio, yourMic, put(e)))
	e[5] ^= 1
	assert.EqualValues(t, 5, open(kindAudio, yourMic, put(e)))
	assert.EqualValues(t, codeReplay, open(kindAudio, yourMic, put(e)))
}

func TestWhatNobodyWantsIsRefusedBeforeItIsOpened(t *testing.T) {
	m := begin(t)
	e := m.hears("hello")
	for _, source := range []int32{-1, 0, yourCamera, 7<<3 | mic, yourMic << 8, math.MinInt32, math.MaxInt32} {
		require.EqualValues(t, codeSource, open(kindAudio, source, put(e)), "%d", source)
		require.EqualValues(t, yourMic, sender()>>8, "who it says that it is from")
	}
	forged := bytes.Clone(e)
	forged[len(forged)-2] ^= 1
	assert.EqualValues(t, codeSource, open(kindAudio, -1, put(forged)), "no key was tried")
	assert.EqualValues(t, codeAuthentic, open(kindAudio, yourMic, put(forged)))
	assert.EqualValues(t, 5, open(kindAudio, yourMic, put(e)), "it was not taken for seen")
}

func TestNothingIsSealedOrOpenedBeforeThereIsASession(t *testing.T) {
	e := begin(t).hears("hello")
	self = newMember()
	assert.EqualValues(t, codeNoKey, seal(mic, opusCodec, 0, 1))
	assert.EqualValues(t, codeNoKey, open(kindAudio, yourMic, put(e)))
	assert.EqualValues(t, -1, deadline())
	for _, c := range []port.Command{&port.Welcome{Me: 1}, &port.Unlock{}, &port.Receive{}, &port.Retry{}} {
		assert.EqualValues(t, codeMalformed, command(put(port.AppendCommand(nil, c))), "%T", c)
	}
	assert.Zero(t, report())
}

func TestNothingIsSentToWhoeverHasAnotherPassphrase(t *testing.T) {
	m := meet(t, [32]byte{1}, [32]byte{2})
	assert.NotEqual(t, port.PhaseUp, m.state().Phase)
	if n := seal(mic, opusCodec, 0, put([]byte("hello"))); n >= 0 {
		_, _, err := m.other.Open(nil, true, out[:n])
		assert.Error(t, err)
	}
	require.Len(t, m.state().Peers, 1)
	assert.NotEqual(t, port.StatusUp, m.state().Peers[0].Status)
}

func TestWhatThePersonDoesReachesTheOther(t *testing.T) {
	m := begin(t)
	m.command(&port.Profile{Profile: port.About{Name: "Ann", Colour: 3, Hand: 9}})
	m.command(&port.Say{ID: 1, Text: "hello"})
	m.command(&port.React{Code: "clap"})
	out := m.other.Take()
	var said, reacted bool
	for _, e := range out.Events {
		switch e := e.(type) {
		case e2ee.Said:
			said = e.From == me && e.ID == 1 && e.Text == "hello"
		case e2ee.Reacted:
			reacted = e.From == me && e.Code == "clap"
		}
	}
	assert.True(t, said)
	assert.True(t, reacted)
	require.NotNil(t, out.State)
	assert.Equal(t, e2ee.Profile{Name: "Ann", Colour: 3, Hand: 9}, out.State.Peers[0].Profile)

	m.reports = nil
	m.command(&port.Say{ID: 2})
	m.command(&port.Say{ID: 3, To: 77, Text: "hello"})
	assert.Equal(t, []port.Report{&port.Unsaid{ID: 2, Code: "chat.bad"}, &port.Unsaid{ID: 3, Code: "member.gone"}}, m.reports)
}

func TestWhatTheOtherDoesIsReported(t *testing.T) {
	m := begin(t)
	require.NoError(t, m.other.Profile(m.now, e2ee.Profile{Name: "Bob", Colour: 2}))
	require.NoError(t, m.other.Say(m.now, 4, 0, "hi"))
	require.NoError(t, m.other.Change(m.now, [32]byte{8}, "another passphrase"))
	m.passes(time.Second)
	assert.Contains(t, m.reports, &port.Said{From: you, ID: 4, Text: "hi"})
	assert.Equal(t, port.About{Name: "Bob", Colour: 2}, m.state().Peers[0].About)
	assert.Contains(t, m.reports, &port.Offered{By: you, Epoch: 1, Text: "another passphrase"})
	m.command(&port.Adopt{Secret: port.Secret{PRS: [32]byte{8}, Passphrase: "another passphrase"}, Epoch: 1})
	assert.Contains(t, m.reports, &port.Passphrase{By: you, Epoch: 1, Text: "another passphrase"})
}

func TestDropsAreCountedAndReported(t *testing.T) {
	m := begin(t)
	for range 3 {
		assert.EqualValues(t, codeMalformed, open(kindAudio, yourMic, 0))
	}
	assert.EqualValues(t, codeKind, seal(mic, vp8Codec, 0, put([]byte("1"))))
	drop(codeSource)
	drop(1)
	drop(math.MinInt32)
	m.reports = nil
	m.passes(6 * time.Second)
	assert.Contains(t, m.reports, &port.Drops{Counts: []port.Drop{
		{Reason: codeMalformed, Count: 3}, {Reason: codeKind, Count: 1}, {Reason: codeSource, Count: 1},
	}})
	m.reports = nil
	m.passes(6 * time.Second)
	assert.Empty(t, m.reports, "each is reported once")
}

func TestTheAlarmIsNeverFar(t *testing.T) {
	m := begin(t)
	at := time.Duration(deadline() * float64(time.Millisecond))
	assert.LessOrEqual(t, at, m.now+seat.Pulse)
	for _, ms := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 1e300} {
		tick(ms)
		assert.InDelta(t, float64(at), deadline()*1e6, 1, "%v is no time", ms)
	}
}

func TestAPassphraseIsDerivedAndDoesNotStayInTheInput(t *testing.T) {
	self = newMember()
	c := port.AppendCommand(nil, &port.Open{Secret: port.Secret{Room: "room", Passphrase: "four words of it"}, Realm: "example.org"})
	require.NotZero(t, c[0]&port.NeedsPRS)
	require.EqualValues(t, codeOK, derive(put(c)))
	want := stretch.PRS("four words of it", "room")
	assert.Equal(t, want[:], out[:32])
	assert.Equal(t, make([]byte, len(c)), in[:len(c)])

	copy(c[1:33], out[:32])
	require.EqualValues(t, codeOK, command(put(c)))
	assert.Equal(t, make([]byte, len(c)), in[:len(c)])
	assert.EqualValues(t, codeMalformed, command(put(c)), "a second session")

	for _, other := range [][]byte{nil, {0}, c[:1], c[:40]} {
		assert.EqualValues(t, codeMalformed, derive(put(other)))
		assert.EqualValues(t, codeMalformed, command(put(other)))
	}
	assert.EqualValues(t, codeMalformed, derive(put(port.AppendCommand(nil, &port.Unlock{}))), "a command without a passphrase")
	for _, n := range []int32{-1, bufferSize + 1, math.MaxInt32} {
		assert.EqualValues(t, codeArgument, derive(n))
		assert.EqualValues(t, codeArgument, command(n))
	}
}

func TestAPanicBecomesACode(t *testing.T) {
	broken := func() (code int32) {
		defer caught(&code)
		return int32(in[len(in):][0])
	}
	assert.EqualValues(t, codeInternal, broken())
}

func TestEveryErrorHasACode(t *testing.T) {
	for err, want := range map[error]int32{
		nil:                   codeOK,
		errMalformed:          codeMalformed,
		seat.ErrCommand:       codeMalformed,
		envelope.ErrCodec:     codeArgument,
		envelope.ErrMalformed: codeMalformed,
		sframe.ErrMalformed:   codeMalformed,
		e2ee.ErrNoKey:         codeNoKey,
		e2ee.ErrKind:          codeKind,
		e2ee.ErrPaused:        codePaused,
		sframe.ErrReplay:      codeReplay,
		sframe.ErrAuthentic:   codeAuthentic,
		sframe.ErrExhausted:   codeExhausted,
		errors.New("another"): codeInternal,
	} {
		assert.Equal(t, want, codeOf(err), "%v", err)
	}
}
