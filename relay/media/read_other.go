//go:build !linux

package media

import (
	"net/netip"
)

// batch is what one system call reads: a single packet.
type batch struct {
	handle func(n int)
	b      [maxPacket + 1]byte // a packet that fills it was too large
	n      int
	from   netip.AddrPort
}

func (x *batch) init(handle func(n int)) { x.handle = handle }

// read reads and handles packets until the socket fails or, once, a single one. It returns how many packets they were.
func (x *batch) read(s *socket, once bool) (count int, err error) {
	for {
		n, from, err := s.udp.conn.ReadFromUDPAddrPort(x.b[:])
		if err != nil {
			return count, err
		}
		x.n, x.from = n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		x.handle(1)
		if count++; once {
			return count, nil
		}
	}
}

// packet is the packet read, and where it came from. whole is false when it was too large, and is cut.
func (x *batch) packet(int) (b []byte, from netip.AddrPort, whole bool) {
	return x.b[:min(x.n, maxPacket)], x.from, x.n <= maxPacket
}

// offload is what is known of the socket's system: nothing.
type offload struct{}

func (s *socket) probe() {}
