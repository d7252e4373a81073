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

	do     func(uintptr) bool // receive, made once: it would be an allocation for each read
	handle func(n int)
	fd     int
	once   bool // the caller wants one batch
	count  int  // packets of this read
	errno  unix.Errno
	alone  bool // there is no recvmmsg
}

// init allocates. It is called once, before anything else. handle is called with the number of packets that a system call
// has read; packet is good for those meanwhile.
func (x *batch) init(handle func(n int)) {
	x.handle = handle
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

// receive reads and handles what is there. It reports whether the read is over; otherwise it wants to be called again when
// more may be there.
//
// All is handled within the poller's call, and when a system call found less than a batch no second one is made to be told
// that nothing is left: what comes from then on wakes the poller. A read that returned in between would lose that.
func (x *batch) receive(uintptr) bool {
	for {
		n, most := 1, 1
		if x.alone {
			x.errno = recvmsg(uintptr(x.fd), &x.hdrs[0])
		} else {
			n, x.errno = recvmmsg(uintptr(x.fd), x.hdrs)
			most = len(x.hdrs)
		}
		switch {
		case x.errno == unix.ENOSYS && !x.alone:
			x.alone = true
			continue
		case x.errno == unix.EINTR:
			continue
		case x.errno != 0:
			return x.errno != unix.EAGAIN
		}
		x.handle(n)
		x.count += n
		for i := range x.hdrs[:n] {
			x.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet6
		}
		if x.once {
			return true
		}
		if n < most {
			return false
		}
	}
}

// read reads and handles packets until the socket fails or, once, a batch of those that are there or come next. It returns
// how many packets they were.
func (x *batch) read(s *socket, once bool) (int, error) {
	x.fd, x.once, x.count, x.errno = s.udp.fd, once, 0, 0
	if err := s.udp.read(x.do); err != nil {
		return x.count, err
	}
	if x.errno != 0 {
		return x.count, x.errno
	}
	return x.count, nil
}

// packet is packet i of those read, and where it came from. whole is false when it was too large, and is cut.
func (x *batch) packet(i int) (b []byte, from netip.AddrPort, whole bool) {
	m := &x.hdrs[i]
	return x.bufs[i][:m.n], x.names[i].addrPort(), m.hdr.Flags&unix.MSG_TRUNC == 0
}
