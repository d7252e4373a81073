//go:build !unix

package media

import "net/netip"

// sendNow sends b to addr. Where there is no other way it may wait for the socket's buffer.
func (s *socket) sendNow(b []byte, addr netip.AddrPort) error {
	_, err := s.udp.conn.WriteToUDPAddrPort(b, addr)
	return err
}
