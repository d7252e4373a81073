package estimate

import "time"

// Loss as a sign of congestion.
const (
	lossWindow  = 500 * time.Millisecond
	lossPackets = 20 // in a window, or it goes on: fewer are no fraction

	// With a queue in the path this is a queue that overflows.
	lossQueued = 0.10
	queued     = 15 * time.Millisecond

	// Without one it may be a policer, which drops without holding back. That is tried out, for it is rare: a second of
	// less. Below this, what is lost is repaired.
	lossUnqueued = 0.15
	trialTime    = time.Second
	trialMost    = 5 * time.Second // for sending less to begin; else the limit stays
	trialLess    = 0.85            // of what was sent before
	trialHelped  = 0.6             // of the loss before: if that much is left at most, sending less was right
	inherentFor  = time.Minute
)

// lossVerdict is what is to be done about loss.
type lossVerdict uint8

const (
	lossFine    lossVerdict = iota
	lossFall                // the path is full
	lossTry                 // the path may be full: lower the rate, and keep the old one in mind
	lossRestore             // it was not: back to the old one
)

// losses tells loss by congestion from loss by nature.
type losses struct {
	all, lost int // in this window
	since     time.Duration
	part      float64 // smoothed

	trial    trial
	inherent float64       // loss that does not depend on the rate
	found    time.Duration // when that was seen
}

// trial is a while in which less is sent, to see whether less is lost.
type trial struct {
	on    bool
	begin time.Duration // of the trial, and then of the time in which less is sent
	less  bool          // is being sent
	loss  float64       // before
	sent  Bitrate       // before
}

// came and missed count a packet; late takes back what was counted as missed, but came after all.
func (l *losses) came()   { l.all++ }
func (l *losses) missed() { l.all++; l.lost++ }
func (l *losses) late()   { l.lost = max(l.lost-1, 0) }

// begin begins a window.
func (l *losses) begin(at time.Duration) { l.all, l.lost, l.since = 0, 0, at }

// judge looks at what was counted. queue is how much longer packets take than on the empty path.
func (l *losses) judge(s sample, queue time.Duration) lossVerdict {
	if l.all < lossPackets || s.at-l.since < lossWindow {
		return lossFine
	}
	part := float64(l.lost) / float64(l.all)
	l.part += (part - l.part) / 2
	l.begin(s.at)
	if s.at-l.found > inherentFor || part < l.inherent/2 {
		l.inherent = 0
	}
	switch {
	case l.trial.on:
		return l.conclude(s, part)
	case part > lossQueued && queue >= queued:
		return lossFall
	case min(part, l.part)-l.inherent > lossUnqueued && s.settled && s.sent > 0:
		l.trial = trial{on: true, begin: s.at, loss: l.part, sent: s.sent}
		return lossTry
	}
	return lossFine
}

// conclude ends the trial when less was sent for long enough, or cannot be sent.
func (l *losses) conclude(s sample, part float64) lossVerdict {
	t := &l.trial
	if less := float64(s.sent) <= trialLess*float64(t.sent); less != t.less {
		t.less, t.begin = less, s.at
		return lossFine
	}
	switch {
	case !t.less && s.at-t.begin > trialMost:
		t.on = false
	case !t.less || s.at-t.begin < trialTime:
	case part <= trialHelped*t.loss:
		t.on, l.part = false, part
	default:
		t.on, l.inherent, l.found = false, max(part, t.loss), s.at
		return lossRestore
	}
	return lossFine
}
