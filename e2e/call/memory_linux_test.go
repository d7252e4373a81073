package call

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/bot"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// TestTheMemoryOfTheRelayHoldsNoNameAndNoWord looks through every byte that a relay can write to, a process of its own:
// what is in use, what is garbage, and the buffers of the network. In an open room names and chat are found there; of an
// encrypted one neither they nor the passphrase ever are.
func TestTheMemoryOfTheRelayHoldsNoNameAndNoWord(t *testing.T) {
	program := filepath.Join(t.TempDir(), "conclave")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../relay").CombinedOutput()
	require.NoError(t, err, "%s", out)
	relay := harness.StartProcess(t, program)
	if !readable(relay.PID()) {
		t.Skip("the system does not let a test read the memory of the process that it started")
	}
	host := relay.Host(t, "keeper")

	// talk lets two meet in a room. It returns what of the texts the relay's memory holds meanwhile.
	talk := func(room string, how func(*bot.Config), texts ...string) []string {
		ann, bob, word := texts[0], texts[1], texts[2]
		come := func(name string) *bot.Bot {
			cfg := bot.Config{URL: relay.WebSocket(), Room: room, Name: name, Mark: uint32(len(name))}
			how(&cfg)
			if name == ann {
				cfg.API = host.API
			}
			b := bot.Start(cfg)
			t.Cleanup(b.Close)
			return b
		}
		until := func(b *bot.Bot, what string, ok func(conf.View) bool) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			require.NoError(t, b.Await(ctx, ok), what)
		}
		a := come(ann)
		until(a, "is in", func(v conf.View) bool { return v.App.Screen == conf.ScreenCall })
		b := come(bob)
		for x, other := range map[*bot.Bot]string{a: bob, b: ann} {
			until(x, "knows the other's name", func(v conf.View) bool {
				return slices.ContainsFunc(v.Peers, func(p conf.Peer) bool { return p.Name == other })
			})
		}
		a.Do(&conf.Say{Text: word})
		b.Do(&conf.Hand{})
		until(b, "reads it", func(v conf.View) bool { return slices.Equal(said(v), []string{ann + ": " + word}) })
		return found(t, relay.PID(), texts)
	}

	open := []string{text(), text(), text()}
	assert.ElementsMatch(t, open, talk("in-the-open", func(*bot.Config) {}, open...), "the search finds what is there")
	phrase := "copper lantern " + text()
	assert.Empty(t, talk(room, sealed(phrase), text(), text(), text(), phrase))
}

// text is one that is nowhere else.
func text() string { return rand.Text()[:16] }

// readable reports whether the memory of a process may be read.
func readable(pid int) bool {
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err == nil {
		_ = f.Close()
	}
	return err == nil
}

// found returns which of the texts stand in the memory that a process can write to.
func found(t *testing.T, pid int, texts []string) (list []string) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	require.NoError(t, err)
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	require.NoError(t, err)
	defer func() { _ = mem.Close() }()
	read := 0
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		var from, to uint64
		var mode string
		_, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode)
		require.NoError(t, err)
		if mode[:2] != "rw" {
			continue
		}
		b, _ := io.ReadAll(io.NewSectionReader(mem, int64(from), int64(to-from))) // the kernel keeps a few pages to itself
		read += len(b)
		for _, x := range texts {
			if !slices.Contains(list, x) && bytes.Contains(b, []byte(x)) {
				list = append(list, x)
			}
		}
	}
	require.Greater(t, read, 1<<20, "bytes of memory")
	t.Logf("%d MB searched", read>>20)
	return list
}
