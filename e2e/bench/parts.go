package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/conclave-meet/conclave/e2e/bench/load"
	"github.com/conclave-meet/conclave/e2e/bench/profile"
	"github.com/conclave-meet/conclave/e2e/bench/report"
	"github.com/conclave-meet/conclave/e2e/bench/server"
)

// table measures patterns on all servers in turn, as many times as said.
func (r *runner) table(ctx context.Context, patterns []load.Pattern, rounds int, change func(*load.Spec)) error {
	rows := make([]report.Row, len(patterns))
	for range rounds {
		for i, p := range patterns {
			for _, k := range r.kinds {
				s := r.spec(p, load.GCM)
				s.Sample = sampling(p, s.Rate)
				change(&s)
				all, err := r.play(ctx, k, s)
				if err != nil {
					if err := r.peerFails(k, err); err != nil {
						return err
					}
					continue
				}
				if rows[i].Results == nil {
					rows[i] = report.Row{Pattern: p, Profile: s.Profile, Burst: s.Burst, Results: map[string][]load.Result{}}
				}
				rows[i].Results[k.Name] = append(rows[i].Results[k.Name], all...)
			}
			if rows[i].Results == nil || !rows[i].Limited() {
				continue
			}
			d, err := r.bare(ctx, r.spec(p, load.GCM))
			if err != nil {
				return err
			}
			rows[i].Bare = append(rows[i].Bare, d)
		}
	}
	r.result.Rows = append(r.result.Rows, rows...)
	return nil
}

func (r *runner) costs(ctx context.Context) error {
	rounds := r.o.rounds
	if r.o.quick {
		rounds = 1
	}
	return r.table(ctx, r.patterns(), rounds, func(*load.Spec) {})
}

func (r *runner) costsCM(ctx context.Context) error {
	return r.table(ctx, r.patterns(), 1, func(s *load.Spec) { s.Profile = load.CM })
}

func (r *runner) costsBurst(ctx context.Context) error {
	return r.table(ctx, r.hard(), 1, func(s *load.Spec) { s.Burst = true })
}

// ramps raises the rate on every server until it breaks.
func (r *runner) ramps(ctx context.Context) error {
	profiles := []string{load.GCM, load.CM}
	ramp := load.Ramp{Factor: 1.4, MaxLoss: 0.001, MaxP99: 20 * time.Millisecond, Most: 2e6}
	if r.o.quick {
		return nil // a ramp is as long as the server is good
	}
	for _, profile := range profiles {
		for i, p := range r.hard() {
			if i > 0 && profile == load.CM {
				break // what CM adds is the same for all patterns
			}
			row := report.RampRow{Pattern: p, Profile: profile, Ramp: ramp, Steps: map[string][]load.Result{}}
			for _, k := range r.kinds {
				s := r.spec(p, profile)
				s.Ramp, s.Warm, s.Measure = &ramp, time.Second, 2500*time.Millisecond
				const firstStep = 50_000 // forwarded packets per second
				s.Rate = firstStep / float64(p.Publishers*p.Fan())
				all, err := r.play(ctx, k, s)
				if err != nil {
					if err := r.peerFails(k, err); err != nil {
						return err
					}
				}
				row.Steps[k.Name] = all
			}
			r.result.Ramps = append(r.result.Ramps, row)
		}
	}
	return nil
}

// growth measures rooms of all sizes on our relay.
func (r *runner) growth(ctx context.Context) error {
	sizes := report.Sizes()
	if r.o.quick {
		sizes = []load.Pattern{sizes[0], sizes[4]}
	}
	for _, p := range sizes {
		all, err := r.play(ctx, r.kinds[0], r.spec(p, load.GCM))
		if err != nil {
			return err
		}
		for _, x := range all {
			r.result.Growth = append(r.result.Growth, report.Growth{Pattern: p, Result: x})
		}
	}
	return nil
}

// profileRate makes enough work for a profile: about 100,000 forwarded packets per second at 1→50.
const profileRate = 2000

// profile sums up where our relay's time goes.
func (r *runner) profile(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "conclave-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s := r.spec(load.Pattern{Publishers: 1, Receivers: 50}, load.GCM)
	s.Rate, s.Measure = profileRate, cmp.Or(map[bool]time.Duration{true: 3 * time.Second}[r.o.quick], 20*time.Second)
	file := filepath.Join(dir, "cpu.pprof")
	// People join during the first seconds; what that costs is no part of a packet.
	k := server.Conclave(self, "relay", "-profile", file, "-after", "4s")
	all, err := r.play(ctx, k, s)
	if err != nil {
		return err
	}
	shares, err := profile.Sum(file)
	if err != nil {
		return err
	}
	if len(all) == 1 {
		r.result.Profile = &report.Profile{Pattern: s.Pattern, Result: all[0], Shares: shares}
	}
	return nil
}
