package media

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What another implementation reads of our headers is what we meant.
func TestHead(t *testing.T) {
	for _, dd := range []int{0, 3, 16, 17, 18, 19, 20, 255} {
		for _, id := range []uint8{0, 1, 14} {
			t.Run(fmt.Sprintf("descriptor of %d bytes, level by %d", dd, id), func(t *testing.T) {
				h := head{pt: 96, marker: true, padded: true, seq: 7, ts: 8, ssrc: 9, csrc: 10, levelID: id, level: 0x85, frame: 0x1234}
				if dd > 0 {
					h.ddID, h.dd = 9, make([]byte, dd)
				}
				b := make([]byte, 400)
				for i := range b {
					b[i] = 0xff // buffers are used again
				}
				n := h.put(b)
				b[n] = 1
				var p rtp.Packet
				require.NoError(t, p.Unmarshal(b[:n+1]))
				assert.Empty(t, p.Payload)
				p.Extensions = nil
				var got rtp.Header
				size, err := got.Unmarshal(b[:n+1])
				require.NoError(t, err)
				assert.Equal(t, n, size)
				assert.True(t, got.Marker && got.Padding)
				assert.Equal(t, []uint32{10}, got.CSRC)
				want := 0
				if id != 0 {
					want++
					assert.Equal(t, []byte{0x85}, got.GetExtension(id))
				}
				if dd > 0 {
					want++
					e := got.GetExtension(9)
					require.Len(t, e, dd)
					assert.Equal(t, []byte{0x12, 0x34}, e[1:3])
				}
				assert.Len(t, got.GetExtensionIDs(), want)
			})
		}
	}
}

// An empty extension cannot be written with one byte of header: it would hide those behind it, and with them the number
// by which the receiver reports that the packet came.
func TestAnEmptyDescriptorIsNoDescriptor(t *testing.T) {
	c := newCall(t, "AV1")
	x := newStage(t, c.engine)
	r := x.seat(1, counted(withCodecs(0, 0)), netip.AddrPort{})
	packet := func(dd ...byte) []byte {
		b := []byte{0x90, av1PT, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0x10, 0, 0, 2}
		b = append(b, midExt, 1, '1', 9, byte(len(dd)))
		b = append(b, dd...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		b[15] = byte(len(b)/4 - 4)
		return append(b, 0x18, 1, 2, 3) // it begins a sequence
	}
	require.True(t, x.bring(r, packet()))
	require.NotNil(t, r.p.layer)
	assert.Nil(t, r.p.dd)
}
