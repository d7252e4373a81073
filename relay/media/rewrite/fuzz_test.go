package rewrite

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
)

// FuzzNext takes packets that a stranger made up, six bytes each: whatever they say, no number is given out twice, and
// what is asked for again is what it was.
func FuzzNext(f *testing.F) {
	f.Add([]byte{1, 1, 0, 0, 0, 0, 0, 2, 9, 9, 9, 9, 4, 200, 1, 1, 1, 1, 0, 1, 7, 7, 7, 7})
	f.Add([]byte{1, 255, 0, 0, 128, 0, 9, 1, 0, 0, 127, 0, 17, 3, 200, 0, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 6*500 {
			return
		}
		s := New[bool](len(b)%2 == 0, 90000, 32767, 1<<31)
		s.Switch(true)
		seq := map[bool]uint64{false: base, true: base * 3}
		newest := map[bool]uint64{}
		used := map[uint16]bool{}
		for ; len(b) >= 6; b = b[6:] {
			flags, from := b[0], b[0]&64 == 0
			if b[1] < 128 {
				seq[from] += uint64(b[1])
			} else {
				seq[from] -= min(256-uint64(b[1]), seq[from]-base/2)
			}
			if flags&128 != 0 {
				seq[from] += uint64(b[2]) << 3
			}
			in := In{
				Seq: seq[from], TS: uint32(b[2]) << 24, Start: flags&1 != 0, Empty: flags&2 != 0, Drop: flags&4 != 0,
				Compact: flags&8 != 0, Spatial: b[5] & 3, Counters: codec.Counters{
					Picture: uint16(b[3])<<8 | uint16(b[4]), PictureBits: b[5] >> 2 & 15, TL0: b[4], Frame: uint16(b[3]) << 8,
				},
			}
			if flags&16 != 0 {
				s.Switch(flags&32 != 0)
			}
			newest[from] = max(newest[from], in.Seq)
			o, v := s.Next(from, start, in, newest[from])
			if v == Skip {
				require.Zero(t, o)
				continue
			}
			require.False(t, used[o.Seq], "a number was used twice")
			used[o.Seq] = true
			require.False(t, v == Send && (in.Drop || in.Empty))
			origin, n, ok := s.Origin(o.Seq)
			require.True(t, ok)
			require.Equal(t, from, origin)
			require.Equal(t, in.Seq, n)
			again, w := s.Again(o.Seq, in)
			require.Equal(t, v, w)
			require.Equal(t, o, again)
			if len(used) > 20_000 {
				return // before the numbers come around again
			}
		}
	})
}
