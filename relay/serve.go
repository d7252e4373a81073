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
	"os/signal"
	"syscall"
	"time"

	"github.com/conclave-meet/conclave/relay/web"
)

// stopTime is how long a shutdown may take, from the signal to the end of the process.
const stopTime = 5 * time.Second

// serve runs the relay until SIGINT or SIGTERM.
func serve(args []string, out, errs io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	var s settings
	rest, err := parse(s.flags(), args, out, os.LookupEnv)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case len(rest) > 0:
		return fmt.Errorf("serve takes flags only, not %q", rest[0])
	}
	return s.run(ctx, out, slog.New(slog.NewTextHandler(errs, nil)))
}

// run serves until ctx ends. The HTTP port is opened first, so that port 0 gives both ports one number.
func (s *settings) run(ctx context.Context, out io.Writer, l *slog.Logger) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	cfg.Logger = l
	growHeap()
	ln, err := s.open()
	if err != nil {
		return err
	}
	port := ln.Addr().(*net.TCPAddr).Port // net.Listen("tcp") gives no other
	if s.mediaPort == 0 {
		cfg.UDP = netip.AddrPortFrom(cfg.UDP.Addr(), uint16(port))
	}
	cfg.Address = s.site(port)
	srv, err := web.New(cfg)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	err = greet(out, cfg.Address, srv)
	if err == nil {
		select {
		case <-ctx.Done():
			l.Info("stopping")
		case err = <-served:
			served <- nil
		}
	}
	end, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return errors.Join(err, srv.Close(end), <-served)
}

// greet tells the operator where the site is, and how to become the first host.
func greet(out io.Writer, site string, srv *web.Server) error {
	token, err := srv.FirstHost()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Conclave is at %s\nMedia comes in on UDP port %d\n", site, srv.MediaPort())
	if token != "" {
		fmt.Fprintf(out, "\nNobody has a host account yet. Choose name and password of the first one here, once:\n\n    %s\n\n",
			link(site, token))
	}
	return nil
}

// link is a one-time link. The token is in the fragment, which browsers send to no server and to no other site.
func link(site, token string) string { return site + "/_/enrol#" + token }
