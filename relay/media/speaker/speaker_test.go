package speaker

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// sound makes one level after the other, one each 20 ms.
type sound func() uint8

func steady(level int) sound { return func() uint8 { return uint8(level) } }

// around is noise.
func around(r *rand.Rand, level, by int) sound {
	return func() uint8 { return uint8(min(max(level-by+r.IntN(2*by+1), 0), 127)) }
}

// speech is syllables of 0.12 to 0.26 s with dips between them, words with short pauses, and a breath after each
// phrase of 1.5 to 4 s.
func speech(r *rand.Rand, level int) sound {
	var left, phrase int
	var now sound
	loud := false
	quiet := around(r, 68, 3)
	return func() uint8 {
		if phrase--; phrase == 0 {
			loud, left, now = false, 15+r.IntN(20), quiet // a breath: 0.3 to 0.7 s
		}
		if left--; left < 0 {
			if phrase <= 0 {
				phrase = 75 + r.IntN(125)
			}
			loud = !loud
			if loud {
				left, now = 6+r.IntN(8), around(r, level, 6)
			} else {
				left, now = 1+r.IntN(4), around(r, level+18, 4)
			}
		}
		return now()
	}
}

// burst is a sound of some frames, and quiet for the rest of a period.
func burst(r *rand.Rand, level, frames, period int) sound {
	at := r.IntN(period)
	loud, quiet := around(r, level, 3), around(r, 68, 3)
	return func() uint8 {
		if at = (at + 1) % period; at < frames {
			return loud()
		}
		return quiet()
	}
}

// room listens each 100 ms.
type room struct {
	Detector
	now    time.Time
	sounds map[wire.MemberIndex]sound
}

func newRoom() *room {
	return &room{now: time.Unix(1000, 0), sounds: map[wire.MemberIndex]sound{}}
}

// step lets 100 ms pass.
func (r *room) step() wire.Speakers {
	r.now = r.now.Add(100 * time.Millisecond)
	for m, s := range r.sounds {
		var m2 Meter
		for range 5 {
			m2.Note(s())
		}
		r.Hear(m, m2.Take(), r.now)
	}
	return r.Speakers()
}

// run lets d pass and counts how often somebody else became dominant.
func (r *room) run(d time.Duration) (last wire.Speakers, changes int) {
	was := r.dominant
	for end := r.now.Add(d); r.now.Before(end); {
		last = r.step()
		if last.Dominant != was {
			was, changes = last.Dominant, changes+1
		}
	}
	return last, changes
}

// until is how long it takes for m to be dominant.
func (r *room) until(t *testing.T, m wire.MemberIndex) time.Duration {
	t.Helper()
	for began := r.now; ; {
		if r.step().Dominant == m {
			return r.now.Sub(began)
		}
		require.Less(t, r.now.Sub(began), time.Minute, "member %d never becomes dominant", m)
	}
}

const speakingLevel = 28

func TestSomebodyWhoSpeaksBecomesDominantWithinASecond(t *testing.T) {
	var all []time.Duration
	for seed := range uint64(200) {
		r, rnd := newRoom(), rand.New(rand.NewPCG(seed, 1))
		r.sounds[1], r.sounds[2] = around(rnd, 68, 3), around(rnd, 70, 3)
		r.run(4 * time.Second)
		r.sounds[2] = speech(rnd, speakingLevel+rnd.IntN(15))
		all = append(all, r.until(t, 2))
	}
	slices.Sort(all)
	t.Logf("from silence: median %v, 95 %% %v", all[100], all[190])
	assert.LessOrEqual(t, all[190], time.Second)
}

func TestTheNextSpeakerFollowsWithinASecondAndAHalf(t *testing.T) {
	var all []time.Duration
	for seed := range uint64(200) {
		r, rnd := newRoom(), rand.New(rand.NewPCG(seed, 2))
		r.sounds[1], r.sounds[2] = speech(rnd, speakingLevel), around(rnd, 68, 3)
		r.run(5 * time.Second)
		r.sounds[1], r.sounds[2] = around(rnd, 68, 3), speech(rnd, speakingLevel)
		all = append(all, r.until(t, 2))
	}
	slices.Sort(all)
	t.Logf("from somebody else: median %v, 95 %% %v", all[100], all[190])
	assert.LessOrEqual(t, all[100], time.Second)
	assert.LessOrEqual(t, all[190], 1500*time.Millisecond)
}

func TestNobodyTakesOverBySmallSounds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for name, s := range map[string]sound{
		"a cough each 4 s":         burst(rnd, 18, 15, 200),
		"a keyboard":               burst(rnd, 35, 2, 8),
		"somebody who says mhm":    burst(rnd, 35, 18, 150),
		"a fan":                    around(rnd, 48, 2),
		"a fan that is quite loud": around(rnd, 38, 2),
		"breath":                   burst(rnd, 63, 40, 100),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom()
			r.sounds[1], r.sounds[2] = speech(rnd, speakingLevel), s
			r.run(8 * time.Second) // a fan is known by then
			_, changes := r.run(10 * time.Minute)
			t.Logf("%d changes in 10 min beside somebody who speaks", changes)
			assert.Zero(t, changes)
			r.sounds[1] = around(rnd, 68, 3)
			_, changes = r.run(10 * time.Minute)
			assert.Zero(t, changes, "when it is quiet otherwise")
		})
	}
}

func TestAQuietSpeakerIsHeard(t *testing.T) {
	r, rnd := newRoom(), rand.New(rand.NewPCG(3, 3))
	r.sounds[1] = speech(rnd, 46)
	r.run(3 * time.Second)
	assert.Equal(t, wire.MemberIndex(1), r.dominant)
}

func TestOfTwoWhoSpeakAtOnceOneStays(t *testing.T) {
	r, rnd := newRoom(), rand.New(rand.NewPCG(4, 4))
	r.sounds[1], r.sounds[2] = speech(rnd, 25), speech(rnd, 25)
	r.run(3 * time.Second)
	last, changes := r.run(time.Minute)
	t.Logf("%d changes in a minute", changes)
	assert.Less(t, changes, 20)
	assert.Len(t, last.Speaking, 2)
}

func TestSpeakingGoesOnBetweenWordsAndEndsAfterThem(t *testing.T) {
	r := newRoom()
	r.sounds[1] = steady(25)
	r.run(time.Second)
	r.sounds[1] = steady(90)
	last, _ := r.run(200 * time.Millisecond)
	assert.Equal(t, []wire.MemberIndex{1}, last.Speaking)
	last, _ = r.run(400 * time.Millisecond)
	assert.Equal(t, wire.Speakers{Speaking: []wire.MemberIndex{}, Dominant: 1}, last, "dominant stays when it is quiet")
}

func TestWhoIsMutedMakesRoomAtOnceAndWhoLeavesIsNobody(t *testing.T) {
	r := newRoom()
	r.sounds[1], r.sounds[2] = steady(20), steady(30)
	last, _ := r.run(2 * time.Second)
	assert.Equal(t, wire.Speakers{Speaking: []wire.MemberIndex{1, 2}, Dominant: 1}, last, "loudest first")
	delete(r.sounds, 1)
	r.Forget(1)
	assert.Equal(t, wire.Speakers{Speaking: []wire.MemberIndex{2}, Dominant: 2}, r.Speakers())
	r.Gone(2)
	assert.Equal(t, wire.Speakers{Speaking: []wire.MemberIndex{}}, r.Speakers())
}

func TestSilenceNeedNotBeSent(t *testing.T) {
	r := newRoom()
	r.sounds[1] = steady(20)
	r.run(time.Second)
	for range 10 { // nothing comes (DTX)
		r.now = r.now.Add(100 * time.Millisecond)
		r.Hear(1, 0, r.now)
	}
	_, speaking, level := r.Voice(1)
	assert.False(t, speaking)
	assert.Greater(t, level, uint8(80))
}

func TestLevelsKeepTheLastEight(t *testing.T) {
	var m Meter
	for i := range 11 {
		m.Note(uint8(100 + i))
	}
	l := m.Take()
	require.Equal(t, 8, l.Len())
	for i := range 8 {
		assert.Equal(t, uint8(103+i), l.At(i))
	}
	assert.Zero(t, m.Take())
}

func BenchmarkAHundredMicrophones(b *testing.B) {
	r, rnd := newRoom(), rand.New(rand.NewPCG(5, 5))
	for m := range wire.MemberIndex(100) {
		r.sounds[m+1] = around(rnd, 60, 30)
	}
	for b.Loop() {
		r.step()
	}
}
