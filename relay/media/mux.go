package media

import (
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/pion/ice/v4"
)

var errInUse error = syscall.EADDRINUSE

// The methods of net.PacketConn and ice.AddrPortReaderWriter, for the multiplexer.

// ReadFromAddrPort reads the next packet that is not media of somebody known.
func (s *socket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return s.strays.get(b, s.over)
}

// WriteToAddrPort sends a packet. It never waits.
func (s *socket) WriteToAddrPort(b []byte, a netip.AddrPort) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if err := s.sendNow(b, netip.AddrPortFrom(a.Addr().Unmap(), a.Port())); err != nil {
		return 0, err
	}
	return len(b), nil
}

// ReadFrom is ReadFromAddrPort with another type of address.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := s.strays.get(b, s.over)
	return n, net.UDPAddrFromAddrPort(from), err
}

// WriteTo is WriteToAddrPort with another type of address.
func (s *socket) WriteTo(b []byte, a net.Addr) (int, error) {
	to, ok := a.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not of UDP")
	}
	return s.WriteToAddrPort(b, to.AddrPort())
}

// Close closes the socket.
func (s *socket) Close() error { return s.udp.close() }

// LocalAddr is one address that stands for all that the socket listens on.
func (s *socket) LocalAddr() net.Addr { return s.addr }

// SetDeadline does nothing, as the two below: nothing waits for a write, and the multiplexer reads without a deadline.
func (s *socket) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (s *socket) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

// sockets is the agents' ice.UDPMux over both families.
var _ ice.UDPMux = (*sockets)(nil)

func (s *sockets) of(addr net.Addr) *socket {
	if a, ok := addr.(*net.UDPAddr); ok && a.IP.To4() != nil {
		return s.v4
	}
	return s.v6
}

// GetConn gives an agent its share of a socket.
func (s *sockets) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	c := s.of(addr)
	if c == nil {
		return nil, io.ErrClosedPipe
	}
	return c.mux.GetConn(ufrag, addr)
}

// RemoveConnByUfrag ends an agent's share.
func (s *sockets) RemoveConnByUfrag(ufrag string) {
	for _, c := range []*socket{s.v4, s.v6} {
		if c != nil {
			c.mux.RemoveConnByUfrag(ufrag)
		}
	}
}

// GetListenAddresses is one address for each socket.
func (s *sockets) GetListenAddresses() (l []net.Addr) {
	for _, c := range []*socket{s.v4, s.v6} {
		if c != nil {
			l = append(l, c.addr)
		}
	}
	return l
}

// Close does nothing: the sockets are the engine's.
func (s *sockets) Close() error { return nil }
