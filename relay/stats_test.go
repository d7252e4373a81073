package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/web"
)

func TestDownlinksAreLinesOfNumbers(t *testing.T) {
	var out strings.Builder
	downlinks(&out, nil)
	require.Empty(t, out.String())
	downlinks(&out, []web.Downlink{
		{Rate: 2_500_000, Wanted: 1_900_000, Came: 1_800_000, RTT: 41.3, Queue: 2, Loss: 0.014, Waiting: 3, Limited: true},
		{Rate: 300_000, Deaf: true},
	})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 4)
	assert.Equal(t, []string{"2500", "1900", "1800", "41", "2", "1", "%", "3", "limited"}, strings.Fields(lines[2]))
	assert.Equal(t, []string{"300", "0", "0", "0", "0", "0", "%", "0", "reports", "stay", "away"}, strings.Fields(lines[3]))
}
