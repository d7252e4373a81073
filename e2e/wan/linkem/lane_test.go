package linkem

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// start is when the clock of these tests begins.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// arrival is one packet at the other end.
type arrival struct {
	n    int // the packet's number
	at   time.Duration
	size int
}

// sent is one packet at this end.
type sent struct {
	at   time.Duration
	size int
}

// steady is count packets of size bytes, one every interval.
func steady(count, size int, interval time.Duration) []sent {
	list := make([]sent, count)
	for i := range list {
		list[i] = sent{time.Duration(i) * interval, size}
	}
	return list
}

// pass sends packets through a lane. look is how late a packet is taken that is due: 0 is an ideal machine. The times
// are those that the lane gave, not those of the look.
func pass(t *testing.T, l *lane, conditions func(at time.Duration) Conditions, look time.Duration, packets []sent) []arrival {
	t.Helper()
	var got []arrival
	drain := func(until time.Duration) {
		for {
			due, ok := l.due()
			if !ok || due.Sub(start) > until {
				return
			}
			c := conditions(due.Sub(start))
			for {
				var at time.Time
				if l.wire.len() > 0 {
					at = l.wire.head().at
				}
				b := l.take(due.Add(look), &c)
				if b == nil {
					break
				}
				if at.IsZero() {
					at = due
				}
				got = append(got, arrival{int(binary.BigEndian.Uint32(b)), at.Sub(start), len(b)})
				l.give(b)
			}
		}
	}
	for i, p := range packets {
		drain(p.at)
		c := conditions(p.at)
		l.offer(start.Add(p.at), &c, binary.BigEndian.AppendUint32(make([]byte, 0, p.size), uint32(i))[:p.size])
	}
	drain(time.Hour)
	return got
}

func always(c Conditions) func(time.Duration) Conditions {
	return func(time.Duration) Conditions { return c }
}

func TestAPerfectWireDeliversAtOnce(t *testing.T) {
	packets := steady(5, 100, time.Millisecond)
	got := pass(t, newLane(1), always(Conditions{}), 0, packets)
	require.Len(t, got, 5)
	for i, a := range got {
		assert.Equal(t, arrival{i, packets[i].at, 100}, a)
	}
}

func TestDelayIsExactHoweverLateAnybodyLooks(t *testing.T) {
	packets := steady(1000, 1200, time.Millisecond)
	for _, look := range []time.Duration{0, 300 * time.Microsecond, 5 * time.Millisecond} {
		got := pass(t, newLane(1), always(Conditions{Delay: 40 * time.Millisecond}), look, packets)
		require.Len(t, got, len(packets))
		for i, a := range got {
			require.Equal(t, packets[i].at+40*time.Millisecond, a.at, "packet %d", i)
		}
	}
}

func TestABottleneckSendsExactlyItsRateHoweverLateAnybodyLooks(t *testing.T) {
	// 1250 bytes at 1 Mbit/s are 10 ms each; they come twice as fast.
	c := Conditions{Rate: 1000 * Kbit, Queue: time.Minute}
	for _, look := range []time.Duration{0, 700 * time.Microsecond, 4 * time.Millisecond} {
		got := pass(t, newLane(1), always(c), look, steady(500, 1250, 5*time.Millisecond))
		require.Len(t, got, 500)
		for i, a := range got {
			require.Equal(t, time.Duration(i+1)*10*time.Millisecond, a.at, "packet %d, looked at %v late", i, look)
		}
	}
}

func TestAFullQueueDropsWhatComesLast(t *testing.T) {
	l := newLane(1)
	c := Conditions{Rate: 1000 * Kbit, Queue: 50 * time.Millisecond}
	got := pass(t, l, always(c), 0, steady(100, 1250, 0)) // all at once
	// One may come while as much as 50 ms wait, the one that is being sent among them.
	assert.Len(t, got, 6)
	assert.EqualValues(t, 94, l.counts.Overflowed)
	assert.Equal(t, 60*time.Millisecond, got[5].at, "the last one waited for five before it")
	assert.Zero(t, l.counts.Lost)
}

func TestACapThatIsLiftedLetsTheQueueGo(t *testing.T) {
	slow := Conditions{Rate: 100 * Kbit, Queue: time.Minute} // 100 ms a packet
	got := pass(t, newLane(1), func(at time.Duration) Conditions {
		if at < 250*time.Millisecond {
			return slow
		}
		return Conditions{Rate: 10000 * Kbit} // 1 ms a packet
	}, 0, steady(10, 1250, 0))
	require.Len(t, got, 10)
	assert.Equal(t, 200*time.Millisecond, got[1].at)
	assert.Equal(t, 300*time.Millisecond, got[2].at, "was being sent")
	assert.Equal(t, 307*time.Millisecond, got[9].at)
}

func TestJitterStaysInItsBoundsAndKeepsTheOrder(t *testing.T) {
	packets := steady(5000, 100, 3*time.Millisecond)
	got := pass(t, newLane(1), always(Conditions{Delay: 20 * time.Millisecond, Jitter: 30 * time.Millisecond}), 0, packets)
	require.Len(t, got, len(packets))
	var sum, least, most time.Duration
	least = time.Hour
	for i, a := range got {
		require.Equal(t, i, a.n)
		late := a.at - packets[i].at
		sum, least, most = sum+late, min(least, late), max(most, late)
	}
	assert.GreaterOrEqual(t, least, 20*time.Millisecond)
	assert.Less(t, most, 50*time.Millisecond)
	assert.Greater(t, most-least, 25*time.Millisecond)
	mean := sum / time.Duration(len(got))
	assert.Greater(t, mean, 35*time.Millisecond, "the middle, and more because nobody overtakes")
}

func TestRandomLossTakesItsShare(t *testing.T) {
	l := newLane(1)
	got := pass(t, l, always(Conditions{Loss: 0.1}), 0, steady(20000, 100, time.Millisecond))
	assert.InDelta(t, 0.9, float64(len(got))/20000, 0.01)
	assert.EqualValues(t, 20000-len(got), l.counts.Lost)
	assert.InDelta(t, 1/0.9, meanRun(got, 20000), 0.05, "hardly ever two in a row")
}

func TestBurstLossComesTogether(t *testing.T) {
	got := pass(t, newLane(1), always(Conditions{Burst: Burst{Begin: 0.01, End: 0.2}}), 0, steady(50000, 100, time.Millisecond))
	assert.InDelta(t, 0.01/0.21, 1-float64(len(got))/50000, 0.01)
	assert.InDelta(t, 5, meanRun(got, 50000), 0.6)
}

// meanRun is the mean length of what is missing in a row of count packets.
func meanRun(got []arrival, count int) float64 {
	there := make([]bool, count)
	for _, a := range got {
		there[a.n] = true
	}
	missing, runs := 0, 0
	for i := range there {
		if !there[i] {
			missing++
			if i == 0 || there[i-1] {
				runs++
			}
		}
	}
	return float64(missing) / float64(max(1, runs))
}

func TestACutLetsArriveWhatIsOnTheWire(t *testing.T) {
	got := pass(t, newLane(1), func(at time.Duration) Conditions {
		return Conditions{Delay: 100 * time.Millisecond, Cut: at >= 50*time.Millisecond && at < 80*time.Millisecond}
	}, 0, steady(100, 100, time.Millisecond))
	require.Len(t, got, 70)
	assert.Equal(t, 49, got[49].n)
	assert.Equal(t, 80, got[50].n)
}

func TestTheSameSeedLosesTheSamePackets(t *testing.T) {
	c := always(Conditions{Loss: 0.3, Jitter: time.Millisecond})
	first, second, other := pass(t, newLane(7), c, 0, steady(500, 100, time.Millisecond)),
		pass(t, newLane(7), c, 0, steady(500, 100, time.Millisecond)), pass(t, newLane(8), c, 0, steady(500, 100, time.Millisecond))
	assert.Equal(t, first, second)
	assert.NotEqual(t, first, other)
}

func TestALaneInSteadyStateAllocatesNothing(t *testing.T) {
	l, b, now := newLane(1), make([]byte, 1200), start
	c := Conditions{Delay: 20 * time.Millisecond, Rate: 100000 * Kbit}
	step := func() {
		now = now.Add(time.Millisecond)
		l.offer(now, &c, b)
		for p := l.take(now, &c); p != nil; p = l.take(now, &c) {
			l.give(p)
		}
	}
	for range 100 {
		step()
	}
	assert.Zero(t, testing.AllocsPerRun(1000, step))
}
