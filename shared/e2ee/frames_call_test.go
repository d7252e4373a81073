package e2ee_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

const ms = time.Millisecond

// step is how exact time is in a call of the tests: deadlines are met that late.
const step = 10 * ms

// member is one that comes, sends, and perhaps leaves. Sessions are not in these tests: channels are queues.
type member struct {
	index  uint16
	keys   *senderkey.Rotation
	frames e2ee.Frames
	known  map[uint16]time.Duration // members that are up for us, and since when
	left   time.Duration            // 0: still there
	slow   bool                     // its acknowledgements take 3 s
	opened map[string]bool
}

// flight is a frame or a message that arrives some time later.
type flight struct {
	at     time.Duration
	arrive func()
}

// used is what must never come twice.
type used struct {
	base [senderkey.BaseSize]byte
	sframe.Header
}

// call is a room in which keys and frames travel, with a relay that hands every frame to everybody there ever was.
type call struct {
	t       *testing.T
	rnd     *rand.Rand
	now     time.Duration
	members []*member
	air     []flight
	last    map[[2]uint16]time.Duration // when the last message between two arrives: channels keep the order
	used    map[used]bool
	opened  int
	late    int // frames of old keys that were opened
}

func newCall(t *testing.T, seed uint64) *call {
	return &call{t: t, rnd: rand.New(rand.NewPCG(seed, 8)), last: map[[2]uint16]time.Duration{}, used: map[used]bool{}}
}

func (c *call) within(d time.Duration) time.Duration { return time.Duration(c.rnd.Int64N(int64(d))) }

func (c *call) later(d time.Duration, arrive func()) {
	c.air = append(c.air, flight{c.now + d, arrive})
}

// message travels over the channel between two, in order.
func (c *call) message(from, to uint16, d time.Duration, arrive func()) {
	line := [2]uint16{from, to}
	c.last[line] = max(c.last[line]+1, c.now+d)
	c.later(c.last[line]-c.now, arrive)
}

func (c *call) joins() {
	m := &member{index: uint16(len(c.members) + 20), known: map[uint16]time.Duration{}, opened: map[string]bool{}, slow: len(c.members)%5 == 4}
	var err error
	m.keys, err = senderkey.NewRotation(c.now, c.source())
	require.NoError(c.t, err)
	for _, other := range c.members {
		if other.left == 0 {
			c.meet(m, other)
		}
	}
	c.members = append(c.members, m)
	c.seals(m)
}

func (c *call) source() *rand.ChaCha8 {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], c.rnd.Uint64())
	return rand.NewChaCha8(seed)
}

// meet lets two be up for each other, as soon as their handshake is over.
func (c *call) meet(a, b *member) {
	c.later(50*ms+c.within(100*ms), func() {
		if a.left != 0 || b.left != 0 {
			return
		}
		for _, side := range [][2]*member{{a, b}, {b, a}} {
			side[0].known[side[1].index] = c.now
			side[0].keys.PeerUp(c.now, side[1].index)
			c.turn(side[0])
		}
	})
}

func (c *call) leaves(m *member) {
	m.left = c.now
	for _, other := range c.members {
		c.later(c.within(100*ms), func() {
			if _, up := other.known[m.index]; up && other.left == 0 {
				delete(other.known, m.index)
				other.keys.PeerDown(c.now, m.index)
				other.frames.Forget(m.index)
				c.turn(other)
			}
		})
	}
}

func (c *call) find(index uint16) *member { return c.members[index-20] }

// turn does what the rotation of m decides.
func (c *call) turn(m *member) {
	change, err := m.keys.Tick(c.now)
	require.NoError(c.t, err)
	for _, give := range change.Gives {
		for _, index := range give.To {
			c.tells(m, c.find(index), give.Key)
		}
	}
	if change.Switched {
		c.seals(m)
	}
}

func (c *call) seals(m *member) {
	key, ok := m.keys.Current()
	require.True(c.t, ok)
	require.NoError(c.t, m.frames.SetSender(m.index, key))
}

// tells sends a key, and the acknowledgement back.
func (c *call) tells(m, to *member, key senderkey.Key) {
	c.message(m.index, to.index, c.within(150*ms), func() {
		if m.left != 0 || to.left != 0 {
			return
		}
		require.NoError(c.t, to.frames.SetReceiver(c.now, m.index, key))
		thinks := time.Duration(0)
		if to.slow {
			thinks = 3 * time.Second
		}
		c.later(thinks, func() {
			c.message(to.index, m.index, c.within(150*ms), func() {
				m.keys.Acked(c.now, to.index, key.Generation)
				c.turn(m)
			})
		})
	})
}

// sends seals a frame and hands it to everybody, whether they are up or not, often late, sometimes twice or never.
func (c *call) sends(m *member, what e2ee.Frame) {
	content := fmt.Sprintf("%d of %d at %d", what.Stream, m.index, c.now)
	sealed, err := m.frames.Seal(nil, what, []byte(content))
	require.NoError(c.t, err)
	h, _, err := sframe.ParseHeader(sealed)
	require.NoError(c.t, err)
	key, _ := m.keys.Current()
	require.False(c.t, c.used[used{key.Base, h}], "%+v sealed twice", h)
	c.used[used{key.Base, h}] = true

	at := c.now
	for _, other := range c.members {
		if other == m {
			continue
		}
		for range []int{0, 1, 1, 1, 1, 1, 1, 2}[c.rnd.IntN(8)] {
			c.later(c.within(400*ms), func() { c.hears(other, m, what, content, bytes.Clone(sealed), at) })
		}
	}
}

// hears opens a frame that was sealed at sent, and judges what comes of it.
func (c *call) hears(m, from *member, what e2ee.Frame, content string, sealed []byte, sent time.Duration) {
	if m.left == 0 {
		m.frames.Tick(c.now)
	}
	_, _, err := m.frames.Open(nil, !what.Stream.Audio(), sealed)
	require.Error(c.t, err, "as the other kind")
	out, id, err := m.frames.Open(nil, what.Stream.Audio(), sealed)
	since, up := m.known[from.index]
	if err != nil {
		mutual, they := from.known[m.index]
		settled := max(since, mutual)+2*time.Second <= sent
		if up && they && settled && m.left == 0 && from.left == 0 && !m.opened[content] {
			require.NoError(c.t, err, "%d hears %d since %v, but not what was sent at %v", m.index, from.index, since, sent)
		}
		return
	}
	require.Equal(c.t, content, string(out))
	require.Equal(c.t, from.index, id.Index)
	require.Equal(c.t, what.Stream, id.Stream)
	require.False(c.t, m.opened[content], "opened twice")
	m.opened[content] = true
	c.opened++
	if key, _ := from.keys.Current(); uint8(key.Generation&15) != id.Generation || key.Step != id.Step {
		c.late++
	}
	if m.left != 0 {
		require.Less(c.t, sent, m.left+2*time.Second, "%d left and hears %d", m.index, from.index)
	}
	if mutual, they := from.known[m.index]; they {
		require.GreaterOrEqual(c.t, sent, mutual, "%d hears what %d sent before it came", m.index, from.index)
	}
}

// pass lets time pass by one step.
func (c *call) pass() {
	c.now += step
	slices.SortStableFunc(c.air, func(a, b flight) int { return cmp.Compare(a.at, b.at) })
	due := 0
	for due < len(c.air) && c.air[due].at <= c.now {
		due++
	}
	arriving := slices.Clone(c.air[:due])
	c.air = slices.Delete(c.air, 0, due)
	for _, f := range arriving {
		f.arrive()
	}
	for _, m := range c.members {
		if due, ok := m.keys.Deadline(); ok && m.left == 0 && due <= c.now {
			c.turn(m)
		}
	}
}

func TestEverybodyHearsWhoIsThereAndNobodyElse(t *testing.T) {
	for seed := range uint64(4) {
		c := newCall(t, seed)
		c.joins()
		c.joins()
		for c.now < 40*time.Second {
			c.pass()
			for _, m := range c.members {
				if m.left == 0 && c.now%(100*ms) == 0 {
					c.sends(m, voice)
				}
				if m.left == 0 && c.now%(250*ms) == 0 {
					c.sends(m, vp9)
				}
			}
			c.comings()
		}
		key, _ := c.members[0].keys.Current()
		require.Greater(t, key.Generation, uint32(16), "the generation's bits did not start again")
		require.Greater(t, c.opened, 5000)
		require.NotZero(t, c.late, "no frame of an old key was tried")
	}
}

// comings lets members come and go by chance; the first two stay.
func (c *call) comings() {
	present := 0
	for _, m := range c.members {
		if m.left == 0 {
			present++
		}
	}
	if present < 6 && c.rnd.IntN(60) == 0 {
		c.joins()
	}
	if m := c.members[c.rnd.IntN(len(c.members))]; m.left == 0 && m.index > 21 && c.rnd.IntN(20) == 0 {
		c.leaves(m)
	}
}

// Whatever order keys are set, stopped and set again in, no key seals the same counter twice.
func FuzzSealNeverRepeats(f *testing.F) {
	f.Add([]byte{0x00, 0x40, 0x10, 0x41, 0x81, 0x20, 0x40})
	f.Add([]byte{0x00, 0x40, 0xC0, 0x00, 0x40, 0x11, 0x40})
	f.Fuzz(func(t *testing.T, schedule []byte) {
		var frames e2ee.Frames
		seen := map[used]bool{}
		current := senderkey.Key{}
		for _, b := range schedule {
			switch low := b & 0x3F; b >> 6 {
			case 0: // a key, which may be an old one; few keys, so that they come again
				key := keyOf(uint32(low>>2), low&3, low>>2+100*(low&3))
				if frames.SetSender(uint16(low&1), key) == nil {
					current = key
				}
			case 1, 2:
				what := []e2ee.Frame{voice, vp9, shareHear, av1}[low&3]
				sealed, err := frames.Seal(nil, what, []byte("frame"))
				if err != nil {
					require.ErrorIs(t, err, e2ee.ErrNoKey)
					continue
				}
				head := sealed
				if what.Codec == av1.Codec {
					head = sealed[1:]
				}
				h, _, err := sframe.ParseHeader(head)
				require.NoError(t, err)
				require.False(t, seen[used{current.Base, h}], "%+v sealed twice", h)
				seen[used{current.Base, h}] = true
			case 3:
				if low == 0 {
					frames.Wipe()
				} else {
					frames.StopSending()
				}
			}
		}
	})
}
