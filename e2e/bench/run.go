package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/conclave-meet/conclave/e2e/bench/load"
	"github.com/conclave-meet/conclave/e2e/bench/profile"
	"github.com/conclave-meet/conclave/e2e/bench/report"
	"github.com/conclave-meet/conclave/e2e/bench/server"
)

// What publishers send: about 1 Mbit/s in packets of 1,200 bytes, 26 frames of four packets a second.
const (
	usualRate  = 104 // packets per second
	packetSize = 1200
	framePacks = 4
	// sampleOne decrypts so few packets that the generator does not feel it.
	sampleOne = 32
)

// profileRate makes enough work for a profile: about 100,000 forwarded packets per second at 1→50.
const profileRate = 2000

// runner carries out a run.
type runner struct {
	o       options
	out     io.Writer
	address netip.Addr // of the clients
	kinds   []server.Kind
	result  report.Run
}

// run measures everything, prints it, and writes the document.
func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	r := &runner{o: o, out: out}
	if err := r.prepare(); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		do   func(context.Context) error
	}{
		{partCost, r.costs}, {partCM, r.costsCM}, {partBurst, r.costsBurst},
		{partRamp, r.ramps}, {partGrowth, r.growth}, {partProfile, r.profile},
	} {
		if !o.part(part.name) {
			continue
		}
		if err := part.do(ctx); err != nil {
			return err
		}
	}
	return r.finish()
}

// prepare finds the servers and notes what the run is about.
func (r *runner) prepare() (err error) {
	if r.kinds, r.result.Missing, err = r.o.kinds(); err != nil {
		return err
	}
	if r.address, err = clientAddress(); err != nil {
		return err
	}
	for _, k := range r.kinds {
		r.result.Servers = append(r.result.Servers, k.Name)
	}
	if len(r.kinds) == 0 {
		return errors.New("there is nothing to measure")
	}
	r.result.At, r.result.Machine = time.Now(), machine(r.kinds)
	r.result.Floor, err = lines(r.o.floor, func(l string) bool {
		return strings.HasPrefix(l, "BenchmarkFloor") || strings.HasPrefix(l, "BenchmarkForward")
	})
	if err != nil {
		return err
	}
	r.result.Browsers, err = lines(r.o.browsers, func(l string) bool { return l != "" })
	for _, l := range r.result.Missing {
		fmt.Fprintln(r.out, l)
	}
	return err
}

// finish prints and writes what was measured.
func (r *runner) finish() error {
	if err := r.result.Write(r.out); err != nil {
		return err
	}
	plot := ""
	if r.o.plot != "" && len(r.result.Growth) > 0 {
		if err := r.result.Plot(r.o.plot); err != nil {
			return err
		}
		plot = filepath.Base(r.o.plot) // beside the document
	}
	if r.o.doc != "" {
		if err := report.ReplaceIn(r.o.doc, r.result.Markdown(plot)); err != nil {
			return err
		}
	}
	if missed := r.result.Missed(); len(missed) > 0 && !r.o.quick {
		return fmt.Errorf("%d limits were missed", len(missed))
	}
	return nil
}

// patterns are those of the table.
func (r *runner) patterns() []load.Pattern {
	if r.o.quick {
		return []load.Pattern{{Publishers: 1, Receivers: 10}, {Publishers: 5, Mesh: true}}
	}
	return []load.Pattern{
		{Publishers: 1, Receivers: 10}, {Publishers: 1, Receivers: 50}, {Publishers: 1, Receivers: 100},
		{Publishers: 5, Mesh: true}, {Publishers: 10, Mesh: true},
	}
}

// hard are the patterns of the ramps, and of everything that would take too long for all.
func (r *runner) hard() []load.Pattern {
	if r.o.quick {
		return nil
	}
	return []load.Pattern{{Publishers: 1, Receivers: 50}, {Publishers: 10, Mesh: true}}
}

func (r *runner) spec(p load.Pattern, profile string) load.Spec {
	s := load.Spec{
		Address: r.address, Core: r.o.core, Pattern: p, Profile: profile,
		Rate: usualRate, Size: packetSize, Frame: framePacks, Sample: sampleOne,
		Warm: 2 * time.Second, Measure: r.o.measure,
	}
	if r.o.quick {
		s.Warm, s.Measure = time.Second, 2*time.Second
	}
	return s
}

// play starts a server, plays s against it, and ends it.
func (r *runner) play(ctx context.Context, k server.Kind, s load.Spec) ([]load.Result, error) {
	started := time.Now()
	srvPlace, loadPlace := r.o.places()
	srv, err := k.Start(ctx, srvPlace)
	if err != nil {
		return nil, err
	}
	defer srv.Stop()
	s.Server, s.URL, s.PID = k.Name, srv.URL, srv.PID
	all, err := generate(ctx, s, loadPlace)
	what := fmt.Sprintf("%s %s %s", k.Name, s.Pattern, s.Profile)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%s: %w\n%s", what, err, srv.Output())
	}
	for _, x := range all {
		fmt.Fprintf(r.out, "%-22s %6.0f packets/s %6.2f µs loss %.3f %% p99 %.2f ms %3.0f MB core %3.0f %% generator %3.0f %% %s\n",
			what, x.Forwarded, x.Micros, 100*x.Loss, float64(x.P99)/1e6, x.RSS, 100*x.Busy, 100*x.OwnBusy, x.Tainted)
	}
	fmt.Fprintf(r.out, "%-22s took %v\n", what, time.Since(started).Round(time.Second/10))
	return all, nil
}

// peerFails notes that a peer could not be measured; the run goes on without. Ours must not fail.
func (r *runner) peerFails(k server.Kind, err error) error {
	if k.Name == r.kinds[0].Name || errors.Is(err, context.Canceled) {
		return err
	}
	what, _, _ := strings.Cut(err.Error(), "\n")
	fmt.Fprintln(r.out, err)
	r.result.Missing = append(r.result.Missing, what)
	return nil
}

// table measures patterns on all servers in turn, as many times as said.
func (r *runner) table(ctx context.Context, patterns []load.Pattern, rounds int, change func(*load.Spec)) error {
	rows := make([]report.Row, len(patterns))
	for range rounds {
		for i, p := range patterns {
			for _, k := range r.kinds {
				s := r.spec(p, load.GCM)
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
