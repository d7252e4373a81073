package estimate_test

import (
	"container/heap"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/estimate"
)

const kbit = estimate.Bitrate(1000)

// network is a bottleneck in virtual time, and flows through it. Its tests read as: give it a path and flows, let time
// pass, look at the estimates.
type network struct {
	t     *testing.T
	r     *rand.Rand
	begin time.Time
	now   time.Duration
	todo  events
	count int

	// of the bottleneck; may be changed at any time
	rate    estimate.Bitrate
	delay   time.Duration        // there, and as much back
	holds   time.Duration        // the longest queue
	loss    float64              // by nature
	jitter  func() time.Duration // on top of delay; packets do not overtake each other
	cut     bool                 // nothing comes through, there or back
	mute    bool                 // reports do not come through
	stall   time.Duration        // the sender does nothing for so long: what it sends leaves then, with earlier times
	backlog float64              // bytes
	drained time.Duration
	latest  time.Duration
}

type event struct {
	at time.Duration
	n  int // keeps the order of what is at the same time
	do func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].n < e[j].n
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func newNetwork(t *testing.T, rate estimate.Bitrate, delay time.Duration) *network {
	return &network{
		t: t, r: rand.New(rand.NewPCG(1, 2)), begin: time.Unix(1e9, 0), rate: rate, delay: delay,
		holds: 300 * time.Millisecond, jitter: func() time.Duration { return 0 },
	}
}

func (n *network) after(d time.Duration, do func()) {
	n.count++
	heap.Push(&n.todo, event{n.now + d, n.count, do})
}

// every does something from now on, until the network ends.
func (n *network) every(d time.Duration, do func()) {
	do()
	n.after(d, func() { n.every(d, do) })
}

func (n *network) run(d time.Duration) {
	end := n.now + d
	for len(n.todo) > 0 && n.todo[0].at <= end {
		e := heap.Pop(&n.todo).(event)
		n.now = e.at
		e.do()
	}
	n.now = end
}

func (n *network) clock() time.Time { return n.begin.Add(n.now) }

// send takes a packet into the bottleneck.
func (n *network) send(size int, arrive func()) {
	perSecond := float64(n.rate) / 8
	n.backlog = max(n.backlog-perSecond*(n.now-n.drained).Seconds(), 0)
	n.drained = n.now
	if n.cut || n.r.Float64() < n.loss || n.backlog > perSecond*n.holds.Seconds() {
		return
	}
	n.backlog += float64(size)
	at := n.now + time.Duration(n.r.Float64()*float64(n.stall)) + time.Duration(n.backlog/perSecond*1e9) + n.delay + n.jitter()
	n.latest = max(n.latest, at)
	n.after(n.latest-n.now, arrive)
}

// flow is one receiver and what is sent to it.
type flow struct {
	n       *network
	sent    *estimate.History
	e       *estimate.Estimator
	wanted  estimate.Bitrate
	quiet   bool                    // nothing is sent but probes
	video   func() estimate.Bitrate // what is sent now, besides audio
	shift   time.Duration           // of the receiver's clock
	starved bool                    // the receiver gets no time to report: what came meanwhile it reports later
	came    int                     // bytes
	delays  []time.Duration         // of packets that came
	cluster *estimate.Cluster
	saw     *twcc.Recorder
}

const (
	audioRate  = 40 * kbit
	frameEvery = time.Second / 30
	mtu        = 1200
)

// join begins a flow that would use wanted, and sends what video says.
func (n *network) join(wanted estimate.Bitrate, video func(f *flow) estimate.Bitrate) *flow {
	f := &flow{n: n, sent: estimate.NewHistory(n.clock()), wanted: wanted, saw: twcc.NewRecorder(1), shift: 24 * time.Hour}
	f.e = estimate.New(f.sent)
	f.video = func() estimate.Bitrate { return video(f) }
	n.every(20*time.Millisecond, func() {
		if !f.quiet {
			f.packet(int(audioRate / 8 / 50))
		}
	})
	n.every(frameEvery, func() {
		if !f.quiet {
			f.frame()
		}
	})
	n.every(100*time.Millisecond, func() { f.report() })
	n.every(10*time.Millisecond, func() {
		if n.stall > 0 {
			return
		}
		if c := f.e.Tick(n.clock(), f.wanted); c != nil {
			f.cluster = c
		}
	})
	n.every(5*time.Millisecond, func() { f.probe() })
	return f
}

// greedy sends all that is estimated to fit.
func greedy(f *flow) estimate.Bitrate {
	return min(f.e.Snapshot().Rate, f.wanted) - audioRate
}

// steady sends a constant rate, whatever fits.
func steady(r estimate.Bitrate) func(*flow) estimate.Bitrate {
	return func(*flow) estimate.Bitrate { return r }
}

// frame sends a frame of about the size that the rate makes, in a burst.
func (f *flow) frame() {
	size := int(float64(f.video()) / 8 / 30 * (0.7 + 0.6*f.n.r.Float64()))
	for ; size > 0; size -= mtu {
		f.packet(min(size, mtu) + 60)
	}
}

func (f *flow) packet(size int) {
	seq, at := f.sent.Sent(f.n.clock(), size), f.n.now
	f.n.send(size, func() {
		f.came += size
		f.delays = append(f.delays, f.n.now-at)
		f.saw.Record(7, seq, (f.n.now + f.shift).Microseconds())
	})
}

func (f *flow) probe() {
	if f.cluster == nil {
		return
	}
	due, done := f.cluster.Due(f.n.clock())
	for ; due > 0; due -= estimate.PacketSize {
		f.packet(estimate.PacketSize)
	}
	if done {
		f.cluster = nil
	}
}

// report sends what came back to the sender.
func (f *flow) report() {
	if f.starved {
		return
	}
	for _, p := range f.saw.BuildFeedbackPacket() {
		b, err := p.Marshal()
		require.NoError(f.n.t, err)
		if f.n.cut || f.n.mute {
			continue
		}
		f.n.after(f.n.delay, func() {
			x, err := estimate.ParseFeedback(b)
			require.NoError(f.n.t, err)
			f.e.Feedback(f.n.clock(), x)
		})
	}
}

// throughput is what comes in the next d.
func (f *flow) throughput(d time.Duration) estimate.Bitrate {
	before := f.came
	f.n.run(d)
	return estimate.Bitrate(float64(f.came-before) * 8 / d.Seconds())
}

// part is b's share of what a and b get in the next d, and how much that is.
func (n *network) part(a, b *flow, d time.Duration) (part float64, used estimate.Bitrate) {
	was := a.came
	second := b.throughput(d)
	first := estimate.Bitrate(float64(a.came-was) * 8 / d.Seconds())
	n.t.Logf("%d and %d", first, second)
	return float64(second) / float64(first+second), first + second
}

// until lets time pass until ok, and returns how much did.
func (n *network) until(most time.Duration, ok func() bool) time.Duration {
	begin := n.now
	for !ok() {
		require.Less(n.t, n.now-begin, most)
		n.run(10 * time.Millisecond)
	}
	return n.now - begin
}
