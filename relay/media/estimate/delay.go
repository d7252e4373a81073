package estimate

import "time"

// signal is what the delays say of the path.
type signal uint8

const (
	normal    signal = iota
	overused         // a queue is filling up
	underused        // a queue is being emptied
)

// groupLength is how long packets that are sent one after the other are looked at as one: a frame's packets say little
// one by one, as they wait for each other.
const groupLength = 5 * time.Millisecond

// group is packets that were sent together.
type group struct {
	first, last   time.Duration // sent, of our clock
	begin, arrive time.Duration // the first and the last arrival, of the receiver's
	filled        bool
}

// grouper finds how much longer each group took than the one before (draft-ietf-rmcat-gcc-02, section 5.2).
type grouper struct {
	current, before group
}

// jump is a difference that no network makes, but a clock that is set does.
const jump = 3 * time.Second

// add takes a packet in the order of sending. When it ends a group, it returns how much time lay between the sending of
// that and of the one before, and between their arrivals.
func (g *grouper) add(sent, arrived time.Duration) (sentDelta, arrivedDelta time.Duration, ok bool) {
	c := &g.current
	if !c.filled {
		*c = group{sent, sent, arrived, arrived, true}
		return 0, 0, false
	}
	if off := (arrived - c.arrive) - (sent - c.last); off > jump || off < -jump || sent < c.first-jump {
		*g = grouper{current: group{sent, sent, arrived, arrived, true}}
		return 0, 0, false
	}
	if sent-c.first <= groupLength || g.burst(sent, arrived) {
		c.last, c.arrive = max(c.last, sent), max(c.arrive, arrived)
		return 0, 0, false
	}
	if g.before.filled {
		sentDelta, arrivedDelta, ok = c.last-g.before.last, c.arrive-g.before.arrive, true
	}
	g.before, *c = *c, group{sent, sent, arrived, arrived, true}
	return sentDelta, arrivedDelta, ok
}

// burst reports whether a packet arrived right behind the group although it was sent later: a radio link delivers what it
// held back in one go, which says nothing of a queue.
func (g *grouper) burst(sent, arrived time.Duration) bool {
	c := &g.current
	between := arrived - c.arrive
	return between <= groupLength && between < sent-c.last && arrived-c.begin < 100*time.Millisecond
}

// The line through the last delays. The values are those that browsers' senders have been using for years.
const (
	lineLength  = 20  // groups: fewer make noise a trend, more see a queue later
	smoothing   = 0.9 // of the delay: the part of the old value
	gain        = 4.0
	mostSamples = 60 // the trend counts for more with each sample, up to these

	overuseTime = 10.0 // ms of a trend above the threshold until it counts

	thresholdStart                = 12.5          // ms
	thresholdUp, thresholdDown    = 0.0087, 0.039 // per ms: draft, section 5.4
	thresholdLeast, thresholdMost = 6.0, 600.0
	outlier                       = 15.0 // ms above the threshold: does not teach it
)

// trend finds out whether delays grow (draft, sections 5.3 and 5.4; the filter is a line instead of Kalman's).
type trend struct {
	groups grouper

	samples   int
	begin     time.Duration // of the receiver's clock: x counts from there, in ms
	sum, mean float64       // of the delays' growth, ms
	x, y      [lineLength]float64

	last      float64 // the slope before
	threshold float64 // ms; 0: thresholdStart
	adapted   time.Duration
	over      float64 // ms
	overs     int
	signal    signal
}

// reset forgets the past: the path is another one, or was not there.
func (t *trend) reset() { *t = trend{threshold: t.threshold, adapted: t.adapted} }

// add takes a packet that came, in the order of sending.
func (t *trend) add(sent, arrived time.Duration) {
	sentDelta, arrivedDelta, ok := t.groups.add(sent, arrived)
	if !ok || arrivedDelta < 0 {
		return // overtaken on the way
	}
	if t.samples == 0 {
		t.begin = arrived
	}
	t.sum += ms(arrivedDelta - sentDelta)
	t.mean = smoothing*t.mean + (1-smoothing)*t.sum
	i := t.samples % lineLength
	t.x[i], t.y[i] = ms(arrived-t.begin), t.mean
	t.samples++
	if t.samples < lineLength {
		return
	}
	slope, ok := t.slope()
	if !ok {
		return
	}
	t.detect(slope, ms(sentDelta), sent)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// slope is that of the line with the least squares.
func (t *trend) slope() (slope float64, ok bool) {
	var mx, my, num, den float64
	for i := range t.x {
		mx += t.x[i] / lineLength
		my += t.y[i] / lineLength
	}
	for i := range t.x {
		num += (t.x[i] - mx) * (t.y[i] - my)
		den += (t.x[i] - mx) * (t.x[i] - mx)
	}
	return num / den, den > 0
}

// detect compares the slope with the threshold. sentDelta is in ms.
func (t *trend) detect(slope, sentDelta float64, now time.Duration) {
	if t.threshold == 0 {
		t.threshold = thresholdStart
	}
	m := float64(min(t.samples, mostSamples)) * slope * gain
	switch {
	case m > t.threshold:
		t.over += sentDelta
		t.overs++
		if t.over > overuseTime && t.overs > 1 && slope >= t.last {
			t.over, t.overs, t.signal = 0, 0, overused
		}
	case m < -t.threshold:
		t.over, t.overs, t.signal = 0, 0, underused
	default:
		t.over, t.overs, t.signal = 0, 0, normal
	}
	t.last = slope
	t.adapt(max(m, -m), now)
}

// adapt moves the threshold towards the path's noise: a constant one would starve next to TCP (draft, section 5.4).
func (t *trend) adapt(m float64, now time.Duration) {
	dt := min(ms(now-t.adapted), 100)
	t.adapted = now
	if m > t.threshold+outlier || dt < 0 {
		return
	}
	k := thresholdUp
	if m < t.threshold {
		k = thresholdDown
	}
	t.threshold += k * (m - t.threshold) * dt
	t.threshold = min(max(t.threshold, thresholdLeast), thresholdMost)
}
