package netns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
)

// Space is one more network namespace beside that of the test: a place that
// reaches the others only by what is plugged in. At first it has lo with
// 127.0.0.1.
//
// A namespace belongs to a thread. A Space keeps one whose only work is Do.
type Space struct {
	path string      // constant after New: of the namespace, for setns(2)
	work chan func() // closed by Close
}

// New makes a Space, inside of Run.
func New() (*Space, error) {
	s := &Space{work: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := s.enter()
		ready <- err
		if err != nil {
			return
		}
		for f := range s.work {
			f()
		}
	}()
	return s, <-ready
}

// enter moves the calling thread into a namespace of its own.
func (s *Space) enter() error {
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return fmt.Errorf("make a network namespace: %w", err)
	}
	s.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid())
	k, err := openKernel()
	if err != nil {
		return err
	}
	defer k.close()
	return k.up(lo)
}

// Do runs f in the namespace. A socket that f itself makes belongs to it for
// good, wherever it is used then; so does a program that f starts. Goroutines
// that f starts, as dialing by name does, are outside.
func (s *Space) Do(f func()) {
	done := make(chan struct{})
	s.work <- func() {
		defer close(done)
		f()
	}
	<-done
}

// Path is a file that names the namespace, as setns(2) and nsenter(1) want it.
// It is good until Close.
func (s *Space) Path() string { return s.path }

// Listen is net.Listen in the namespace. The address must be a number.
func (s *Space) Listen(network, address string) (l net.Listener, err error) {
	s.Do(func() { l, err = net.Listen(network, address) })
	return l, err
}

// ListenPacket is net.ListenPacket in the namespace. The address must be a
// number.
func (s *Space) ListenPacket(network, address string) (c net.PacketConn, err error) {
	s.Do(func() { c, err = net.ListenPacket(network, address) })
	return c, err
}

// Plug brings a device of the Space up, with the address own, and sends
// through it what goes from there to anywhere.
func (s *Space) Plug(device string, own netip.Addr) (err error) {
	s.Do(func() {
		err = plugInto(device, func(k kernel, index int) error { return k.plug(index, own, netip.Prefix{}) })
	})
	return err
}

// Plug brings a device of the test's own namespace up, and sends through it
// what goes from Address to other.
func Plug(device string, other netip.Addr) error {
	return plugInto(device, func(k kernel, index int) error {
		return errors.Join(k.up(index), k.route(index, netip.PrefixFrom(other, other.BitLen()), Address))
	})
}

func plugInto(device string, plug func(k kernel, index int) error) error {
	i, err := net.InterfaceByName(device)
	if err != nil {
		return err
	}
	k, err := openKernel()
	if err != nil {
		return err
	}
	defer k.close()
	if err := plug(k, i.Index); err != nil {
		return fmt.Errorf("plug %s in: %w", device, err)
	}
	return nil
}

// Close gives the namespace up. It ends when nothing is in it any more. It may
// be called once.
func (s *Space) Close() { close(s.work) }
