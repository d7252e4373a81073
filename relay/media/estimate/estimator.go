package estimate

import "time"

// Times of an estimator.
const (
	// What a report said of delays counts for so long.
	stale = time.Second

	// How long a limit that was met counts. Probes renew it as long as it is there and more is wanted. Less would call a
	// path unlimited between two of them; more would keep pictures away after a queue of somebody else's.
	proofLasts = 12 * time.Second

	// Tick that comes so late says that the relay itself gets no time to run: what it sends then leaves late, and what it
	// reads was there before. For a while after it delays say nothing of the network.
	lateTick   = 140 * time.Millisecond
	excuseTime = 500 * time.Millisecond

	// Who sends little waits up to yieldTime for others to fall first, as long as the queue is short: a fall takes whole
	// layers away, which is most of what a small flow has. From yieldRate on a flow does not wait.
	yieldTime  = 400 * time.Millisecond
	yieldQueue = 80 * time.Millisecond
	yieldRate  = 2_000_000 // bit/s

	// Who sends less than what fitted did not fill the queue, and waits longer: until the layers that somebody else's fall
	// took away have stopped coming.
	innocentPart  = 0.95 // of the rate, from which on it may have been oneself
	innocentTime  = 2400 * time.Millisecond
	innocentQueue = 240 * time.Millisecond
	innocentRate  = 1_000_000 // bit/s

	// With a queue of less than this packets do not wait for each other, whatever the slope says: radio makes delays
	// that vary, but lets some packets through at once.
	leastQueue = 5 * time.Millisecond
	// With a queue of more than this the rate does not grow. Less would give way to all who fill queues, more would add to
	// everybody's delay.
	mostQueue = 50 * time.Millisecond
)

// Estimator estimates one receiver's downlink. Not for concurrent use, but for its History.
type Estimator struct {
	sent *History

	seen      []uint8       // what was reported of each packet: lap << 2 | state
	reference uint32        // of the last report
	clock     time.Duration // the receiver's, at that reference
	reported  time.Duration // when the last report came, of our clock
	reports   int
	deaf      bool
	ticked    time.Duration // the last Tick
	overSince time.Duration // when overuse began; 0: there is none
	excused   time.Duration // until when delays are the relay's own
	begun     time.Duration // when something was sent first, 0: not yet
	newest    uint64        // highest number reported on, + 1

	trend    trend
	signal   signal // the trend's, but for false alarms
	came     meter  // by the receiver's clock
	gone     meter  // by ours
	floor    floor
	queue    time.Duration // how much longer packets took lately than on the empty path
	rtt      time.Duration
	losses   losses
	control  control
	prober   prober
	restore  Bitrate // the rate before a trial
	proven   time.Duration
	isProven bool
	overuses int
	silent   silent
}

// States of a packet in seen.
const (
	unseen = iota
	missed
	arrived
)

// New makes an estimator of what h notes.
func New(h *History) *Estimator {
	return &Estimator{sent: h, control: control{rate: StartRate}}
}

// Snapshot is what an estimator knows.
type Snapshot struct {
	Reports  int     // that came
	Deaf     bool    // none came although packets went out: nothing is known, and nothing limits
	Rate     Bitrate // what fits
	Limited  bool    // more did not fit lately
	Came     Bitrate // over the last half second
	RTT      time.Duration
	Queue    time.Duration // delay beyond that of the empty path
	Loss     float64       // 0 … 1
	Probes   int
	Overuses int
}

// Snapshot is what is known now.
func (e *Estimator) Snapshot() Snapshot {
	came, _ := e.came.rate()
	return Snapshot{
		Reports: e.reports, Deaf: e.deaf, Rate: e.control.rate, Limited: e.isProven, Came: came, RTT: e.rtt, Queue: e.queue,
		Loss: e.losses.part, Probes: e.prober.sent, Overuses: e.overuses,
	}
}

// Feedback takes a report of the receiver, which came at now.
func (e *Estimator) Feedback(now time.Time, f Feedback) {
	at := now.Sub(e.sent.start)
	e.follow(f.reference)
	r := round{queue: never}
	for x, ok := f.Next(); ok; x, ok = f.Next() {
		if p, ok := e.sent.find(x.Seq); ok && p.at <= at {
			e.take(&r, p, x.Came, e.clock+x.At, at)
		}
	}
	if r.packets == 0 {
		return
	}
	if e.silent.halved > 0 {
		e.hear(at, &r)
	}
	e.reports++
	e.deaf = false
	e.reported = at
	e.conclude(at, &r)
}

// round is what one report says.
type round struct {
	packets int
	missed  int
	first   time.Duration // sent; of those that came
	last    packet        // of those that came
	queue   time.Duration // the least of those that came
	worst   time.Duration // and the most
}

// follow keeps the receiver's clock, whose reference times wrap after 12 days.
func (e *Estimator) follow(reference uint32) {
	const bits = 24
	if e.reports > 0 {
		step := int32((reference-e.reference)<<(32-bits)) >> (32 - bits)
		e.clock += time.Duration(step) * referenceUnit
	}
	e.reference = reference
}

// take notes what became of a packet.
func (e *Estimator) take(r *round, p packet, came bool, arrival, at time.Duration) {
	if n := e.sent.size(); len(e.seen) != n {
		e.seen = make([]uint8, n) // what a report said before is forgotten: it may count once more
	}
	lap := p.n / uint64(len(e.seen))
	s := &e.seen[p.n%uint64(len(e.seen))]
	was := uint8(unseen)
	if uint64(*s>>2) == (lap+1)&(1<<6-1) {
		was = *s & 3
	}
	state := uint8(missed)
	if came {
		state = arrived
	}
	if was >= state {
		return
	}
	*s = uint8(lap+1)<<2 | state
	r.packets++
	if !came {
		r.missed++
	}
	e.newest = max(e.newest, p.n+1)
	e.prober.see(p, came, arrival)
	if was == unseen {
		e.gone.add(p.at, p.size)
	}
	switch {
	case p.cluster != 0: // a probe may lose what media would not
	case !came:
		e.losses.missed()
	case was == missed:
		e.losses.late()
	default:
		e.losses.came()
	}
	if came {
		e.arrive(r, p, arrival, at)
	}
}

// arrive notes when a packet came.
func (e *Estimator) arrive(r *round, p packet, arrival, at time.Duration) {
	e.came.add(arrival, p.size)
	delay := arrival - p.at
	if low := e.floor.value(); low != never && (delay-low > 10*jump || low-delay > jump) {
		e.floor = floor{} // a clock was set
	}
	e.floor.add(at, delay)
	if r.last.size == 0 {
		r.first = p.at
	}
	if p.n >= r.last.n {
		r.last = p
	}
	r.worst = max(r.worst, delay-e.floor.value())
	if p.cluster == 0 && !e.prober.disturbs(p.at) {
		r.queue = min(r.queue, delay-e.floor.value())
		e.trend.add(p.at, arrival)
	}
}

// conclude turns what is known into a rate.
func (e *Estimator) conclude(at time.Duration, r *round) {
	if r.last.size > 0 {
		rtt := max(at-r.last.at, time.Millisecond)
		if e.rtt == 0 {
			e.rtt = rtt
		}
		e.rtt += (rtt - e.rtt) / 8
	}
	s := sample{at: at, rtt: e.rtt, limited: e.isProven, settled: e.control.settled(at)}
	s.came, _ = e.came.rate()
	s.sent, _ = e.gone.rate()
	e.signal = e.sign(at, r)
	if e.signal != overused {
		e.overSince = 0
	} else if e.overSince == 0 {
		e.overSince = at
	}
	switch {
	case e.signal == overused && at-e.overSince < e.yield(s.sent):
		e.control.wait(at)
	case e.signal == overused:
		e.fall(s)
	case e.signal == underused || e.queue > mostQueue:
		e.control.wait(at)
	default:
		e.control.grow(s)
	}
	switch v := e.losses.judge(s, e.queue); {
	case at < e.excused:
	case v == lossFall:
		e.fall(s)
	case v == lossTry:
		e.restore = e.control.rate
		e.fall(s)
	case v == lossRestore:
		e.control.set(max(e.control.rate, e.restore))
		e.isProven, e.prober.next = false, at
	}
	e.probed(at)
}

// yield is how long a flow waits for others to make room before it does.
func (e *Estimator) yield(sent Bitrate) time.Duration {
	most, queue, below := yieldTime, yieldQueue, float64(yieldRate)
	if float64(sent) < innocentPart*float64(e.control.rate) {
		most, queue, below = innocentTime, innocentQueue, float64(innocentRate)
	}
	if e.queue > queue {
		return 0
	}
	return time.Duration(float64(most) * max(0, 1-float64(sent)/below))
}

// sign is the trend's, unless some packets met no queue at all.
func (e *Estimator) sign(at time.Duration, r *round) signal {
	if r.queue == never {
		return normal // a probe disturbed all
	}
	before := e.queue
	e.queue = r.queue
	if at < e.excused {
		e.trend.reset()
		return normal
	}
	if e.trend.signal == overused && min(before, r.queue) < leastQueue {
		return normal
	}
	return e.trend.signal
}

func (e *Estimator) fall(s sample) {
	if e.control.fall(s) {
		e.overuses++
		e.prove(s.at)
	}
}

// prove notes that a limit was met.
func (e *Estimator) prove(at time.Duration) { e.proven, e.isProven = at, true }

// probed takes the outcome of a probe, when it is there.
func (e *Estimator) probed(at time.Duration) {
	switch o, rate := e.prober.conclude(at, e.rtt, e.losses.inherent); o {
	case passed:
		e.control.capacity, e.control.ceiling = capacity{}, ceiling{}
		if e.isProven && !e.idle() { // others may use the path too: step by step
			rate = min(rate, Bitrate(probeUsed*float64(e.control.rate)))
		}
		e.control.set(max(e.control.rate, rate))
	case met:
		e.met(at, rate)
	}
}

// met takes what came through of a probe that was too much; 0: that is not known.
func (e *Estimator) met(at time.Duration, rate Bitrate) {
	c := &e.control
	certain := e.isProven || e.prober.fails > 1 // radio spoils one now and then
	// A flow that uses its rate has a fair share of the path; what a burst of probes gets is not.
	if rate > 0 && (!e.isProven || e.idle()) {
		c.set(max(c.rate, Bitrate(fullPart*float64(rate))))
		if certain {
			c.ceiling = ceiling{rate, at + ceilingLasts}
			c.set(min(c.rate, rate))
		}
	}
	if certain {
		e.prove(at)
	}
}

// idle reports whether little of the rate is in use.
func (e *Estimator) idle() bool {
	came, _ := e.came.rate()
	return float64(came) < usedPart*float64(e.control.rate)
}

// Beat notes that the relay gets time to run. It must be called every 10 to 50 ms; Tick does it too.
func (e *Estimator) Beat(now time.Time) {
	at := now.Sub(e.sent.start)
	if at-e.ticked > lateTick && e.ticked > 0 {
		e.excused, e.reported = at+excuseTime, max(e.reported, at-silence/2)
	}
	e.ticked = at
}

// Tick does what is due by the clock, and must be called every 10 to 100 ms. wanted is the rate that would be put to use
// if it were there. When it returns a cluster, that is to be sent now.
func (e *Estimator) Tick(now time.Time, wanted Bitrate) *Cluster {
	at := now.Sub(e.sent.start)
	e.Beat(now)
	if e.reports == 0 {
		e.await(at)
		return nil
	}
	e.listen(at)
	e.probed(at)
	if e.isProven && at-e.proven > proofLasts {
		e.isProven = false
	}
	if at-e.reported > stale {
		e.queue, e.signal = 0, normal // when nothing is sent, nothing is reported: a queue that was seen is gone
	}
	if e.signal != normal || e.losses.trial.on || e.queue >= 4*leastQueue {
		return nil
	}
	wait := probeFallen
	if e.idle() {
		wait = probeFallenIdle
	}
	if e.control.falls > 0 && at-e.control.fell < wait {
		return nil
	}
	target := e.prober.want(at, e.control.rate, wanted)
	if e.silent.halved > 0 {
		target = min(target, clusterLeast) // only to see whether the path is there again
	}
	if target > 0 {
		return e.prober.begin(at, target, e.sent)
	}
	return nil
}
