//go:build !linux

package media

import "net/netip"

// post is what a burst needs to send.
type post struct{}

// sockaddr is an address as the system wants it.
type sockaddr struct{}

func (*sockaddr) set(netip.AddrPort) {}

// deliver sends a burst packet by packet, and returns how many were sent.
func (s *sockets) deliver(b *burst) (sent int) {
	for i := range b.queue {
		p := &b.queue[i]
		if err := s.write(b.bufs[i][:p.size], p.to.addr); err != nil {
			p.s.count.inc(DropSend)
			continue
		}
		sent++
	}
	s.count.addN(SendCalls, uint64(len(b.queue)))
	return sent
}
