package estimate_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/estimate"
)

func TestFindsTheRateOfAPath(t *testing.T) {
	for _, rate := range []estimate.Bitrate{300 * kbit, 1000 * kbit, 5000 * kbit} {
		n := newNetwork(t, rate, 25*time.Millisecond)
		f := n.join(3*rate, greedy)
		n.run(10 * time.Second)
		f.delays = nil
		got := f.throughput(50 * time.Second)
		s := f.e.Snapshot()
		var sum time.Duration
		for _, d := range f.delays {
			sum += d
		}
		mean := sum / time.Duration(len(f.delays))
		t.Logf("%d: %d used, delay %v, %+v", rate, got, mean, s)
		assert.Greater(t, got, rate*7/10)
		assert.Less(t, mean, 140*time.Millisecond)
		assert.True(t, s.Limited)
		assert.Less(t, s.Loss, 0.02)
	}
}

func TestFindsAWideDownlinkWithinASecond(t *testing.T) {
	n := newNetwork(t, 10_000*kbit, 25*time.Millisecond)
	f := n.join(2500*kbit, steady(150*kbit))
	took := n.until(5*time.Second, func() bool { return f.e.Snapshot().Rate >= 2500*kbit })
	t.Log(took)
	assert.LessOrEqual(t, took, 1200*time.Millisecond)
	assert.False(t, f.e.Snapshot().Limited)
}

func TestDoesNotFloodANarrowDownlink(t *testing.T) {
	n := newNetwork(t, 300*kbit, 25*time.Millisecond)
	f := n.join(2500*kbit, steady(100*kbit))
	var most estimate.Bitrate
	n.every(10*time.Millisecond, func() { most = max(most, f.e.Snapshot().Rate) })
	n.run(20 * time.Second)
	var worst time.Duration
	for _, d := range f.delays {
		worst = max(worst, d)
	}
	t.Logf("most %d, worst delay %v, %+v", most, worst, f.e.Snapshot())
	assert.LessOrEqual(t, most, 360*kbit)
	assert.Less(t, worst, 250*time.Millisecond)
	assert.True(t, f.e.Snapshot().Limited)
}

func TestComesBackAfterACap(t *testing.T) {
	n := newNetwork(t, 10_000*kbit, 25*time.Millisecond)
	f := n.join(3000*kbit, greedy)
	n.run(5 * time.Second)
	require.GreaterOrEqual(t, f.e.Snapshot().Rate, 3000*kbit)
	n.rate, n.backlog = 300*kbit, 0
	took := n.until(5*time.Second, func() bool { return f.e.Snapshot().Rate <= 330*kbit })
	t.Log("down", took)
	assert.Less(t, took, 1500*time.Millisecond)
	n.run(20 * time.Second)
	t.Logf("%+v", f.e.Snapshot())
	n.rate = 10_000 * kbit
	took = n.until(30*time.Second, func() bool { return f.e.Snapshot().Rate >= 3000*kbit })
	t.Log("up", took)
	assert.Less(t, took, 9*time.Second, "so that the allocator's patience fits into fifteen seconds")
}

func TestTwoFlowsShareAPath(t *testing.T) {
	const seeds = 6
	sum := 0.0
	for seed := range uint64(seeds) {
		n := newNetwork(t, 4000*kbit, 25*time.Millisecond)
		n.r = rand.New(rand.NewPCG(seed, 5))
		a := n.join(8000*kbit, greedy)
		n.run(10 * time.Second)
		b := n.join(8000*kbit, greedy)
		n.run(20 * time.Second)
		part, used := n.part(a, b, time.Minute)
		assert.InDelta(t, 0.5, part, 0.15)
		assert.Greater(t, used, 3400*kbit)
		sum += part / seeds
	}
	t.Logf("%.2f", sum)
	assert.InDelta(t, 0.5, sum, 0.05)
}

func TestRandomLossDoesNotLowerAWidePath(t *testing.T) {
	n := newNetwork(t, 10_000*kbit, 40*time.Millisecond)
	n.loss = 0.1
	f := n.join(3000*kbit, greedy)
	n.run(5 * time.Second)
	least := f.wanted
	n.every(100*time.Millisecond, func() { least = min(least, f.e.Snapshot().Rate) })
	n.run(60 * time.Second)
	t.Logf("least %d, %+v", least, f.e.Snapshot())
	assert.GreaterOrEqual(t, least, 2500*kbit)
	assert.False(t, f.e.Snapshot().Limited)
	assert.InDelta(t, 0.1, f.e.Snapshot().Loss, 0.06)
}

func TestHeavyRandomLossIsTriedOutAndLeft(t *testing.T) {
	n := newNetwork(t, 10_000*kbit, 40*time.Millisecond)
	n.loss = 0.3
	f := n.join(3000*kbit, greedy)
	n.run(10 * time.Second)
	low, all := 0, 0
	n.every(100*time.Millisecond, func() {
		all++
		if f.e.Snapshot().Rate < 2200*kbit {
			low++
		}
	})
	n.run(120 * time.Second)
	t.Logf("%d of %d low, %+v", low, all, f.e.Snapshot())
	assert.Less(t, low, all/10)
}

func TestAPolicerWithoutAQueueIsObeyed(t *testing.T) {
	n := newNetwork(t, 1000*kbit, 40*time.Millisecond)
	n.holds = 12 * time.Millisecond
	f := n.join(4000*kbit, greedy)
	n.run(20 * time.Second)
	t.Logf("%+v", f.e.Snapshot())
	assert.Less(t, f.e.Snapshot().Rate, 1400*kbit)
	f.video = func() estimate.Bitrate { return 2000 * kbit } // of one layer: it can be left out only
	n.run(10 * time.Second)
	assert.Less(t, f.e.Snapshot().Rate, 1400*kbit)
	assert.True(t, f.e.Snapshot().Limited)
}

func TestWirelessJitterIsNoLimit(t *testing.T) {
	n := newNetwork(t, 20_000*kbit, 10*time.Millisecond)
	n.jitter = func() time.Duration {
		d := time.Duration(n.r.ExpFloat64() * 4e6)
		if n.r.IntN(200) == 0 {
			d += time.Duration(20+n.r.IntN(60)) * time.Millisecond
		}
		return d
	}
	f := n.join(3000*kbit, steady(2800*kbit))
	n.run(5 * time.Second)
	limited, all := 0, 0
	n.every(100*time.Millisecond, func() {
		all++
		if f.e.Snapshot().Limited {
			limited++
		}
	})
	n.run(120 * time.Second)
	t.Logf("%d of %d, %+v", limited, all, f.e.Snapshot())
	assert.Less(t, limited, all/20)
	assert.GreaterOrEqual(t, f.e.Snapshot().Rate, 2400*kbit)
}

func TestCrossTrafficIsAvoided(t *testing.T) {
	n := newNetwork(t, 3000*kbit, 25*time.Millisecond)
	f := n.join(2500*kbit, greedy)
	n.run(10 * time.Second)
	n.every(5*time.Millisecond, func() { n.send(1000, func() {}) }) // 1,600 kbit/s
	n.run(10 * time.Second)
	f.delays = nil
	got := f.throughput(30 * time.Second)
	t.Logf("%d, %+v", got, f.e.Snapshot())
	assert.Greater(t, got, 850*kbit)
	assert.Less(t, f.e.Snapshot().Queue, 150*time.Millisecond)
}

func TestARateBelowTheWantedIsNotProven(t *testing.T) {
	n := newNetwork(t, 10_000*kbit, 25*time.Millisecond)
	f := n.join(100*kbit, steady(60*kbit))
	n.run(30 * time.Second)
	assert.False(t, f.e.Snapshot().Limited)
	assert.Zero(t, f.e.Snapshot().Probes, "nothing more is wanted")
}

func TestNoReportsIsNoLimit(t *testing.T) {
	n := newNetwork(t, 1000*kbit, 25*time.Millisecond)
	n.mute = true
	f := n.join(2500*kbit, steady(800*kbit))
	n.run(2 * time.Second)
	assert.False(t, f.e.Snapshot().Deaf, "reports may yet come")
	n.run(8 * time.Second)
	s := f.e.Snapshot()
	assert.True(t, s.Deaf)
	assert.False(t, s.Limited)
	assert.Zero(t, s.Probes)
}

func TestACutPathIsFoundAgain(t *testing.T) {
	n := newNetwork(t, 5000*kbit, 25*time.Millisecond)
	f := n.join(2500*kbit, greedy)
	n.run(5 * time.Second)
	n.cut = true
	n.run(8 * time.Second)
	assert.True(t, f.e.Snapshot().Limited)
	assert.Less(t, f.e.Snapshot().Rate, 200*kbit)
	n.cut = false
	took := n.until(20*time.Second, func() bool { return f.e.Snapshot().Rate >= 2500*kbit })
	t.Log(took)
	assert.Less(t, took, 8*time.Second)
}

// All pictures are paused and nobody speaks: only probes can find out that there is room again.
func TestAPathOnWhichNothingIsSentIsFoundAgain(t *testing.T) {
	for _, cut := range []bool{false, true} {
		n := newNetwork(t, 5000*kbit, 25*time.Millisecond)
		f := n.join(2500*kbit, greedy)
		n.run(5 * time.Second)
		n.rate, n.backlog, n.cut = 100*kbit, 0, cut
		n.run(3 * time.Second)
		f.quiet = true
		n.run(5 * time.Second)
		require.Less(t, f.e.Snapshot().Rate, 400*kbit)
		n.rate, n.cut = 5000*kbit, false
		took := n.until(15*time.Second, func() bool { return f.e.Snapshot().Rate >= 2500*kbit })
		t.Log(took)
	}
}

func TestSilenceOfTheSenderIsNoSilenceOfTheReceiver(t *testing.T) {
	n := newNetwork(t, 5000*kbit, 25*time.Millisecond)
	h := estimate.NewHistory(n.clock())
	e := estimate.New(h)
	one := func() {
		seq := h.Sent(n.clock(), 100)
		n.run(50 * time.Millisecond)
		x, err := estimate.ParseFeedback(feedback(seq, 1, n.now))
		require.NoError(t, err)
		e.Feedback(n.clock(), x)
	}
	one()
	for range 20 {
		n.run(3 * time.Second)
		require.Nil(t, e.Tick(n.clock(), 0))
		h.Sent(n.clock(), 100)
		e.Tick(n.clock(), 0)
		one()
	}
	assert.Equal(t, estimate.StartRate, e.Snapshot().Rate)
}

func TestARelayThatGetsNoTimeToRunBlamesNobody(t *testing.T) {
	n := newNetwork(t, 10_000*kbit, 25*time.Millisecond)
	f := n.join(2500*kbit, greedy)
	n.run(5 * time.Second)
	begin := f.e.Snapshot().Rate
	for range 40 {
		n.stall = 150 * time.Millisecond
		n.run(150 * time.Millisecond)
		n.stall = 0
		n.run(100 * time.Millisecond)
	}
	t.Logf("%+v", f.e.Snapshot())
	assert.False(t, f.e.Snapshot().Limited)
	assert.GreaterOrEqual(t, f.e.Snapshot().Rate, begin)
}

func TestClocksThatAreSetDoNoHarm(t *testing.T) {
	n := newNetwork(t, 5000*kbit, 25*time.Millisecond)
	f := n.join(2500*kbit, greedy)
	n.run(5 * time.Second)
	for i, shift := range []time.Duration{time.Hour, -2 * time.Hour, 10 * time.Second, -500 * time.Millisecond} {
		f.shift += shift
		n.run(10 * time.Second)
		assert.GreaterOrEqual(t, f.e.Snapshot().Rate, 2400*kbit, "%d", i)
		assert.False(t, f.e.Snapshot().Limited, "%d", i)
	}
}

func TestSequenceNumbersWrapWithoutNotice(t *testing.T) {
	n := newNetwork(t, 20_000*kbit, 25*time.Millisecond)
	f := n.join(8000*kbit, steady(7500*kbit))
	n.run(3 * time.Minute) // over 65,536 packets
	s := f.e.Snapshot()
	t.Logf("%+v", s)
	assert.False(t, s.Limited)
	assert.Zero(t, s.Loss)
	assert.Greater(t, s.Came, 7000*kbit)
}
