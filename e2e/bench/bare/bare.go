// Package bare measures what a server that sleeps between packets can hardly be faster than on a machine: a program that
// waits for a packet, copies it to as many receivers as a room has, and does nothing else. Where delays are short they are
// mostly the time that the machine takes to wake a program up, and that is the same for all servers.
package bare

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/conclave-meet/conclave/relay/media/stamp"
)

const (
	packetSize = 1200 // bytes, as in the tables
	// lastTime is how long the last copies are waited for.
	lastTime = 200 * time.Millisecond
)

// Serve copies each packet that comes back to its sender fan times, until it is ended. It writes its port to out.
func Serve(fan int, out io.Writer) error {
	runtime.LockOSThread()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a socket: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fmt.Errorf("bind it: %w", err)
	}
	own, err := unix.Getsockname(fd)
	if err != nil {
		return err
	}
	v4, ok := own.(*unix.SockaddrInet4)
	if !ok {
		return errors.New("the socket is not IPv4")
	}
	if _, err := fmt.Fprintln(out, v4.Port); err != nil {
		return err
	}
	b := make([]byte, 2*packetSize)
	for {
		n, from, err := unix.Recvfrom(fd, b, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("receive: %w", err)
		}
		for range fan {
			if err := unix.Sendto(fd, b[:n], unix.MSG_DONTWAIT, from); err != nil && !errors.Is(err, unix.EAGAIN) {
				return fmt.Errorf("send: %w", err)
			}
		}
	}
}

// Delay is how long copies took, from the send to the kernel's time of arrival.
type Delay struct {
	P50, P99 time.Duration
	Samples  int
}

// Spec says what is sent. Each publisher's packets are evenly spaced, and publishers do not send in step.
type Spec struct {
	Port       int // Serve's
	Publishers int
	Rate       float64 // packets per second of each
	Length     time.Duration
}

// Measure sends what s says, and times the copies.
func Measure(ctx context.Context, s Spec) (Delay, error) {
	conn, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: s.Port})
	if err != nil {
		return Delay{}, err
	}
	defer conn.Close()
	_ = conn.SetReadBuffer(8 << 20) // best effort: a smaller one loses samples
	if err := stamp.Ask(conn); err != nil {
		return Delay{}, fmt.Errorf("ask for times of arrival: %w", err)
	}
	type read struct {
		delays []time.Duration
		err    error
	}
	done := make(chan read, 1)
	go func() {
		all, err := collect(conn)
		done <- read{all, err}
	}()
	err = send(ctx, conn, s)
	_ = conn.SetReadDeadline(time.Now().Add(lastTime)) // the socket is open
	r := <-done
	if err = errors.Join(err, r.err); err != nil {
		return Delay{}, err
	}
	return sum(r.delays)
}

// send looks each millisecond what is due, as the generator of the tables does.
func send(ctx context.Context, conn *net.UDPConn, s Spec) error {
	var b [packetSize]byte
	gap := time.Duration(float64(time.Second) / s.Rate)
	begun := time.Now()
	next := make([]time.Time, s.Publishers)
	for i := range next {
		next[i] = begun.Add(rand.N(gap))
	}
	for now := begun; now.Sub(begun) < s.Length; now = time.Now() {
		for i := range next {
			for ; !next[i].After(now); next[i] = next[i].Add(gap) {
				binary.LittleEndian.PutUint64(b[:], uint64(time.Now().UnixNano()))
				if _, err := conn.Write(b[:]); err != nil {
					return err
				}
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond - time.Since(now)%time.Millisecond):
		}
	}
	return nil
}

// collect reads until the connection's deadline.
func collect(conn *net.UDPConn) (all []time.Duration, err error) {
	b, control := make([]byte, 2*packetSize), make([]byte, stamp.Size)
	for {
		n, c, _, _, err := conn.ReadMsgUDPAddrPort(b, control)
		switch {
		case isTimeout(err):
			return all, nil
		case err != nil:
			return nil, err
		case n >= 8:
			sent := time.Unix(0, int64(binary.LittleEndian.Uint64(b)))
			all = append(all, stamp.Came(control[:c]).Sub(sent))
		}
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func sum(all []time.Duration) (Delay, error) {
	if len(all) == 0 {
		return Delay{}, errors.New("no copy came back")
	}
	slices.Sort(all)
	at := func(share float64) time.Duration { return all[int(share*float64(len(all)-1))] }
	return Delay{P50: at(0.50), P99: at(0.99), Samples: len(all)}, nil
}
