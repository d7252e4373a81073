package bot

import (
	"net"
	"net/netip"
	"time"

	"github.com/conclave-meet/conclave/relay/media/stamp"
)

// receiveBuffer is what the kernel keeps for a bot that gets no time to run, as far as net.core.rmem_max lets it: some
// seconds of a meeting. Less would lose packets of a network that lost none.
const receiveBuffer = 4 << 20

// socket is a UDP socket of IPv4 that says when packets came to it by the kernel's clock: a busy machine reads them later,
// which says nothing of the network. One goroutine reads, any may write.
type socket struct {
	*net.UDPConn

	// owned by who reads
	control [stamp.Size]byte
	last    netip.AddrPort
	from    *net.UDPAddr // the same
}

// listen opens a socket on loopback.
func listen() (*socket, error) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	_ = c.SetReadBuffer(receiveBuffer) // best effort
	if err := stamp.Ask(c); err != nil {
		_ = c.Close()
		return nil, err
	}
	return &socket{UDPConn: c}, nil
}

// receive reads the next packet. came is when it came to this host.
func (s *socket) receive(b []byte) (n int, from *net.UDPAddr, came time.Time, err error) {
	n, control, _, at, err := s.ReadMsgUDPAddrPort(b, s.control[:])
	if err != nil {
		return 0, nil, came, err
	}
	if at != s.last {
		s.last, s.from = at, net.UDPAddrFromAddrPort(at)
	}
	return n, s.from, stamp.Came(s.control[:control]), nil
}
