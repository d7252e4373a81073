package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is what a process used so far, all its threads together, those that have ended too.
func cpuTime(pid int) (time.Duration, error) {
	// clock_getcpuclockid(3): the clock of a process is its id, inverted, above three bits that say which clock.
	const scheduled = 2
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduled), &ts); err != nil {
		return 0, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}

// memory is the resident set of a process, in MB.
func memory(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for l := range bytes.Lines(b) {
		if f := strings.Fields(string(l)); len(f) >= 2 && f[0] == "VmRSS:" {
			kb, err := strconv.ParseFloat(f[1], 64)
			return kb / 1024, err
		}
	}
	return 0, fmt.Errorf("process %d has no memory", pid)
}

// coreTime is how long one core was busy so far, with whatever: all but idle and waiting (proc(5), /proc/stat).
func coreTime(core int) (time.Duration, error) {
	const (
		tick = 10 * time.Millisecond // USER_HZ is 100 on every architecture that Go knows
		idle = 3
		wait = 4
		last = 8 // guest time is within user time
	)
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	for l := range bytes.Lines(b) {
		f := strings.Fields(string(l))
		if len(f) <= last || f[0] != fmt.Sprintf("cpu%d", core) {
			continue
		}
		var sum time.Duration
		for i, v := range f[1 : last+1] {
			if n, err := strconv.ParseInt(v, 10, 64); err == nil && i != idle && i != wait {
				sum += time.Duration(n) * tick
			}
		}
		return sum, nil
	}
	return 0, fmt.Errorf("there is no core %d", core)
}
