//go:build js && wasm

package main

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

// kid returns the identifier of member 5's key of a stream.
func kid(s senderkey.Stream) int32 {
	k, _ := senderkey.ID{Index: 5, Stream: s}.KID()
	return int32(k)
}

// begin gives the program a fresh start in which it holds both ends of all streams of member 5.
func begin(t *testing.T) {
	t.Helper()
	frames = e2ee.Frames{}
	for s := range senderkey.Stream(senderkey.Streams) {
		put(bytes.Repeat([]byte{7}, 32))
		require.EqualValues(t, codeOK, setSender(kid(s)))
		put(bytes.Repeat([]byte{7}, 32))
		require.EqualValues(t, codeOK, setReceiver(kid(s)))
	}
}

// put writes b to the input and returns its size.
func put(b []byte) int32 { return int32(copy(in[:], b)) }

const (
	opus = int32(envelope.Opus)
	vp8  = int32(envelope.VP8)
	av1  = int32(envelope.AV1)

	mic    = int32(senderkey.Mic)
	camera = int32(senderkey.Camera)
)

// sealed returns the envelope of a frame of the microphone.
func sealed(t *testing.T, frame string) []byte {
	t.Helper()
	n := seal(mic, opus, 0, put([]byte(frame)))
	require.Positive(t, n)
	return bytes.Clone(out[:n])
}

func TestAFrameGoesThroughTheBuffers(t *testing.T) {
	begin(t)
	e := sealed(t, "hello")
	n := open(kindAudio, put(e))
	require.EqualValues(t, 5, n)
	assert.Equal(t, "hello", string(out[:n]))
	assert.Equal(t, kid(senderkey.Mic), sender())
}

func TestTheLongestFrameFits(t *testing.T) {
	begin(t)
	for i := range longest {
		in[i] = byte(i)
	}
	require.EqualValues(t, longest, maxFrame())
	n := seal(camera, av1, 1, longest)
	require.Greater(t, n, maxFrame())
	require.LessOrEqual(t, n, capacity())
	require.EqualValues(t, longest, open(kindVideo, put(out[:n])))
	assert.Equal(t, byte((longest-1)&0xFF), out[longest-1])
}

func TestResultsOfSeal(t *testing.T) {
	for _, row := range []struct {
		name                  string
		stream, codec, key, n int32
		want                  int32
	}{
		{"a stream below the first", -1, opus, 0, 1, codeArgument},
		{"a stream beyond the last", senderkey.Streams, opus, 0, 1, codeArgument},
		{"no codec", mic, 0, 0, 1, codeArgument},
		{"a codec nobody knows", mic, 5, 0, 1, codeArgument},
		{"a codec that would wrap", mic, 256 + opus, 0, 1, codeArgument},
		{"a key frame that is neither", mic, opus, 2, 1, codeArgument},
		{"less than nothing", mic, opus, 0, -1, codeArgument},
		{"more than fits", mic, opus, 0, longest + 1, codeArgument},
		{"much more than fits", mic, opus, 0, math.MaxInt32, codeArgument},
		{"an empty frame", mic, opus, 0, 0, codeMalformed},
		{"a VP8 key frame cut short", camera, vp8, 1, 9, codeMalformed},
		{"a picture on the microphone", mic, vp8, 0, 10, codeKind},
	} {
		t.Run(row.name, func(t *testing.T) {
			begin(t)
			assert.Equal(t, row.want, seal(row.stream, row.codec, row.key, row.n))
		})
	}
	frames = e2ee.Frames{}
	assert.EqualValues(t, codeNoKey, seal(mic, opus, 0, 1))
}

func TestResultsOfOpen(t *testing.T) {
	begin(t)
	e := sealed(t, "hello")
	assert.EqualValues(t, codeArgument, open(0, put(e)), "a forgotten kind")
	assert.EqualValues(t, codeArgument, open(3, put(e)))
	assert.EqualValues(t, codeArgument, open(kindAudio, -1))
	assert.EqualValues(t, codeArgument, open(kindAudio, bufferSize+1))
	assert.EqualValues(t, codeMalformed, open(kindAudio, 0))
	assert.EqualValues(t, codeMalformed, open(kindAudio, put(e[:0])))
	assert.EqualValues(t, codeKind, open(kindVideo, put(e)))
	e[4] ^= 1
	assert.EqualValues(t, codeAuthentic, open(kindAudio, put(e)))
	e[4] ^= 1
	assert.EqualValues(t, 5, open(kindAudio, put(e)))
	assert.EqualValues(t, codeReplay, open(kindAudio, put(e)))
}

func TestKeysComeAndGo(t *testing.T) {
	begin(t)
	put(bytes.Repeat([]byte{8}, 32))
	assert.EqualValues(t, codeKeyReused, setSender(kid(senderkey.Mic)))
	put(bytes.Repeat([]byte{8}, 32))
	assert.EqualValues(t, codeKeyReused, setReceiver(kid(senderkey.Mic)))

	require.Positive(t, seal(camera, av1, 0, put([]byte("picture"))))
	e := bytes.Clone(out[:7+20+1])
	require.EqualValues(t, codeOK, forgetMember(5))
	assert.EqualValues(t, codeNoKey, open(kindVideo, put(e)))
	assert.EqualValues(t, codeArgument, forgetMember(-1))
	assert.EqualValues(t, codeArgument, forgetMember(1<<16))

	require.EqualValues(t, codeOK, stopSending())
	assert.EqualValues(t, codeNoKey, seal(mic, opus, 0, 1))
}

func TestABaseKeyDoesNotStayInTheInput(t *testing.T) {
	for name, set := range map[string]func(int32) int32{"sender": setSender, "receiver": setReceiver} {
		for _, kid := range []int32{0, -1, math.MaxInt32, 7 << 8} {
			frames = e2ee.Frames{}
			put(bytes.Repeat([]byte{7}, 33))
			code := set(kid)
			assert.Equal(t, kid == 0, code == codeOK, "%s %d", name, kid)
			assert.Equal(t, append(make([]byte, 32), 7), in[:33])
		}
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
		envelope.ErrCodec:     codeArgument,
		sframe.ErrKey:         codeArgument,
		envelope.ErrMalformed: codeMalformed,
		sframe.ErrMalformed:   codeMalformed,
		e2ee.ErrNoKey:         codeNoKey,
		e2ee.ErrKind:          codeKind,
		sframe.ErrReplay:      codeReplay,
		sframe.ErrAuthentic:   codeAuthentic,
		sframe.ErrExhausted:   codeExhausted,
		e2ee.ErrKeyReused:     codeKeyReused,
		e2ee.ErrOrder:         codeKeyReused,
		e2ee.ErrFull:          codeFull,
		errors.New("another"): codeInternal,
	} {
		assert.Equal(t, want, codeOf(err), "%v", err)
	}
}
