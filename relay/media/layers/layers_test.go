package layers_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/layers"
	"github.com/conclave-meet/conclave/shared/wire"
)

const k = layers.Bitrate(1000)

// camera is a VP8 camera as browsers send it: three layers with three rates of frames each.
func camera() []layers.Point {
	var all []layers.Point
	for layer, rate := range []layers.Bitrate{200 * k, 500 * k, 1500 * k} {
		for temporal, part := range []layers.Bitrate{60, 80, 100} {
			if layer == 0 || temporal == 2 {
				all = append(all, layers.Point{Height: 180 << layer, Rate: rate * part / 100, Layer: layer, Temporal: temporal})
			}
		}
	}
	return all // 180 lines at 120, 160, 200; 360 at 500; 720 at 1500
}

func single(rate layers.Bitrate) []layers.Point { return []layers.Point{{Height: 720, Rate: rate}} }

func cam(m wire.MemberIndex, height, prio int) layers.Ask {
	return layers.Ask{Source: wire.Source{Member: m, Stream: wire.Cam}, Height: height, Prio: prio, Points: camera()}
}

func screen(m wire.MemberIndex, prio int) layers.Ask {
	return layers.Ask{
		Source: wire.Source{Member: m, Stream: wire.Screen}, Height: 1080, Prio: prio,
		Points: []layers.Point{{Height: 360, Rate: 250 * k}, {Height: 1080, Rate: 2500 * k, Layer: 1}},
	}
}

func points(choices []layers.Choice) []int {
	list := make([]int, len(choices))
	for i, c := range choices {
		list[i] = c.Point
	}
	return list
}

// proven is a budget with 40 kbit/s of audio.
func proven(rate layers.Bitrate) layers.Budget {
	return layers.Budget{Rate: rate, Audio: 40 * k, Proven: true}
}

func TestShare(t *testing.T) {
	tiles := []layers.Ask{cam(1, 360, 5), cam(2, 360, 5), cam(3, 360, 5), cam(4, 360, 5)}
	stage := []layers.Ask{cam(1, 180, 5), cam(2, 720, 7), cam(3, 180, 5)}
	shared := []layers.Ask{cam(1, 180, 5), cam(2, 720, 9), screen(2, 9)}
	one := func(points []layers.Point, height int) []layers.Ask {
		return []layers.Ask{{Source: wire.Source{Member: 1}, Height: height, Points: points}}
	}
	for _, c := range []struct {
		name string
		b    layers.Budget
		asks []layers.Ask
		want []int
	}{
		{"no limit gives all that is asked for", layers.Budget{Rate: layers.Unlimited}, tiles, []int{3, 3, 3, 3}},
		{"tiles rise evenly", proven(40*k + 640*k), tiles, []int{1, 1, 1, 1}},
		{"what is left over goes to the first", proven(40*k + 700*k), tiles, []int{2, 1, 1, 1}},
		{"somebody is seen while all cannot be", proven(300 * k), tiles, []int{0, 0, layers.Paused, layers.Paused}},
		{"at least one picture", proven(165 * k), tiles, []int{0, layers.Paused, layers.Paused, layers.Paused}},
		{"no picture at the cost of audio", proven(150 * k), tiles, []int{-1, -1, -1, -1}},
		{"not even audio fits", proven(20 * k), tiles, []int{-1, -1, -1, -1}},
		{"the stage comes before tiles", proven(40*k + 500*k + 130*k), stage, []int{0, 3, layers.Paused}},
		{"a screen comes before all", proven(40*k + 2500*k + 500*k), shared, []int{layers.Paused, 3, 1}},
		{"a low screen leaves room for cameras", proven(1000 * k), shared, []int{2, 3, 0}},
		{"what does not fit leaves room for what does", proven(300 * k), []layers.Ask{
			{Source: wire.Source{Member: 1}, Height: 720, Prio: 9, Points: single(1500 * k)}, cam(2, 180, 1)}, []int{-1, 2}},
		{"an unproven budget pauses nothing", layers.Budget{Rate: 300 * k, Audio: 40 * k}, []layers.Ask{
			{Source: wire.Source{Member: 1}, Height: 720, Points: single(1500 * k)}, cam(2, 720, 1)}, []int{0, 0}},
		{"a proven one does", proven(300 * k), one(single(1500*k), 720), []int{-1}},
		{"a tile gets what fills it", proven(layers.Unlimited), one(camera(), 200), []int{2}},
		{"a tile gets more when a tenth would be missing", proven(layers.Unlimited), one(camera(), 201), []int{3}},
		{"the best there is", proven(layers.Unlimited), one(camera(), 4320), []int{4}},
		{"a tile smaller than all", proven(layers.Unlimited), one(camera(), 1), []int{2}},
		{"nothing is known of a source", proven(layers.Unlimited), one(nil, 720), []int{-1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a layers.Allocator
			assert.Equal(t, c.want, points(a.Allocate(time.Unix(0, 0), c.b, c.asks)))
		})
	}
}

func TestChoicesAreInTheOrderOfAsks(t *testing.T) {
	var a layers.Allocator
	asks := []layers.Ask{cam(3, 180, 1), cam(9, 180, 9), cam(2, 180, 5)}
	for i, c := range a.Allocate(time.Unix(0, 0), proven(2000*k), asks) {
		assert.Equal(t, asks[i].Source, c.Source)
	}
}

func TestWantedIsWhatAllWouldNeed(t *testing.T) {
	var a layers.Allocator
	a.Allocate(time.Unix(0, 0), proven(10*k), []layers.Ask{cam(1, 720, 5), cam(2, 180, 5), {Source: wire.Source{Member: 3}}})
	assert.Equal(t, 40*k+1500*k+200*k, a.Wanted())
}

// trial is an allocator over time.
type trial struct {
	a   layers.Allocator
	now time.Time
}

func (x *trial) at(b layers.Budget, asks ...layers.Ask) []int {
	x.now = x.now.Add(100 * time.Millisecond)
	return points(x.a.Allocate(x.now, b, asks))
}

func newTrial() *trial { return &trial{now: time.Unix(1e9, 0)} }

func TestFallsAtOnce(t *testing.T) {
	x := newTrial()
	require.Equal(t, []int{4}, x.at(proven(2000*k), cam(1, 720, 5)))
	assert.Equal(t, []int{3}, x.at(proven(1500*k), cam(1, 720, 5)))
	assert.Equal(t, []int{layers.Paused}, x.at(proven(100*k), cam(1, 720, 5)))
}

func TestTheLastPictureIsKeptALittleLonger(t *testing.T) {
	x := newTrial()
	require.Equal(t, []int{1, 0}, x.at(proven(40*k+290*k), cam(1, 720, 5), cam(2, 720, 5)))
	assert.Equal(t, []int{0, layers.Paused}, x.at(proven(135*k), cam(1, 720, 5), cam(2, 720, 5)), "160 kbit/s are wanted")
	assert.Equal(t, []int{layers.Paused, layers.Paused}, x.at(proven(120*k), cam(1, 720, 5), cam(2, 720, 5)))
	assert.Equal(t, []int{layers.Paused, layers.Paused}, x.at(proven(135*k), cam(1, 720, 5), cam(2, 720, 5)), "none comes back so")
}

func TestTheOnlyPictureStaysForAWhile(t *testing.T) {
	x := newTrial()
	at := func(speaker int) []int {
		asks := []layers.Ask{cam(1, 180, 5), cam(2, 180, 5)}
		asks[speaker].Prio = 7
		return x.at(proven(40*k+200*k), asks...)
	}
	require.Equal(t, []int{2, layers.Paused}, at(0))
	turns := 0
	for at(1)[1] == layers.Paused {
		turns++
		require.Less(t, turns, 100)
	}
	assert.InDelta(t, 60, turns, 2, "tenths of a second")
	wide := func(speaker int) []int {
		asks := []layers.Ask{cam(1, 180, 5), cam(2, 180, 5)}
		asks[speaker].Prio = 7
		return x.at(proven(1000*k), asks...)
	}
	for range 50 {
		wide(0)
	}
	require.Equal(t, []int{2, 2}, wide(0))
	assert.Equal(t, []int{2, layers.Paused}, at(0), "of two, the one that matters stays")
}

func TestFallsWhenRatesGrow(t *testing.T) {
	x := newTrial()
	ask := cam(1, 720, 5)
	require.Equal(t, []int{4}, x.at(proven(1600*k), ask))
	ask.Points[4].Rate = 1700 * k
	assert.Equal(t, []int{3}, x.at(proven(1600*k), ask))
}

func TestRisesOnlyWithRoomToSpare(t *testing.T) {
	x := newTrial()
	require.Equal(t, []int{2}, x.at(proven(300*k), cam(1, 720, 5)))
	for range 100 {
		require.Equal(t, []int{2}, x.at(proven(560*k), cam(1, 720, 5)))
	}
	assert.Equal(t, []int{3}, x.at(proven(640*k), cam(1, 720, 5)))
}

func TestRisesSoonAfterAFall(t *testing.T) {
	x := newTrial()
	x.at(proven(5000*k), cam(1, 720, 5))
	require.Equal(t, []int{layers.Paused}, x.at(proven(100*k), cam(1, 720, 5)))
	x.at(proven(5000*k), cam(1, 720, 5))
	at, ok := x.a.Again()
	require.True(t, ok)
	require.False(t, at.After(x.now.Add(4*time.Second)), "a lifted cap is felt within seconds")
	for point := range 5 { // step by step, as others may share the path
		x.now, ok = x.a.Again()
		require.True(t, ok)
		assert.Equal(t, []int{point}, points(x.a.Allocate(x.now, proven(5000*k), []layers.Ask{cam(1, 720, 5)})))
		x.at(proven(5000*k), cam(1, 720, 5))
	}
	assert.False(t, x.now.After(at.Add(3*time.Second)), "and all of it soon")
	_, ok = x.a.Again()
	assert.False(t, ok)
}

func TestARiseTakesAPartOfWhatIsSentWhereOthersMayShareThePath(t *testing.T) {
	asks := []layers.Ask{cam(1, 720, 5), cam(2, 720, 5), cam(3, 720, 5)}
	x := newTrial()
	before := total(asks, x.at(proven(2000*k), asks...))
	require.Positive(t, before)
	after := total(asks, x.at(proven(50_000*k), asks...))
	assert.Equal(t, before+1000*k, after, "one picture's next layer")
	x = newTrial()
	x.at(proven(2000*k), asks...)
	assert.Equal(t, []int{4, 4, 4}, x.at(layers.Budget{Rate: 50_000 * k}, asks...), "nothing is known to be short")
}

func TestWhatWasPausedIsTriedAgainWhenNothingProvesThatItDoesNotFit(t *testing.T) {
	x := newTrial()
	ask := layers.Ask{Source: wire.Source{Member: 1}, Height: 720, Points: single(1500 * k)}
	require.Equal(t, []int{0}, x.at(layers.Budget{Rate: 300 * k}, ask))
	require.Equal(t, []int{layers.Paused}, x.at(proven(300*k), ask))
	n := 0
	for x.at(layers.Budget{Rate: 300 * k}, ask)[0] != 0 {
		n++
		require.Less(t, n, 50)
	}
}

func TestPatienceGrowsWithRisesThatFail(t *testing.T) {
	x := newTrial()
	var waits []int
	for range 6 {
		x.at(proven(300*k), cam(1, 720, 5))
		n := 0
		for x.at(proven(700*k), cam(1, 720, 5))[0] != 3 {
			n++
			require.Less(t, n, 100)
		}
		waits = append(waits, n)
	}
	assert.Equal(t, []int{0, 5, 10, 20, 40, 40}, waits, "tenths of a second")
	x.now = x.now.Add(time.Minute)
	x.at(proven(700*k), cam(1, 720, 5)) // calm: all is forgotten
	x.at(proven(300*k), cam(1, 720, 5))
	n := 0
	for ; x.at(proven(700*k), cam(1, 720, 5))[0] != 3; n++ {
		require.Less(t, n, 100)
	}
	assert.Equal(t, 5, n)
}

func TestNewWantsNeedNoPatience(t *testing.T) {
	x := newTrial()
	x.at(proven(5000*k), cam(1, 720, 5))
	x.at(proven(300*k), cam(1, 720, 5))
	require.Equal(t, []int{2}, x.at(proven(2000*k), cam(1, 720, 5)), "patience")
	assert.Equal(t, []int{3}, x.at(proven(2000*k), cam(1, 360, 5)), "another height")
	assert.Equal(t, []int{3, 2}, x.at(proven(2000*k), cam(1, 360, 5), cam(2, 180, 5)), "another source")
}

func TestASourceWhoseLayersComeLaterNeedsNoPatience(t *testing.T) {
	x := newTrial()
	x.at(proven(5000*k), cam(1, 720, 5))
	empty := layers.Ask{Source: wire.Source{Member: 2}, Height: 180}
	x.at(proven(800*k), cam(1, 720, 5), empty)
	x.at(proven(800*k), cam(1, 720, 5), empty)
	full := empty
	full.Points = camera()
	assert.Equal(t, []int{3, 2}, x.at(proven(800*k), cam(1, 720, 5), full))
}

func TestAVanishedLayerLeavesTheBestBelow(t *testing.T) {
	x := newTrial()
	ask := cam(1, 720, 5)
	require.Equal(t, []int{4}, x.at(proven(5000*k), ask))
	ask.Points = ask.Points[:4]
	assert.Equal(t, []int{3}, x.at(proven(5000*k), ask))
}

// asks draws a random situation.
func asks(r *rand.Rand) []layers.Ask {
	list := make([]layers.Ask, r.IntN(8))
	for i := range list {
		list[i] = layers.Ask{
			Source: wire.Source{Member: wire.MemberIndex(i + 1), Stream: wire.Stream(2 * r.IntN(2))},
			Height: 1 + r.IntN(1080), Prio: r.IntN(10),
		}
		var p layers.Point
		for n := range r.IntN(6) {
			p = layers.Point{Height: p.Height + 90*r.IntN(3), Rate: p.Rate + 1 + layers.Bitrate(r.IntN(800_000)), Layer: n}
			list[i].Points = append(list[i].Points, p)
		}
	}
	return list
}

func total(asks []layers.Ask, chosen []int) (sum layers.Bitrate) {
	for i, n := range chosen {
		if n >= 0 {
			sum += asks[i].Points[n].Rate
		}
	}
	return sum
}

func TestNeverOverAProvenBudget(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var a layers.Allocator
		list, now := asks(r), time.Unix(1e9, 0)
		for range 60 {
			now = now.Add(time.Duration(r.IntN(2000)) * time.Millisecond)
			if r.IntN(10) == 0 {
				list = asks(r)
			}
			b := proven(layers.Bitrate(r.IntN(6_000_000)))
			choices := a.Allocate(now, b, list)
			most := b.Rate
			if shown := slices.DeleteFunc(points(choices), func(i int) bool { return i < 0 }); len(shown) == 1 && shown[0] == 0 {
				most += b.Rate / 4 // the last picture
			}
			if sum := total(list, points(choices)); sum > 0 {
				require.LessOrEqual(t, sum+b.Audio, most, "seed %d", seed)
			}
			for i, c := range choices {
				require.Less(t, c.Point, len(list[i].Points), "seed %d", seed)
			}
		}
	}
}

func TestMoreBudgetIsNeverWorseForTheFirst(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		list := asks(r)
		if len(list) == 0 {
			continue
		}
		list[0].Prio, list[0].Source.Stream = 9, wire.Screen
		for i := range list[1:] {
			list[i+1].Prio = r.IntN(9)
		}
		last := layers.Paused
		for rate := layers.Bitrate(0); rate < 6_000_000; rate += 50_000 {
			var a layers.Allocator
			got := a.Allocate(time.Unix(0, 0), proven(rate), list)[0].Point
			require.GreaterOrEqual(t, got, last, "seed %d", seed)
			last = got
		}
	}
}

func TestEqualsAreServedEvenly(t *testing.T) {
	cost := func(point int) layers.Bitrate {
		if point < 0 {
			return 0
		}
		return camera()[point].Rate
	}
	for rate := 40 * k; rate < 8_000*k; rate += 37 * k {
		var a layers.Allocator
		list := []layers.Ask{cam(1, 720, 5), cam(2, 720, 5), cam(3, 720, 5)}
		choices := a.Allocate(time.Unix(0, 0), proven(rate), list)
		left := rate - 40*k - total(list, points(choices))
		got := points(choices)
		require.IsNonIncreasing(t, got, "%v at %d", got, rate)
		if got[0] > got[2]+1 { // only out of what was not enough for the last
			require.Greater(t, cost(got[2]+1)-cost(got[2]), left+cost(got[0])-cost(got[2]+1), "%v at %d", got, rate)
		}
	}
}

func TestANoisyBudgetMakesNoFlapping(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	x := newTrial()
	changes, last := 0, -2
	for range 1200 { // two minutes around the place where the fall and the rise are
		rate := 600*k + layers.Bitrate(r.IntN(160_000)) - 80*k
		if got := x.at(proven(rate), cam(1, 720, 5))[0]; got != last {
			changes, last = changes+1, got
		}
	}
	assert.Less(t, changes, 18)
}

func TestTheSameGivesTheSame(t *testing.T) {
	for seed := range uint64(50) {
		var runs [2][][]int
		for i := range runs {
			r := rand.New(rand.NewPCG(seed, 3))
			x := newTrial()
			for range 50 {
				runs[i] = append(runs[i], x.at(proven(layers.Bitrate(r.IntN(4_000_000))), asks(r)...))
			}
		}
		require.Equal(t, runs[0], runs[1], "seed %d", seed)
	}
}

func TestAllocatesNothingInSteadyState(t *testing.T) {
	var a layers.Allocator
	list := []layers.Ask{cam(1, 720, 5), cam(2, 360, 5), screen(3, 9)}
	now := time.Unix(1e9, 0)
	n := testing.AllocsPerRun(100, func() {
		now = now.Add(100 * time.Millisecond)
		a.Allocate(now, proven(3000*k), list)
	})
	assert.Zero(t, n)
}
