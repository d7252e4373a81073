package harness

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/web"
	"github.com/conclave-meet/conclave/shared/wire"
)

// Process is the relay that people run, as a process of its own, so that its memory can be measured.
type Process struct {
	url   string
	data  string
	token string // of the first host's link
	pid   int
}

// greeting is what a relay says when it serves, with the link of the first host.
var greeting = regexp.MustCompile(`(?s)Conclave is at (\S+)\n.*/_/enrol#(\S+)`)

// StartProcess starts the program at path (build/conclave) for the time of the test, on ports that are free.
func StartProcess(t testing.TB, path string) *Process {
	t.Helper()
	p := &Process{data: t.TempDir()}
	cmd := exec.Command(path, "serve", "--listen", "localhost:0", "--data", p.data)
	cmd.SysProcAttr = endsWithUs()
	log := &logs{} // filled and read at one time
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p.pid = cmd.Process.Pid
	var reading sync.WaitGroup
	t.Cleanup(func() {
		assert.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		reading.Wait()
		assert.NoError(t, cmd.Wait())
		if t.Failed() {
			t.Logf("the relay said:\n%s", log.String())
		}
	})
	said, text := make(chan []string, 1), &strings.Builder{}
	reading.Go(func() {
		defer close(said)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			text.WriteString(lines.Text() + "\n")
			if m := greeting.FindStringSubmatch(text.String()); m != nil {
				said <- m
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
	})
	m := <-said // closed when the relay ends before it has said it
	require.NotNil(t, m, "the relay does not start: %s", log.String())
	p.url, p.token = m[1], m[2]
	return p
}

// URL is the address of the site, "http://localhost:1234".
func (p *Process) URL() string { return p.url }

// WebSocket is the address of the signalling socket.
func (p *Process) WebSocket() string { return "ws" + strings.TrimPrefix(p.url, "http") + wire.Path }

// PID is the number of the process, for tests that look into it.
func (p *Process) PID() int { return p.pid }

// Host makes the first host account, once, and returns a browser in which it is signed in.
func (p *Process) Host(t testing.TB, name string) *Cookies {
	t.Helper()
	return enrol(t, p.url, p.token, name)
}

// Report is what the relay counts.
func (p *Process) Report(ctx context.Context) (web.Report, error) { return web.ReadReport(ctx, p.data) }

// Memory is the resident memory of the relay in bytes. Linux only.
func (p *Process) Memory() (int64, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(p.pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 10, 64)
			return n << 10, err
		}
	}
	return 0, errors.New("the system does not tell how much memory a process has")
}
