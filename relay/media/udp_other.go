//go:build !linux

package media

import (
	"net"
	"syscall"
)

// udp is a socket.
type udp struct {
	conn *net.UDPConn
	raw  syscall.RawConn // of conn
}

// newUDP takes over a socket.
func newUDP(conn *net.UDPConn) (*udp, error) {
	raw, err := conn.SyscallConn()
	return &udp{conn: conn, raw: raw}, err
}

func (u *udp) control(f func(fd uintptr)) error { return u.raw.Control(f) }

func (u *udp) close() error { return u.conn.Close() }
