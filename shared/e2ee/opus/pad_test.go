package opus

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// framesOf reads a packet as a decoder does (RFC 6716, sections 3.1 and 3.2); it returns none for what is no packet.
func framesOf(packet []byte) (all [][]byte) {
	if len(packet) == 0 {
		return nil
	}
	rest := packet[1:]
	size := func() int {
		if len(rest) == 0 {
			return -1
		}
		n := int(rest[0])
		rest = rest[1:]
		if n >= 252 {
			if len(rest) == 0 {
				return -1
			}
			n += 4 * int(rest[0])
			rest = rest[1:]
		}
		return n
	}
	take := func(n int) bool {
		if n < 0 || n > len(rest) {
			all, rest = nil, nil
			return false
		}
		all, rest = append(all, rest[:n]), rest[n:]
		return true
	}
	switch packet[0] & 3 {
	case 0:
		take(len(rest))
	case 1:
		if len(rest)%2 == 0 {
			half := len(rest) / 2
			if take(half) {
				take(half)
			}
		}
	case 2:
		if n := size(); n >= 0 && take(n) {
			take(len(rest))
		}
	case 3:
		if len(rest) == 0 {
			return nil
		}
		second := rest[0]
		rest = rest[1:]
		count, padding := int(second&63), 0
		for more := second&0x40 != 0; more; {
			if len(rest) == 0 {
				return nil
			}
			more = rest[0] == 255
			padding += min(int(rest[0]), 254)
			rest = rest[1:]
		}
		if padding > len(rest) || count == 0 {
			return nil
		}
		rest = rest[:len(rest)-padding]
		sizes := make([]int, count-1)
		for i := range sizes {
			sizes[i] = len(rest) / count
			if second&0x80 != 0 {
				sizes[i] = size()
			} else if len(rest)%count != 0 {
				return nil
			}
		}
		for _, n := range sizes {
			if !take(n) {
				return nil
			}
		}
		take(len(rest))
	}
	return all
}

func packets() map[string][]byte {
	sound := func(n int) []byte { return bytes.Repeat([]byte{0xAB}, n) }
	return map[string][]byte{
		"one frame":                        append([]byte{0x78}, sound(61)...),
		"a pause":                          {0x78, 0xFF, 0xFE},
		"no sound at all":                  {0x78},
		"two frames of one size":           append([]byte{0x79}, sound(62)...),
		"two frames":                       slices.Concat([]byte{0x7A, 20}, sound(60)),
		"two frames, of which one is long": slices.Concat([]byte{0x7A, 252, 10}, sound(400)),
		"three frames of one size":         slices.Concat([]byte{0x7B, 3}, sound(60)),
		"three frames":                     slices.Concat([]byte{0x7B, 0x83, 5, 7}, sound(40)),
	}
}

func TestAPaddedPacketHasTheSameFrames(t *testing.T) {
	for name, packet := range packets() {
		want := framesOf(packet)
		require.NotEmpty(t, want, name)
		for size := len(packet) + 1; size < len(packet)+800; size++ {
			buf := append(slices.Clone(packet), bytes.Repeat([]byte{0xEE}, size)...)[:size]
			require.Equal(t, size, pad(buf, len(packet)), name)
			require.Equal(t, want, framesOf(buf), "%s in %d bytes", name, size)
			require.Equal(t, packet[0]&^3, buf[0]&^3, "%s: mode, bandwidth, frame size and channels", name)
		}
	}
}

func TestEveryPacketIsAsLongAsTheLongestWas(t *testing.T) {
	var p Padder
	buf := make([]byte, 4000)
	buf[0] = 0x78
	for _, row := range []struct{ n, want int }{
		{3, 80}, {79, 80}, {80, 80}, {1, 80}, {81, 120}, {3, 120}, {120, 120}, {161, 200}, {80, 200}, {1276, 1280}, {3, 1280},
		{0, 0}, {2551, 2551}, {3, 1280},
	} {
		buf[0], buf[1] = 0x78, 7
		assert.Equal(t, row.want, p.Pad(buf, row.n), "%d bytes", row.n)
	}
}

func TestWhatIsLeftAlone(t *testing.T) {
	padded := []byte{0x7B, 0x41, 1, 9, 0}
	require.Len(t, framesOf(padded), 1)
	for name, packet := range map[string][]byte{"padded already": padded, "cut off": {0x7B}} {
		var p Padder
		buf := append(slices.Clone(packet), make([]byte, 200)...)
		assert.Equal(t, len(packet), p.Pad(buf, len(packet)), name)
		assert.Equal(t, packet, buf[:len(packet)], name)
	}
	var p Padder
	assert.Equal(t, 3, p.Pad([]byte{0x78, 1, 2, 0}, 3), "no room")
}

func FuzzPad(f *testing.F) {
	for _, packet := range packets() {
		f.Add(packet, uint16(300))
	}
	f.Fuzz(func(t *testing.T, packet []byte, more uint16) {
		want := framesOf(packet)
		buf := append(slices.Clone(packet), make([]byte, more)...)
		var p Padder
		n := p.Pad(buf, len(packet))
		require.GreaterOrEqual(t, n, len(packet))
		require.Equal(t, want, framesOf(buf[:n]))
	})
}
