package web

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media"
	"github.com/conclave-meet/conclave/relay/media/layers"
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
	assert.Zero(t, r.Delay.Packets)
	assert.Empty(t, r.Down)
}

func TestDelaysAreGivenInMicroseconds(t *testing.T) {
	var h media.Histogram
	h.Buckets[2], h.Buckets[10], h.Sum = 3, 1, 1012*time.Microsecond
	assert.Equal(t, Delay{
		Packets: 4, Mean: 253, Half: 4, P99: 1024, Buckets: []Bucket{{Below: 4, Packets: 3}, {Below: 1024, Packets: 1}},
	}, delayOf(h))
}

func TestDownlinksAreInTheOrderOfWhatIsWanted(t *testing.T) {
	of := func(wanted, rate int64) media.Down {
		d := media.Down{Wanted: layers.Bitrate(wanted), Queued: 7}
		d.Rate, d.RTT, d.Queue, d.Loss, d.Limited = layers.Bitrate(rate), 40*time.Millisecond, 1500*time.Microsecond, 0.1, true
		return d
	}
	list := downlinks([]media.Down{of(1000, 5), of(3000, 6), of(3000, 9)})
	require.Len(t, list, 3)
	assert.Equal(t, []int64{9, 6, 5}, []int64{list[0].Rate, list[1].Rate, list[2].Rate})
	assert.Equal(t, Downlink{Rate: 9, Limited: true, Wanted: 3000, RTT: 40, Queue: 1.5, Loss: 0.1, Waiting: 7}, list[0])
}
