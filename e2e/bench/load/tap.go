package load

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"golang.org/x/sys/unix"
)

// Payload types of all clients.
const (
	typeVP8  = 96
	typeRTX  = 97
	typeOpus = 111
)

// tap is the UDP socket of one peer connection. To pion it is a net.PacketConn; media is counted by the poller, which
// passes only a sample of it on.
type tap struct {
	// constant
	fd     int
	local  *net.UDPAddr
	sample uint16
	in     chan datagram
	closed chan struct{}
	once   sync.Once

	// owned by the poller
	feedback *twcc.Recorder
	unsaid   int // packets since the last report
	fedBack  time.Time

	// atomic
	streams   atomic.Pointer[map[uint32]*stream] // by SSRC; replaced by the poller
	transport atomic.Uint32                      // id of the transport-wide sequence number; 0: not negotiated
	other     atomic.Uint64                      // RTP that is no media: retransmissions, padding

	reports chan []rtcp.Packet // feedback on its way to pion
}

// datagram is a packet for pion.
type datagram struct {
	b    []byte
	from netip.AddrPort
}

// queue is how many packets may wait for pion; what does not fit is lost, as on a network.
const queue = 4096

// receiveBuffer is for pauses of the poller: at 100 Mbit/s for one receiver, half a second.
const receiveBuffer = 8 << 20

// newTap opens a socket at ip.
func newTap(ip netip.Addr, sample int) (*tap, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	t := &tap{
		fd: fd, sample: uint16(sample), in: make(chan datagram, queue), closed: make(chan struct{}),
		feedback: twcc.NewRecorder(1), reports: make(chan []rtcp.Packet, 4),
	}
	t.streams.Store(&map[uint32]*stream{})
	if err := t.bind(ip); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return t, nil
}

func (t *tap) bind(ip netip.Addr) error {
	if !ip.Is4() {
		return errors.New("the clients need an IPv4 address")
	}
	if err := unix.Bind(t.fd, &unix.SockaddrInet4{Addr: ip.As4()}); err != nil {
		return fmt.Errorf("bind to %s: %w", ip, err)
	}
	// The first is for root, and not bounded by net.core.rmem_max.
	if unix.SetsockoptInt(t.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		if err := unix.SetsockoptInt(t.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer); err != nil {
			return fmt.Errorf("set the receive buffer: %w", err)
		}
	}
	if err := unix.SetsockoptInt(t.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return fmt.Errorf("ask for time stamps: %w", err)
	}
	name, err := unix.Getsockname(t.fd)
	if err != nil {
		return fmt.Errorf("read the socket's address: %w", err)
	}
	at, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return errors.New("the socket has no IPv4 address")
	}
	t.local = &net.UDPAddr{IP: net.IP(at.Addr[:]), Port: at.Port}
	return nil
}

// ReadFrom is for pion.
func (t *tap) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case p := <-t.in:
		return copy(b, p.b), net.UDPAddrFromAddrPort(p.from), nil
	case <-t.closed:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo is for pion. What the kernel does not take is lost.
func (t *tap) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := to.(*net.UDPAddr)
	if !ok || a.IP.To4() == nil {
		return 0, errors.New("not an IPv4 address")
	}
	err := unix.Sendto(t.fd, b, 0, &unix.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.IP.To4())})
	if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.ECONNREFUSED) {
		return 0, err
	}
	return len(b), nil
}

// Close is for pion. The socket itself stays until the process ends: the poller may be reading it.
func (t *tap) Close() error {
	t.once.Do(func() { close(t.closed) })
	return nil
}

// LocalAddr is for pion, and so are the deadlines, which it does not rely on.
func (t *tap) LocalAddr() net.Addr              { return t.local }
func (t *tap) SetDeadline(time.Time) error      { return nil }
func (t *tap) SetReadDeadline(time.Time) error  { return nil }
func (t *tap) SetWriteDeadline(time.Time) error { return nil }

// stream is the stream of an SSRC; nil: nothing of it came yet.
func (t *tap) stream(ssrc uint32) *stream { return (*t.streams.Load())[ssrc] }
