package senderkey_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
)

const ms = time.Millisecond

// numbers is a reader of randomness that never repeats itself within a test.
func numbers(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

// own is a rotation under test, with the time, what it decided and when.
type own struct {
	t   *testing.T
	r   *senderkey.Rotation
	now time.Duration
	log []string
}

func start(t *testing.T) *own {
	t.Helper()
	r, err := senderkey.NewRotation(0, numbers(1))
	require.NoError(t, err)
	return &own{t: t, r: r}
}

func (o *own) tick() {
	o.t.Helper()
	c, err := o.r.Tick(o.now)
	require.NoError(o.t, err)
	for _, g := range c.Gives {
		why := map[senderkey.Reason]string{senderkey.Joined: "joined", senderkey.Left: "left", senderkey.Age: "age", senderkey.Steps: "steps"}[g.Reason]
		o.note("%v get %d.%d, %s", g.To, g.Key.Generation, g.Key.Step, why)
	}
	if c.Switched {
		k, ok := o.r.Current()
		require.True(o.t, ok)
		o.note("seals with %d.%d", k.Generation, k.Step)
	}
	if c.KeyFrame {
		o.note("key frame")
	}
}

func (o *own) note(format string, args ...any) {
	o.log = append(o.log, fmt.Sprintf("%d: ", o.now/ms)+fmt.Sprintf(format, args...))
}

// until lets time pass to at, and ticks whenever it is due.
func (o *own) until(at time.Duration) {
	o.t.Helper()
	for {
		due, ok := o.r.Deadline()
		require.True(o.t, ok, "a generation ends by age at least")
		if due > at {
			o.now = at
			return
		}
		o.now = max(o.now, due)
		o.tick()
		after, _ := o.r.Deadline()
		require.Greater(o.t, after, o.now, "nothing is due right after Tick")
	}
}

// at lets time pass, reports something and ticks.
func (o *own) at(at time.Duration, report func()) {
	o.t.Helper()
	o.until(at)
	report()
	o.tick()
}

func (o *own) up(at time.Duration, who ...uint16) {
	o.t.Helper()
	o.at(at, func() {
		for _, i := range who {
			o.r.PeerUp(at, i)
		}
	})
}

func (o *own) down(at time.Duration, who ...uint16) {
	o.t.Helper()
	o.at(at, func() {
		for _, i := range who {
			o.r.PeerDown(at, i)
		}
	})
}

func (o *own) acked(at time.Duration, generation uint32, who ...uint16) {
	o.t.Helper()
	o.at(at, func() {
		for _, i := range who {
			o.r.Acked(at, i, generation)
		}
	})
}

// said returns what was decided since it was called last.
func (o *own) said() []string {
	log := o.log
	o.log = nil
	return log
}

func TestNewcomersWithinABatchShareAStep(t *testing.T) {
	o := start(t)
	o.up(0, 7)
	o.up(150*ms, 3)
	o.up(250*ms, 9)
	o.until(time.Second)
	assert.Equal(t, []string{
		"200: [3 7] get 0.1, joined", "200: seals with 0.1",
		"450: [9] get 0.2, joined", "450: seals with 0.2",
	}, o.said())
}

func TestANewcomersAcknowledgementBringsAKeyFrame(t *testing.T) {
	o := start(t)
	o.up(0, 1, 2, 3)
	o.until(200 * ms)
	o.said()
	o.acked(300*ms, 0, 1)
	assert.Equal(t, []string{"300: key frame"}, o.said())
	o.acked(310*ms, 0, 1)
	o.until(2 * time.Second)
	assert.Empty(t, o.said(), "once each")
	o.acked(2000*ms, 0, 2)
	o.acked(2100*ms, 0, 3)
	o.until(4 * time.Second)
	assert.Equal(t, []string{"2000: key frame", "2500: key frame"}, o.said(), "not too many")
	o.acked(5*time.Second, 1, 2)
	o.acked(5*time.Second, 0, 77)
	assert.Empty(t, o.said(), "of a generation there is not, and of nobody")
}

func TestADepartureBringsAGenerationWhenEverybodyHasIt(t *testing.T) {
	o := start(t)
	o.up(0, 1, 2, 3)
	o.acked(4*time.Second, 0, 1, 2)
	o.said()
	o.down(5000*ms, 2)
	assert.Equal(t, []string{"5000: [1 3] get 1.0, left"}, o.said())
	o.acked(5080*ms, 1, 3)
	o.acked(5090*ms, 0, 1)
	assert.Empty(t, o.said(), "1 acknowledged an old one")
	o.acked(5100*ms, 1, 1)
	assert.Equal(t, []string{"5100: seals with 1.0", "5100: key frame"}, o.said())
}

func TestADepartureDoesNotWaitForSlowMembers(t *testing.T) {
	o := start(t)
	o.up(0, 1, 2, 3)
	o.until(5 * time.Second)
	o.said()
	o.down(5000*ms, 2)
	o.acked(5100*ms, 1, 3)
	o.acked(7000*ms, 1, 1)
	assert.Equal(t, []string{
		"5000: [1 3] get 1.0, left",
		"6500: seals with 1.0", "6500: key frame",
		"7000: key frame",
	}, o.said(), "who is late cannot decode what it missed")
}

func TestWhoLeavesDuringARoundIsNotWaitedFor(t *testing.T) {
	o := start(t)
	o.up(0, 1, 2, 3)
	o.until(5 * time.Second)
	o.down(5000*ms, 2)
	o.acked(5100*ms, 1, 3)
	o.said()
	o.down(5200*ms, 1)
	assert.Equal(t, []string{"5200: seals with 1.0", "5200: key frame"}, o.said())
	o.until(5999 * ms)
	assert.Empty(t, o.said(), "a second between rounds")
	o.until(6000 * ms)
	assert.Equal(t, []string{"6000: [3] get 2.0, left"}, o.said())
}

func TestADepartureDuringARoundEndsInTime(t *testing.T) {
	o := start(t)
	o.up(0, 1, 2, 3, 4)
	o.until(5 * time.Second)
	o.said()
	o.down(5000*ms, 1)
	o.down(5100*ms, 2)
	o.down(6400*ms, 3)
	o.until(10 * time.Second)
	assert.Equal(t, []string{
		"5000: [2 3 4] get 1.0, left",
		"6500: [4] get 2.0, left",
		"6500: seals with 1.0", "6500: key frame",
		"6900: seals with 2.0", // 1.8 s after 2 left, though 4 has acknowledged nothing
		"7000: key frame",
	}, o.said())
}

func TestWhoWasToldNothingMayLeaveWithoutNotice(t *testing.T) {
	o := start(t)
	o.up(0, 1)
	o.up(time.Second, 2)
	o.down(1100*ms, 2)
	o.down(1100*ms, 55)
	o.until(10 * time.Second)
	assert.Equal(t, []string{"200: [1] get 0.1, joined", "200: seals with 0.1"}, o.said())
}

func TestANewcomerDuringARoundIsToldTheRoundsKey(t *testing.T) {
	o := start(t)
	o.up(0, 1, 2)
	o.until(5 * time.Second)
	o.said()
	o.down(5000*ms, 2)
	o.up(5100*ms, 3)
	o.acked(5400*ms, 1, 3)
	o.acked(5450*ms, 1, 1)
	o.until(6500 * ms)
	assert.Equal(t, []string{
		"5000: [1] get 1.0, left",
		"5300: [3] get 1.0, joined",
		"5450: seals with 1.0", "5450: key frame",
	}, o.said(), "it has sealed nothing yet, so that a step is not needed")
}

func TestANewcomerAtADepartureIsToldTheNewGeneration(t *testing.T) {
	o := start(t)
	o.up(0, 1, 2)
	o.up(5000*ms, 3)
	o.said()
	o.down(5100*ms, 2)
	o.acked(5150*ms, 1, 1)
	o.until(6500 * ms)
	assert.Equal(t, []string{"5100: [1 3] get 1.0, left", "5150: seals with 1.0", "5150: key frame"}, o.said(),
		"nobody waits for one who has heard nothing so far")
}

func TestAChannelThatComesBackIsToldAKeyAgain(t *testing.T) {
	o := start(t)
	o.up(0, 1, 2)
	o.up(5000*ms, 1)
	o.until(6 * time.Second)
	o.acked(6*time.Second, 0, 1)
	assert.Equal(t, []string{
		"200: [1 2] get 0.1, joined", "200: seals with 0.1",
		"5200: [1] get 0.2, joined", "5200: seals with 0.2",
		"6000: key frame",
	}, o.said(), "another than before: what it has opened so far cannot be played to it again")
}

func TestAGenerationEndsByAge(t *testing.T) {
	o := start(t)
	o.up(0, 1)
	o.until(time.Minute)
	o.said()
	o.until(15 * time.Minute)
	o.acked(15*time.Minute+50*ms, 1, 1)
	o.until(30*time.Minute + 2*time.Second)
	assert.Equal(t, []string{
		"900000: [1] get 1.0, age",
		"900050: seals with 1.0", "900050: key frame",
		"1800050: [1] get 2.0, age",
		"1801550: seals with 2.0", "1801550: key frame",
	}, o.said())
}

func TestAGenerationEndsBeforeItsStepsAreMoreThanOthersLookAhead(t *testing.T) {
	o := start(t)
	for i := range uint16(10) {
		o.up(time.Duration(i)*time.Second, i)
	}
	o.until(20 * time.Second)
	said := o.said()
	assert.Equal(t, []string{
		"7200: [7] get 0.8, joined", "7200: seals with 0.8",
		"7400: [0 1 2 3 4 5 6 7] get 1.0, steps",
		"8200: [8] get 1.0, joined",
		"8900: seals with 1.0", "8900: key frame",
		"9200: [9] get 1.1, joined", "9200: seals with 1.1",
	}, said[len(said)-8:])
}

func TestARoundWithoutOthersWaitsForNobody(t *testing.T) {
	o := start(t)
	o.up(0, 1)
	o.down(time.Second, 1)
	o.until(2 * time.Second)
	assert.Equal(t, []string{
		"200: [1] get 0.1, joined", "200: seals with 0.1",
		"1000: seals with 1.0", "1000: key frame",
	}, o.said())
}

// dry is a source of randomness that ends.
type dry struct{ left int }

func (d *dry) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, errors.New("dry")
	}
	n := min(len(p), d.left)
	d.left -= n
	return n, nil
}

func TestWithoutRandomnessNothingIsSealed(t *testing.T) {
	_, err := senderkey.NewRotation(0, &dry{31})
	require.Error(t, err)

	r, err := senderkey.NewRotation(0, &dry{63})
	require.NoError(t, err)
	r.PeerUp(0, 1)
	_, err = r.Tick(200 * ms)
	require.NoError(t, err)
	r.PeerDown(300*ms, 1)
	c, err := r.Tick(300 * ms)
	require.ErrorIs(t, err, senderkey.ErrBroken)
	assert.Zero(t, c)
	key, ok := r.Current()
	assert.False(t, ok)
	assert.Zero(t, key)
	_, ok = r.Deadline()
	assert.False(t, ok)
	r.PeerUp(400*ms, 2)
	r.Acked(400*ms, 2, 0)
	r.PeerDown(400*ms, 2)
	_, err = r.Tick(time.Hour)
	assert.ErrorIs(t, err, senderkey.ErrBroken, "for ever")
}

func TestKeysDoNotShowInTexts(t *testing.T) {
	key := senderkey.Key{Generation: 1, Base: [32]byte(bytes.Repeat([]byte{0xAB}, 32))}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, what := range []any{key, &key} {
			text := fmt.Sprintf(verb, what)
			assert.NotContains(t, text, "171", verb)
			assert.NotContains(t, text, "abab", verb)
			assert.NotContains(t, text, "0xab", verb)
		}
	}
}

func TestARotationThatFollowsAnotherHasLaterKeys(t *testing.T) {
	earlier, err := senderkey.NewRotation(0, numbers(9))
	require.NoError(t, err)
	earlier.PeerUp(0, 7)
	_, err = earlier.Tick(time.Second)
	require.NoError(t, err)
	earlier.PeerUp(time.Second, 8)
	_, err = earlier.Tick(2 * time.Second)
	require.NoError(t, err)
	earlier.PeerDown(10*time.Second, 7)
	told, err := earlier.Tick(10 * time.Second)
	require.NoError(t, err)
	require.Len(t, told.Gives, 1, "a key that is told and not in use yet counts, too")

	for _, wiped := range []bool{false, true} {
		if wiped {
			earlier.Wipe()
		}
		r, err := senderkey.NewRotation(0, numbers(9))
		require.NoError(t, err)
		require.NoError(t, r.Follow(earlier))
		first, ok := r.Current()
		require.True(t, ok)
		assert.True(t, first.After(told.Gives[0].Key))
	}
}
