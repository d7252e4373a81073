package netns

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// kernel is a way to tell the kernel about devices of one network namespace:
// that of the thread that opened it. It speaks rtnetlink (rtnetlink(7)), so
// that no program such as ip has to be installed.
type kernel struct{ fd int }

const lo = 1 // index of the first interface of every namespace

func openKernel() (kernel, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	return kernel{fd}, err
}

func (k kernel) close() { _ = syscall.Close(k.fd) }

// up brings a device up.
func (k kernel) up(device int) error {
	// ifinfomsg: family, pad, 2B type, 4B index, 4B flags, 4B change mask.
	b := body(syscall.AF_UNSPEC, 0, uint16(0), uint32(device), uint32(syscall.IFF_UP), uint32(syscall.IFF_UP))
	return step("bring it up", k.request(syscall.RTM_NEWLINK, 0, b))
}

// address gives a device an address.
func (k kernel) address(device int, a netip.Addr) error {
	four := a.As4()
	// ifaddrmsg: family, prefix length, flags, scope, 4B index.
	b := body(syscall.AF_INET, 32, uint8(0), uint8(syscall.RT_SCOPE_UNIVERSE), uint32(device))
	b = attribute(attribute(b, syscall.IFA_LOCAL, four[:]), syscall.IFA_ADDRESS, four[:])
	return step("add the address", k.request(syscall.RTM_NEWADDR, create, b))
}

// route sends what goes to a prefix (zero: to anywhere) through a device, from
// the address source.
func (k kernel) route(device int, to netip.Prefix, source netip.Addr) error {
	four := source.As4()
	// rtmsg: family, destination length (0: default), source length, tos,
	// table, protocol, scope, type, 4B flags.
	b := body(syscall.AF_INET, uint8(max(0, to.Bits())), uint8(0), uint8(0), uint8(syscall.RT_TABLE_MAIN), uint8(syscall.RTPROT_BOOT),
		uint8(syscall.RT_SCOPE_LINK), uint8(syscall.RTN_UNICAST), uint32(0))
	if to.IsValid() {
		destination := to.Addr().As4()
		b = attribute(b, syscall.RTA_DST, destination[:])
	}
	b = attribute(b, syscall.RTA_OIF, binary.NativeEndian.AppendUint32(nil, uint32(device)))
	b = attribute(b, syscall.RTA_PREFSRC, four[:])
	return step("add the route", k.request(syscall.RTM_NEWROUTE, create, b))
}

// plug brings a device up, gives it an address, and sends through it what goes
// from there to a prefix (zero: to anywhere).
func (k kernel) plug(device int, own netip.Addr, to netip.Prefix) error {
	return errors.Join(k.up(device), k.address(device, own), k.route(device, to, own))
}

const create = syscall.NLM_F_CREATE | syscall.NLM_F_EXCL

// step names what did not work. What is there already is well.
func step(name string, err error) error {
	if err == nil || err == syscall.EEXIST {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// body lays out a message's fixed part in the machine's byte order.
func body(family, second uint8, rest ...any) []byte {
	b := []byte{family, second}
	for _, field := range rest {
		b, _ = binary.Append(b, binary.NativeEndian, field) // fixed-size integers
	}
	return b
}

// attribute appends one: 2B length, 2B type, value; ours are all 4 bytes, so
// nothing needs padding.
func attribute(b []byte, kind uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(4+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	return append(b, value...)
}

// request sends one message (header: 4B length, 2B type, 2B flags, 4B
// sequence, 4B port) and returns what the kernel says to it.
func (k kernel) request(kind, flags uint16, body []byte) error {
	const header = syscall.SizeofNlMsghdr
	m := binary.NativeEndian.AppendUint32(nil, uint32(header+len(body)))
	m = binary.NativeEndian.AppendUint16(m, kind)
	m = binary.NativeEndian.AppendUint16(m, flags|syscall.NLM_F_REQUEST|syscall.NLM_F_ACK)
	m = append(append(m, make([]byte, 8)...), body...)
	if err := syscall.Sendto(k.fd, m, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(k.fd, answer, 0)
	if err != nil {
		return err
	}
	if n < header+4 || binary.NativeEndian.Uint16(answer[4:]) != syscall.NLMSG_ERROR {
		return syscall.EPROTO
	}
	if code := int32(binary.NativeEndian.Uint32(answer[header:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}
