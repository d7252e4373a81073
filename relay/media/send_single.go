//go:build unix && !linux

package media

import (
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// sending is one send. net.UDPConn would wait when the socket's buffer is full, and with it all that its caller reads;
// here the packet is lost instead.
type sending struct {
	b   []byte
	to  unix.Sockaddr
	v4  unix.SockaddrInet4
	v6  unix.SockaddrInet6
	err error
	do  func(fd uintptr) // made once, as a closure for each packet would be an allocation
}

var sendings = sync.Pool{New: func() any {
	s := &sending{}
	s.do = func(fd uintptr) { s.err = unix.Sendto(int(fd), s.b, 0, s.to) }
	return s
}}

// sendNow sends b to addr, or returns why it could not be sent at once.
func (s *socket) sendNow(b []byte, addr netip.AddrPort) error {
	x := sendings.Get().(*sending)
	defer sendings.Put(x)
	if addr.Addr().Is4() {
		x.v4 = unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
		x.to = &x.v4
	} else {
		x.v6 = unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
		x.to = &x.v6
	}
	x.b, x.err = b, nil
	err := s.udp.control(x.do) // not Write: that lets in one writer at a time
	x.b = nil
	if err != nil {
		return err
	}
	return x.err
}
