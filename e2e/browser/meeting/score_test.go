package meeting

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/people"
)

// timeScores times the core's own strength function in the page: least and median of the runs of each name, in ms.
const timeScores = `
let ports;
Object.defineProperty(globalThis, 'conclavePorts', {
	get: () => ports,
	set(p) {
		const ready = p.ready;
		p.ready = raw => { globalThis.core = raw; ready.call(p, raw); };
		ports = p;
	},
});
globalThis.timeScores = (names, runs) => names.map(name => {
	const times = [];
	for (let i = 0; i < runs; i++) {
		const began = performance.now();
		core.strength(name);
		times.push(performance.now() - began);
	}
	times.sort((a, b) => a - b);
	return {name, least: times[0], median: times[runs >> 1]};
});`

func TestALongNameIsScoredQuickly(t *testing.T) {
	r := startRelay(t, netip.Addr{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann := people.New(t, b, r.url, "Ann", red)
	require.NoError(t, ann.Page.Preload(t.Context(), timeScores))
	ann.Goes("/")
	ann.Waits(`globalThis.core`)
	var times []struct {
		Name          string
		Least, Median float64
	}
	// 64 code points each: everything repeats, everything is in the dictionary, leet, keyboard walks, nothing matches.
	ann.Eval(`timeScores(['a'.repeat(64), '1a'.repeat(32), 'standup-weekly-team-meeting-daily-sync-retro-planning-board-2026',
		'p4ssw0rd'.repeat(8), 'qwertyuiopasdfghjklzxcvbnm1234567890qwertyuiopasdfghjklzxcvbnm12', '20262026'.repeat(8),
		'конференция-'.repeat(6).slice(0, 64), 'k7xq-v2m9z-t8wq3-b5nc6-j4hd1-f0gs8-l9py2-r6ua7-e3io5-xw1zk4-q8mv'], 15)`, &times)
	least := make([]float64, len(times))
	for i, x := range times {
		t.Logf("least %5.1f ms, median %5.1f ms  %s", x.Least, x.Median, x.Name)
		least[i] = x.Least
	}
	// The least time is what the function takes when nobody else has the processor; it is to be under 5 ms. The test
	// fails only where it is far from that, for the machine may be slow.
	t.Logf("the slowest takes %.1f ms", slices.Max(least))
	assert.Less(t, slices.Max(least), 20.0, "ms")
}
