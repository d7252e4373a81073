package estimate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/estimate"
)

// onAWidePath is a flow of a path with plenty of room, that knows it.
func onAWidePath(t *testing.T) (*network, *flow) {
	t.Helper()
	n := newNetwork(t, 10_000*kbit, 10*time.Millisecond)
	f := n.join(3000*kbit, greedy)
	n.run(5 * time.Second)
	require.GreaterOrEqual(t, f.e.Snapshot().Rate, 3000*kbit)
	return n, f
}

func TestReportsThatComeLateAndInLumpsLowerNothing(t *testing.T) {
	n, f := onAWidePath(t)
	least, limited := f.e.Snapshot().Rate, false
	n.every(10*time.Millisecond, func() {
		s := f.e.Snapshot()
		least, limited = min(least, s.Rate), limited || s.Limited
	})
	for range 100 {
		f.starved = true
		n.run(time.Duration(100+n.r.IntN(700)) * time.Millisecond)
		f.starved = false
		n.run(time.Duration(110+n.r.IntN(200)) * time.Millisecond) // a report at least
	}
	t.Logf("least %d, %+v", least, f.e.Snapshot())
	assert.GreaterOrEqual(t, least, 3000*kbit)
	assert.False(t, limited)
	assert.Zero(t, f.e.Snapshot().Overuses)
}

func TestASilenceThatLateReportsExplainIsForgotten(t *testing.T) {
	for _, long := range []time.Duration{1300 * time.Millisecond, 1600 * time.Millisecond, 2500 * time.Millisecond} {
		n, f := onAWidePath(t)
		for i := range 20 {
			f.starved = true
			n.run(long)
			require.Less(t, f.e.Snapshot().Rate, 3000*kbit, "%v, %d: the path may be cut", long, i)
			require.True(t, f.e.Snapshot().Limited, "%v, %d", long, i)
			f.starved = false
			n.run(130 * time.Millisecond) // a report, and its way
			require.GreaterOrEqual(t, f.e.Snapshot().Rate, 3000*kbit, "%v, %d", long, i)
			require.False(t, f.e.Snapshot().Limited, "%v, %d", long, i)
			n.run(time.Second)
		}
	}
}

// What was held back on the way for as long was no receiver without time to run.
func TestASilenceOfThePathIsRemembered(t *testing.T) {
	n, f := onAWidePath(t)
	reports, free := f.e.Snapshot().Reports, n.now+1600*time.Millisecond
	n.jitter = func() time.Duration { return max(free-n.now, 0) }
	n.run(1750 * time.Millisecond)
	s := f.e.Snapshot()
	t.Logf("%+v", s)
	require.Greater(t, s.Reports, reports)
	assert.Less(t, s.Rate, 3000*kbit)
	assert.True(t, s.Limited)
	n.until(15*time.Second, func() bool { return f.e.Snapshot().Rate >= 3000*kbit })
}

// Reports that were lost on their way say nothing of the time before the first that was not.
func TestASilenceThatNoReportExplainsIsRemembered(t *testing.T) {
	n, f := onAWidePath(t)
	n.mute = true
	n.run(2 * time.Second)
	n.mute = false
	var before estimate.Bitrate
	reports := f.e.Snapshot().Reports
	n.until(time.Second, func() bool {
		s := f.e.Snapshot()
		if s.Reports == reports {
			before = s.Rate
		}
		return s.Reports > reports
	})
	assert.Less(t, f.e.Snapshot().Rate, 2*before)
	assert.True(t, f.e.Snapshot().Limited)
}

func TestASilenceInWhichMuchWasLostIsRemembered(t *testing.T) {
	n, f := onAWidePath(t)
	f.starved, n.loss = true, 0.3
	n.run(1600 * time.Millisecond)
	f.starved, n.loss = false, 0
	reports := f.e.Snapshot().Reports
	n.run(130 * time.Millisecond)
	require.Greater(t, f.e.Snapshot().Reports, reports)
	assert.Less(t, f.e.Snapshot().Rate, 3000*kbit)
	assert.True(t, f.e.Snapshot().Limited)
}
