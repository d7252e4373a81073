package senderkey_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

// first is the key that a generation of the tests starts with.
func first(generation uint32) senderkey.Key {
	key := senderkey.Key{Generation: generation}
	_, _ = numbers(byte(generation)).Read(key.Base[:])
	return key
}

// steps returns key moved on by n steps.
func steps(t testing.TB, key senderkey.Key, n int) senderkey.Key {
	t.Helper()
	for range n {
		next, err := sframe.Ratchet(sframe.ChaCha20Poly1305(), key.Base[:])
		require.NoError(t, err)
		key.Step++
		key.Base = [senderkey.BaseSize]byte(next)
	}
	return key
}

// ears is a ring under test, and the members that it hears: one sealer for each key, as in a call.
type ears struct {
	senderkey.Ring
	t       testing.TB
	sealers map[string]*sframe.Sealer
}

func listen(t testing.TB) *ears { return &ears{t: t, sealers: map[string]*sframe.Sealer{}} }

// voice seals the frames of one stream with one key.
type voice struct {
	t  testing.TB
	id senderkey.ID
	s  *sframe.Sealer
}

func (e *ears) speak(index uint16, stream senderkey.Stream, key senderkey.Key) voice {
	e.t.Helper()
	id := key.ID(index, stream)
	kid, ok := id.KID()
	require.True(e.t, ok)
	name := fmt.Sprint(kid, key.Base)
	if e.sealers[name] == nil {
		s, err := sframe.NewSealer(sframe.ChaCha20Poly1305(), kid, key.Base[:])
		require.NoError(e.t, err)
		e.sealers[name] = s
	}
	return voice{e.t, id, e.sealers[name]}
}

func (v voice) frame() []byte {
	v.t.Helper()
	b, err := v.s.Seal(nil, []byte("meta"), []byte("sound"))
	require.NoError(v.t, err)
	return b
}

// hears opens one more frame of v.
func (e *ears) hears(v voice) error {
	e.t.Helper()
	return e.opens(v.id, v.frame())
}

func (e *ears) opens(id senderkey.ID, frame []byte) error {
	e.t.Helper()
	out, err := e.Open(nil, id, []byte("meta"), frame)
	if err != nil {
		require.Nil(e.t, out)
		return err
	}
	require.Equal(e.t, "sound", string(out))
	return nil
}

func TestAFrameOfAStepAheadMovesTheRingOn(t *testing.T) {
	r := listen(t)
	start := steps(t, first(0), 2)
	require.NoError(t, r.Set(0, 1, start))

	ahead := r.speak(1, senderkey.Mic, steps(t, start, 8))
	require.NoError(t, r.hears(ahead))
	require.NoError(t, r.hears(ahead))
	assert.NoError(t, r.hears(r.speak(1, senderkey.Camera, steps(t, start, 8))), "another stream")
	for n := range 8 {
		assert.NoError(t, r.hears(r.speak(1, senderkey.Mic, steps(t, start, n))), "late frames of step %d", n)
	}
	assert.ErrorIs(t, r.hears(r.speak(1, senderkey.Mic, steps(t, first(0), 1))), senderkey.ErrNoKey, "steps before ours")
	assert.NoError(t, r.hears(r.speak(1, senderkey.Mic, steps(t, start, 13))), "five more are the last")
}

func TestAFrameMayBeEightStepsAheadAndNoMore(t *testing.T) {
	for ahead := range 16 {
		r := listen(t)
		require.NoError(t, r.Set(0, 1, first(0)))
		err := r.hears(r.speak(1, senderkey.Mic, steps(t, first(0), ahead)))
		if ahead <= 8 {
			assert.NoError(t, err, "%d steps", ahead)
		} else {
			assert.ErrorIs(t, err, senderkey.ErrNoKey, "%d steps", ahead)
		}
	}
}

func TestAForgedStepMovesNothing(t *testing.T) {
	r := listen(t)
	require.NoError(t, r.Set(0, 1, first(0)))
	ahead := r.speak(1, senderkey.Mic, steps(t, first(0), 8))
	for range 3 {
		forged := ahead.frame()
		forged[len(forged)-1] ^= 1
		require.ErrorIs(t, r.opens(ahead.id, forged), sframe.ErrAuthentic)
	}
	other := r.speak(1, senderkey.Mic, steps(t, first(9), 8)) // a key of another generation under this name
	other.id = ahead.id
	require.ErrorIs(t, r.opens(ahead.id, r.speak(1, senderkey.Mic, senderkey.Key{Step: 8}).frame()), sframe.ErrAuthentic)
	require.ErrorIs(t, r.hears(other), sframe.ErrOtherKey)

	_, due := r.Deadline()
	assert.False(t, due, "nothing is going to end")
	r.Tick(time.Hour)
	assert.NoError(t, r.hears(r.speak(1, senderkey.Mic, first(0))), "the first step is not an old one")
}

func TestAnOldStepEndsFiveSecondsAfterTheNext(t *testing.T) {
	r := listen(t)
	require.NoError(t, r.Set(0, 1, first(0)))
	old, next := r.speak(1, senderkey.Mic, first(0)), r.speak(1, senderkey.Mic, steps(t, first(0), 2))
	r.Tick(60 * time.Second)
	require.NoError(t, r.hears(old))
	require.NoError(t, r.hears(next))
	at, due := r.Deadline()
	require.True(t, due)
	require.LessOrEqual(t, at, 60*time.Second, "the ring has to be told when that was")
	r.Tick(60 * time.Second)
	at, due = r.Deadline()
	require.True(t, due)
	assert.Equal(t, 65*time.Second, at)

	r.Tick(65*time.Second - 1)
	require.NoError(t, r.hears(old))
	require.NoError(t, r.hears(r.speak(1, senderkey.Camera, steps(t, first(0), 1))), "a step between, of another stream")
	r.Tick(65 * time.Second)
	assert.ErrorIs(t, r.hears(old), senderkey.ErrNoKey)
	assert.ErrorIs(t, r.hears(r.speak(1, senderkey.Camera, steps(t, first(0), 1))), senderkey.ErrNoKey)
	assert.NoError(t, r.hears(next))
	_, due = r.Deadline()
	assert.False(t, due)
}

func TestAnOldGenerationEndsFiveSecondsAfterTheFirstFrameOfTheNext(t *testing.T) {
	r := listen(t)
	require.NoError(t, r.Set(0, 1, first(0)))
	require.NoError(t, r.Set(100*time.Second, 1, first(1)))
	old, next := r.speak(1, senderkey.Mic, first(0)), r.speak(1, senderkey.Mic, first(1))
	r.Tick(101 * time.Second)
	require.NoError(t, r.hears(old), "nobody seals with the next yet")

	r.Tick(102 * time.Second)
	require.NoError(t, r.hears(next))
	r.Tick(102 * time.Second)
	r.Tick(104 * time.Second)
	require.NoError(t, r.hears(next), "a second frame does not put it off")
	r.Tick(107*time.Second - 1)
	require.NoError(t, r.hears(old))
	require.NoError(t, r.hears(r.speak(1, senderkey.Mic, steps(t, first(0), 1))), "not even its steps have stopped")
	r.Tick(107 * time.Second)
	assert.ErrorIs(t, r.hears(old), senderkey.ErrNoKey)
	assert.NoError(t, r.hears(next))
}

func TestAnOldGenerationEndsFifteenSecondsAfterTheNextWasTold(t *testing.T) {
	r := listen(t)
	require.NoError(t, r.Set(0, 1, first(0)))
	require.NoError(t, r.Set(100*time.Second, 1, first(1)))
	require.NoError(t, r.Set(103*time.Second, 1, first(2)))
	at, due := r.Deadline()
	require.True(t, due)
	require.Equal(t, 115*time.Second, at)
	r.Tick(115*time.Second - 1)
	require.NoError(t, r.hears(r.speak(1, senderkey.Mic, first(0))))
	r.Tick(115 * time.Second)
	assert.ErrorIs(t, r.hears(r.speak(1, senderkey.Mic, first(0))), senderkey.ErrNoKey)
	r.Tick(118*time.Second - 1)
	require.NoError(t, r.hears(r.speak(1, senderkey.Mic, first(1))))
	r.Tick(118 * time.Second)
	assert.ErrorIs(t, r.hears(r.speak(1, senderkey.Mic, first(1))), senderkey.ErrNoKey)
	r.Tick(1000 * time.Hour)
	assert.NoError(t, r.hears(r.speak(1, senderkey.Mic, first(2))), "the newest does not end")
}

func TestTheSameKeyAgainKeepsWhatWasSeen(t *testing.T) {
	r := listen(t)
	start := steps(t, first(5), 3)
	require.NoError(t, r.Set(0, 1, start))
	v := r.speak(1, senderkey.Mic, start)
	frame := v.frame()
	require.NoError(t, r.opens(v.id, frame))
	require.NoError(t, r.hears(r.speak(1, senderkey.Mic, steps(t, start, 2))))

	for name, again := range map[string]senderkey.Key{
		"the first again":        start,
		"an earlier step":        first(5),
		"the step of the frames": steps(t, start, 2),
		"a later one":            steps(t, start, 5),
	} {
		require.NoError(t, r.Set(time.Second, 1, again), name)
		require.ErrorIs(t, r.opens(v.id, frame), sframe.ErrReplay, name)
	}
	assert.NoError(t, r.hears(r.speak(1, senderkey.Mic, steps(t, start, 12))), "12 is 7 after the latest that was told")
}

func TestKeysOutOfOrderAreRefused(t *testing.T) {
	r := listen(t)
	start := steps(t, first(5), 3)
	require.NoError(t, r.Set(0, 1, start))
	wrong := start
	wrong.Base[0] ^= 1
	later := steps(t, wrong, 4)
	for name, key := range map[string]senderkey.Key{
		"an earlier generation":       first(4),
		"other bytes":                 wrong,
		"a step that leads elsewhere": later,
		"a step that does not exist":  {Generation: 6, Step: 16},
	} {
		assert.ErrorIs(t, r.Set(time.Second, 1, key), senderkey.ErrOrder, name)
	}
	require.NoError(t, r.hears(r.speak(1, senderkey.Mic, start)))
	_, due := r.Deadline()
	assert.False(t, due, "nothing has changed")
}

func TestAKeyIdentifierMeansOneKey(t *testing.T) {
	r := listen(t)
	require.NoError(t, r.Set(0, 1, first(1)))
	require.NoError(t, r.Set(0, 1, first(17)))
	assert.ErrorIs(t, r.hears(r.speak(1, senderkey.Mic, first(1))), sframe.ErrAuthentic)
	assert.NoError(t, r.hears(r.speak(1, senderkey.Mic, first(17))))
}

func TestGenerationsGoRoundAndRound(t *testing.T) {
	r := listen(t)
	for g := range uint32(50) {
		now := time.Duration(g) * time.Second
		require.NoError(t, r.Set(now, 1, first(g)))
		r.Tick(now)
		require.NoError(t, r.hears(r.speak(1, senderkey.Mic, first(g))))
		r.Tick(now)
		for back := range min(g+1, 20) {
			err := r.hears(r.speak(1, senderkey.Camera, first(g-back)))
			switch {
			case back <= 5: // the next of it was first seen back-1 seconds ago
				require.NoError(t, err, "generation %d at %d", g-back, g)
			case back < 16:
				require.ErrorIs(t, err, senderkey.ErrNoKey, "generation %d at %d", g-back, g)
			default: // its place in the KID is somebody else's, or nobody's
				require.Error(t, err, "generation %d at %d", g-back, g)
			}
		}
	}
}

func TestAMemberCannotFillTheMemory(t *testing.T) {
	r := listen(t)
	for g := range uint32(12) {
		require.NoError(t, r.Set(0, 1, first(g)))
	}
	held := 0
	for g := range uint32(12) {
		if r.hears(r.speak(1, senderkey.Mic, first(g))) == nil {
			held++
			require.GreaterOrEqual(t, g, uint32(4), "the oldest go first")
		}
	}
	assert.Equal(t, 8, held)
	for i := range uint16(255) {
		require.NoError(t, r.Set(0, i+2, first(0)))
	}
	assert.ErrorIs(t, r.Set(0, 1000, first(0)), senderkey.ErrFull)
	r.Drop(7)
	assert.NoError(t, r.Set(0, 1000, first(0)))
}

func TestADroppedMemberIsNotHeardAndNotReplayed(t *testing.T) {
	r := listen(t)
	require.NoError(t, r.Set(0, 1, first(3)))
	v := r.speak(1, senderkey.Mic, steps(t, first(3), 2))
	frame := v.frame()
	require.NoError(t, r.opens(v.id, frame))
	r.Drop(1)
	r.Drop(2) // was never there
	require.ErrorIs(t, r.hears(v), senderkey.ErrNoKey)

	for _, n := range []int{0, 1, 2} {
		require.ErrorIs(t, r.Set(time.Second, 1, steps(t, first(3), n)), senderkey.ErrOrder, "its window is lost")
	}
	require.NoError(t, r.Set(time.Second, 1, steps(t, first(3), 3)))
	assert.ErrorIs(t, r.opens(v.id, frame), senderkey.ErrNoKey)

	r.Drop(1)
	assert.NoError(t, r.Set(time.Second, 1, steps(t, first(3), 3)), "it has opened nothing, so that nothing can be played again")
	r.Drop(1)
	assert.ErrorIs(t, r.Set(time.Second, 1, first(3)), senderkey.ErrOrder, "what was opened before is not forgotten")
}

func TestNobodyIsHeardUnderAnotherName(t *testing.T) {
	r := listen(t)
	require.NoError(t, r.Set(0, 1, first(1)))
	require.NoError(t, r.Set(0, 2, first(2)))
	v := r.speak(1, senderkey.Mic, first(1))
	frame := v.frame()
	for _, id := range []senderkey.ID{
		{Index: 2, Generation: 2}, {Index: 3, Generation: 1}, {Index: 1, Generation: 2}, {Index: 1, Generation: 1, Step: 1},
		{Index: 1, Generation: 1, Stream: senderkey.Camera}, {Index: 1, Generation: 1, Stream: 4}, {Index: 1, Generation: 17},
		{Index: 1, Generation: 1, Step: 200},
	} {
		require.Error(t, r.opens(id, frame), "%+v", id)
	}
	require.NoError(t, r.opens(v.id, frame))

	// A member that seals under another's name is found out, too.
	forger := r.speak(1, senderkey.Mic, senderkey.Key{Generation: 1, Base: first(2).Base})
	forger.frame() // its number was seen already
	assert.ErrorIs(t, r.hears(forger), sframe.ErrAuthentic)
}

func TestNothingIsLeftAfterWipe(t *testing.T) {
	r := listen(t)
	require.NoError(t, r.Set(0, 1, first(1)))
	require.NoError(t, r.Set(0, 1, first(2)))
	r.Wipe()
	assert.ErrorIs(t, r.hears(r.speak(1, senderkey.Mic, first(2))), senderkey.ErrNoKey)
	_, due := r.Deadline()
	assert.False(t, due)
}

func TestHearingAllocatesNothing(t *testing.T) {
	r := listen(t)
	require.NoError(t, r.Set(0, 1, first(0)))
	v := r.speak(1, senderkey.Mic, steps(t, first(0), 3))
	plain, metadata := bytes.Repeat([]byte{1}, 1200), []byte("meta")
	sealed, opened := make([]byte, 0, 1300), make([]byte, 0, 1300)
	now := time.Duration(0)
	once := func() {
		frame, err := v.s.Seal(sealed, metadata, plain)
		require.NoError(t, err)
		_, err = r.Open(opened, v.id, metadata, frame)
		require.NoError(t, err)
		now += 20 * ms
		r.Tick(now)
	}
	once()
	once()
	assert.Zero(t, testing.AllocsPerRun(1000, once))
}

// forge returns a frame of a step ahead that the ring refuses, whose key it has derived already.
func (e *ears) forge(stream senderkey.Stream, ahead int) (senderkey.ID, []byte) {
	e.t.Helper()
	v := e.speak(1, stream, steps(e.t, first(0), ahead))
	forged := v.frame()
	forged[len(forged)-1] ^= 1
	require.ErrorIs(e.t, e.opens(v.id, forged), sframe.ErrAuthentic)
	return v.id, forged
}

func TestForgedFramesOfStepsAheadCostNoMoreThanOthers(t *testing.T) {
	r := listen(t)
	require.NoError(t, r.Set(0, 1, first(0)))
	cost := func(stream senderkey.Stream, ahead int) float64 {
		id, forged := r.forge(stream, ahead)
		return testing.AllocsPerRun(100, func() {
			if _, err := r.Open(nil, id, nil, forged); err == nil {
				panic("opened")
			}
		})
	}
	present := cost(senderkey.Mic, 0)
	for stream := range senderkey.Stream(senderkey.Streams) {
		for ahead := 8; ahead > 0; ahead-- {
			assert.LessOrEqual(t, cost(stream, ahead), present, "stream %d, %d steps ahead", stream, ahead)
		}
	}
	require.NoError(t, r.hears(r.speak(1, senderkey.Mic, steps(t, first(0), 3))))
	assert.LessOrEqual(t, cost(senderkey.Mic, 8), present, "what was derived stays when a step before it is reached")
	assert.ErrorIs(t, r.Set(0, 1, senderkey.Key{Step: 5}), senderkey.ErrOrder, "what was derived must be told, too")
	assert.NoError(t, r.Set(0, 1, steps(t, first(0), 5)))
}

// What a relay can have us do for nothing, at the present step and eight ahead of it.
func BenchmarkForgedStep(b *testing.B) {
	for _, ahead := range []int{0, 8} {
		b.Run(fmt.Sprint(ahead), func(b *testing.B) {
			r := listen(b)
			require.NoError(b, r.Set(0, 1, first(0)))
			id, forged := r.forge(senderkey.Mic, ahead)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Open(nil, id, nil, forged); err == nil {
					b.Fatal("opened")
				}
			}
		})
	}
}

func TestAnotherMemberUnderAnIndexBeginsAnew(t *testing.T) {
	e := listen(t)
	old, other := first(3), first(0)
	require.NoError(t, e.Set(0, 5, old))
	before := e.speak(5, senderkey.Mic, old)
	require.NoError(t, e.hears(before))
	e.Drop(5)
	require.ErrorIs(t, e.Set(0, 5, other), senderkey.ErrOrder, "a member has no earlier keys than it had")

	e.Renew(5)
	require.NoError(t, e.Set(0, 5, other))
	require.ErrorIs(t, e.hears(before), senderkey.ErrNoKey)
	require.NoError(t, e.hears(e.speak(5, senderkey.Mic, other)))
}
