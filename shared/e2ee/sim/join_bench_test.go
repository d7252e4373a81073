package sim_test

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/code"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

// BenchmarkJoin is what it costs when a fiftieth member joins: to it, and to each of the others (issue 4: under 150 ms
// and under 3 ms in a browser). It counts all of the sessions' work from the join until they agree about who is there:
// handshakes, channels, keys and digests. It is time of the processor, so that whatever else runs on the machine does not
// count, without collecting garbage, of which fifty sessions in one heap make fifty times as much work as a member has.
// Beside it is what the security code takes whoever looks at it, once for each change of the roster: nobody does here
// (see [e2ee.Session.ShowCode]).
func BenchmarkJoin(b *testing.B) {
	const size = 50
	r := sim.New(sim.Config{Latency: 40 * time.Millisecond, Jitter: 10 * time.Millisecond})
	for range size - 1 {
		r.Join(right)
	}
	r.Run(20 * time.Second)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.LockOSThread() // which processor counts
	defer runtime.UnlockOSThread()
	r.Clock = processor

	var joiner, others cost
	for b.Loop() {
		runtime.GC()
		busy := map[*sim.Member]*cost{}
		for _, m := range r.Members() {
			busy[m] = &others
		}
		r.Busy = func(m *sim.Member, took time.Duration) {
			if busy[m] == nil {
				busy[m] = &joiner
			}
			busy[m].add(took)
		}
		m := r.Join(right)
		r.Run(5 * time.Second)
		r.Busy = nil
		for _, other := range r.Members() {
			require.Equal(b, e2ee.AgreementSame, other.State.Agreement)
			require.Len(b, other.State.Peers, size-1)
			require.Empty(b, other.State.Code)
		}
		m.Leave()
		r.Run(5 * time.Second)
	}
	reading := timeOf(20_000, func(int) { processor() }) // what each measurement took itself
	ids := make([][32]byte, size)
	looking := timeOf(100, func(i int) {
		ids[0][0] = byte(i)
		code.Digits("meet.example", sim.Room, ids)
	})
	b.ReportMetric(0, "ns/op") // of the whole room, which nobody has on one machine
	b.ReportMetric(joiner.each(b.N, reading), "joiner-ms")
	b.ReportMetric(others.each(b.N*(size-1), reading), "member-ms")
	b.ReportMetric(looking.Seconds()*1000, "code-ms")
}

// cost is what calls took.
type cost struct {
	took  time.Duration
	calls int
}

func (c *cost) add(took time.Duration) { c.took, c.calls = c.took+took, c.calls+1 }

// each returns the cost in ms for each of several, less what the measurements took.
func (c *cost) each(several int, reading time.Duration) float64 {
	return (c.took - time.Duration(c.calls)*reading).Seconds() * 1000 / float64(several)
}

// timeOf returns what do takes on average.
func timeOf(times int, do func(i int)) time.Duration {
	begin := processor()
	for i := range times {
		do(i)
	}
	return (processor() - begin) / time.Duration(times)
}
