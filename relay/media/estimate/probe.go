package estimate

import "time"

// Probes.
const (
	// A cluster shows a rate over this time, with so many packets at least. Shorter ones are noise, longer ones fill
	// queues: 2 × the rate over 25 ms leaves 25 ms of it.
	clusterTime    = 25 * time.Millisecond
	clusterPackets = 8
	clusterMost    = 100 * time.Millisecond
	clusterLeast   = 250_000 // bit/s: 3 kB in clusterMost

	probeStep   = 2.0  // each probe shows so much more than is known
	probeUsed   = 1.2  // the part of that which a flow takes that uses all it has
	probeSpare  = 1.25 // more than is wanted, as the allocator needs room for a rise
	probeWorth  = 1.1  // less than this is not worth it
	probeLost   = 0.2  // of the packets that may be lost, beyond the usual
	probePassed = 0.85 // of the shown rate that must come through, or the limit was met
	fullPart    = 0.95 // of what came through a path that the probe filled

	// Between probes: after one that met the limit, and after a fall. A cap that was lifted is found after one of these
	// and some doublings. Shorter ones disturb what is just so well.
	probeAgain      = 5 * time.Second
	probeSoon       = time.Second // after one that may have been bad luck
	probeFallen     = 5 * time.Second
	probeFallenIdle = 1500 * time.Millisecond  // as long as little of the rate is in use, and probes are all that shows more
	ceilingLasts    = probeAgain + time.Second // what a probe that was too much showed holds until the next one
	probeDeadline   = 600 * time.Millisecond   // and a round trip: the report was lost
	drainTime       = 50 * time.Millisecond    // after a cluster, until its own queue is gone
)

// PacketSize is the size of a probe's packets, bytes on the IP layer: as much padding as one packet can have (RFC 3550,
// section 5.1), with the headers.
const PacketSize = 320

// Cluster is a probe that is to be sent: packets at a rate for a short time. Whatever else is sent meanwhile is part of it.
// Not for concurrent use.
type Cluster struct {
	rate  Bitrate
	begin time.Duration
	end   time.Duration
	last  uint64 // number of the first packet that was not counted yet
	sent  int    // bytes
	h     *History
}

// Rate is what the cluster shows.
func (c *Cluster) Rate() Bitrate { return c.rate }

// Due is how many bytes (on the IP layer) have to be sent now. done says that the cluster is over; it stays so. It
// should be called every few milliseconds.
func (c *Cluster) Due(now time.Time) (bytes int, done bool) {
	at := now.Sub(c.h.start)
	for next := c.h.next.Load(); c.last < next; c.last++ {
		if p, ok := c.h.get(c.last); ok {
			c.sent += p.size
		}
	}
	if at >= c.end {
		c.h.cluster.Store(0)
		return 0, true
	}
	due := int(int64(c.rate) / 8 * int64(at-c.begin+clusterTime/8) / int64(time.Second))
	return max(due-c.sent, 0), false
}

// prober decides when to probe, and reads the outcome.
type prober struct {
	id      uint8 // of the last cluster, 1 … 15
	active  bool  // its outcome is awaited
	target  Bitrate
	end     time.Duration // of sending
	next    time.Duration // not before
	sent    int           // probes
	fails   int           // in a row
	cluster clusterSeen
}

// clusterSeen is what came of a cluster.
type clusterSeen struct {
	came, missed                   int
	bytes                          int
	firstSent, lastSent            time.Duration
	firstArrived, lastArrived      time.Duration
	firstArrivedSize, lastSentSize int  // of all packets that arrived with the first and were sent with the last
	passed                         bool // a packet sent after it was reported on
}

// want reports which rate a probe should show, 0 for none. rate is what is known to fit.
func (p *prober) want(at time.Duration, rate, wanted Bitrate) Bitrate {
	if p.active || at < p.next {
		return 0
	}
	target := min(max(probeStep*float64(rate), clusterLeast), probeSpare*float64(wanted))
	if target < probeWorth*float64(rate) {
		return 0
	}
	return Bitrate(target)
}

// begin starts the next cluster.
func (p *prober) begin(at time.Duration, target Bitrate, h *History) *Cluster {
	p.id = p.id%clusterMask + 1
	needed := time.Duration(clusterPackets*PacketSize*8) * time.Second / time.Duration(target)
	p.active, p.target, p.cluster = true, target, clusterSeen{}
	p.end = at + min(max(clusterTime, needed), clusterMost)
	p.sent++
	h.cluster.Store(uint32(p.id))
	return &Cluster{rate: target, begin: at, end: p.end, last: h.next.Load(), h: h}
}

// disturbs reports whether a packet sent then may have waited for a probe.
func (p *prober) disturbs(sent time.Duration) bool {
	return p.sent > 0 && sent <= p.end+drainTime && sent >= p.end-clusterMost
}

// see notes what became of a packet.
func (p *prober) see(x packet, came bool, arrived time.Duration) {
	c := &p.cluster
	switch {
	case !p.active:
	case x.cluster != p.id:
		c.passed = c.passed || x.at > p.end
	case !came:
		c.missed++
	default:
		c.add(x, arrived)
	}
}

// together is how close in time packets belong to one burst, of which a rate cannot be read.
const together = time.Millisecond

func (c *clusterSeen) add(x packet, arrived time.Duration) {
	if c.came == 0 {
		c.firstSent, c.firstArrived = x.at, arrived
	}
	c.came++
	c.bytes += x.size
	if arrived-c.firstArrived < together {
		c.firstArrivedSize += x.size
	}
	if x.at-c.lastSent >= together || c.came == 1 {
		c.lastSent, c.lastSentSize = x.at, 0
	}
	c.lastSentSize += x.size
	c.lastArrived = max(c.lastArrived, arrived)
}

// lost reports whether more was lost than usual.
func (c *clusterSeen) lost(usual float64) bool {
	return c.came > 0 && float64(c.missed) > (usual+probeLost)*float64(c.came+c.missed)
}

// rates are what was sent and what came through. ok is false when the cluster says nothing.
func (c *clusterSeen) rates(loss float64) (sent, came Bitrate, ok bool) {
	if c.lost(loss) || c.came < clusterPackets/2 {
		return 0, 0, false
	}
	sending, arriving := c.lastSent-c.firstSent, c.lastArrived-c.firstArrived
	if sending < 2*together || arriving < 2*together {
		return 0, 0, false
	}
	// What is lost by nature was sent all the same.
	all := float64(c.came+c.missed) / float64(c.came)
	sent = Bitrate(float64(c.bytes-c.lastSentSize) * 8 / sending.Seconds() * all)
	came = Bitrate(float64(c.bytes-c.firstArrivedSize) * 8 / arriving.Seconds() * all)
	return sent, came, true
}

// outcome is what a probe showed.
type outcome uint8

const (
	noOutcome outcome = iota
	passed            // the path took it
	met               // it was too much, and so much came through; 0: that cannot be said
	unclear           // nothing can be said
)

// conclude ends the probe when all of it was reported on, or the report is late. loss is the usual one.
func (p *prober) conclude(at, rtt time.Duration, loss float64) (o outcome, rate Bitrate) {
	if !p.active || at <= p.end || !p.cluster.passed && at < p.end+rtt+probeDeadline {
		return noOutcome, 0
	}
	p.active = false
	sent, came, ok := p.cluster.rates(loss)
	switch {
	case ok && float64(came) >= probePassed*float64(min(sent, p.target)):
		p.fails = 0
		return passed, min(sent, came)
	case !ok && !p.cluster.lost(loss):
		p.next = at + probeSoon
		return unclear, 0
	}
	p.fails++
	p.next = at + probeAgain
	if p.fails == 1 {
		p.next = at + probeSoon
	}
	return met, came
}
