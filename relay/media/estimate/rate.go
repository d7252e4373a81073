package estimate

import (
	"math"
	"time"

	"github.com/conclave-meet/conclave/relay/media/layers"
)

// Bitrate is in bits per second, with everything that goes over IP.
type Bitrate = layers.Bitrate

// Rates of an estimate.
const (
	StartRate Bitrate = 300_000       // before anything is known: enough for audio and a small picture
	LeastRate Bitrate = 30_000        // a voice; with less there is no conference
	MostRate  Bitrate = 1_000_000_000 // keeps sums far from overflow
)

// How the rate follows the signals.
const (
	// keepPart of what came through is the rate after overuse: the rest empties the queue. Less would waste bandwidth at
	// each fall, more would leave the queue.
	keepPart = 0.85

	growth     = 1.08 // a second, far from the last fall
	growthOver = 1.5  // at most over what came through: more would be unproven, and probes find it out faster
	usedPart   = 0.7  // of the rate that must be in use, or it does not grow by itself

	// Between two falls the first one must have been felt.
	fallsApart = 200 * time.Millisecond // and a round trip
)

// sample is what was seen of the path when the rate is looked at.
type sample struct {
	at         time.Duration
	came, sent Bitrate // over the last half second; 0: not known
	rtt        time.Duration
	limited    bool
	settled    bool // the last fall is so long ago that nothing seen now is because of what was before it
}

// control turns signals into a rate: additive increase near the place of the last fall, multiplicative elsewhere, and
// multiplicative decrease (draft-ietf-rmcat-gcc-02, section 5.5).
type control struct {
	rate     Bitrate
	capacity capacity
	at       time.Duration // the last look
	fell     time.Duration // the last fall
	ceiling  ceiling
	falls    int
}

// ceiling is what came through of a probe that was too much. It holds for a while.
type ceiling struct {
	rate  Bitrate
	until time.Duration
}

// capacity is what came through when falls happened, kbit/s, and how much that differs.
type capacity struct {
	mean, variance float64 // mean 0: not known
}

func (c *capacity) bound(sign float64) float64 {
	return c.mean + sign*3*math.Sqrt(c.variance*c.mean)
}

func (c *capacity) note(came Bitrate) {
	x := float64(came) / 1000
	if c.mean == 0 || x < c.bound(-1) {
		*c = capacity{mean: x, variance: 0.4}
		return
	}
	const slow = 0.05
	off := x - c.mean
	c.mean += slow * off
	c.variance = min(max((1-slow)*c.variance+slow*off*off/max(c.mean, 1), 0.4), 2.5)
}

// grow lets the rate rise. Nothing says that the path is full.
func (c *control) grow(s sample) {
	dt := min(max(s.at-c.at, 0), time.Second).Seconds()
	c.at = s.at
	if s.came == 0 {
		return
	}
	if c.capacity.mean > 0 && float64(s.came)/1000 > c.capacity.bound(1) {
		c.capacity = capacity{} // it has become more
	}
	if !s.limited { // else the rate's own waves would carry it up, and with it only the greater of two flows
		c.set(max(c.rate, min(s.came, s.sent)))
	}
	if float64(s.came) < usedPart*float64(c.rate) {
		return
	}
	next := float64(c.rate) * math.Pow(growth, dt)
	if c.capacity.mean > 0 {
		next = float64(c.rate) + c.nearby(s.rtt)*dt
	}
	most := growthOver * float64(s.came)
	if s.at < c.ceiling.until {
		most = min(most, float64(c.ceiling.rate))
	}
	most = max(most, float64(c.rate))
	c.set(Bitrate(min(next, most)))
}

// nearby is the growth near the last fall, bit/s a second: about two packets each time an answer has had time to come.
func (c *control) nearby(rtt time.Duration) float64 {
	const bits, frames = 8 * 1200, 30
	frame := float64(c.rate) / frames
	packet := frame / math.Ceil(frame/bits)
	return max(2*packet/(rtt+100*time.Millisecond).Seconds(), 4000)
}

// settledAfter is when what was under way at a fall has been reported on, even what waited in a long queue.
const settledAfter = 2 * time.Second

func (c *control) settled(at time.Duration) bool { return c.falls == 0 || at-c.fell > settledAfter }

// wait does not let the rate rise: a queue is being emptied.
func (c *control) wait(at time.Duration) { c.at = at }

// fall lowers the rate, as the path is full. It reports whether it did: not right after the last time.
func (c *control) fall(s sample) bool {
	c.at = s.at
	if c.falls > 0 && s.at-c.fell < s.rtt+fallsApart {
		return false
	}
	// Who sends little and sees a queue all the same is not alone on the path and learns little about it, or sees the
	// queue that was there before the last fall.
	alone := s.sent > s.came+s.came/8
	little := !alone && float64(s.sent) < usedPart*float64(c.rate)
	if little && !s.settled {
		return false
	}
	next := Bitrate(keepPart * float64(c.rate))
	if kept := Bitrate(keepPart * float64(s.came)); s.came > 0 {
		if !little || kept > next {
			next = kept
		}
		c.capacity.note(s.came)
	}
	c.fell = s.at
	c.falls++
	c.set(min(next, c.rate))
	return true
}

// set replaces the rate by one that was measured.
func (c *control) set(r Bitrate) { c.rate = min(max(r, LeastRate), MostRate) }
