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

	// the result of do
	n     int
	errno unix.Errno
	do    func(fd uintptr) bool // made once: a closure for each read would be an allocation
	alone bool                  // there is no recvmmsg
	last  int                   // messages whose lengths the kernel has overwritten
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
	x.do = func(fd uintptr) bool {
		for {
			x.n, x.errno = recvmmsg(fd, x.hdrs)
			if x.errno != unix.EINTR {
				return x.errno != unix.EAGAIN // nothing is there: wait for it
			}
		}
	}
}

// read waits for packets, and returns how many it read. packet is good for those until the next read.
func (x *batch) read(s *socket) (int, error) {
	if x.alone {
		return x.readOne(s)
	}
	for i := range x.hdrs[:x.last] {
		x.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet6
	}
	x.last = 0
	if err := s.raw.Read(x.do); err != nil {
		return 0, err // it is closed
	}
	switch x.errno {
	case 0:
		x.last = x.n
		return x.n, nil
	case unix.ENOSYS:
		x.alone = true
		return x.readOne(s)
	}
	return 0, x.errno
}

// readOne is read without recvmmsg.
func (x *batch) readOne(s *socket) (int, error) {
	n, from, err := s.conn.ReadFromUDPAddrPort(x.bufs[0][:])
	if err != nil {
		return 0, err
	}
	x.names[0].set(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	x.hdrs[0].n, x.hdrs[0].hdr.Flags = uint32(n), 0
	return 1, nil
}

// packet is packet i of those read, and where it came from. whole is false when it was too large, and is cut.
func (x *batch) packet(i int) (b []byte, from netip.AddrPort, whole bool) {
	m := &x.hdrs[i]
	return x.bufs[i][:m.n], x.names[i].addrPort(), m.hdr.Flags&unix.MSG_TRUNC == 0
}
