package rewrite

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
)

var start = time.Unix(1000, 0)

func ms(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }

const base = 1 << 20 // any extended number

func vp8(picture uint16, tl0 uint8) codec.Counters {
	return codec.Counters{Picture: picture, PictureBits: 15, TL0: tl0}
}

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
			a, v := s.Next("ann", start, In{Seq: base + 65535, TS: 5, Start: true, Counters: vp8(9, 3), Compact: true}, base+65535)
			require.Equal(t, Send, v)
			assert.Equal(t, uint16(7), a.Seq)
			assert.Equal(t, uint32(100), a.TS)
			s.Switch("bob")
			assert.True(t, s.Waiting())
			next := codec.Counters{Picture: 32767, PictureBits: 15, TL0: 255, Frame: 65535}
			b, v := s.Next("bob", ms(c.idle), In{Seq: base * 7, TS: 4e9, Start: true, Counters: next}, base*7)
			require.Equal(t, Send, v)
			next = codec.Counters{Picture: a.Picture + 1, PictureBits: 15, TL0: a.TL0 + 1, Frame: a.Frame + 1}
			assert.Equal(t, Out{Seq: 8, TS: 100 + c.step, Counters: next}, b)
			assert.False(t, s.Waiting())
		})
	}
}

func TestTheOldLayerGoesOnUntilTheNewOneStarts(t *testing.T) {
	s := New[string](false, 90000, 1000, 0)
	next := func(from string, n uint64, start_ bool) (uint16, Verdict) {
		o, v := s.Next(from, start, In{Seq: base + n, TS: uint32(n), Start: start_}, base+n)
		return o.Seq, v
	}
	gets := func(want uint16, from string, n uint64, opens bool) {
		t.Helper()
		seq, v := next(from, n, opens)
		require.Equal(t, Send, v)
		assert.Equal(t, want, seq)
	}
	skips := func(from string, n uint64, opens bool) {
		t.Helper()
		_, v := next(from, n, opens)
		require.Equal(t, Skip, v)
	}
	s.Switch("low")
	gets(1000, "low", 1, true)
	s.Switch("high")
	skips("high", 500, false)
	gets(1001, "low", 2, false)
	gets(1002, "low", 3, true)
	current, ok := s.Current()
	assert.True(t, ok)
	assert.Equal(t, "low", current)
	s.Switch("low") // taken back
	assert.False(t, s.Waiting())
	skips("high", 501, true)
	s.Switch("high")
	gets(1003, "high", 502, true)
	skips("low", 4, true)
	gets(1004, "high", 503, false)
	s.Stop()
	_, ok = s.Current()
	assert.False(t, ok)
	skips("high", 504, false)
	s.Switch("high")
	skips("high", 505, false)
	gets(1005, "high", 506, true)
}

func TestAudioStepIsTheLastPacketsLength(t *testing.T) {
	s := New[string](true, 48000, 7, 100)
	s.Switch("ann")
	for i := range uint64(3) {
		_, v := s.Next("ann", start, In{Seq: base + i, TS: uint32(i) * 2880, Start: true}, base+i)
		require.Equal(t, Send, v)
	}
	s.Switch("bob")
	o, v := s.Next("bob", start, In{Seq: base, TS: 77, Start: true}, base)
	require.Equal(t, Send, v)
	assert.Equal(t, uint32(100+3*2880), o.TS)
}

func TestLossInSilenceIsNoLoss(t *testing.T) {
	s := New[string](true, 48000, 1000, 0)
	s.Switch("ann")
	next := func(n uint64, silent bool) (Out, Verdict) {
		return s.Next("ann", ms(20*int(n)), In{Seq: base + n, TS: uint32(960 * n), Start: true, Drop: silent}, base+n)
	}
	first, _ := next(1, false)
	for n := uint64(2); n < 498; n += 7 { // six of seven are lost
		_, v := next(n, true)
		require.Equal(t, Skip, v)
	}
	_, v := next(490, true)
	assert.Equal(t, Skip, v, "one that is late")
	o, v := next(500, false)
	require.Equal(t, Send, v)
	assert.Equal(t, first.Seq+8, o.Seq, "what is missing since 492 may have been something to hear")
	assert.Equal(t, first.TS+499*960, o.TS)
}

func TestNext(t *testing.T) {
	key := func(n uint64) In { return In{Seq: base + n, TS: uint32(n) * 10, Start: true} }
	delta := func(n uint64) In { return In{Seq: base + n, TS: uint32(n) * 10} }
	empty := func(n uint64) In { return In{Seq: base + n, TS: uint32(n) * 10, Empty: true} }
	other := func(n uint64) In { return In{Seq: base + n, TS: uint32(n) * 10, Drop: true} }
	of := func(frame uint32, in In) In { in.TS = frame; return in }
	const none, pad = -1, 100_000 // pad+n: an empty packet takes number n
	for name, c := range map[string]struct {
		in   []In
		want []int // numbers from the first on
	}{
		"it waits for a start":                        {[]In{delta(1), delta(2), key(3), delta(4)}, []int{none, none, 0, 1}},
		"a gap stays a gap":                           {[]In{key(1), delta(4), delta(2)}, []int{0, 3, 1}},
		"what came before the start does not pass":    {[]In{key(5), delta(4), delta(6)}, []int{0, none, 1}},
		"padding closes up":                           {[]In{key(1), empty(2), empty(3), delta(4)}, []int{0, none, none, 1}},
		"padding behind a gap closes up too":          {[]In{key(1), empty(3), delta(4), delta(2)}, []int{0, none, 2, 1}},
		"padding that comes late fills its place":     {[]In{key(1), delta(3), empty(2)}, []int{0, 2, pad + 1}},
		"a late packet from before closed-up padding": {[]In{key(1), delta(3), empty(4), delta(5), delta(2)}, []int{0, 2, none, 3, 1}},
		"a sender that begins anew waits for a start": {[]In{key(1), delta(70000), key(70001), delta(70002)}, []int{0, none, 1, 2}},
		"a sender that begins anew with a start":      {[]In{key(1), key(70000), delta(70001)}, []int{0, 1, 2}},
		"padding cannot begin":                        {[]In{empty(1), key(2)}, []int{none, 0}},
		"a very late packet does not pass":            {[]In{key(1), delta(900), delta(1700), delta(2)}, []int{0, 899, 1699, none}},
		"padding right after the start":               {[]In{key(1), empty(2), delta(3), empty(4), delta(5)}, []int{0, none, 1, none, 2}},
		"another layer takes no number":               {[]In{key(1), other(2), other(3), delta(4)}, []int{0, none, none, 1}},
		"another layer cannot begin":                  {[]In{{Seq: base, Start: true, Drop: true}, key(2)}, []int{none, 0}},
		"another layer that comes late fills a place": {[]In{key(1), delta(3), other(2)}, []int{0, 2, pad + 1}},
		"no number twice, whatever the source says":   {[]In{key(1), delta(3), delta(2), delta(2), delta(3), key(1)}, []int{0, 2, 1, none, none, none}},
		"a dropped packet that comes twice":           {[]In{key(1), other(2), delta(3), delta(2)}, []int{0, none, 1, none}},
		"a gap within a dropped frame closes":         {[]In{key(1), of(7, other(2)), of(7, other(5)), delta(6), of(7, other(3))}, []int{0, none, none, 1, none}},
		"a gap between dropped frames does not":       {[]In{key(1), of(7, other(2)), of(8, other(5)), delta(6), of(7, other(3))}, []int{0, none, none, 3, pad + 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := New[string](false, 90000, 1000, 0)
			s.Switch("ann")
			newest := uint64(0)
			for i, in := range c.in {
				newest = max(newest, in.Seq)
				o, v := s.Next("ann", start, in, newest)
				got := none
				if v != Skip {
					got = int(o.Seq) - 1000
				}
				if v == Pad {
					got += pad
				}
				assert.Equal(t, c.want[i], got, "packet %d", i)
			}
		})
	}
}

func TestPictureIDsCloseOverDroppedFrames(t *testing.T) {
	const kept, left = false, true
	type frame struct {
		picture uint16
		drop    bool
	}
	for name, c := range map[string]struct {
		bits uint8
		in   []frame
		want []int // from the first on; -1: it does not go out, -2: an empty packet does
	}{
		"every second frame":          {15, []frame{{0, kept}, {1, left}, {2, kept}, {3, left}, {4, kept}}, []int{0, -1, 1, -1, 2}},
		"around the end":              {15, []frame{{32767, kept}, {0, left}, {1, kept}}, []int{0, -1, 1}},
		"a lost frame keeps an id":    {15, []frame{{5, kept}, {7, left}, {8, kept}, {6, kept}}, []int{0, -1, 2, 1}},
		"a lost frame, to be dropped": {15, []frame{{5, kept}, {7, left}, {8, kept}, {6, left}}, []int{0, -1, 2, -2}},
		"from before the mapping":     {15, []frame{{5, kept}, {7, kept}, {4, kept}}, []int{0, 2, -2}},
		"ids of seven bits":           {7, []frame{{126, kept}, {127, left}, {0, kept}, {1, kept}}, []int{0, -1, 1, 2}},
		"short ids that grow":         {0, []frame{{127, kept}, {128, left}, {129, kept}}, []int{0, -1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := New[string](false, 90000, 1000, 0)
			s.Switch("ann")
			for i, f := range c.in {
				in := In{Seq: base + uint64(f.picture-c.in[0].picture)&0x7fff, Start: i == 0, Drop: f.drop, Compact: true}
				if c.bits == 7 {
					in.Seq = base + uint64(f.picture-c.in[0].picture)&0x7f
				}
				in.Counters = codec.Counters{Picture: f.picture, PictureBits: c.bits}
				if c.bits == 0 { // RFC 7741: a sender may write small ids short
					in.PictureBits = 7
					if f.picture > 127 {
						in.PictureBits = 15
					}
				}
				if i > 0 && c.want[i] == -2 && f.picture < c.in[0].picture {
					in.Seq = base + 1 // a number that is free
				}
				o, v := s.Next("ann", start, in, in.Seq)
				got := int(o.Picture)
				switch v {
				case Skip:
					got = -1
				case Pad:
					got = -2
				}
				assert.Equal(t, c.want[i], got, "frame %d", i)
			}
		})
	}
}

func TestPictureIDsThatNameReferencesAreOnlyMoved(t *testing.T) {
	s := New[string](false, 90000, 1000, 0)
	s.Switch("ann")
	for i, picture := range []uint16{32766, 32767, 0, 5} {
		in := In{Seq: base + uint64(i), Start: i == 0, Drop: i == 1, Counters: codec.Counters{Picture: picture, PictureBits: 15, Frame: picture}}
		o, v := s.Next("ann", start, in, in.Seq)
		if i != 1 {
			require.Equal(t, Send, v)
			assert.Equal(t, (picture+2)&0x7fff, o.Picture)
			assert.Equal(t, picture+3-32768, o.Frame)
		}
	}
}

func TestAStartThatComesFarTooLateIsLeft(t *testing.T) {
	s := New[string](false, 90000, 1000, 0)
	s.Switch("ann")
	_, v := s.Next("ann", start, In{Seq: base, Start: true}, base+maxStartAge+1)
	assert.Equal(t, Skip, v)
	_, v = s.Next("ann", start, In{Seq: base, Start: true}, base+maxStartAge)
	assert.Equal(t, Send, v)
}

func TestWhatCameBeforeALateStartCanBeAskedFor(t *testing.T) {
	s := New[string](false, 90000, 1000, 0)
	s.Switch("ann")
	picture := func(n uint64) codec.Counters { return vp8(uint16(n), 0) }
	key := In{Seq: base, Start: true, Counters: picture(0), Compact: true}
	_, v := s.Next("ann", start, key, base+3)
	require.Equal(t, Send, v)
	o, v := s.Next("ann", start, In{Seq: base + 4, Counters: picture(4), Compact: true}, base+4)
	require.Equal(t, Send, v)
	assert.Equal(t, uint16(1004), o.Seq)
	from, in, ok := s.Origin(1002)
	require.True(t, ok)
	assert.Equal(t, "ann", from)
	assert.Equal(t, uint64(base+2), in)
	again, v := s.Again(1002, In{Seq: in, Counters: picture(2), Compact: true})
	assert.Equal(t, Send, v)
	assert.Equal(t, uint16(1002), again.Seq)
	assert.Equal(t, o.Picture-2, again.Picture)
	_, v = s.Again(1003, In{Seq: base + 3, Counters: picture(3), Compact: true, Drop: true})
	assert.Equal(t, Pad, v, "it is of another layer")
}

func TestForgottenSourcesAreNotAskedAnyMore(t *testing.T) {
	s := New[string](false, 90000, 1000, 0)
	s.Switch("ann")
	o, _ := s.Next("ann", start, In{Seq: base, Start: true}, base)
	from, in, ok := s.Origin(o.Seq)
	assert.True(t, ok)
	assert.Equal(t, "ann", from)
	assert.Equal(t, uint64(base), in)
	s.Forget("ann")
	from, _, _ = s.Origin(o.Seq)
	assert.Empty(t, from)
	assert.True(t, s.Waiting())
}

func TestNextAllocatesNothing(t *testing.T) {
	s := New[string](false, 90000, 1000, 0)
	s.Switch("ann")
	n := uint64(base)
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		n++
		in := In{Seq: n, TS: uint32(n), Start: n == base+1, Drop: n%3 == 0, Counters: vp8(uint16(n), 0), Compact: true}
		o, _ := s.Next("ann", start, in, n)
		s.Origin(o.Seq)
		s.Again(o.Seq, in)
	}))
}

func BenchmarkNext(b *testing.B) {
	s := New[string](false, 90000, 1000, 0)
	s.Switch("ann")
	n := uint64(base)
	b.ReportAllocs()
	for b.Loop() {
		n++
		s.Next("ann", start, In{Seq: n, TS: uint32(n), Start: true, Drop: n%3 == 0, Counters: vp8(uint16(n), 0), Compact: true}, n)
	}
}
