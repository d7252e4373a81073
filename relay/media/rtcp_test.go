package media

import (
	"testing"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Firefox reports on each m-line by an SSRC of its own.
func TestEachSlotMayBeReportedOnByAnSSRCOfItsOwn(t *testing.T) {
	const slots, sources = 5 + 49, 12
	c := newCall(t)
	bob := c.join(1, describe(1, 1), nothing)
	for n := range slots + sources {
		bob.say(&rtcp.PictureLossIndication{SenderSSRC: 70_000 + uint32(n), MediaSSRC: bob.slot("v0").SSRC})
		c.until("it is read", func() bool { return bob.s.Stats()[PLIIn] == uint64(n+1) })
	}
	for n := range uint32(maxReporters) {
		bob.say(&rtcp.PictureLossIndication{SenderSSRC: 80_000 + n, MediaSSRC: bob.slot("v0").SSRC})
	}
	c.until("they are bounded", func() bool { return bob.s.Stats()[DropSSRCs] > 0 })
	require.Empty(t, c.gone)
	assert.Zero(t, bob.s.Stats()[Panics])
}
