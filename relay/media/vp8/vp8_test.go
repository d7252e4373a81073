package vp8

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		payload []byte
		want    Descriptor
		ok      bool
	}{
		"nothing at all":                        {nil, Descriptor{}, false},
		"a descriptor without a frame":          {[]byte{0x10}, Descriptor{}, false},
		"the shortest key frame":                {[]byte{0x10, 0x50}, Descriptor{Size: 1, Key: true}, true},
		"a delta frame":                         {[]byte{0x10, 0x51}, Descriptor{Size: 1}, true},
		"a later packet of a key frame":         {[]byte{0x00, 0x50}, Descriptor{Size: 1}, true},
		"a later partition of a key frame":      {[]byte{0x11, 0x50}, Descriptor{Size: 1}, true},
		"the non-reference bit changes nothing": {[]byte{0x30, 0x50}, Descriptor{Size: 1, Key: true}, true},
		"seven bits of picture id":              {[]byte{0x90, 0x80, 0x7f, 0x50}, Descriptor{Size: 3, Key: true, PictureID: 127, PictureBits: 7, pictureAt: 2}, true},
		"fifteen bits of picture id":            {[]byte{0x90, 0x80, 0x81, 0x02, 0x51}, Descriptor{Size: 4, PictureID: 258, PictureBits: 15, pictureAt: 2}, true},
		"picture id, TL0PICIDX and layer": {[]byte{0x90, 0xe0, 0x81, 0x02, 7, 0x20, 0x50},
			Descriptor{Size: 6, Key: true, PictureID: 258, PictureBits: 15, TL0: 7, HasTL0: true, pictureAt: 2, tl0At: 4}, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := Parse(c.payload)
			assert.Equal(t, c.ok, ok)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestParseRefusesEveryPrefixOfADescriptor(t *testing.T) {
	whole := []byte{0x90, 0xf0, 0x81, 0x02, 7, 0x20, 0x50}
	for n := range len(whole) {
		_, ok := Parse(whole[:n])
		assert.False(t, ok, "%d bytes", n)
	}
}

func TestRewriteChangesNothingButTheCounters(t *testing.T) {
	for name, c := range map[string]struct{ payload, want []byte }{
		"without counters": {[]byte{0x10, 0x50, 1, 2}, []byte{0x10, 0x50, 1, 2}},
		"fifteen bits":     {[]byte{0x90, 0xe0, 0x81, 0x02, 7, 0x20, 0x50}, []byte{0x90, 0xe0, 0xb0, 0x39, 9, 0x20, 0x50}},
		"seven bits grow":  {[]byte{0x90, 0xe0, 0x11, 7, 0x20, 0x50, 5}, []byte{0x90, 0xe0, 0xb0, 0x39, 9, 0x20, 0x50, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			d, ok := Parse(c.payload)
			require.True(t, ok)
			dst := make([]byte, len(c.payload)+Growth)
			n := Rewrite(dst, c.payload, d, 12345, 9)
			assert.Equal(t, c.want, dst[:n])
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{0x90, 0xe0, 0x81, 0x02, 7, 0x20, 0x50})
	f.Add([]byte{0x90, 0x80, 0x7f, 0x50})
	f.Add([]byte{0x10})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, ok := Parse(b)
		if !ok {
			require.Equal(t, Descriptor{}, d)
			return
		}
		dst := make([]byte, len(b)+Growth)
		n := Rewrite(dst, b, d, 0x1234, 0x56)
		again, ok := Parse(dst[:n])
		require.True(t, ok)
		require.Equal(t, d.Key, again.Key)
		require.Equal(t, b[d.Size:], dst[again.Size:n], "the frame stays as it was")
		if d.PictureBits != 0 {
			require.Equal(t, uint16(0x1234), again.PictureID)
		}
		if d.HasTL0 {
			require.Equal(t, uint8(0x56), again.TL0)
		}
	})
}
