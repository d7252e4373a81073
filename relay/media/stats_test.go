package media

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCountersHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Counters() {
		require.NotEmpty(t, c.String())
		require.False(t, seen[c.String()], c.String())
		seen[c.String()] = true
	}
	require.Equal(t, "drop_early", DropEarly.String())
	require.Equal(t, "drop_strays", DropStrays.String(), "none is missing in between")
}

func TestHistogramsSayHowLongPacketsTook(t *testing.T) {
	var x delays
	assert.Zero(t, x.histogram().Mean())
	assert.Zero(t, x.histogram().Within(0.99))
	x.observe(3*time.Microsecond, 98)
	x.observe(100*time.Microsecond, 1)
	x.observe(time.Hour, 1)
	h := x.histogram()
	assert.Equal(t, (98*3*time.Microsecond+100*time.Microsecond+time.Hour)/100, h.Mean())
	assert.Equal(t, 4*time.Microsecond, h.Within(0.5))
	assert.Equal(t, 4*time.Microsecond, h.Within(0.98))
	assert.Equal(t, 128*time.Microsecond, h.Within(0.99))
	assert.Equal(t, h.Bound(delayBuckets-1), h.Within(1))
}

func TestDownlinksAreOfThoseWhoReport(t *testing.T) {
	r := unconnected(t)
	e := r.s.engine
	e.sessions = map[*Session]bool{r.s: true}
	assert.Empty(t, e.Downs(), "it has not reported")
	now := time.Unix(1001, 0)
	r.s.down.sent.Sent(now, 100)
	r.control([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0x20, 1, 4, 0}, now.Add(time.Second))
	require.Len(t, e.Downs(), 1)
	assert.Equal(t, r.s.Down(), e.Downs()[0])
}
