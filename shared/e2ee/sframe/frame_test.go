package sframe_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

var base = bytes.Repeat([]byte{0x42}, 32)

// pair returns both ends of one key.
func pair(t testing.TB, kid sframe.KeyID) (*sframe.Sealer, *sframe.Opener) {
	t.Helper()
	s, err := sframe.NewSealer(sframe.ChaCha20Poly1305(), kid, base)
	require.NoError(t, err)
	o, err := sframe.NewOpener(sframe.ChaCha20Poly1305(), kid, base)
	require.NoError(t, err)
	return s, o
}

func seal(t testing.TB, s *sframe.Sealer, metadata, plaintext string) []byte {
	t.Helper()
	frame, err := s.Seal(nil, []byte(metadata), []byte(plaintext))
	require.NoError(t, err)
	return frame
}

func TestAFrameOpensOnceAndIsAppended(t *testing.T) {
	s, o := pair(t, 300)
	frame, err := s.Seal([]byte("before"), []byte("meta"), []byte("hello"))
	require.NoError(t, err)
	frame, ok := bytes.CutPrefix(frame, []byte("before"))
	require.True(t, ok)
	assert.NotContains(t, string(frame), "hello")

	got, err := o.Open([]byte("front "), []byte("meta"), frame)
	require.NoError(t, err)
	assert.Equal(t, "front hello", string(got))

	_, err = o.Open(nil, []byte("meta"), frame)
	assert.ErrorIs(t, err, sframe.ErrReplay)
}

func TestFramesOpenInAnyOrderWithinTheWindow(t *testing.T) {
	s, o := pair(t, 1)
	var frames [][]byte
	for range 1025 {
		frames = append(frames, seal(t, s, "", "x"))
	}
	for i := len(frames) - 1; i >= 1; i-- {
		_, err := o.Open(nil, nil, frames[i])
		require.NoError(t, err)
	}
	_, err := o.Open(nil, nil, frames[0])
	assert.ErrorIs(t, err, sframe.ErrReplay, "1024 behind the newest is too late")
}

func TestNoCounterIsUsedTwice(t *testing.T) {
	s, _ := pair(t, 1)
	for want := range sframe.Counter(70_000) {
		h, _, err := sframe.ParseHeader(seal(t, s, "", ""))
		require.NoError(t, err)
		require.Equal(t, sframe.Header{KID: 1, Counter: want}, h)
	}
}

func TestAKeyEnds(t *testing.T) {
	s, o := pair(t, 1)
	s.SetNext(sframe.MaxCounter - 1)
	last := seal(t, s, "", "last")
	_, err := o.Open(nil, nil, last)
	require.NoError(t, err)
	for range 3 {
		out, err := s.Seal([]byte("kept"), nil, nil)
		require.ErrorIs(t, err, sframe.ErrExhausted)
		assert.Nil(t, out)
	}
	_, err = o.Open(nil, nil, s.SealAt(sframe.MaxCounter, nil, []byte("beyond")))
	assert.ErrorIs(t, err, sframe.ErrMalformed, "nor is a frame beyond the end opened")
}

func TestNothingOfAFrameCanBeChanged(t *testing.T) {
	for _, size := range []int{0, 1, 15, 16, 17, 100} {
		s, o := pair(t, 0x123456)
		s.SetNext(0x1234)
		frame := seal(t, s, "meta", strings.Repeat("p", size))
		for i := range frame {
			for bit := range 8 {
				frame[i] ^= 1 << bit
				out, err := o.Open(nil, []byte("meta"), frame)
				require.Error(t, err, "byte %d, bit %d", i, bit)
				require.Nil(t, out)
				frame[i] ^= 1 << bit
			}
		}
		for n := range frame {
			_, err := o.Open(nil, []byte("meta"), frame[:n])
			require.Error(t, err, "the first %d bytes", n)
		}
		for _, other := range []string{"", "met", "Meta", "meta0"} {
			_, err := o.Open(nil, []byte(other), frame)
			require.ErrorIs(t, err, sframe.ErrAuthentic, "metadata %q", other)
		}
		_, err := o.Open(nil, []byte("meta"), append(bytes.Clone(frame), 0))
		require.ErrorIs(t, err, sframe.ErrAuthentic)
		_, err = o.Open(nil, []byte("meta"), frame)
		require.NoError(t, err, "and none of that made the frame count as seen")
	}
}

func TestAForgedFrameDoesNotMoveTheWindow(t *testing.T) {
	s, o := pair(t, 1)
	first := seal(t, s, "", "first")
	s.SetNext(1 << 30)
	far := seal(t, s, "", "far")
	far[len(far)-1] ^= 1
	_, err := o.Open(nil, nil, far)
	require.ErrorIs(t, err, sframe.ErrAuthentic)
	_, err = o.Open(nil, nil, first)
	assert.NoError(t, err)
}

func TestKeysOfTheSameBaseDiffer(t *testing.T) {
	one, _ := pair(t, 1)
	two, other := pair(t, 2)
	a, b := seal(t, one, "", "same"), seal(t, two, "", "same")
	assert.NotEqual(t, a[1:], b[1:])

	_, err := other.Open(nil, nil, a)
	assert.ErrorIs(t, err, sframe.ErrOtherKey)
	a[0] = b[0] // says KID 2 now
	_, err = other.Open(nil, nil, a)
	assert.ErrorIs(t, err, sframe.ErrAuthentic)
}

func TestAnEmptyBaseKeyIsRefused(t *testing.T) {
	_, err := sframe.NewSealer(sframe.ChaCha20Poly1305(), 1, nil)
	assert.ErrorIs(t, err, sframe.ErrKey)
	_, err = sframe.NewOpener(sframe.ChaCha20Poly1305(), 1, []byte{})
	assert.ErrorIs(t, err, sframe.ErrKey)
}

// 25 members send 2000 frames a second: what they left behind would have to be collected while media waits.
func TestAFrameAllocatesNothing(t *testing.T) {
	s, o := pair(t, 31<<11)
	metadata, plaintext := []byte("CNCL1\x00"), make([]byte, 1200)
	sealed, opened := make([]byte, 0, 2000), make([]byte, 0, 2000)
	once := func() {
		frame, err := s.Seal(sealed, metadata, plaintext)
		require.NoError(t, err)
		_, err = o.Open(opened, metadata, frame)
		require.NoError(t, err)
	}
	once() // scratch space grows to the metadata's size
	assert.Zero(t, testing.AllocsPerRun(1000, once))
}

// Whatever arrives is refused or was sealed; nothing panics, and a refusal leaves the true frame readable.
func FuzzOpen(f *testing.F) {
	s, _ := pair(f, 0x123)
	for range 10 {
		f.Add(seal(f, s, "meta", "a frame"))
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xFF}, 40))
	f.Fuzz(func(t *testing.T, frame []byte) {
		s, o := pair(t, 0x123)
		known := map[string]bool{}
		var first []byte
		for i := range 10 {
			sealed := seal(t, s, "meta", "a frame")
			if i == 0 {
				first = sealed
			}
			known[string(sealed)] = true
		}
		out, err := o.Open(nil, []byte("meta"), frame)
		require.Equal(t, known[string(frame)], err == nil)
		if err != nil {
			require.Nil(t, out)
			_, err = o.Open(nil, []byte("meta"), first)
			require.NoError(t, err)
		}
	})
}

func BenchmarkFrame(b *testing.B) {
	for _, row := range []struct {
		name string
		size int
	}{{"80 B", 80}, {"1.2 kB", 1200}, {"16 kB", 16 << 10}, {"100 kB", 100_000}} {
		plaintext := make([]byte, row.size)
		sealed, opened := make([]byte, 0, row.size+64), make([]byte, 0, row.size+64)
		b.Run(row.name, func(b *testing.B) {
			s, o := pair(b, 1)
			b.ReportAllocs()
			b.SetBytes(int64(2 * row.size))
			for b.Loop() {
				frame, err := s.Seal(sealed, nil, plaintext)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := o.Open(opened, nil, frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
