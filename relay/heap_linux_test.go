package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheHeapAsksForHugePages(t *testing.T) {
	const file = "/sys/kernel/mm/transparent_hugepage/enabled"
	if _, err := os.Stat(file); err != nil {
		t.Skip("this system has no huge pages: ", err)
	}
	growHeap()
	// As large as what a meeting adds to the heap, so that it fits nowhere but in what growHeap left.
	b := make([]byte, 16<<20)
	flags := flagsOf(t, uintptr(unsafe.Pointer(unsafe.SliceData(b))))
	runtime.KeepAlive(b)
	assert.Contains(t, flags, "hg", "proc_pid_smaps(5): huge pages are asked for")
}

// flagsOf are the flags of the mapping that an address is in.
func flagsOf(t *testing.T, at uintptr) []string {
	f, err := os.Open("/proc/self/smaps")
	require.NoError(t, err)
	defer f.Close()
	within := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var from, to uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			within = from <= at && at < to
		}
		if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && within {
			return strings.Fields(flags)
		}
	}
	require.Fail(t, "no mapping has the address")
	return nil
}
