package web

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARunningRelayTellsItsOperatorWhatItCounts(t *testing.T) {
	dir := shortDir(t)
	_, err := ReadReport(t.Context(), dir)
	require.ErrorIs(t, err, ErrNotRunning)
	start(t, func(c *Config) { c.Data = dir })
	r, err := ReadReport(t.Context(), dir)
	require.NoError(t, err)
	assert.Zero(t, r.Rooms)
	assert.Contains(t, r.Media, "packets_out")
	assert.Contains(t, r.Media, "drop_auth")
}
