package report

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/bench/bare"
	"github.com/conclave-meet/conclave/e2e/bench/load"
	"github.com/conclave-meet/conclave/e2e/bench/profile"
)

var (
	small  = load.Pattern{Publishers: 1, Receivers: 10}
	large  = load.Pattern{Publishers: 1, Receivers: 50}
	limits = load.Ramp{Factor: 2, MaxLoss: 0.001, MaxP99: 20 * time.Millisecond}
)

func costs(us ...float64) (all []load.Result) {
	for _, x := range us {
		all = append(all, load.Result{Micros: x, Samples: 1})
	}
	return all
}

func sample() *Run {
	return &Run{
		At: time.Unix(0, 0), Servers: []string{"Ours", "A", "B"}, Machine: []string{"a machine"},
		Rows: []Row{
			{Pattern: small, Profile: load.GCM, Results: map[string][]load.Result{"Ours": costs(5), "A": costs(12), "B": costs(10)}},
			{Pattern: large, Profile: load.GCM, Results: map[string][]load.Result{"Ours": costs(5), "A": costs(10), "B": nil}},
		},
		Ramps: []RampRow{{Pattern: large, Profile: load.GCM, Ramp: limits, Steps: map[string][]load.Result{
			"Ours": {{Forwarded: 100e3, Samples: 1}, {Forwarded: 300e3, Samples: 1}, {Forwarded: 400e3, Loss: 0.1, Samples: 1, Tainted: "late"}},
			"A":    {{Forwarded: 100e3, Samples: 1}, {Forwarded: 200e3, Loss: 0.1, Samples: 1}},
		}}},
		Growth:   []Growth{{small, load.Result{Micros: 3, RSS: 20}}, {load.Pattern{Publishers: 5, Mesh: true}, load.Result{Micros: 3, RSS: 30}}},
		Profile:  &Profile{Pattern: large, Result: load.Result{Micros: 2}, Shares: []profile.Share{{Group: "encrypt", Part: 0.25}}},
		Browsers: []string{"a browser: GCM"},
	}
}

func TestLimitsAreHeldAgainstTheBetterPeer(t *testing.T) {
	r := sample()
	x, ok := r.Rows[0].ratio(r.Servers)
	require.True(t, ok)
	assert.InDelta(t, 0.5, x, 1e-9)
	x, ok = r.Ramps[0].ratio(r.Servers)
	require.True(t, ok)
	assert.InDelta(t, 3.0, x, 1e-9)
	assert.Equal(t, []string{"1→50 with GCM: 0.50 of the better peer's cost; the limit is 0.45"}, r.Missed())

	r.Rows[1].Profile = load.CM
	assert.Empty(t, r.Missed(), "what browsers do not negotiate has no limit")
	r.Rows[1].Profile = load.GCM
	r.Rows[1].Results["Ours"] = costs(4.5)
	assert.Empty(t, r.Missed())
	r.Ramps[0].Steps["A"][1].Loss = 0
	r.Ramps[0].Steps["A"][1].Forwarded = 250e3
	assert.Len(t, r.Missed(), 1)

	r.Sealing = []string{"80 B: seal 2 µs", "missed: open 9 µs"}
	assert.Contains(t, r.Missed(), "open 9 µs")
	assert.Len(t, r.Missed(), 2)

	_, ok = (Row{Results: map[string][]load.Result{"Ours": costs(1)}}).ratio(r.Servers)
	assert.False(t, ok, "without a peer there is nothing to compare")
}

func TestOneResultStandsForTheRounds(t *testing.T) {
	for _, c := range []struct {
		name string
		all  []load.Result
		want float64
	}{
		{"one", costs(3), 3},
		{"the middle of three", costs(9, 1, 3), 3},
		{"between the two in the middle", costs(8, 2), 5},
		{"tainted ones do not count", append(costs(3), load.Result{Micros: 1, Tainted: "late"}), 3},
		{"unless there are no others", []load.Result{{Micros: 1, Tainted: "late"}}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, ok := middle(c.all)
			require.True(t, ok)
			assert.InDelta(t, c.want, x.Micros, 1e-9)
		})
	}
	_, ok := middle(nil)
	assert.False(t, ok)
}

func TestTheDocumentHoldsEverything(t *testing.T) {
	text := sample().Markdown("growth.png")
	for _, want := range []string{
		"a machine", "| 1→10 |   Ours |", "**missed**", "kept", "≥ 300 k", "|      B |         – |", "![CPU per packet and memory over the size of the room](growth.png)",
		"| encrypt  |      0.50 |  25 % |", "a browser: GCM",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "The floor", "it was not measured")
}

func TestTheTablesAreWellFormed(t *testing.T) {
	columns := 0
	for l := range strings.Lines(sample().Markdown("")) {
		if !strings.HasPrefix(l, "|") {
			columns = 0
			continue
		}
		n := strings.Count(l, "|")
		if columns != 0 {
			assert.Equal(t, columns, n, l)
		}
		columns = n
	}
}

func TestOnlyTheMeasuredPartOfADocumentIsReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "doc.md")
	require.NoError(t, os.WriteFile(file, []byte("before\n"+begin+"old\n"+end+"after\n"), 0o600))
	for _, text := range []string{"new", "newer"} {
		require.NoError(t, ReplaceIn(file, text))
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, "before\n"+begin+"\n"+text+"\n"+end+"after\n", string(got))
	}

	_, err := Replace("no markers", "x")
	assert.ErrorIs(t, err, errMarkers)
}

func TestThePlotIsAPicture(t *testing.T) {
	file := filepath.Join(t.TempDir(), "growth.png")
	require.NoError(t, sample().Plot(file))
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	assert.Greater(t, img.Bounds().Dx(), 400)
}

func TestDelaysAreComparedWithAndWithoutABareCopy(t *testing.T) {
	late := func(all ...time.Duration) (out []load.Result) {
		for _, d := range all {
			out = append(out, load.Result{P99: d * time.Microsecond, Samples: 1})
		}
		return out
	}
	copies := func(d time.Duration) bare.Delay { return bare.Delay{P99: d * time.Microsecond} }
	row := Row{
		Pattern: small, Profile: load.GCM, Bare: []bare.Delay{copies(900), copies(400), copies(300)},
		Results: map[string][]load.Result{"Ours": late(9000, 600, 500), "A": late(1000, 1200, 800), "B": late(1400, 1500, 100)},
	}
	r := &Run{Servers: []string{"Ours", "A", "B"}, Rows: []Row{row}}
	whole, own, ok := row.late(r.Servers)
	require.True(t, ok)
	assert.InDelta(t, 0.6, whole, 1e-9)
	assert.InDelta(t, 200.0/600, own, 1e-9)
	assert.Regexp(t, `1→10 +\| +0\.40 \| 0\.60 \| 1\.00 \| 1\.40 \| +0\.60 \| +0\.33 \|`, r.delays())

	row.Bare = nil
	_, _, ok = row.late(r.Servers)
	assert.False(t, ok, "nothing to take off")
}
