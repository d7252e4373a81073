package media

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// batchSize is how many packets are read at once. More would save little, and let those of one sender push others out of
// the cache; a frame's burst has 2 to 10.
const batchSize = 32

// batch is what one system call reads.
type batch struct {
	hdrs  []mmsghdr
	parts []unix.Iovec
	names []sockaddr
	bufs  [][maxPacket]byte

	do    func(uintptr) bool // receive, made once: it would be an allocation for each read
	fd    int
	n     int // what came of receive
	errno unix.Errno
	alone bool // there is no recvmmsg
	last  int  // messages whose lengths the kernel has overwritten
}

// init allocates. It is called once, before anything else.
func (x *batch) init() {
	x.hdrs, x.parts = make([]mmsghdr, batchSize), make([]unix.Iovec, batchSize)
	x.names, x.bufs = make([]sockaddr, batchSize), make([][maxPacket]byte, batchSize)
	for i := range x.hdrs {
		x.names[i].n = unix.SizeofSockaddrInet6
		fill(&x.parts[i], x.bufs[i][:])
		x.hdrs[i].address(&x.names[i])
		x.hdrs[i].content(x.parts[i : i+1])
	}
	x.do = x.receive
}

// receive reads what is there, and reports whether anything was or whether it failed.
func (x *batch) receive(uintptr) bool {
	for {
		if x.alone {
			x.n, x.errno = 1, recvmsg(uintptr(x.fd), &x.hdrs[0])
		} else {
			x.n, x.errno = recvmmsg(uintptr(x.fd), x.hdrs)
		}
		switch {
		case x.errno == unix.ENOSYS && !x.alone:
			x.alone = true
		case x.errno != unix.EINTR:
			return x.errno != unix.EAGAIN
		}
	}
}

// read waits for packets, and returns how many it read. packet is good for those until the next read.
func (x *batch) read(s *socket) (int, error) {
	for i := range x.hdrs[:x.last] {
		x.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet6
	}
	x.last, x.fd = 0, s.udp.fd
	if err := s.udp.read(x.do); err != nil {
		return 0, err
	}
	if x.errno != 0 {
		return 0, x.errno
	}
	x.last = x.n
	return x.n, nil
}

// packet is packet i of those read, and where it came from. whole is false when it was too large, and is cut.
func (x *batch) packet(i int) (b []byte, from netip.AddrPort, whole bool) {
	m := &x.hdrs[i]
	return x.bufs[i][:m.n], x.names[i].addrPort(), m.hdr.Flags&unix.MSG_TRUNC == 0
}
