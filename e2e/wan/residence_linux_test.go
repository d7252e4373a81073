package wan_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// relayed makes a stream of frames of one to four packets, whose times are as
// uneven as those of a camera, and what a relay makes of it.
func relayed(seed uint64, in, out uint32, count int, keeps time.Duration) (before, after []passed) {
	random := rand.New(rand.NewPCG(seed, seed))
	at, ts, seq := time.Unix(1000, 0), random.Uint32(), uint16(65530)
	shift, behind := random.Uint32(), uint16(random.Uint32())
	for range count {
		step := time.Duration(30+random.IntN(8)) * time.Millisecond
		at, ts = at.Add(step), ts+uint32(step/time.Microsecond)*90/1000
		for range 1 + random.IntN(4) {
			seq++
			before = append(before, passed{at: at, ssrc: in, ts: ts, seq: seq})
			after = append(after, passed{at: at.Add(keeps), ssrc: out, ts: ts + shift, seq: seq + behind})
		}
	}
	return before, after
}

func TestPacketsAreFoundAgainBehindTheRelay(t *testing.T) {
	in, out := relayed(1, 10, 20, 300, 2*time.Millisecond)
	other, others := relayed(2, 11, 21, 300, 5*time.Millisecond)
	unseen, _ := relayed(3, 12, 0, 300, 0)
	all := residence(append(append(other, unseen...), in...), append(out, others...))
	assert.Len(t, all, len(out)+len(others))
	assert.Equal(t, 2*time.Millisecond, all[0])
	assert.Equal(t, 2*time.Millisecond, all[len(out)-1])
	assert.Equal(t, 5*time.Millisecond, all[len(out)])

	_, foreign := relayed(4, 10, 22, 300, time.Millisecond)
	assert.Empty(t, residence(in, foreign), "what was never relayed")
}

func TestWhatStandsStillIsCounted(t *testing.T) {
	list := []frame{{At: 1000}, {At: 1400}, {At: 2000}, {At: 2100}}
	assert.Equal(t, 600*time.Millisecond, standstill(list, 900, 2200))
	assert.Equal(t, 1500*time.Millisecond, standstill(list, 900, 3000), "also at the end")
	assert.Equal(t, 3*time.Second, standstill(nil, 0, 3000), "and where there is nothing at all")
}
