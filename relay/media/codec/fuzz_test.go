package codec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzFilter takes packets that a stranger made up, four bytes each: frames pass whole, and none that is above both what
// is and what was wanted lately.
func FuzzFilter(f *testing.F) {
	f.Add([]byte{0x17, 0, 1, 0, 0x02, 0x22, 2, 0x22, 0x02, 0x45, 3, 0x11})
	f.Add([]byte{0x27, 0, 1, 0, 0x26, 0x10, 0, 0x22, 0x36, 0x20, 0, 0x22, 0x00, 0x07, 200, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var filter Filter
		var ts uint32
		type key struct {
			ts      uint32
			spatial uint8
		}
		recent := map[key]bool{}
		for ; len(b) >= 4; b = b[4:] {
			i := Info{
				Kind: Kind(b[0] >> 4 % 5), Start: b[0]&1 != 0, End: b[0]&2 != 0, Key: b[0]&4 != 0, Sync: b[0]&8 != 0,
				Spatial: b[1] & 15, Temporal: b[1] >> 4 & 7, Up: b[1]&128 != 0, Live: b[3] >> 4 & 7,
			}
			ts += uint32(int32(int8(b[2])) * 3000)
			want := Point{b[3] & 3, b[3] >> 2 & 3}
			if !filter.begun {
				if i.Opens() && i.Spatial < most {
					filter.Begin(&i, ts, want)
				}
				continue
			}
			if i.Opens() && int32(filter.ts-ts) > anew {
				clear(recent) // a new beginning
			}
			pass, last := filter.Take(&i, ts, want)
			require.False(t, last && (!pass || !i.End))
			if i.Kind == None || i.Kind == H264 {
				continue
			}
			k := key{ts, i.Spatial}
			was, known := recent[k]
			require.False(t, known && was != pass, "a frame passes whole or not at all")
			if len(recent) == remembered/2 {
				clear(recent)
			}
			recent[k] = pass
			require.LessOrEqual(t, filter.At().Spatial, uint8(3))
		}
	})
}
