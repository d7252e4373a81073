package estimate

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHistoryKeepsWhatWasSent(t *testing.T) {
	begin := time.Unix(1e9, 0)
	h := NewHistory(begin)
	_, ok := h.find(0)
	require.False(t, ok, "nothing was sent")
	h.cluster.Store(9)
	for i := range 70_000 {
		at := time.Duration(i) * 16 * time.Microsecond
		seq := h.Sent(begin.Add(at), i%1500)
		if p, ok := h.find(seq); !ok || seq != uint16(i) || p != (packet{n: uint64(i), at: at, size: i % 1500, cluster: 9}) {
			require.Fail(t, "another packet", "%d: %d, %v", i, seq, p)
		}
	}
	last := uint16(69_999 % (1 << 16))
	_, ok = h.find(last - uint16(h.size()))
	assert.False(t, ok, "forgotten")
	_, ok = h.find(last - uint16(h.size()) + 1)
	assert.True(t, ok, "the oldest")
	_, ok = h.get(70_000)
	assert.False(t, ok, "not sent yet")
}

func TestHistoryLastsForAYear(t *testing.T) {
	begin := time.Unix(1e9, 0)
	h := NewHistory(begin)
	h.Sent(begin.Add(400*24*time.Hour), 1)
	p, _ := h.find(0)
	assert.Equal(t, 400*24*time.Hour, p.at)
}

func TestHistoryIsForManyGoroutines(t *testing.T) {
	h := NewHistory(time.Unix(0, 0))
	var work sync.WaitGroup
	var mu sync.Mutex
	seen := map[uint16]bool{}
	for range 4 {
		work.Go(func() {
			for range 1000 {
				seq := h.Sent(time.Unix(0, 0), 100)
				mu.Lock()
				seen[seq] = true
				mu.Unlock()
			}
		})
	}
	work.Wait()
	assert.Len(t, seen, 4000)
}

func TestBucketWithoutARateTakesAll(t *testing.T) {
	var b Bucket
	for range 1000 {
		require.True(t, b.Take(time.Unix(1, 0), 1500))
	}
	assert.False(t, b.Limited())
}

func TestBucketSpreadsABurst(t *testing.T) {
	var b Bucket
	b.SetRate(8_000_000) // 1 µs a byte
	now, took := time.Unix(1e9, 0), 0
	for b.Take(now, 1000) {
		took++
	}
	assert.Equal(t, int(Burst/time.Millisecond)+1, took, "a burst after a pause")
	for range 2000 {
		now = now.Add(time.Millisecond / 2)
		if b.Take(now, 1000) {
			took++
		}
	}
	assert.InDelta(t, 1000+41, took, 2, "then one a millisecond")
}

func TestBucketLetsAudioRunIntoDebtAndNoFurther(t *testing.T) {
	var b Bucket
	b.SetRate(80_000)
	now := time.Unix(1e9, 0)
	for range 1000 {
		b.Force(now, 1000)
	}
	assert.False(t, b.Take(now.Add(Burst-time.Millisecond), 10))
	assert.True(t, b.Take(now.Add(Burst), 10))
}

func TestANarrowPathIsNotOvertakenByItsPacer(t *testing.T) {
	const k = Bitrate(1000)
	for _, x := range []struct{ rate, fixed, least, most Bitrate }{
		{300 * k, 240 * k, 300 * k, 310 * k},        // audio leaves next to nothing
		{300 * k, 60 * k, 300 * k, 370 * k},         // a small picture beside one voice
		{300 * k, 400 * k, 300 * k, 310 * k},        // audio alone is too much
		{5000 * k, 0, 12_500 * k, 12_500 * k},       // all of the factor
		{5000 * k, 100 * k, 12_300 * k, 12_400 * k}, // but for audio
	} {
		got := PaceRate(x.rate, x.fixed)
		assert.GreaterOrEqual(t, got, x.least, "%v", x)
		assert.LessOrEqual(t, got, x.most, "%v", x)
	}
}

func TestMeterIsARate(t *testing.T) {
	var m meter
	for at := time.Duration(0); at < 2*time.Second; at += 10 * time.Millisecond {
		m.add(at, 1000)
	}
	r, ok := m.rate()
	require.True(t, ok)
	assert.InDelta(t, 800_000, float64(r), 30_000)
	m.add(time.Hour, 1)
	_, ok = m.rate()
	assert.False(t, ok, "a pause")
}

func TestFloorForgetsAnOldPath(t *testing.T) {
	var f floor
	f.add(0, 10*time.Millisecond)
	f.add(time.Second, 30*time.Millisecond)
	assert.Equal(t, 10*time.Millisecond, f.value())
	for at := 2 * time.Second; at < 40*time.Second; at += time.Second {
		f.add(at, 30*time.Millisecond)
	}
	assert.Equal(t, 30*time.Millisecond, f.value())
	f.add(1000*time.Hour, 50*time.Millisecond)
	assert.Equal(t, 50*time.Millisecond, f.value(), "and after any pause")
}

func TestHistoryGrowsWithTheRate(t *testing.T) {
	begin := time.Unix(1e9, 0)
	for name, c := range map[string]struct {
		rate int // packets per second
		size int
	}{
		"a meeting":    {rate: 100, size: leastHistory},
		"20 Mbit/s":    {rate: 2000, size: 1024},
		"200 Mbit/s":   {rate: 20_000, size: 16_384},
		"more than is": {rate: 500_000, size: mostHistory},
	} {
		t.Run(name, func(t *testing.T) {
			h := NewHistory(begin)
			for i := range 5 * mostHistory {
				at := time.Duration(i) * time.Second / time.Duration(c.rate)
				seq := h.Sent(begin.Add(at), 1000)
				p, ok := h.find(seq)
				require.True(t, ok)
				require.Equal(t, uint64(i), p.n)
				if i > leastHistory {
					p, ok = h.find(seq - leastHistory/2)
					require.True(t, ok, "nothing is forgotten by growing")
					require.Equal(t, uint64(i-leastHistory/2), p.n)
				}
			}
			assert.Equal(t, c.size, h.size())
		})
	}
}
