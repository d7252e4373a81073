package senderkey_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
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

// place is a key's place in its member's order.
type place struct {
	generation uint32
	step       uint8
}

func placeOf(k senderkey.Key) place { return place{k.Generation, k.Step} }

// knowledge is what somebody was told: the first step of each generation. Later ones can be derived from it.
type knowledge map[uint32]senderkey.Key

// has tells whether k can be derived.
func (known knowledge) has(k senderkey.Key) bool {
	from, ok := known[k.Generation]
	return ok && from.Step <= k.Step
}

// check checks that what was told leads to k.
func (known knowledge) check(t *testing.T, k senderkey.Key) {
	from := known[k.Generation]
	base := from.Base[:]
	for range k.Step - from.Step {
		var err error
		base, err = sframe.Ratchet(sframe.ChaCha20Poly1305(), base)
		require.NoError(t, err)
	}
	require.Equal(t, k.Base[:], base, "a step is derived from the one before")
}

// someone is a member in the model of what a rotation must do.
type someone struct {
	since, sealed int // when it came up: the time, and how many keys had sealed by then
	up            time.Duration
	left          time.Duration
	known         knowledge
	acks          []uint32 // of keys it was told, not sent yet
	acked         uint32
}

// model drives a rotation through a schedule and checks it at each step.
type model struct {
	*own
	peers   map[uint16]*someone
	gone    []*someone
	sealed  map[place]int // keys that were in use, in order
	last    senderkey.Key
	rounds  []time.Duration // when each generation was told first
	leaving time.Duration   // the first departure that the present round takes into account
}

func newModel(t *testing.T) *model {
	m := &model{own: start(t), peers: map[uint16]*someone{}, sealed: map[place]int{}}
	m.last, _ = m.r.Current()
	m.sealed[placeOf(m.last)] = 0
	return m
}

// turn is one Tick, checked.
func (m *model) turn() {
	t := m.t
	c, err := m.r.Tick(m.now)
	require.NoError(t, err)
	current, ok := m.r.Current()
	require.True(t, ok)
	require.Equal(t, c.Switched, current != m.last)
	if c.Switched {
		require.True(t, current.After(m.last), "%v after %v", placeOf(current), placeOf(m.last))
	}
	told := map[uint16]bool{}
	for _, g := range c.Gives {
		require.NotEmpty(t, g.To)
		require.True(t, slices.IsSorted(g.To))
		if int(g.Key.Generation) > len(m.rounds) {
			require.Zero(t, g.Key.Step)
			m.began()
		}
		for _, i := range g.To {
			require.False(t, told[i], "twice at once")
			told[i] = true
			m.tell(i, g.Key)
		}
	}
	if c.Switched && current.Generation != m.last.Generation {
		if int(current.Generation) > len(m.rounds) { // a round that nobody is told of
			m.began()
		}
		m.checkSwitch(current)
	}
	if c.Switched {
		m.sealed[placeOf(current)] = len(m.sealed)
		m.last = current
		for _, p := range m.peers {
			if p.known.has(current) {
				p.known.check(t, current)
			}
		}
	}
	m.checkKnowledge(current)
}

func (m *model) began() {
	if n := len(m.rounds); n > 0 {
		require.GreaterOrEqual(m.t, m.now-m.rounds[n-1], time.Second, "rounds come too fast")
	}
	m.rounds = append(m.rounds, m.now)
}

// tell checks that a key may be told to a member, and notes it.
func (m *model) tell(i uint16, key senderkey.Key) {
	p := m.peers[i]
	require.NotNil(m.t, p, "%d is not up", i)
	if n, was := m.sealed[placeOf(key)]; was {
		require.Greater(m.t, n, p.sealed, "a key that had sealed before %d was up", i)
	}
	if _, known := p.known[key.Generation]; !known {
		p.known[key.Generation] = key
	}
	p.acks = append(p.acks, key.Generation)
}

// checkSwitch checks that a generation did not come into use before all had it, but for the time limits.
func (m *model) checkSwitch(current senderkey.Key) {
	began := m.rounds[current.Generation-1]
	if m.now >= began+1500*ms {
		return
	}
	for _, p := range m.gone {
		if m.now >= p.left+1800*ms && p.left <= began {
			return
		}
	}
	for i, p := range m.peers {
		if len(p.known) == 0 || p.up > began {
			continue
		}
		if _, before := p.known[current.Generation-1]; before {
			require.GreaterOrEqual(m.t, p.acked, current.Generation, "%d had not acknowledged", i)
		}
	}
}

func (m *model) checkKnowledge(current senderkey.Key) {
	for _, p := range m.gone {
		if m.now >= p.left+1800*ms && p.known.has(current) {
			require.Fail(m.t, "who left knows the key", "left at %v, now %v", p.left, m.now)
		}
	}
	for i, p := range m.peers {
		if m.now < p.up+1700*ms { // 200 ms until it is told a key, of a round that ends 1.5 s later
			continue
		}
		require.True(m.t, p.known.has(current), "%d has been up since %v and does not know the key of %v", i, p.up, m.now)
		require.LessOrEqual(m.t, current.Step-p.known[current.Generation].Step, uint8(8), "too far ahead for who hears no media")
	}
}

// pass lets time pass, with a turn whenever one is due.
func (m *model) pass(d time.Duration) {
	for end := m.now + d; ; {
		due, ok := m.r.Deadline()
		require.True(m.t, ok)
		if due > end {
			m.now = end
			m.checkKnowledge(m.last)
			return
		}
		m.now = max(m.now, due)
		m.turn()
		after, _ := m.r.Deadline()
		require.Greater(m.t, after, m.now, "nothing is due right after Tick")
	}
}

// act does what one byte of a schedule says, to one of 16 members.
func (m *model) act(b byte) {
	i, p := uint16(b>>4), m.peers[uint16(b>>4)]
	switch b & 15 {
	case 0, 1, 2: // comes, or its channel comes anew
		m.r.PeerUp(m.now, i)
		if p == nil {
			m.peers[i] = &someone{up: m.now, sealed: m.sealed[placeOf(m.last)], known: knowledge{}}
		}
	case 3, 4: // leaves
		m.r.PeerDown(m.now, i)
		if p != nil {
			p.left = m.now
			m.gone = append(m.gone, p)
			delete(m.peers, i)
		}
	case 5, 6, 7, 8: // acknowledges
		if p != nil && len(p.acks) > 0 {
			p.acked = max(p.acked, p.acks[0])
			m.r.Acked(m.now, i, p.acks[0])
			p.acks = p.acks[1:]
		}
	case 9: // an acknowledgement is lost
		if p != nil && len(p.acks) > 0 {
			p.acks = p.acks[1:]
		}
	case 10: // nonsense
		m.r.Acked(m.now, i, m.last.Generation+2)
	case 11, 12:
		m.pass(time.Duration(i) * 10 * ms)
		return
	case 13, 14:
		m.pass(time.Duration(i) * 100 * ms)
		return
	case 15:
		m.pass(time.Duration(i) * 73 * time.Second)
		return
	}
	m.turn()
}

func TestRotationsUnderRandomSchedules(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		m := newModel(t)
		for range 1500 {
			m.act(byte(rnd.Uint32()))
		}
		require.Greater(t, m.last.Generation, uint32(16), "seed %d: the generation's bits did not start again", seed)
	}
}

func FuzzRotation(f *testing.F) {
	f.Add([]byte{0x00, 0x10, 0x3D, 0x05, 0x15, 0x03, 0x15, 0xFD, 0xFF})
	f.Add([]byte{0x00, 0x10, 0x20, 0x3D, 0x03, 0x13, 0x30, 0xFD, 0xFD, 0x2F})
	f.Fuzz(func(t *testing.T, schedule []byte) {
		m := newModel(t)
		for _, b := range schedule[:min(len(schedule), 4000)] {
			m.act(b)
		}
	})
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
