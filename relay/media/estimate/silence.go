package estimate

import "time"

// Times without a report.
const (
	// Without a report for so long the path is taken to be cut, or full beyond all delays known: each such time halves the
	// rate. Browsers report every 50 to 250 ms.
	silence = time.Second

	// Who has not reported for so long from the first packet on never will, and is not limited.
	deafness = 3 * time.Second
)

// silent is a time without reports, and what was known before it.
type silent struct {
	halved time.Duration // for which the rate was halved already; 0: reports come
	rate   Bitrate
	proven bool
}

// await waits for the first report.
func (e *Estimator) await(at time.Duration) {
	switch {
	case e.sent.next.Load() == 0:
	case e.begun == 0:
		e.begun = max(at, 1)
	case at-e.begun > deafness:
		e.deaf = true
	}
}

// listen halves the rate for each second without a report on packets that were sent.
func (e *Estimator) listen(at time.Duration) {
	oldest, ok := e.sent.get(e.newest)
	if !ok || oldest.at < e.reported {
		oldest.at = e.reported
	}
	if next := e.sent.next.Load(); e.newest >= next {
		return // nothing to report on
	}
	if at-oldest.at < silence+e.silent.halved+e.rtt {
		return
	}
	if e.silent.halved == 0 {
		e.silent.rate, e.silent.proven = e.control.rate, e.isProven
	}
	e.silent.halved += silence
	e.control.set(e.control.rate / 2)
	e.prove(at)
}

// hear ends a silence: r is the first report after it.
func (e *Estimator) hear(at time.Duration, r *round) {
	// What is known of delays is old.
	e.trend.reset()
	e.losses.begin(at)
	e.prober.next = at + silence/2
	if r.late(at - e.rtt) {
		e.control.set(max(e.control.rate, e.silent.rate))
		e.isProven = e.silent.proven
	}
	e.silent = silent{}
}

// late reports whether a report is of good news that only came late: it goes back into the silence, and nearly all of that
// had met no queue. Then it was the receiver that got no time to run, or the way back that was cut.
func (r *round) late(at time.Duration) bool {
	const most = 20 // the twentieth part may be lost
	return at-r.first >= silence/2 && r.missed*most <= r.packets && r.worst <= mostQueue
}
