package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/conclave-meet/conclave/e2e/bench/adapter"
	"github.com/conclave-meet/conclave/e2e/bench/load"
	"github.com/conclave-meet/conclave/e2e/bench/server"
)

// options are what the caller of run chose.
type options struct {
	quick    bool
	only     string
	parts    string
	patterns string
	rounds   int
	measure  time.Duration
	rate     float64
	core     int // of the server
	loadCore int // of the generator
	first    bool

	conclave, livekit, janus string // programs; "": look for them
	doc, plot                string // files to write; "": none
	floor, browsers, sealing string // files with what others printed
}

// Parts of a run.
const (
	partCost    = "cost"
	partCM      = "cm"
	partBurst   = "burst"
	partRamp    = "ramp"
	partGrowth  = "growth"
	partProfile = "profile"
)

var allParts = []string{partCost, partCM, partBurst, partRamp, partGrowth, partProfile}

func parse(args []string, out io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench run", flag.ContinueOnError)
	f.SetOutput(out)
	f.BoolVar(&o.quick, "quick", false, "two patterns and short times: shows that all of it works, measures little")
	f.StringVar(&o.only, "only", "", "`servers` to measure, comma-separated (all: Conclave,LiveKit,Janus)")
	f.StringVar(&o.parts, "parts", strings.Join(allParts, ","), "`parts` to measure, comma-separated")
	f.StringVar(&o.patterns, "patterns", "", "`patterns` of the tables, comma-separated, as 1-50 or 10x10 (all)")
	f.IntVar(&o.rounds, "rounds", 5, "`times` that each pattern is measured on each server, in turn (AES-CM and bursts: once)")
	f.DurationVar(&o.measure, "measure", 6*time.Second, "`time` that is counted of each")
	f.Float64Var(&o.rate, "rate", 104, "video `packets` per second of each publisher; 104 are about 1 Mbit/s")
	f.IntVar(&o.core, "core", 0, "`core` of the server")
	f.IntVar(&o.loadCore, "load-core", 1, "`core` of the generator")
	f.BoolVar(&o.first, "first", false, "run server and generator before everything else on their cores (root), on a machine that others use too")
	f.StringVar(&o.conclave, "conclave", "", "`file` of the relay")
	f.StringVar(&o.livekit, "livekit", "", "`file` of LiveKit's server; where there is none, LiveKit is left out")
	f.StringVar(&o.janus, "janus", "janus", "`file` of Janus; where there is none, Janus is left out")
	f.StringVar(&o.doc, "doc", "", "`file` whose measured part is replaced")
	f.StringVar(&o.plot, "plot", "", "`file` (PNG) of the plots")
	f.StringVar(&o.floor, "floor", "", "`file` with the relay's micro-benchmarks, to be quoted")
	f.StringVar(&o.browsers, "browsers", "", "`file` with what browsers negotiated, to be quoted")
	f.StringVar(&o.sealing, "sealing", "", "`file` with what end-to-end encryption costs, to be quoted; lines that begin with \"missed: \" are limits that were missed")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	for _, p := range o.has() {
		if !slices.Contains(allParts, p) {
			return o, fmt.Errorf("there is no part %q", p)
		}
	}
	for _, name := range o.named() {
		if !slices.ContainsFunc(table, func(p load.Pattern) bool { return p.String() == name }) {
			return o, fmt.Errorf("there is no pattern %q", name)
		}
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q is no flag", f.Arg(0))
	case o.rate < 1:
		return o, errors.New("-rate is below 1")
	case o.rounds < 1:
		return o, errors.New("-rounds is below 1")
	case o.core == o.loadCore:
		return o, errors.New("server and generator need a core each")
	case runtime.NumCPU() < 2:
		return o, errors.New("two cores are needed: one for the server, one for the generator")
	}
	return o, nil
}

func (o options) has() []string { return strings.Split(o.parts, ",") }

func (o options) part(name string) bool { return slices.Contains(o.has(), name) }

// named are the patterns that were chosen, as they are written in the tables; none: all of them.
func (o options) named() []string {
	if o.patterns == "" {
		return nil
	}
	return strings.Split(strings.NewReplacer("-", "→", "x", "×").Replace(o.patterns), ",")
}

func (o options) plays(p load.Pattern) bool {
	return o.patterns == "" || slices.Contains(o.named(), p.String())
}

// places are where the server and the generator run. The generator goes first: a late one measures nothing.
func (o options) places() (srv, generator server.Place) {
	srv, generator = server.Place{Core: o.core}, server.Place{Core: o.loadCore}
	if o.first {
		srv.Priority, generator.Priority = 1, 2
	}
	return srv, generator
}

// kinds are the servers to measure, ours first, and why others are left out.
func (o options) kinds() (all []server.Kind, missing []string, err error) {
	wanted := func(name string) bool {
		return o.only == "" || slices.ContainsFunc(strings.Split(o.only, ","), func(s string) bool { return strings.EqualFold(s, name) })
	}
	if wanted(adapter.Conclave) {
		if o.conclave == "" {
			return nil, nil, errors.New("say where the relay is (-conclave)")
		}
		file, err := filepath.Abs(o.conclave) // servers run in folders of their own
		if err != nil {
			return nil, nil, err
		}
		all = append(all, server.Conclave(file))
	}
	for _, peer := range []struct {
		name, program string
		kind          func(string) server.Kind
	}{{adapter.LiveKit, o.livekit, server.LiveKit}, {adapter.Janus, o.janus, server.Janus}} {
		if !wanted(peer.name) {
			continue
		}
		file, err := exec.LookPath(peer.program)
		if err == nil {
			file, err = filepath.Abs(file)
		}
		if err != nil {
			missing = append(missing, peer.name+" was left out: "+err.Error())
			continue
		}
		all = append(all, peer.kind(file))
	}
	return all, missing, nil
}

// clientAddress is this machine's first IPv4 address that is not loopback, else 127.0.0.1. Packets to it stay in the
// machine all the same. Janus's ICE (libnice) does not answer clients on 127.0.0.1.
func clientAddress() (netip.Addr, error) {
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	all, err := net.InterfaceAddrs()
	if err != nil {
		return loopback, fmt.Errorf("list the addresses: %w", err)
	}
	for _, a := range all {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		if ip, ok := netip.AddrFromSlice(n.IP.To4()); ok && ip.IsGlobalUnicast() {
			return ip, nil
		}
	}
	return loopback, nil
}

// lines are the lines of a file that match; none where there is no file.
func lines(file string, match func(string) bool) (all []string, err error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for l := range strings.Lines(string(b)) {
		if l = strings.TrimRight(l, "\r\n"); match(l) {
			all = append(all, l)
		}
	}
	return all, nil
}
