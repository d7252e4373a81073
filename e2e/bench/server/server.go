package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Kind is one of the servers that can be measured.
type Kind struct {
	Name    string // as package adapter calls it
	Program string // its file
	// configure writes what the server needs into dir and returns its arguments and its URL for clients. The URL is
	// "" where the server says it itself.
	configure func(dir string) (args []string, url string, err error)
	// said finds the URL in what the server printed.
	said func(output string) (url string, ok bool)
}

// Server is a server that runs.
type Server struct {
	URL string
	PID int

	cmd    *exec.Cmd
	dir    string
	ended  chan struct{} // closed when the process has ended
	output string        // file
}

// Times of a server.
const (
	startTime = 15 * time.Second
	stopTime  = 5 * time.Second
	lookTime  = 20 * time.Millisecond
)

// Start starts a server somewhere and waits until it takes connections.
func (k Kind) Start(ctx context.Context, on Place) (_ *Server, err error) {
	dir, err := os.MkdirTemp("", "conclave-bench-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, ended: make(chan struct{}), output: filepath.Join(dir, "output")}
	args, url, err := k.configure(dir)
	if err == nil {
		s.URL = url
		err = s.run(k, on, args)
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("start %s: %w", k.Name, err)
	}
	if err := s.ready(ctx, k); err != nil {
		err = fmt.Errorf("start %s: %w\n%s", k.Name, err, s.Output())
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) run(k Kind, on Place, args []string) error {
	out, err := os.Create(s.output)
	if err != nil {
		return err
	}
	defer out.Close()
	s.cmd = exec.Command(k.Program, args...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.dir, out, out
	if err := on.Start(s.cmd); err != nil {
		return err
	}
	s.PID = s.cmd.Process.Pid
	go func() {
		_ = s.cmd.Wait() // how it ended does not matter: Stop ends it by a signal
		close(s.ended)
	}()
	return nil
}

// ready waits until the server takes connections.
func (s *Server) ready(ctx context.Context, k Kind) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		if s.URL == "" {
			s.URL, _ = k.said(s.Output())
		}
		if s.URL != "" && listens(ctx, s.URL) {
			return nil
		}
		select {
		case <-s.ended:
			return errors.New("it ended")
		case <-ctx.Done():
			return errors.New("it takes no connections")
		case <-time.After(lookTime):
		}
	}
}

// listens tells whether somebody takes connections at the host and port of a URL.
func listens(ctx context.Context, url string) bool {
	_, host, _ := strings.Cut(url, "://")
	if at := strings.LastIndex(host, "@"); at >= 0 {
		host = host[at+1:]
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", strings.TrimSuffix(host, "/"))
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// Output is the end of what the server printed.
func (s *Server) Output() string {
	const most = 4000
	b, err := os.ReadFile(s.output)
	if err != nil {
		return ""
	}
	return string(b[max(0, len(b)-most):])
}

// Stop ends the server and waits for its end.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case <-s.ended:
	case <-time.After(stopTime):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
	_ = os.RemoveAll(s.dir)
}

// freePort is a port of loopback that nobody uses just now.
func freePort(network string) (int, error) {
	if network == "udp4" {
		c, err := net.ListenPacket(network, "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		defer c.Close()
		return c.LocalAddr().(*net.UDPAddr).Port, nil // net.ListenPacket gives no other
	}
	l, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
