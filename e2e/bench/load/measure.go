package load

import (
	"context"
	"os"
	"slices"
	"time"
)

// count is the state of all counters at one time.
type count struct {
	at       time.Time
	server   time.Duration // CPU time
	core     time.Duration
	own      time.Duration
	sent     uint64 // packets of all sources
	videoDue uint64 // copies of video packets that are due
	totals
	overflow uint64
}

// quiet stops sending for a moment, so that nothing is under way, and counts.
func (r *room) quiet(ctx context.Context) (count, error) {
	r.pump.pause.Store(true)
	defer r.pump.pause.Store(false)
	if err := wait(ctx, quietTime); err != nil {
		return count{}, err
	}
	return r.count()
}

func (r *room) count() (c count, err error) {
	c.at = time.Now()
	if c.server, err = cpuTime(r.spec.PID); err != nil {
		return c, err
	}
	if c.own, err = cpuTime(os.Getpid()); err != nil {
		return c, err
	}
	if c.core, err = coreTime(r.spec.Core); err != nil {
		return c, err
	}
	for _, s := range r.pump.all() {
		n := s.sent.Load()
		c.sent += n
		if s.video {
			c.videoDue += n * uint64(r.spec.Pattern.Fan())
		}
	}
	for _, t := range r.poller.all() {
		x := t.totals()
		c.video += x.video
		c.audio += x.audio
		c.audioDue += x.audioDue
		c.other += x.other
		c.overflow += overflowed(t.fd)
	}
	return c, r.failure()
}

// measure lets everybody send at a rate, and reports what that cost.
func (r *room) measure(ctx context.Context, rate float64, report func(Result)) error {
	x, err := r.sample(ctx, rate, r.spec.Warm, r.spec.Measure)
	if err == nil {
		report(x)
	}
	return err
}

// sample measures once.
func (r *room) sample(ctx context.Context, rate float64, warm, length time.Duration) (Result, error) {
	for _, s := range r.pump.all() {
		if s.video {
			s.rate.Store(int64(rate))
		}
	}
	if err := wait(ctx, warm); err != nil {
		return Result{}, err
	}
	a, err := r.quiet(ctx)
	if err != nil {
		return Result{}, err
	}
	r.pump.late.Store(0)
	r.timing.Store(true)
	err = wait(ctx, length)
	r.timing.Store(false)
	if err != nil {
		return Result{}, err
	}
	late := time.Duration(r.pump.late.Load())
	b, err := r.quiet(ctx)
	if err != nil {
		return Result{}, err
	}
	x := between(a, b)
	x.Rate, x.Late = rate, late
	x.P50, x.P99, x.Samples = r.takeDelays()
	if x.RSS, err = memory(r.spec.PID); err != nil {
		return Result{}, err
	}
	x.judge()
	return x, nil
}

// between is the result of what was counted before and after.
func between(a, b count) Result {
	sec := b.at.Sub(a.at).Seconds()
	video, audio := b.video-a.video, b.audio-a.audio
	// Video is counted against what was sent. Of audio a server may forward the loudest only: it is counted against
	// its own sequence numbers.
	due := b.videoDue - a.videoDue + b.audioDue - a.audioDue
	got := video + audio
	x := Result{
		Sent: float64(b.sent-a.sent) / sec, Forwarded: float64(got) / sec, Other: float64(b.other-a.other) / sec,
		Busy: (b.server - a.server).Seconds() / sec, OwnBusy: (b.own - a.own).Seconds() / sec,
		Overflow: b.overflow - a.overflow,
	}
	if got > 0 {
		x.Micros = float64((b.server - a.server).Nanoseconds()) / 1e3 / float64(got)
		x.CoreUS = float64((b.core - a.core).Nanoseconds()) / 1e3 / float64(got)
	}
	if due > got {
		x.Loss = 1 - float64(got)/float64(due)
	}
	return x
}

func (r *room) takeDelays() (p50, p99 time.Duration, n int) {
	r.mu.Lock()
	all := r.delays
	r.delays = nil
	r.mu.Unlock()
	if len(all) == 0 {
		return 0, 0, 0
	}
	slices.Sort(all)
	at := func(share float64) time.Duration { return all[int(share*float64(len(all)-1))] }
	return at(0.50), at(0.99), len(all)
}

// Breaks tells whether x is beyond what r allows.
func (r *Ramp) Breaks(x Result) bool {
	return x.Loss > r.MaxLoss || x.P99 > r.MaxP99 || x.Samples == 0
}

// climb raises the rate until the server breaks, and then halves the last step twice.
func (r *room) climb(ctx context.Context, report func(Result)) error {
	ramp := r.spec.Ramp
	good, bad := 0.0, 0.0
	for rate := r.spec.Rate; bad == 0; rate = good * ramp.Factor {
		x, ok, err := r.try(ctx, rate, report)
		switch {
		case err != nil || ok && x.Forwarded >= ramp.Most:
			return err
		case ok:
			good = rate
		default:
			bad = rate
		}
	}
	for range 2 {
		rate := (good + bad) / 2
		_, ok, err := r.try(ctx, rate, report)
		if err != nil {
			return err
		}
		if ok {
			good = rate
		} else {
			bad = rate
		}
	}
	return nil
}

// try measures one step of a ramp. One that breaks is tried again: other things on the machine break one as well, and a
// server that has just been flooded may still be busy with that.
func (r *room) try(ctx context.Context, rate float64, report func(Result)) (x Result, ok bool, err error) {
	const tries = 3
	for range tries {
		x, err = r.sample(ctx, rate, r.spec.Warm, r.spec.Measure)
		if err != nil {
			return x, false, err
		}
		if ok = !r.spec.Ramp.Breaks(x); ok {
			break
		}
	}
	report(x)
	return x, ok, nil
}
