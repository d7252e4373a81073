package media

import (
	"encoding/binary"
	"net"
	"sync"
	"time"

	"github.com/pion/rtp"

	"github.com/conclave-meet/conclave/relay/media/stamp"
)

// stamps is a client's socket that notes when numbered packets came to it by the kernel's clock, where there is one: on a
// busy machine the client reads them later, which would look like a queue in the network.
type stamps struct {
	*net.UDPConn
	control [stamp.Size]byte // owned by who reads

	mu sync.Mutex
	at map[uint16]time.Time // by transport-wide number; guarded by mu
}

func newStamps(c *net.UDPConn) (*stamps, error) {
	return &stamps{UDPConn: c, at: map[uint16]time.Time{}}, stamp.Ask(c)
}

// ReadFrom implements net.PacketConn.
func (s *stamps) ReadFrom(b []byte) (int, net.Addr, error) {
	n, control, _, from, err := s.ReadMsgUDPAddrPort(b, s.control[:])
	if err != nil {
		return 0, nil, err
	}
	came := stamp.Came(s.control[:control])
	var h rtp.Header
	if n >= 12 && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223) {
		if _, err := h.Unmarshal(b[:n]); err == nil {
			s.note(&h, came)
		}
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

func (s *stamps) note(h *rtp.Header, came time.Time) {
	if e := h.GetExtension(transportExt); len(e) == 2 {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.at[binary.BigEndian.Uint16(e)] = came
	}
}

// of is when a packet came; now, where that is not known.
func (s *stamps) of(h *rtp.Header) time.Time {
	if e := h.GetExtension(transportExt); len(e) == 2 && s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if at, ok := s.at[binary.BigEndian.Uint16(e)]; ok {
			return at
		}
	}
	return time.Now()
}
