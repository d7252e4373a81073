package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/conclave-meet/conclave/e2e/bench/bare"
	"github.com/conclave-meet/conclave/e2e/bench/load"
	"github.com/conclave-meet/conclave/e2e/bench/profile"
)

// missed begins the lines of others that tell of a limit that was missed.
const missed = "missed: "

// Run is everything that one run measured.
type Run struct {
	At       time.Time
	Machine  []string // what it was measured on, in lines
	Servers  []string // in the order of the tables; ours is the first
	Rows     []Row
	Ramps    []RampRow
	Growth   []Growth
	Profile  *Profile
	Browsers []string // what browsers negotiated, in lines
	Sealing  []string // what end-to-end encryption costs, in lines; those that begin with missed are limits that were missed
	Floor    []string // what `go test -bench` printed
	Missing  []string // what could not be measured, and why, in lines
}

// Row is one pattern with one SRTP profile.
type Row struct {
	Pattern load.Pattern
	Profile string
	Burst   bool                     // frames left back to back
	Results map[string][]load.Result // by server, one of each round
	Bare    []bare.Delay             // of a program that only copies, one of each round; none where it was not measured
}

// RampRow is how far each server went with one pattern.
type RampRow struct {
	Pattern load.Pattern
	Profile string
	Ramp    load.Ramp
	Steps   map[string][]load.Result // by server
}

// Growth is one size of a room on our relay.
type Growth struct {
	Pattern load.Pattern
	Result  load.Result
}

// Profile says where our relay's CPU time went.
type Profile struct {
	Pattern load.Pattern
	Result  load.Result
	Shares  []profile.Share
}

// middle is the result of a row's rounds that stands for them: the one with the median cost, of those that are not
// tainted where there are any. ok is false where there are none.
func middle(all []load.Result) (r load.Result, ok bool) {
	clean := slices.DeleteFunc(slices.Clone(all), func(r load.Result) bool { return r.Tainted != "" })
	if len(clean) == 0 {
		clean = slices.Clone(all)
	}
	if len(clean) == 0 {
		return load.Result{}, false
	}
	slices.SortFunc(clean, func(a, b load.Result) int { return cmp.Compare(a.Micros, b.Micros) })
	n := len(clean)
	r = clean[n/2]
	if n%2 == 0 {
		r.Micros = (clean[n/2-1].Micros + clean[n/2].Micros) / 2
	}
	return r, true
}

// delay is the median of what the rounds of a server were late, for half and for all but one of a hundred of the packets:
// one round on a machine that others use too says little. ok is false where there are none.
func delay(all []load.Result) (d bare.Delay, ok bool) {
	var rounds []bare.Delay
	for _, r := range all {
		rounds = append(rounds, bare.Delay{P50: r.P50, P99: r.P99, Samples: r.Samples})
	}
	return median(rounds)
}

func median(all []bare.Delay) (d bare.Delay, ok bool) {
	if len(all) == 0 {
		return d, false
	}
	middle := func(of func(bare.Delay) time.Duration) time.Duration {
		var x []time.Duration
		for _, d := range all {
			x = append(x, of(d))
		}
		slices.Sort(x)
		return x[len(x)/2]
	}
	return bare.Delay{
		P50: middle(func(d bare.Delay) time.Duration { return d.P50 }),
		P99: middle(func(d bare.Delay) time.Duration { return d.P99 }),
	}, true
}

// late compares our p99 delay with the best peer's, as it is and without what a bare copy takes. ok is false where one of
// them is missing.
func (r Row) late(servers []string) (whole, own float64, ok bool) {
	ours, ok := delay(r.Results[servers[0]])
	if !ok {
		return 0, 0, false
	}
	best := time.Duration(0)
	for _, s := range servers[1:] {
		if peer, ok := delay(r.Results[s]); ok && (best == 0 || peer.P99 < best) {
			best = peer.P99
		}
	}
	least, ok := median(r.Bare)
	if best == 0 || !ok || best <= least.P99 {
		return 0, 0, false
	}
	return float64(ours.P99) / float64(best), float64(max(0, ours.P99-least.P99)) / float64(best-least.P99), true
}

// Limited reports whether a row has a limit. AES-CM has none: it is measured, but no browser negotiates it with a relay
// that is the DTLS server.
func (r Row) Limited() bool { return !r.Burst && r.Profile == load.GCM }

// limit is the largest ratio of our cost to the better peer's that a pattern may have (issue 3, point 1).
func limit(p load.Pattern) float64 {
	switch p.String() {
	case "1→50", "10×10":
		return 0.45
	}
	return 0.6
}

// rampLimit is how much more than the better peer our relay must carry.
const rampLimit = 1.5

// ratio compares ours with the better peer. ok is false where there is no peer, or nothing of ours.
func (r Row) ratio(servers []string) (x float64, ok bool) {
	ours, ok := middle(r.Results[servers[0]])
	if !ok {
		return 0, false
	}
	best := 0.0
	for _, s := range servers[1:] {
		if peer, ok := middle(r.Results[s]); ok && (best == 0 || peer.Micros < best) {
			best = peer.Micros
		}
	}
	if best == 0 {
		return 0, false
	}
	return ours.Micros / best, true
}

// most is the best step that a server took without breaking. proven is false where the generator may have been what
// broke.
func (r RampRow) most(server string) (best load.Result, proven, ok bool) {
	for _, x := range r.Steps[server] {
		if r.Ramp.Breaks(x) {
			proven = proven || x.Tainted == ""
			continue
		}
		if x.Forwarded > best.Forwarded {
			best, ok = x, true
		}
	}
	return best, proven, ok
}

func (r RampRow) ratio(servers []string) (x float64, ok bool) {
	ours, _, ok := r.most(servers[0])
	if !ok {
		return 0, false
	}
	best := 0.0
	for _, s := range servers[1:] {
		if peer, _, ok := r.most(s); ok {
			best = max(best, peer.Forwarded)
		}
	}
	if best == 0 {
		return 0, false
	}
	return ours.Forwarded / best, true
}

// Missed are the limits that the run did not keep, in lines.
func (r *Run) Missed() (all []string) {
	for _, row := range r.Rows {
		if x, ok := row.ratio(r.Servers); ok && row.Limited() && x > limit(row.Pattern) {
			all = append(all, row.Pattern.String()+" with "+row.Profile+": "+times(x)+" of the better peer's cost; the limit is "+times(limit(row.Pattern)))
		}
	}
	for _, row := range r.Ramps {
		if x, ok := row.ratio(r.Servers); ok && x < rampLimit {
			all = append(all, row.Pattern.String()+" with "+row.Profile+": "+times(x)+" times the better peer's packets; the limit is "+times(rampLimit))
		}
	}
	for _, line := range r.Sealing {
		if what, ok := strings.CutPrefix(line, missed); ok {
			all = append(all, what)
		}
	}
	return all
}
