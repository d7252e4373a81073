package media

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Else the receivers' paths would be taken for narrow ones, for good.
func TestLargePacketsAreSentOneByOne(t *testing.T) {
	e := newEngine(t, "127.0.0.1:0")
	r := receivers(t, e, 1)[0]
	if !e.socks.v4.offload.segments.Load() {
		t.Skip("no segmentation on this system")
	}
	sizes := []int{maxSegment + 1, maxSegment + 1, maxSegment, maxSegment, 100}
	var b burst
	for i, size := range sizes {
		require.True(t, push(&b, r.s, uint32(i), size))
	}
	b.flush()
	for i, size := range sizes {
		number, n := r.gets(t)
		require.Equal(t, uint32(i), number)
		require.Equal(t, size, n)
	}
	assert.Equal(t, uint64(3), e.Stats()[Segments])
}
