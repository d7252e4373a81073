package load

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsMadeOfTwoCounts(t *testing.T) {
	a := count{at: time.Unix(100, 0), server: time.Second, core: time.Second, own: time.Second, sent: 10, videoDue: 100, totals: totals{video: 100, audio: 10, audioDue: 10, other: 1}}
	b := count{at: time.Unix(102, 0), server: 1500 * time.Millisecond, core: 1600 * time.Millisecond, own: 1200 * time.Millisecond, sent: 1010, videoDue: 100_100,
		totals: totals{video: 99_100, audio: 1010, audioDue: 1010, other: 201}, overflow: 3}
	x := between(a, b)
	assert.Equal(t, 500.0, x.Sent)
	assert.Equal(t, 50_000.0, x.Forwarded, "99,000 of video and 1,000 of audio in two seconds")
	assert.InDelta(t, 5.0, x.Micros, 1e-9)
	assert.InDelta(t, 6.0, x.CoreUS, 1e-9)
	assert.InDelta(t, 0.25, x.Busy, 1e-9)
	assert.InDelta(t, 0.1, x.OwnBusy, 1e-9)
	assert.InDelta(t, 1000.0/101_000, x.Loss, 1e-9)
	assert.Equal(t, 100.0, x.Other)
	x.judge()
	assert.Contains(t, x.Tainted, "3 packets")
	assert.Zero(t, between(a, a).Micros)
}

func TestWhenAServerIsSaidToBreak(t *testing.T) {
	r := &Ramp{MaxLoss: 0.001, MaxP99: 20 * time.Millisecond}
	good := Result{Loss: 0.001, P99: 20 * time.Millisecond, Samples: 1}
	assert.False(t, r.Breaks(good))
	for name, change := range map[string]func(*Result){
		"loss":            func(x *Result) { x.Loss = 0.0011 },
		"delay":           func(x *Result) { x.P99 = 21 * time.Millisecond },
		"nothing arrives": func(x *Result) { x.Samples = 0 },
	} {
		x := good
		change(&x)
		assert.True(t, r.Breaks(x), name)
	}
}

func TestWhenTheGeneratorIsWhatWasMeasured(t *testing.T) {
	for _, c := range []struct {
		r    Result
		want string
	}{
		{Result{OwnBusy: 0.5, Late: time.Millisecond}, ""},
		{Result{Overflow: 1}, "overflowed"},
		{Result{Late: time.Second}, "late by 1s"},
		{Result{OwnBusy: 0.95}, "95 %"},
	} {
		c.r.judge()
		if c.want == "" {
			assert.Empty(t, c.r.Tainted)
		}
		assert.Contains(t, c.r.Tainted, c.want)
	}
}

func TestAProcessHasTimeAndMemory(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	require.NoError(t, err)
	for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
	}
	after, err := cpuTime(os.Getpid())
	require.NoError(t, err)
	assert.Greater(t, after, before)
	mb, err := memory(os.Getpid())
	require.NoError(t, err)
	assert.Greater(t, mb, 1.0)
	busy, err := coreTime(0)
	require.NoError(t, err)
	assert.Positive(t, busy)
	_, err = coreTime(1 << 20)
	require.Error(t, err)
}

func TestPatternsSayHowManyCopiesAreDue(t *testing.T) {
	one, mesh := Pattern{Publishers: 1, Receivers: 50}, Pattern{Publishers: 10, Mesh: true}
	assert.Equal(t, "1→50", one.String())
	assert.Equal(t, 50, one.Fan())
	assert.Equal(t, 51, one.Clients())
	assert.Equal(t, "10×10", mesh.String())
	assert.Equal(t, 9, mesh.Fan())
	assert.Equal(t, 10, mesh.Clients())
}
