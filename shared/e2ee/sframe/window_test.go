package sframe

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheWindowTellsWhatWasSeen(t *testing.T) {
	for _, row := range []struct {
		name string
		seen []Counter
		asks Counter
		want bool
	}{
		{"nothing yet", nil, 0, true},
		{"nothing yet, far away", nil, MaxCounter - 1, true},
		{"the first again", []Counter{0}, 0, false},
		{"the next", []Counter{0}, 1, true},
		{"one that was overtaken", []Counter{0, 2}, 1, true},
		{"the oldest of the window", []Counter{1023}, 0, true},
		{"the oldest of the window, seen", []Counter{0, 1023}, 0, false},
		{"just out of the window, unseen", []Counter{1024}, 0, false},
		{"in the place of an older one", []Counter{5, 1029}, 1029 - 1023, true},
		{"after a jump of a whole window", []Counter{7, 7 + 1024}, 7 + 1023, true},
		{"after a jump of many windows", []Counter{7, 70000}, 69999, true},
		{"after a jump to the end", []Counter{7, MaxCounter - 1}, MaxCounter - 2, true},
		{"the end again", []Counter{MaxCounter - 1}, MaxCounter - 1, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			var w window
			for _, c := range row.seen {
				require.True(t, w.fresh(c))
				w.mark(c)
			}
			assert.Equal(t, row.want, w.fresh(row.asks))
		})
	}
}

// The model keeps everything. 200,000 counters that wander ahead, fall back and jump.
func TestTheWindowAgreesWithAMemoryOfEverything(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var w window
	seen := map[Counter]bool{}
	highest := Counter(0)
	for range 200_000 {
		c := highest + Counter(rnd.IntN(8))
		switch rnd.IntN(100) {
		case 0:
			c = highest + Counter(rnd.IntN(3*windowSize))
		default:
			c -= min(c, Counter(rnd.IntN(windowSize+64)))
		}
		tooOld := len(seen) > 0 && c+windowSize <= highest
		require.Equal(t, !seen[c] && !tooOld, w.fresh(c), "%d, highest %d", c, highest)
		if w.fresh(c) {
			w.mark(c)
			seen[c] = true
			highest = max(highest, c)
		}
	}
}
