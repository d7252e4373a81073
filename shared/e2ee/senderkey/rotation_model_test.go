package senderkey_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

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
	sealed int // how many keys had sealed when it came up
	up     time.Duration
	left   time.Duration
	known  knowledge
	acks   []uint32 // of keys it was told, not sent yet
	acked  uint32
}

// model drives a rotation through a schedule and checks it at each step.
type model struct {
	*own
	peers  map[uint16]*someone
	gone   []*someone
	sealed map[place]int // keys that were in use, in order
	last   senderkey.Key
	rounds []time.Duration // when each generation was told first
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
