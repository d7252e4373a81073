package red

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The packet of RFC 2198, section 5: a DVI4 packet of 20 ms at 8 kHz (PT 5) with an LPC copy (PT 7) of the one before it,
// 14 bytes long and 160 samples older. Section 3 draws the header.
func TestTheExampleOfTheRFC(t *testing.T) {
	lpc, dvi := bytes.Repeat([]byte{0x17}, 14), bytes.Repeat([]byte{0xd5}, 84)
	packet := append([]byte{0x87, 0x02, 0x80, 0x0e, 0x05}, lpc...)
	packet = append(packet, dvi...)
	var blocks [MaxBlocks]Block
	n, ok := Split(packet, &blocks)
	require.True(t, ok)
	assert.Equal(t, []Block{{PT: 7, Offset: 160, Payload: lpc}, {PT: 5, Payload: dvi}}, blocks[:n])
}

func TestAppend(t *testing.T) {
	one, two, own := []byte{1}, []byte{2, 2}, []byte{3, 3, 3}
	long := bytes.Repeat([]byte{9}, MaxLength+1)
	for name, c := range map[string]struct {
		earlier []Block
		limit   int
		want    []byte
	}{
		"nothing before it":   {nil, 100, []byte{111, 3, 3, 3}},
		"one":                 {[]Block{{Offset: 960, Payload: two}}, 100, []byte{0xef, 0x0f, 0x00, 0x02, 111, 2, 2, 3, 3, 3}},
		"two, oldest first":   {[]Block{{Offset: 1920, Payload: one}, {Offset: 960, Payload: two}}, 100, []byte{0xef, 0x1e, 0x00, 0x01, 0xef, 0x0f, 0x00, 0x02, 111, 1, 2, 2, 3, 3, 3}},
		"the largest offset":  {[]Block{{Offset: MaxOffset, Payload: one}}, 100, []byte{0xef, 0xff, 0xfc, 0x01, 111, 1, 3, 3, 3}},
		"too old":             {[]Block{{Offset: MaxOffset + 1, Payload: one}, {Offset: 960, Payload: two}}, 100, []byte{0xef, 0x0f, 0x00, 0x02, 111, 2, 2, 3, 3, 3}},
		"too long":            {[]Block{{Offset: 960, Payload: long}}, 5000, []byte{111, 3, 3, 3}},
		"of no length":        {[]Block{{Offset: 960}}, 100, []byte{111, 3, 3, 3}},
		"no older than it":    {[]Block{{Payload: one}}, 100, []byte{111, 3, 3, 3}},
		"room for one":        {[]Block{{Offset: 1920, Payload: one}, {Offset: 960, Payload: two}}, 10, []byte{0xef, 0x0f, 0x00, 0x02, 111, 2, 2, 3, 3, 3}},
		"room for the packet": {[]Block{{Offset: 960, Payload: one}}, 4, []byte{111, 3, 3, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, Append(nil, 111, c.earlier, own, c.limit))
		})
	}
}

func TestSplitRefusesEveryPrefixOfItsHeaders(t *testing.T) {
	whole := Append(nil, 111, []Block{{Offset: 1920, Payload: []byte{1, 2}}, {Offset: 960, Payload: []byte{3}}}, nil, 100)
	var blocks [MaxBlocks]Block
	for n := range len(whole) {
		_, ok := Split(whole[:n], &blocks)
		assert.False(t, ok, "%d bytes", n)
	}
	own, ok := Primary(whole)
	assert.True(t, ok)
	assert.Equal(t, Block{PT: 111, Payload: []byte{}}, own)
}

func TestSplitBoundsTheBlocks(t *testing.T) {
	header := []byte{0xef, 0, 4, 0}
	var blocks [MaxBlocks]Block
	most := append(bytes.Repeat(header, MaxBlocks-1), 111)
	n, ok := Split(most, &blocks)
	assert.True(t, ok)
	assert.Equal(t, MaxBlocks, n)
	_, ok = Split(append(bytes.Repeat(header, MaxBlocks), 111), &blocks)
	assert.False(t, ok)
}

func TestAppendAllocatesNothing(t *testing.T) {
	var dst [1500]byte
	earlier := []Block{{Offset: 1920, Payload: make([]byte, 80)}, {Offset: 960, Payload: make([]byte, 80)}}
	own := make([]byte, 80)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		b := Append(dst[:0], 111, earlier, own, len(dst))
		var blocks [MaxBlocks]Block
		if n, ok := Split(b, &blocks); !ok || n != 3 {
			t.Error("it does not split")
		}
	}))
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte{0x87, 0x02, 0x80, 0x01, 0x05, 1, 2})
	f.Add([]byte{111, 1})
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		var blocks [MaxBlocks]Block
		n, ok := Split(b, &blocks)
		if !ok {
			return
		}
		own := blocks[n-1]
		for _, x := range blocks[:n-1] {
			if !x.fits() || x.PT != own.PT {
				return // Append would say it in another way
			}
		}
		require.Equal(t, b, Append(nil, own.PT, blocks[:n-1], own.Payload, len(b)))
	})
}
