// Command bench measures what a forwarded packet costs Conclave's relay, LiveKit and Janus, side by side.
//
//	bench run      everything; prints the tables and writes docs/performance.md (make bench)
//	bench load     plays one room against a server; reads a load.Spec from stdin, writes results to stdout
//	bench relay    runs the relay with a CPU profile, for run
//	bench bare     copies packets and does nothing else, or measures that, for run
//
// `bench run -h` lists what can be chosen. The server is alone on one core and the generator on another, so two cores
// are needed; run takes care of both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := bench(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say run, load, relay or bare")
	}
	switch args[0] {
	case "run":
		return run(ctx, args[1:], os.Stdout)
	case "load":
		return playStdin(ctx, os.Stdin, os.Stdout)
	case "relay":
		return relay(ctx, args[1:], os.Stdout)
	case "bare":
		return bareCommand(ctx, args[1:], os.Stdin, os.Stdout)
	}
	return fmt.Errorf("there is no %q: say run, load, relay or bare", args[0])
}
