//go:build !js

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// budget is the size of the program over the wire, in bytes of brotli. More would be felt by who joins a room with a
// passphrase on a telephone.
const budget = 700_000

// hot is what keeps inlining, as in the Makefile (SEALER_HOT).
var hot = []string{
	"./wasm/sealer", "./shared/e2ee/...", "golang.org/x/crypto/...", "filippo.io/edwards25519/field", "crypto/...",
	"encoding/binary", "internal/byteorder", "math/bits",
}

// built is a program that TestMain removes.
var built struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// program returns the path of the program, built as the Makefile does.
func program(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "sealer"); built.err != nil {
			return
		}
		args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-gcflags=all=-l"}
		for _, hot := range hot {
			args = append(args, "-gcflags="+hot+"=")
		}
		cmd := exec.Command("go", append(args, "-o", filepath.Join(built.dir, "sealer.wasm"), "./wasm/sealer")...)
		cmd.Dir = "../.." // patterns like ./wasm/sealer are seen from there
		cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		out, err := cmd.CombinedOutput()
		if built.err = err; err != nil {
			t.Logf("%s", out)
		}
	})
	require.NoError(t, built.err)
	return filepath.Join(built.dir, "sealer.wasm")
}

// node runs a script and returns what it prints.
func node(t testing.TB, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("node is not installed")
		}
		t.Skip("node is not installed")
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	require.NoError(t, err, string(out))
	return strings.TrimSpace(string(out))
}

// wasmExec returns the path of the script that runs Go programs in JavaScript.
func wasmExec(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	return filepath.Join(strings.TrimSpace(string(out)), "lib", "wasm", "wasm_exec.js")
}

func TestTheProgramAsAWorkerRunsIt(t *testing.T) {
	for _, row := range []struct{ name, script string }{
		{"frames of every codec and size come back", "frames"},
		{"no bit of an envelope can change", "changes"},
		{"garbage is refused and ends nothing", "garbage"},
		{"ten thousand frames take no memory", "memory"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Log(node(t, "testdata/sealer.mjs", wasmExec(t), program(t), row.script))
		})
	}
}

// Compressed as the site serves it, which takes a while (www/build.compress.mjs).
func TestTheProgramStaysSmall(t *testing.T) {
	const script = `const zlib = require("zlib"), b = require("fs").readFileSync(process.argv[1]);
		const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_LGWIN]: 24, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: b.length };
		console.log(zlib.brotliCompressSync(b, { params }).length)`
	size, err := strconv.Atoi(node(t, "-e", script, program(t)))
	require.NoError(t, err)
	t.Logf("%d bytes in brotli; at most %d", size, budget)
	assert.Greater(t, size, 100_000, "that cannot be the whole program")
	assert.LessOrEqual(t, size, budget)
}

func TestWhatTheProgramLinks(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", ".")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.Output()
	require.NoError(t, err)
	linked := strings.Fields(string(out))
	for _, used := range []string{"github.com/conclave-meet/conclave/shared/e2ee/chacha", "golang.org/x/crypto/argon2", "crypto/mlkem"} {
		require.Contains(t, linked, used)
	}
	for _, heavy := range []string{
		"fmt", "encoding/json", "net", "math/big", "log", "regexp", "text/template", "golang.org/x/text/unicode/norm",
		"crypto/ecdh", // 120 kB of curves that nobody uses
		"crypto/rand", // math/big
		"github.com/conclave-meet/conclave/shared/e2ee/sframe/suites",
	} {
		assert.NotContains(t, linked, heavy)
	}
}

// Seal and open of one frame, with the copies in and out.
func BenchmarkFrame(b *testing.B) {
	for _, size := range []int{80, 1200, 16 << 10, 100_000} {
		b.Run(strconv.Itoa(size)+" B", func(b *testing.B) {
			var last string
			for b.Loop() {
				last = node(b, "testdata/sealer.mjs", wasmExec(b), program(b), "speed", strconv.Itoa(size))
			}
			took, err := strconv.ParseFloat(last, 64)
			require.NoError(b, err)
			b.ReportMetric(took, "µs/frame")
			b.ReportMetric(0, "ns/op") // of a whole run of node: says nothing
		})
	}
}
