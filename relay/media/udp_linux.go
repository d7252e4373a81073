package media

import (
	"math"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// udp is a socket that the runtime's poller does not know.
//
// The poller asks epoll for all that happens to what it knows, and so for each packet that the kernel has sent and freed:
// "there is room to write". Nobody waits for that here, but it took 0.5 of 1.3 µs for each packet sent, and a call of epoll
// for each burst (BenchmarkFloor, strace). So the socket is in an epoll of its own, which asks for packets that came and
// nothing else, and the poller knows that epoll (epoll(7): one can be in another).
type udp struct {
	fd    int
	epoll *os.File
	ready syscall.RawConn // of epoll: readable while fd may be

	// users counts who uses fd; after close it is below 0. The last one closes it.
	users atomic.Int64
	once  sync.Once
}

const closedUDP = math.MinInt64 / 2

// newUDP takes over a socket. conn is of no use any more.
func newUDP(conn *net.UDPConn) (*udp, error) {
	defer conn.Close()
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	u := &udp{fd: -1}
	var dup error
	err = raw.Control(func(fd uintptr) { u.fd, dup = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if err == nil {
		err = dup
	}
	if err == nil {
		err = u.watch()
	}
	if err != nil {
		if u.fd >= 0 {
			_ = unix.Close(u.fd)
		}
		return nil, err
	}
	return u, nil
}

// watch makes the epoll.
func (u *udp) watch() error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	err = unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, u.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(u.fd)})
	if err == nil {
		err = unix.SetNonblock(fd, true) // what makes os.NewFile use the poller
	}
	if err != nil {
		_ = unix.Close(fd)
		return os.NewSyscallError("epoll_ctl", err)
	}
	u.epoll = os.NewFile(uintptr(fd), "epoll")
	u.ready, err = u.epoll.SyscallConn()
	return err
}

// read calls f until it returns true, each time when there may be something to read.
func (u *udp) read(f func(fd uintptr) bool) error {
	if !u.enter() {
		return net.ErrClosed
	}
	defer u.leave()
	if err := u.ready.Read(f); err != nil {
		return net.ErrClosed // os.ErrClosed means the same, and nothing else comes
	}
	return nil
}

// control calls f with the socket, which is not closed meanwhile. f does not wait.
func (u *udp) control(f func(fd uintptr)) error {
	if !u.enter() {
		return net.ErrClosed
	}
	defer u.leave()
	f(uintptr(u.fd))
	return nil
}

func (u *udp) enter() bool {
	if u.users.Add(1) > 0 {
		return true
	}
	u.leave()
	return false
}

func (u *udp) leave() {
	if u.users.Add(-1) == closedUDP {
		u.once.Do(func() { _ = unix.Close(u.fd) })
	}
}

// close ends read, and closes the socket when nobody uses it.
func (u *udp) close() error {
	if err := u.epoll.Close(); err != nil {
		return net.ErrClosed // it was
	}
	u.users.Add(closedUDP + 1) // a user itself until leave
	u.leave()
	return nil
}
