package load

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// All that is unsafe is here: golang.org/x/sys has no recvmmsg.

const (
	batchSize  = 64   // packets of one call; more would only cost cache
	packetSize = 2048 // bytes; nothing on loopback that we ask for is larger
	// controlSize holds one SCM_TIMESTAMPNS message: cmsghdr (16 bytes) and timespec (16 bytes), and some room.
	controlSize = 64
)

// mmsghdr is struct mmsghdr of recvmmsg(2) on 64-bit systems.
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
	_   [4]byte
}

// batch is what one recvmmsg fills. It belongs to one goroutine.
type batch struct {
	headers [batchSize]mmsghdr
	vectors [batchSize]unix.Iovec
	names   [batchSize]unix.RawSockaddrInet4
	control [batchSize][controlSize]byte
	bytes   [batchSize][packetSize]byte
}

func newBatch() *batch {
	b := &batch{}
	for i := range b.headers {
		b.vectors[i].Base = &b.bytes[i][0]
		b.vectors[i].SetLen(packetSize)
		h := &b.headers[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&b.names[i]))
		h.Iov = &b.vectors[i]
		h.SetIovlen(1)
		h.Control = &b.control[i][0]
	}
	return b
}

// receive reads what is there, without waiting. It returns 0 when there is nothing.
func (b *batch) receive(fd int) (int, error) {
	for i := range b.headers {
		h := &b.headers[i].hdr
		h.Namelen = unix.SizeofSockaddrInet4 // the kernel overwrites both lengths
		h.SetControllen(controlSize)
	}
	// Raw: the call does not block, so the scheduler need not hear of it.
	n, _, e := syscall.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.headers[0])), batchSize, unix.MSG_DONTWAIT, 0, 0)
	switch e {
	case 0:
		return int(n), nil
	case unix.EAGAIN, unix.EINTR, unix.ECONNREFUSED:
		return 0, nil
	}
	return 0, fmt.Errorf("recvmmsg: %w", e)
}

// packet is the i-th packet of the last receive; it is good until the next one.
func (b *batch) packet(i int) []byte { return b.bytes[i][:b.headers[i].n] }

// from is where the i-th packet came from.
func (b *batch) from(i int) netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&b.names[i].Port)) // in network order
	return netip.AddrPortFrom(netip.AddrFrom4(b.names[i].Addr), binary.BigEndian.Uint16(port[:]))
}

// arrival is when the kernel took the i-th packet in, Unix nanoseconds; 0: it did not say.
func (b *batch) arrival(i int) int64 {
	const stamped = unix.SizeofCmsghdr + 16
	if b.headers[i].hdr.Controllen < stamped {
		return 0
	}
	c := b.control[i][unix.SizeofCmsghdr:]
	return int64(binary.NativeEndian.Uint64(c))*1e9 + int64(binary.NativeEndian.Uint64(c[8:]))
}

// overflowed is how many packets the kernel dropped because nobody read the socket in time (SO_MEMINFO, sock_diag(7)).
func overflowed(fd int) uint64 {
	const drops = 8 // SK_MEMINFO_DROPS
	var info [9]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if e != 0 || size < uint32(unsafe.Sizeof(info)) {
		return 0
	}
	return uint64(info[drops])
}
