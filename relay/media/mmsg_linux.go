package media

// The system calls for many packets at once, and the memory that the kernel reads and fills for them. This is the only
// file of the package with package unsafe: golang.org/x/sys has the calls' numbers and most of their structs, but no
// functions for them, and those of golang.org/x/net allocate. What the kernel sees lives in slices on the heap, which the
// collector does not move, and is kept alive by the pointers in the structs themselves.

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is one message of sendmmsg(2) and recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32 // bytes that were sent or received
}

// sockaddr is an address as the kernel wants it: a sockaddr_in6, or a sockaddr_in in the first bytes of one.
type sockaddr struct {
	raw unix.RawSockaddrInet6
	n   uint32 // bytes in use
}

func (a *sockaddr) v4() *unix.RawSockaddrInet4 {
	return (*unix.RawSockaddrInet4)(unsafe.Pointer(&a.raw))
}

// set makes it the address of x.
func (a *sockaddr) set(x netip.AddrPort) {
	if x.Addr().Is4() {
		*a.v4() = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: bigEndian(x.Port()), Addr: x.Addr().As4()}
		a.n = unix.SizeofSockaddrInet4
		return
	}
	a.raw = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: bigEndian(x.Port()), Addr: x.Addr().As16()}
	a.n = unix.SizeofSockaddrInet6
}

// addrPort is the address that the kernel has filled in. A link-local one has lost its zone, and is found nowhere.
func (a *sockaddr) addrPort() netip.AddrPort {
	if a.raw.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4(a.v4().Addr), bigEndian(a.raw.Port))
	}
	return netip.AddrPortFrom(netip.AddrFrom16(a.raw.Addr).Unmap(), bigEndian(a.raw.Port))
}

// bigEndian turns a port into the order of the network, or back.
func bigEndian(port uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], port)
	return binary.BigEndian.Uint16(b[:])
}

// address makes a the message's address. The kernel reads or fills it.
func (m *mmsghdr) address(a *sockaddr) {
	m.hdr.Name, m.hdr.Namelen = (*byte)(unsafe.Pointer(&a.raw)), a.n
}

// content makes the parts the message's content, one behind the other.
func (m *mmsghdr) content(parts []unix.Iovec) {
	m.hdr.Iov = &parts[0]
	m.hdr.SetIovlen(len(parts))
}

// fill makes b a part of a message.
func fill(v *unix.Iovec, b []byte) {
	v.Base = &b[0]
	v.SetLen(len(b))
}

// segmenting is the control message UDP_SEGMENT (udp(7)): a header and the size of a segment, as uint16.
type segmenting struct {
	hdr  unix.Cmsghdr
	size uint16
	_    [6]byte // CMSG_SPACE aligns to the size of a long
}

// segment makes the message be cut into packets of size bytes, of which the last may be shorter.
func (m *mmsghdr) segment(c *segmenting, size int) {
	c.hdr.Level, c.hdr.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
	c.hdr.SetLen(unix.CmsgLen(2))
	c.size = uint16(size)
	m.hdr.Control = (*byte)(unsafe.Pointer(c))
	m.hdr.SetControllen(unix.CmsgSpace(2))
}

// whole takes segmentation off the message.
func (m *mmsghdr) whole() {
	m.hdr.Control = nil
	m.hdr.SetControllen(0)
}

// The calls below never wait, and so the scheduler is not told of them (RawSyscall): it would wake a thread to watch over
// each (sysmon), which at the rates of a meeting cost a fifth of the relay's time. A full burst takes 0.3 ms; for as long a
// collection of garbage may have to wait.

// sendmmsg sends messages, and returns how many. Where the first one fails it returns why.
func sendmmsg(fd uintptr, m []mmsghdr) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&m[0])), uintptr(len(m)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// sendmsg sends one message.
func sendmsg(fd uintptr, m *mmsghdr) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&m.hdr)), unix.MSG_DONTWAIT)
	return errno
}

// sendto sends one packet, which is not empty.
func sendto(fd uintptr, b []byte, to *sockaddr) unix.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&to.raw)), uintptr(to.n))
	return errno
}

// recvmsg receives one message that is there.
func recvmsg(fd uintptr, m *mmsghdr) unix.Errno {
	n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&m.hdr)), unix.MSG_DONTWAIT)
	m.n = uint32(n)
	return errno
}

// recvmmsg receives the messages that are there, and returns how many.
func recvmmsg(fd uintptr, m []mmsghdr) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&m[0])), uintptr(len(m)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}
