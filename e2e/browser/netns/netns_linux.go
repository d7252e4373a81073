package netns

import (
	"context"
	"errors"
	"net/netip"
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

// plug brings lo up and gives it Address and a default route.
func plug() error {
	k, err := openKernel()
	if err != nil {
		return err
	}
	defer k.close()
	return k.plug(lo, Address, netip.Prefix{})
}
