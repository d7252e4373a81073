package media

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"github.com/pion/ice/v4"
)

// sockets are the relay's UDP sockets, at most one for IPv4 and one for IPv6, on one port. Constant after open.
type sockets struct {
	v4, v6 *socket
	port   int
	*shared
}

// shared is what both sockets use.
type shared struct {
	log    *slog.Logger
	routes routes
	count  tally // of what belongs to no session
	delay  delays
	ticker ticker
}

func newShared(log *slog.Logger) *shared {
	x := &shared{log: log}
	x.ticker.hurry, x.ticker.along = make(chan struct{}, 1), make(chan struct{}, 1)
	x.ticker.due.Store(noTime)
	return x
}

// socket is one UDP socket and the ICE multiplexer on it. A goroutine reads all that comes: media goes straight to the
// session whose it is, in the same goroutine, and the rest to the multiplexer (intake).
//
// There is one such goroutine for each address family, so that media of all rooms take at most one core. Several sockets
// on one port (SO_REUSEPORT) would take more, but let a second relay start on the same port and take part of the first
// one's packets.
type socket struct {
	udp     *udp
	mux     *ice.UDPMuxDefault
	addr    *net.UDPAddr // what the multiplexer takes for the address: a real one, also when it listens on all
	shared  *shared
	strays  strays
	offload offload
	over    chan struct{} // closed when nothing is read any more
}

const socketBuffer = 4 << 20 // bytes; a burst of key frames to a hundred receivers. The kernel may give less.

// openSockets listens on listen's port; with an unspecified address on all addresses of both families, as far as there
// are any.
func openSockets(listen netip.AddrPort, log *slog.Logger) (*sockets, error) {
	ip := listen.Addr().Unmap()
	s := &sockets{port: int(listen.Port()), shared: newShared(log)}
	if !ip.IsValid() || ip.IsUnspecified() {
		return s, s.openAll(ip)
	}
	c, err := s.listen(ip, s.port)
	if err != nil {
		return nil, err
	}
	s.port = c.addr.Port
	if ip.Is4() {
		s.v4 = c
	} else {
		s.v6 = c
	}
	return s, nil
}

// openAll opens both families on one port. Without a given port it tries some, as one that is free for IPv4 may be taken
// for IPv6. A host without one of the families gets along with the other.
func (s *sockets) openAll(ip netip.Addr) error {
	const tries = 16
	wanted := s.port
	var err error
	for range tries {
		s.v4, err = s.listen(netip.IPv4Unspecified(), wanted)
		if err == nil {
			s.port = s.v4.addr.Port
		}
		if ip.IsValid() && ip.Is4() {
			return err
		}
		var err6 error
		s.v6, err6 = s.listen(netip.IPv6Unspecified(), s.port)
		switch {
		case err6 == nil:
			s.port = s.v6.addr.Port
			return nil
		case wanted != 0 || !errors.Is(err6, errInUse) || s.v4 == nil:
			return err // IPv4 alone, if that
		}
		s.v4.close()
		s.port = 0
	}
	return fmt.Errorf("no port is free in both address families")
}

// listen opens a socket and begins to read.
func (s *sockets) listen(ip netip.Addr, port int) (*socket, error) {
	c, err := openSocket(ip, port, s.shared)
	if err != nil {
		return nil, fmt.Errorf("listen for media: %w", err)
	}
	c.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: c, Logger: quiet.NewLogger("ice")})
	go c.run()
	return c, nil
}

func openSocket(ip netip.Addr, port int, x *shared) (*socket, error) {
	network := "udp6"
	if ip.Is4() {
		network = "udp4"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(port))))
	if err != nil {
		return nil, err
	}
	// Best effort: a smaller buffer only loses packets sooner.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	port = conn.LocalAddr().(*net.UDPAddr).Port
	u, err := newUDP(conn)
	if err != nil {
		return nil, err
	}
	s := &socket{
		udp: u, addr: &net.UDPAddr{IP: ip.AsSlice(), Port: port}, shared: x, strays: newStrays(), over: make(chan struct{}),
	}
	s.probe()
	if ip.IsUnspecified() {
		// Agents have one candidate per family, whatever addresses are announced: which one of the host's addresses a
		// packet came to makes no difference to a lite agent. TEST-NET-1 and the documentation prefix stand for all.
		s.addr.IP = net.IPv4(192, 0, 2, 1).To4()
		if !ip.Is4() {
			s.addr.IP = net.ParseIP("2001:db8::1")
		}
	}
	return s, nil
}

// close closes the socket and waits until nothing of it goes to a session any more.
func (s *socket) close() {
	_ = s.mux.Close()
	<-s.over
}

// write sends b to addr. It never waits.
func (s *sockets) write(b []byte, addr netip.AddrPort) error {
	c := s.v6
	if addr.Addr().Is4() {
		c = s.v4
	}
	if c == nil {
		return net.ErrClosed
	}
	return c.sendNow(b, addr)
}

func (s *sockets) close() {
	for _, c := range []*socket{s.v4, s.v6} {
		if c != nil {
			c.close()
		}
	}
}
