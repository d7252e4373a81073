package e2ee_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

// keyOf is a key that says its place: in its order, and in its bytes.
func keyOf(generation uint32, step, n byte) senderkey.Key {
	return senderkey.Key{Generation: generation, Step: step, Base: [senderkey.BaseSize]byte(bytes.Repeat([]byte{n}, senderkey.BaseSize))}
}

func id(index uint16, s senderkey.Stream) senderkey.ID { return senderkey.ID{Index: index, Stream: s} }

// ann returns the frames of a member 5 who sends, and those of somebody who holds its key.
func ann(t testing.TB) (sends, hears *e2ee.Frames) {
	t.Helper()
	sends, hears = new(e2ee.Frames), new(e2ee.Frames)
	require.NoError(t, sends.SetSender(5, keyOf(0, 0, 1)))
	require.NoError(t, hears.SetReceiver(0, 5, keyOf(0, 0, 1)))
	return sends, hears
}

var (
	voice     = e2ee.Frame{Stream: senderkey.Mic, Codec: envelope.Opus}
	vp8       = e2ee.Frame{Stream: senderkey.Camera, Codec: envelope.VP8}
	vp9       = e2ee.Frame{Stream: senderkey.Screen, Codec: envelope.VP9, Key: true}
	av1Key    = e2ee.Frame{Stream: senderkey.Camera, Codec: envelope.AV1, Key: true}
	av1       = e2ee.Frame{Stream: senderkey.Camera, Codec: envelope.AV1}
	shareHear = e2ee.Frame{Stream: senderkey.ScreenAudio, Codec: envelope.Opus}
)

func TestFramesOfEveryCodecAndSizeComeBack(t *testing.T) {
	sends, hears := ann(t)
	for _, what := range []e2ee.Frame{voice, vp8, vp9, av1Key, av1, shareHear} {
		for _, size := range []int{10, 11, 80, 1200, 16 << 10, 100_000} {
			for _, first := range []byte{0x10, 0x31} {
				frame := bytes.Repeat([]byte{0xC3}, size)
				frame[0] = first
				sealed, err := sends.Seal([]byte("ahead"), what, frame)
				require.NoError(t, err)
				sealed = bytes.TrimPrefix(sealed, []byte("ahead"))
				assert.LessOrEqual(t, len(sealed), size+e2ee.MaxOverhead)
				clear := 0
				if what.Codec == envelope.VP8 {
					clear = map[byte]int{0x10: 10, 0x31: 1}[first]
				}
				assert.NotContains(t, string(sealed[clear:]), "\xC3\xC3\xC3\xC3\xC3\xC3", "nothing more is clear")

				claimed, err := e2ee.Claimed(sealed)
				require.NoError(t, err)
				assert.Equal(t, id(5, what.Stream), claimed)
				got, from, err := hears.Open([]byte("ahead"), what.Stream.Audio(), sealed)
				require.NoError(t, err)
				assert.Equal(t, id(5, what.Stream), from)
				assert.Equal(t, string(append([]byte("ahead"), frame...)), string(got))
			}
		}
	}
}

// The specification says 20 to 23 bytes for members below 32 (e2ee.md, 4.4).
func TestTheUsualOverhead(t *testing.T) {
	for _, row := range []struct {
		index  uint16
		frames int // before the one that is measured
		want   int
	}{{5, 0, 20}, {5, 8, 21}, {5, 256, 22}, {5, 65536, 23}, {32, 0, 21}} {
		var sends e2ee.Frames
		require.NoError(t, sends.SetSender(row.index, keyOf(0, 0, 1)))
		var sealed []byte
		for range row.frames + 1 {
			var err error
			sealed, err = sends.Seal(sealed[:0], voice, []byte("frame"))
			require.NoError(t, err)
		}
		assert.Equal(t, row.want, len(sealed)-len("frame"), "member %d after %d frames", row.index, row.frames)
	}
}

func TestARelayCannotSwapReplayOrChangeFrames(t *testing.T) {
	sends, hears := ann(t)
	require.NoError(t, hears.SetReceiver(0, 6, keyOf(0, 0, 2)))
	sound, err := sends.Seal(nil, voice, []byte("sound"))
	require.NoError(t, err)
	picture, err := sends.Seal(nil, vp9, []byte("picture"))
	require.NoError(t, err)

	_, _, err = hears.Open(nil, false, sound)
	assert.ErrorIs(t, err, e2ee.ErrKind, "sound where a picture is due")
	_, _, err = hears.Open(nil, true, picture)
	assert.ErrorIs(t, err, e2ee.ErrKind, "a picture where sound is due")

	for _, e := range [][]byte{sound, picture} {
		for i := range e {
			for bit := range 8 {
				e[i] ^= 1 << bit
				for _, audio := range []bool{true, false} {
					out, _, err := hears.Open(nil, audio, e)
					require.Error(t, err, "byte %d, bit %d", i, bit)
					require.Nil(t, out)
				}
				e[i] ^= 1 << bit
			}
		}
		for n := range e {
			_, _, err := hears.Open(nil, true, e[:n])
			require.Error(t, err, "the first %d bytes", n)
		}
	}

	_, from, err := hears.Open(nil, true, sound)
	require.NoError(t, err)
	assert.Equal(t, id(5, senderkey.Mic), from)
	_, _, err = hears.Open(nil, true, sound)
	assert.ErrorIs(t, err, sframe.ErrReplay)
}

func TestClearBytesAreAuthenticated(t *testing.T) {
	sends, hears := ann(t)
	key := []byte{0x10, 2, 0, 0x9D, 1, 0x2A, 0x80, 2, 0xE0, 1, 'b', 'o', 'd', 'y'}
	sealed, err := sends.Seal(nil, vp8, key)
	require.NoError(t, err)
	sealed[6] ^= 1 // the width
	_, _, err = hears.Open(nil, false, sealed)
	assert.ErrorIs(t, err, sframe.ErrAuthentic)

	sealed, err = sends.Seal(nil, av1, key)
	require.NoError(t, err)
	require.Equal(t, byte(0x30), sealed[0])
	sealed[0] = 0x08 // a delta frame dressed as a key frame
	_, _, err = hears.Open(nil, false, sealed)
	assert.ErrorIs(t, err, sframe.ErrAuthentic)
}

func TestWhatCannotBeSealed(t *testing.T) {
	sends, _ := ann(t)
	var silent e2ee.Frames
	for _, row := range []struct {
		name   string
		frames *e2ee.Frames
		what   e2ee.Frame
		frame  string
		want   error
	}{
		{"a stream without a key", &silent, voice, "x", e2ee.ErrNoKey},
		{"a stream there is not", sends, e2ee.Frame{Stream: 4, Codec: envelope.Opus}, "x", e2ee.ErrNoKey},
		{"sound on the camera", sends, e2ee.Frame{Stream: senderkey.Camera, Codec: envelope.Opus}, "x", e2ee.ErrKind},
		{"a picture on the microphone", sends, e2ee.Frame{Stream: senderkey.Mic, Codec: envelope.AV1}, "x", e2ee.ErrKind},
		{"a frame without a codec", sends, e2ee.Frame{Stream: senderkey.Mic}, "x", envelope.ErrCodec},
		{"an empty frame", sends, voice, "", envelope.ErrMalformed},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, err := row.frames.Seal([]byte("kept"), row.what, []byte(row.frame))
			require.ErrorIs(t, err, row.want)
			assert.Nil(t, out)
		})
	}
}

func TestASenderKeyIsNeverSetTwice(t *testing.T) {
	var f e2ee.Frames
	require.NoError(t, f.SetSender(1, keyOf(3, 2, 1)))
	first, err := f.Seal(nil, voice, []byte("x"))
	require.NoError(t, err)
	require.NoError(t, f.SetSender(1, keyOf(3, 2, 1)), "the present key")
	second, err := f.Seal(nil, voice, []byte("x"))
	require.NoError(t, err)
	assert.NotEqual(t, first, second, "which goes on counting")

	for name, key := range map[string]senderkey.Key{
		"the same place with other bytes": keyOf(3, 2, 2),
		"an earlier step":                 keyOf(3, 1, 1),
		"an earlier generation":           keyOf(2, 7, 1),
	} {
		assert.ErrorIs(t, f.SetSender(1, key), e2ee.ErrKeyReused, name)
	}
	assert.ErrorIs(t, f.SetSender(2, keyOf(3, 2, 1)), e2ee.ErrKeyReused, "for another member")
	require.NoError(t, f.SetSender(1, keyOf(3, 3, 2)))
	f.StopSending()
	_, err = f.Seal(nil, voice, []byte("x"))
	assert.ErrorIs(t, err, e2ee.ErrNoKey)
	assert.ErrorIs(t, f.SetSender(1, keyOf(3, 3, 2)), e2ee.ErrKeyReused, "its counters are lost")
	f.Wipe()
	assert.ErrorIs(t, f.SetSender(1, keyOf(0, 0, 9)), e2ee.ErrKeyReused)
	assert.NoError(t, f.SetSender(1, keyOf(19, 0, 3)), "the generation's bits start again after 16")
	assert.ErrorIs(t, new(e2ee.Frames).SetSender(1, keyOf(0, 16, 1)), e2ee.ErrKeyReused, "there is no such step")
}

func TestTheSameReceiverKeyAgainKeepsWhatWasSeen(t *testing.T) {
	sends, hears := ann(t)
	sealed, err := sends.Seal(nil, voice, []byte("sound"))
	require.NoError(t, err)
	_, _, err = hears.Open(nil, true, sealed)
	require.NoError(t, err)

	require.NoError(t, hears.SetReceiver(0, 5, keyOf(0, 0, 1)))
	_, _, err = hears.Open(nil, true, sealed)
	assert.ErrorIs(t, err, sframe.ErrReplay)

	assert.ErrorIs(t, hears.SetReceiver(0, 5, keyOf(0, 0, 9)), e2ee.ErrOrder, "another in its place")
	hears.Forget(5)
	assert.ErrorIs(t, hears.SetReceiver(0, 5, keyOf(0, 0, 1)), e2ee.ErrOrder, "its window is lost")
}

func TestWhoLeftIsNotHeard(t *testing.T) {
	sends, hears := ann(t)
	hears.Forget(6)
	picture, err := sends.Seal(nil, vp9, []byte("picture"))
	require.NoError(t, err)
	_, _, err = hears.Open(nil, false, picture)
	assert.NoError(t, err, "somebody else left")

	for _, forget := range []func(*e2ee.Frames){func(f *e2ee.Frames) { f.Forget(5) }, (*e2ee.Frames).Wipe} {
		sends, hears = ann(t)
		picture, err = sends.Seal(nil, vp9, []byte("picture"))
		require.NoError(t, err)
		forget(hears)
		_, _, err = hears.Open(nil, false, picture)
		assert.ErrorIs(t, err, e2ee.ErrNoKey)
	}
}

func TestAnEmptyFrameIsNotDelivered(t *testing.T) {
	// Only a member with a program of its own can make one.
	s, err := sframe.NewSealer(sframe.ChaCha20Poly1305(), 5<<11, bytes.Repeat([]byte{1}, 32))
	require.NoError(t, err)
	body, err := s.Seal(nil, []byte("CNCL1\x00"), nil)
	require.NoError(t, err)
	_, hears := ann(t)
	_, _, err = hears.Open(nil, true, append(body, 0))
	assert.ErrorIs(t, err, envelope.ErrMalformed)
}

func TestFramesThatNameNobodyAreRefused(t *testing.T) {
	_, hears := ann(t)
	for _, kid := range []sframe.KeyID{0, 7 << 11, 5<<11 | 4<<8, 5<<11 | 1<<4, 5<<11 | 9, 1 << 27, 1<<63 | 5<<11} {
		body := append(sframe.Header{KID: kid}.Append(nil), make([]byte, 20)...)
		_, _, err := hears.Open(nil, kid>>8&3 == 0, append(body, 0))
		assert.ErrorIs(t, err, e2ee.ErrNoKey, "%x", uint64(kid))
	}
	for _, kid := range []sframe.KeyID{5<<11 | 4<<8, 1 << 27, 1<<63 | 5<<11} { // that no member can have
		_, err := e2ee.Claimed(append(append(sframe.Header{KID: kid}.Append(nil), make([]byte, 20)...), 0))
		assert.ErrorIs(t, err, e2ee.ErrNoKey, "%x", uint64(kid))
	}
}

func TestAFrameAllocatesNothing(t *testing.T) {
	for _, what := range []e2ee.Frame{voice, vp8, vp9, av1} {
		t.Run(fmt.Sprintf("codec %d", what.Codec), func(t *testing.T) {
			sends, hears := ann(t)
			frame := bytes.Repeat([]byte{0x31}, 1200)
			sealed, opened := make([]byte, 0, 2000), make([]byte, 0, 2000)
			once := func() {
				e, err := sends.Seal(sealed, what, frame)
				require.NoError(t, err)
				_, _, err = hears.Open(opened, what.Stream.Audio(), e)
				require.NoError(t, err)
			}
			once() // scratch space grows to its size
			assert.Zero(t, testing.AllocsPerRun(1000, once))
		})
	}
}

// Nothing but what was sealed opens, whatever arrives on whatever transceiver.
func FuzzOpen(f *testing.F) {
	sends, _ := ann(f)
	for _, what := range []e2ee.Frame{voice, vp8, vp9, av1Key, av1} {
		sealed, err := sends.Seal(nil, what, []byte("1 is the first byte of a delta frame"))
		require.NoError(f, err)
		f.Add(what.Stream.Audio(), sealed)
		sealed[len(sealed)/2] ^= 1
		f.Add(what.Stream.Audio(), sealed)
	}
	f.Fuzz(func(t *testing.T, audio bool, b []byte) {
		hears := new(e2ee.Frames)
		require.NoError(t, hears.SetReceiver(0, 5, keyOf(0, 0, 77))) // nobody seals with it
		out, _, err := hears.Open(nil, audio, b)
		require.Error(t, err)
		require.Nil(t, out)
		if _, unreadable := e2ee.Claimed(b); unreadable != nil {
			require.Equal(t, unreadable, err, "both read it alike")
		}
	})
}
