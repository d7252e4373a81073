package stamp

import (
	"encoding/binary"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Ask has the kernel tell with each packet when it came (socket(7), SO_TIMESTAMP).
func Ask(c *net.UDPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
	if err != nil {
		return err
	}
	return os.NewSyscallError("setsockopt", set)
}

// parse finds the time in the control message of a packet. Hosts of 32 bits, which write it otherwise, have none.
func parse(control []byte) (came time.Time, ok bool) {
	const timespec = 16 // 8B seconds, 8B nanoseconds
	if len(control) < unix.CmsgLen(timespec) {
		return came, false
	}
	h, data, _, err := unix.ParseOneSocketControlMessage(control)
	if err != nil || h.Level != unix.SOL_SOCKET || h.Type != unix.SCM_TIMESTAMPNS || len(data) < timespec {
		return came, false
	}
	return time.Unix(int64(binary.NativeEndian.Uint64(data)), int64(binary.NativeEndian.Uint64(data[8:]))), true
}
