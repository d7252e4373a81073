package gaps

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var start = time.Unix(1000, 0)

func TestAdd(t *testing.T) {
	for name, c := range map[string]struct {
		seqs []uint16
		want []Verdict
		last uint64 // low 32 bits of the last packet's extended number, less those of the first
	}{
		"one after the other":                    {[]uint16{5, 6, 7}, []Verdict{New, New, New}, 2},
		"the number wraps":                       {[]uint16{65535, 0, 1}, []Verdict{New, New, New}, 2},
		"a late packet":                          {[]uint16{5, 7, 6}, []Verdict{New, New, Late}, 1},
		"a late packet from before the wrap":     {[]uint16{65534, 0, 65535}, []Verdict{New, New, Late}, 1},
		"a packet twice":                         {[]uint16{5, 6, 5, 6}, []Verdict{New, New, Twice, Twice}, 0},
		"a late packet twice":                    {[]uint16{5, 7, 6, 6}, []Verdict{New, New, Late, Twice}, 0},
		"a packet from before the first":         {[]uint16{5, 4}, []Verdict{New, Old}, 0},
		"one wild packet":                        {[]uint16{5, 30000, 6}, []Verdict{New, Wild, New}, 1},
		"a very old packet":                      {[]uint16{5000, 3000, 5001}, []Verdict{New, Old, New}, 1},
		"a new beginning above":                  {[]uint16{5, 30000, 30001}, []Verdict{New, Wild, New}, 2<<16 + 29996},
		"a new beginning below":                  {[]uint16{30000, 5, 6}, []Verdict{New, Old, New}, 2<<16 - 29994},
		"two wild packets that have no relation": {[]uint16{5, 30000, 20000, 6}, []Verdict{New, Wild, Wild, New}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var tr Tracker
			var got []Verdict
			var first, last uint64
			for i, q := range c.seqs {
				ext, v := tr.Add(q, start)
				got = append(got, v)
				if i == 0 {
					first = ext
				}
				if ext != 0 {
					last = ext
					require.Equal(t, q, uint16(ext))
				}
			}
			assert.Equal(t, c.want, got)
			if c.last != 0 {
				assert.Equal(t, c.last, last-first)
			}
		})
	}
}

func TestAsks(t *testing.T) {
	var tr Tracker
	tr.Add(10, start)
	tr.Add(13, start)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

	list, _ := tr.Asks(at(19), nil)
	assert.Empty(t, list, "it may only be out of order")
	list, _ = tr.Asks(at(20), nil)
	assert.Equal(t, []uint16{11, 12}, list)
	list, _ = tr.Asks(at(30), nil)
	assert.Empty(t, list, "the answer takes its time")
	tr.Add(12, at(31))
	list, _ = tr.Asks(at(60), nil)
	assert.Equal(t, []uint16{11}, list, "what came is not asked for")
	lost, asked := 0, 2
	for ms := 61; ms < 2000 && tr.Missing(); ms++ {
		l, n := tr.Asks(at(ms), nil)
		asked, lost = asked+len(l), lost+n
	}
	assert.Equal(t, 1, lost, "it ends")
	assert.LessOrEqual(t, asked, MaxAsks)
	assert.Greater(t, asked, 5)
}

func TestAsksAreBounded(t *testing.T) {
	var tr Tracker
	seq := uint16(0)
	for range 100 {
		seq += 200
		tr.Add(seq, start)
	}
	list, _ := tr.Asks(start.Add(FirstAsk), nil)
	assert.Len(t, list, maxMissing)
	tr.Pause()
	assert.False(t, tr.Missing())
	tr.Add(seq+1, start)
	tr.Add(seq+1+maxGap+1, start)
	assert.False(t, tr.Missing(), "a key frame repairs this")
}

func TestPauseIsABeginning(t *testing.T) {
	var tr Tracker
	a, _ := tr.Add(10, start)
	tr.Pause()
	b, v := tr.Add(11, start)
	assert.Equal(t, New, v)
	assert.Greater(t, b, a+1<<16)
}

func TestReport(t *testing.T) {
	var tr Tracker
	for q := uint16(0); q < 100; q++ {
		if q%4 != 1 {
			tr.Add(q, start)
		}
	}
	fraction, lost, highest := tr.Report()
	assert.Equal(t, uint8(64), fraction)
	assert.Equal(t, uint32(25), lost)
	assert.Equal(t, uint16(99), uint16(highest))
	for q := uint16(100); q < 200; q++ {
		tr.Add(q, start)
	}
	fraction, lost, _ = tr.Report()
	assert.Zero(t, fraction, "the fraction is since the last report")
	assert.Equal(t, uint32(25), lost)
}

// Over random loss, order and repetition: every packet is taken once, and its extended number is right.
func TestEveryPacketIsTakenOnce(t *testing.T) {
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 1))
		var tr Tracker
		first := uint64(r.IntN(1 << 16))
		base, _ := tr.Add(uint16(first), start)
		taken := map[uint64]bool{base: true}
		for n := first + 1; n < first+70000; n++ {
			q := n
			switch r.IntN(10) {
			case 0:
				q = n - uint64(r.IntN(min(int(n-first), window-1)))
			case 1:
				continue
			}
			ext, v := tr.Add(uint16(q), start)
			if v == New || v == Late {
				require.Equal(t, base+q-first, ext)
				require.False(t, taken[ext], "packet %d", q)
				taken[ext] = true
			} else {
				require.True(t, v == Twice && taken[base+q-first], "packet %d is %d", q, v)
			}
		}
	}
}
