package netns

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// again runs this one test in a child of this process, inside a namespace.
func again(t *testing.T, required bool) {
	t.Helper()
	ctx := context.Background()
	if end, ok := t.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-time.Second))
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run="+pattern(t.Name()), "-test.count=1", "-test.v")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		// Without root the namespace hangs on a user namespace, where this
		// user is root.
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	output, err := cmd.CombinedOutput()
	text := strings.TrimSpace(string(output))
	var exit *exec.ExitError
	switch {
	case err == nil && strings.Contains(text, "--- SKIP: "+t.Name()):
		t.Skipf("in a private network:\n%s", text)
	case err == nil && strings.Contains(text, "--- PASS: "+t.Name()):
		t.Logf("in a private network:\n%s", text)
	case err == nil:
		t.Fatalf("in a private network the test did not run:\n%s", text)
	case errors.As(err, &exit):
		t.Fatalf("in a private network: %v\n%s", err, text)
	case required:
		t.Fatalf("no private network: %v", err)
	default:
		t.Skipf("no private network allowed here (needs root or user namespaces): %v", err)
	}
}

// plug brings lo up and gives it Address and a default route, over rtnetlink
// (rtnetlink(7)), so that no program such as ip has to be installed.
func plug() error {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	const lo = 1 // the first interface of every namespace
	address := Address.As4()

	// ifinfomsg: family, pad, 2B type, 4B index, 4B flags, 4B change mask.
	up := body(syscall.AF_UNSPEC, 0, uint16(0), uint32(lo), uint32(syscall.IFF_UP), uint32(syscall.IFF_UP))
	// ifaddrmsg: family, prefix length, flags, scope, 4B index.
	add := body(syscall.AF_INET, 32, uint8(0), uint8(syscall.RT_SCOPE_UNIVERSE), uint32(lo))
	add = attribute(attribute(add, syscall.IFA_LOCAL, address[:]), syscall.IFA_ADDRESS, address[:])
	// rtmsg: family, destination length (0: default), source length, tos,
	// table, protocol, scope, type, 4B flags.
	route := body(syscall.AF_INET, 0, uint8(0), uint8(0), uint8(syscall.RT_TABLE_MAIN), uint8(syscall.RTPROT_BOOT),
		uint8(syscall.RT_SCOPE_LINK), uint8(syscall.RTN_UNICAST), uint32(0))
	route = attribute(attribute(route, syscall.RTA_OIF, binary.NativeEndian.AppendUint32(nil, lo)), syscall.RTA_PREFSRC, address[:])

	const create = syscall.NLM_F_CREATE | syscall.NLM_F_EXCL
	for _, step := range []struct {
		name  string
		kind  uint16
		flags uint16
		body  []byte
	}{
		{"bring lo up", syscall.RTM_NEWLINK, 0, up},
		{"add the address", syscall.RTM_NEWADDR, create, add},
		{"add the route", syscall.RTM_NEWROUTE, create, route},
	} {
		if err := request(fd, step.kind, step.flags, step.body); err != nil && err != syscall.EEXIST {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
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
func request(fd int, kind, flags uint16, body []byte) error {
	const header = syscall.SizeofNlMsghdr
	m := binary.NativeEndian.AppendUint32(nil, uint32(header+len(body)))
	m = binary.NativeEndian.AppendUint16(m, kind)
	m = binary.NativeEndian.AppendUint16(m, flags|syscall.NLM_F_REQUEST|syscall.NLM_F_ACK)
	m = append(append(m, make([]byte, 8)...), body...)
	if err := syscall.Sendto(fd, m, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(fd, answer, 0)
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
