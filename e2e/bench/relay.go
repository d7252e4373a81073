package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime/pprof"
	"time"

	"github.com/conclave-meet/conclave/relay/web"
)

// relay runs the relay as `conclave serve` does, but writes a CPU profile: people's relays
// have no such door. The profile ends with the process.
func relay(ctx context.Context, args []string, out io.Writer) (err error) {
	f := flag.NewFlagSet("relay", flag.ContinueOnError)
	file := f.String("profile", "", "`file` of the CPU profile")
	after := f.Duration("after", 0, "begin the profile after this `time`")
	if err := f.Parse(args); err != nil {
		return err
	}
	serve := flag.NewFlagSet("serve", flag.ContinueOnError)
	listen := serve.String("listen", "", "")
	data := serve.String("data", "", "")
	open := serve.String("rooms-open", "", "")
	members := serve.Int("room-members", 0, "")
	if f.NArg() == 0 || f.Arg(0) != "serve" {
		return errors.New("say serve")
	}
	if err := serve.Parse(f.Args()[1:]); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	srv, err := web.New(web.Config{
		Data: *data, Open: *open, Members: *members, Loopback: true, UDP: netip.AddrPortFrom(netip.Addr{}, 0),
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	stopProfile, err := profileAfter(*file, *after)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	fmt.Fprintf(out, "Conclave is at http://%s\n", ln.Addr())
	select {
	case <-ctx.Done():
	case err = <-served:
		served <- nil
	}
	end, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(err, stopProfile(), srv.Close(end), <-served)
}

// profileAfter begins a CPU profile after a while. stop ends it and writes the file.
func profileAfter(name string, after time.Duration) (stop func() error, err error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	begun := make(chan error, 1)
	t := time.AfterFunc(after, func() { begun <- pprof.StartCPUProfile(f) })
	return func() error {
		if t.Stop() {
			return errors.Join(errors.New("the relay ended before its profile began"), f.Close())
		}
		err := <-begun
		pprof.StopCPUProfile()
		return errors.Join(err, f.Close())
	}, nil
}
