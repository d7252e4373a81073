package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/conclave-meet/conclave/e2e/bench/load"
	"github.com/conclave-meet/conclave/e2e/bench/report"
	"github.com/conclave-meet/conclave/e2e/bench/server"
)

// What publishers send: packets of 1,200 bytes, at the usual rate 26 frames of four packets a second.
const (
	packetSize = 1200
	framePacks = 4
	// sampleOne decrypts so few packets that the generator does not feel it, at any rate.
	sampleOne = 32
	// sampled is how many packets of a second it can decrypt at any time. More are better: those of one moment tell the same.
	sampled = 3000
)

// sampling is one packet in how many is decrypted of a pattern at a rate. It is odd, so that it is not always the same one
// of a frame.
func sampling(p load.Pattern, rate float64) int {
	all := rate * float64(p.Publishers*p.Fan())
	return min(int(all/sampled)|1, sampleOne)
}

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
	r.result.Sealing, err = lines(r.o.sealing, func(l string) bool { return l != "" })
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
	return slices.DeleteFunc(slices.Clone(table), func(p load.Pattern) bool { return !r.o.plays(p) })
}

// table are the patterns of the tables.
var table = []load.Pattern{
	{Publishers: 1, Receivers: 10}, {Publishers: 1, Receivers: 50}, {Publishers: 1, Receivers: 100},
	{Publishers: 5, Mesh: true}, {Publishers: 10, Mesh: true},
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
		Rate: r.o.rate, Size: packetSize, Frame: framePacks, Sample: sampleOne,
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
