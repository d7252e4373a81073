package rewrite

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var start = time.Unix(1000, 0)

func ms(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }

const base = 1 << 20 // any extended number

func TestASwitchContinues(t *testing.T) {
	for name, c := range map[string]struct {
		audio bool
		clock uint32
		idle  int // ms between the two packets
		step  uint32
	}{
		"video goes on after the time that passed":        {false, 90000, 40, 3600},
		"video at once takes the smallest step":           {false, 90000, 0, 1},
		"audio never overlaps the last packet":            {true, 48000, 5, 960},
		"audio goes on after the time that passed":        {true, 48000, 100, 4800},
		"a slot that was empty for days does not go back": {false, 90000, 1000 * 3600 * 48, maxIdle},
	} {
		t.Run(name, func(t *testing.T) {
			s := New[string](c.audio, c.clock, 7, 100)
			s.Switch("ann")
			a, ok := s.Next(start, In{Seq: base + 65535, TS: 5, Start: true, Picture: 9, TL0: 3, HasPicture: true, HasTL0: true}, base+65535)
			require.True(t, ok)
			assert.Equal(t, uint16(7), a.Seq)
			assert.Equal(t, uint32(100), a.TS)
			s.Switch("bob")
			assert.True(t, s.Waiting())
			b, ok := s.Next(ms(c.idle), In{Seq: base * 7, TS: 4e9, Start: true, Picture: 32767, TL0: 255, HasPicture: true, HasTL0: true}, base*7)
			require.True(t, ok)
			assert.Equal(t, Out{Seq: 8, TS: 100 + c.step, Picture: a.Picture + 1, TL0: a.TL0 + 1}, b)
		})
	}
}

func TestAudioStepIsTheLastPacketsLength(t *testing.T) {
	s := New[string](true, 48000, 7, 100)
	s.Switch("ann")
	for i := range uint64(3) {
		_, ok := s.Next(start, In{Seq: base + i, TS: uint32(i) * 2880, Start: true}, base+i)
		require.True(t, ok)
	}
	s.Switch("bob")
	o, ok := s.Next(start, In{Seq: base, TS: 77, Start: true}, base)
	require.True(t, ok)
	assert.Equal(t, uint32(100+3*2880), o.TS)
}

func TestNext(t *testing.T) {
	key := func(n uint64) In { return In{Seq: base + n, TS: uint32(n) * 10, Start: true} }
	delta := func(n uint64) In { return In{Seq: base + n, TS: uint32(n) * 10} }
	empty := func(n uint64) In { return In{Seq: base + n, TS: uint32(n) * 10, Empty: true} }
	const none = -1
	for name, c := range map[string]struct {
		in   []In
		want []int // numbers from the first on
	}{
		"it waits for a start":                         {[]In{delta(1), delta(2), key(3), delta(4)}, []int{none, none, 0, 1}},
		"a gap stays a gap":                            {[]In{key(1), delta(4), delta(2)}, []int{0, 3, 1}},
		"what came before the start does not pass":     {[]In{key(5), delta(4), delta(6)}, []int{0, none, 1}},
		"padding closes up":                            {[]In{key(1), empty(2), empty(3), delta(4)}, []int{0, none, none, 1}},
		"padding behind a gap passes":                  {[]In{key(1), empty(3), delta(4), delta(2)}, []int{0, 2, 3, 1}},
		"a late packet from before closed-up padding":  {[]In{key(1), delta(3), empty(4), delta(5), delta(2)}, []int{0, 2, none, 3, 1}},
		"a sender that begins anew waits for a start":  {[]In{key(1), delta(70000), key(70001), delta(70002)}, []int{0, none, 1, 2}},
		"padding cannot begin":                         {[]In{empty(1), key(2)}, []int{none, 0}},
		"a very late packet does not pass":             {[]In{key(1), delta(900), delta(1700), delta(2)}, []int{0, 899, 1699, none}},
		"padding right after the start, then a repeat": {[]In{key(1), empty(2), delta(3), empty(4), delta(5)}, []int{0, none, 1, none, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			s := New[string](false, 90000, 1000, 0)
			s.Switch("ann")
			newest := uint64(0)
			for i, in := range c.in {
				newest = max(newest, in.Seq)
				o, ok := s.Next(start, in, newest)
				got := none
				if ok {
					got = int(o.Seq) - 1000
				}
				assert.Equal(t, c.want[i], got, "packet %d", i)
			}
		})
	}
}

func TestAStartThatComesFarTooLateIsLeft(t *testing.T) {
	s := New[string](false, 90000, 1000, 0)
	s.Switch("ann")
	_, ok := s.Next(start, In{Seq: base, Start: true}, base+maxStartAge+1)
	assert.False(t, ok)
	_, ok = s.Next(start, In{Seq: base, Start: true}, base+maxStartAge)
	assert.True(t, ok)
}

func TestForgottenSourcesAreNotAskedAnyMore(t *testing.T) {
	s := New[string](false, 90000, 1000, 0)
	s.Switch("ann")
	o, _ := s.Next(start, In{Seq: base, Start: true}, base)
	from, in, _, ok := s.Origin(o.Seq)
	assert.True(t, ok)
	assert.Equal(t, "ann", from)
	assert.Equal(t, uint64(base), in)
	s.Forget("ann")
	from, _, _, _ = s.Origin(o.Seq)
	assert.Empty(t, from)
	assert.True(t, s.Waiting())
}

// sender is a source whose counters begin anywhere and wrap.
type sender struct {
	name string
	seq  uint64
	ts   uint32
	pic  uint16
	tl0  uint8
	late []In // to come out of order
}

func (x *sender) next(r *rand.Rand) In {
	if len(x.late) > 0 && r.IntN(3) == 0 {
		in := x.late[0]
		x.late = x.late[1:]
		return in
	}
	x.seq++
	x.ts += uint32(r.IntN(6000))
	x.pic = (x.pic + 1) & 0x7fff
	x.tl0++
	in := In{Seq: x.seq, TS: x.ts, Start: r.IntN(5) == 0, Picture: x.pic, TL0: x.tl0, HasPicture: true, HasTL0: true}
	switch r.IntN(12) {
	case 0: // lost
		return x.next(r)
	case 1:
		x.late = append(x.late, in)
		return x.next(r)
	case 2:
		in.Empty, in.Start = true, false
	case 3:
		if r.IntN(20) == 0 { // begins anew
			x.seq, x.ts, x.pic, x.late = x.seq+3<<16, r.Uint32(), uint16(r.IntN(1<<15)), nil
			return x.next(r)
		}
	}
	return in
}

// Over random switching, loss, reordering, padding, beginnings and wrap-around: no number goes out twice, the highest
// ones rise by what a receiver takes for continuous, and every packet that went out can be found again.
func TestContinuity(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 2))
		senders := make([]*sender, 3)
		for i := range senders {
			senders[i] = &sender{
				name: string(rune('a' + i)), seq: 1<<17 + uint64(r.IntN(1<<16)), ts: r.Uint32(),
				pic: uint16(r.IntN(1 << 15)), tl0: uint8(r.IntN(256)),
			}
		}
		watch(t, r, senders)
	}
}

type sent struct {
	in   In
	from string
}

func watch(t *testing.T, r *rand.Rand, senders []*sender) {
	s := New[string](r.IntN(2) == 0, 90000, uint16(r.Uint32()), r.Uint32())
	cur, newest := senders[0], map[string]uint64{}
	s.Switch(cur.name)
	out := map[uint64]sent{} // by extended number
	var high uint64
	var last Out
	now := start
	for range 80_000 {
		now = now.Add(time.Duration(r.IntN(20)) * time.Millisecond)
		if r.IntN(300) == 0 {
			cur = senders[r.IntN(len(senders))]
			s.Switch(cur.name)
		}
		in := cur.next(r)
		newest[cur.name] = max(newest[cur.name], in.Seq)
		o, ok := s.Next(now, in, newest[cur.name])
		if !ok {
			continue
		}
		if len(out) == 0 {
			high, last = 1<<16+uint64(o.Seq), o
			require.Less(t, o.Seq, uint16(1<<15))
		}
		ext := high + uint64(int64(int16(o.Seq-uint16(high))))
		if _, used := out[ext]; used {
			require.Fail(t, "a number was used twice")
		}
		out[ext] = sent{in, cur.name}
		if ext > high {
			require.Less(t, ext-high, uint64(maxLeap+2))
			require.GreaterOrEqual(t, int32(o.TS-last.TS), int32(0), "the timestamp went back")
			require.Less(t, (o.Picture-last.Picture)&0x7fff, uint16(1<<14), "the picture id went back")
			high, last = ext, o
		}
		check(t, r, s, out, high)
	}
	require.Greater(t, high, uint64(1<<16+40_000), "it must have wrapped, or nearly")
}

// check asks for one of the last packets again.
func check(t *testing.T, r *rand.Rand, s *Stream[string], out map[uint64]sent, high uint64) {
	ext := high - uint64(r.IntN(100))
	x, was := out[ext]
	from, in, back, ok := s.Origin(uint16(ext))
	if !was || !ok {
		return // never sent, or too many switches ago
	}
	require.Equal(t, x.from, from)
	require.Equal(t, x.in.Seq, in)
	_, picture, _ := back.Apply(x.in.TS, x.in.Picture, x.in.TL0)
	require.LessOrEqual(t, picture, uint16(0x7fff))
}

func TestNextAllocatesNothing(t *testing.T) {
	s := New[string](false, 90000, 1000, 0)
	s.Switch("ann")
	n := uint64(base)
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		n++
		s.Next(start, In{Seq: n, Start: n == base+1, Empty: n%3 == 0}, n)
		s.Origin(uint16(n))
	}))
}
