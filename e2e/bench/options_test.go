package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/bench/load"
)

func TestChoicesThatMakeNoSense(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-parts nothing", `no part "nothing"`},
		{"-patterns 1-10,2-3", `no pattern "2→3"`},
		{"-rounds 0", "-rounds is below 1"},
		{"-rate 0", "-rate is below 1"},
		{"-core 1 -load-core 1", "a core each"},
		{"more", "is no flag"},
	} {
		_, err := parse(strings.Fields(c.args), io.Discard)
		assert.ErrorContains(t, err, c.want, c.args)
	}
}

func TestPeersThatAreNotThereAreLeftOutByALine(t *testing.T) {
	o, err := parse([]string{"-conclave", "x", "-livekit", "/nowhere/livekit", "-janus", "/nowhere/janus"}, io.Discard)
	require.NoError(t, err)
	kinds, missing, err := o.kinds()
	require.NoError(t, err)
	require.Len(t, kinds, 1)
	assert.True(t, filepath.IsAbs(kinds[0].Program))
	require.Len(t, missing, 2)
	assert.Contains(t, missing[0], "LiveKit was left out")

	_, _, err = options{}.kinds()
	assert.ErrorContains(t, err, "-conclave")
}

func TestLinesThatAreQuoted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(file, []byte("goos: linux\nBenchmarkFloor/x 1\n"), 0o600))
	got, err := lines(file, func(l string) bool { return strings.HasPrefix(l, "Benchmark") })
	require.NoError(t, err)
	assert.Equal(t, []string{"BenchmarkFloor/x 1"}, got)
	got, err = lines("", nil)
	require.NoError(t, err)
	assert.Empty(t, got)
	_, err = lines(file+"y", nil)
	assert.Error(t, err)
}

func TestFewPacketsAreAllMeasured(t *testing.T) {
	for _, x := range []struct {
		p    load.Pattern
		want int
	}{
		{load.Pattern{Publishers: 1, Receivers: 10}, 1},
		{load.Pattern{Publishers: 5, Mesh: true}, 1},
		{load.Pattern{Publishers: 1, Receivers: 100}, 3},
		{load.Pattern{Publishers: 40, Mesh: true}, sampleOne},
	} {
		assert.Equal(t, x.want, sampling(x.p, 104), x.p)
	}
}

func TestPatternsCanBeChosen(t *testing.T) {
	o, err := parse([]string{"-patterns", "1-50,10x10"}, io.Discard)
	require.NoError(t, err)
	r := runner{o: o}
	assert.Equal(t, []load.Pattern{{Publishers: 1, Receivers: 50}, {Publishers: 10, Mesh: true}}, r.patterns())
	r.o.patterns = ""
	assert.Equal(t, table, r.patterns())
}
