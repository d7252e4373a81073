package codec

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pion/rtp/codecs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// packet is one of a capture: what Chromium 156 sent, the payload cut off behind what a relay may read.
type packet struct {
	seq, ts    uint32
	marker     bool
	descriptor []byte // dependency descriptor, nil for none
	payload    []byte
}

// captured reads a capture. A line is sequence number, timestamp, marker, dependency descriptor and payload.
func captured(t testing.TB, name string) (list []packet) {
	b, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	require.NoError(t, err)
	for line := range strings.Lines(string(b)) {
		var p packet
		var marker int
		var descriptor, payload string
		_, err := fmt.Sscan(line, &p.seq, &p.ts, &marker, &descriptor, &payload)
		require.NoError(t, err)
		p.marker = marker == 1
		if descriptor != "-" {
			p.descriptor, err = hex.DecodeString(descriptor)
			require.NoError(t, err)
		}
		p.payload, err = hex.DecodeString(payload)
		require.NoError(t, err)
		list = append(list, p)
	}
	require.NotEmpty(t, list)
	return list
}

// infos reads a capture's packets as a relay does.
func infos(t testing.TB, name string) (list []packet, read []Info) {
	kind := Named(strings.ToUpper(name[:3]))
	if kind == None {
		kind = H264
	}
	list = captured(t, name)
	var d Dependencies
	for n, p := range list {
		var i Info
		require.True(t, i.Parse(kind, p.payload), "packet %d", n)
		if kind == AV1 {
			require.True(t, d.Parse(p.descriptor, &i), "packet %d", n)
		}
		read = append(read, i)
	}
	return list, read
}

var scalable = []string{"vp8-l1t3", "vp9-l3t3", "vp9-l3t3key", "av1-l3t3", "av1-l3t3key"}

func TestAFrameEndsWhereTheNextOneBegins(t *testing.T) {
	for _, name := range append([]string{"h264"}, scalable...) {
		list, read := infos(t, name)
		for n := 1; n < len(list); n++ {
			if list[n].seq != list[n-1].seq+1 {
				continue // the capture leaves something out, or the network did
			}
			was, is, same := read[n-1], read[n], list[n].ts == list[n-1].ts
			if is.Kind == VP8 || is.Kind == H264 {
				assert.False(t, same && is.Start && is.Kind == VP8, "%s: packet %d begins a frame within one", name, n)
				assert.False(t, !same && is.Kind == VP8 && !is.Start, "%s: packet %d does not begin its frame", name, n)
				continue
			}
			assert.False(t, !same && !is.Start, "%s: packet %d does not begin its picture", name, n)
			assert.False(t, same && was.End != is.Start, "%s: packet %d", name, n)
			assert.False(t, list[n-1].marker && (same || !was.End), "%s: packet %d", name, n)
			if is.Kind == AV1 { // VP9's encoder leaves out an upper layer without marking the lower one
				assert.Equal(t, !same, list[n-1].marker, "%s: packet %d", name, n)
			}
			if is.Start && same {
				assert.Greater(t, is.Spatial, was.Spatial, "%s: packet %d", name, n)
			}
			if is.Start && is.Kind == AV1 {
				assert.Equal(t, was.Frame+1, is.Frame, "%s: packet %d", name, n)
			}
		}
	}
}

func TestKeyFramesAndSizesOfCaptures(t *testing.T) {
	three := []Size{{320, 180}, {640, 360}, {1280, 720}}
	for name, c := range map[string]struct {
		sizes []Size
		live  uint8
	}{
		"vp8-l1t3":    {[]Size{{480, 270}}, 0},
		"vp9-l3t3":    {three, 3},
		"vp9-l3t3key": {three, 3},
		"av1-l3t3":    {three, 3},
		"av1-l3t3key": {three, 3},
		"h264":        {nil, 0},
	} {
		list, read := infos(t, name)
		keys := 0
		var last Info
		for n, i := range read {
			if i.Opens() {
				keys++
				last = i
				assert.Zero(t, i.Point(), "%s: packet %d", name, n)
			}
		}
		require.True(t, read[0].Opens(), name)
		assert.GreaterOrEqual(t, keys, 2, name)
		assert.Less(t, keys, len(list)/10, name)
		assert.Equal(t, uint8(len(c.sizes)), last.Spatials, name)
		for n, s := range c.sizes {
			assert.Equal(t, s, last.Sizes[n], name)
			w, h := last.Size()
			assert.Equal(t, c.sizes[len(c.sizes)-1], Size{w, h}, name)
		}
		assert.Equal(t, c.live, last.Live, name)
	}
}

func TestParseRefusesWhatIsCutOff(t *testing.T) {
	for name, c := range map[string]struct {
		kind  Kind
		whole []byte
	}{
		"VP8":                 {VP8, []byte{0x90, 0xf0, 0x81, 0x02, 7, 0x20, 0x50}},
		"VP9, flexible":       {VP9, []byte{0xfc, 0x93, 0x97, 0x50, 0x03, 0x02, 0x87}},
		"VP9, not flexible":   {VP9, []byte{0xec, 0x93, 0x97, 0x50, 0x07, 0x87}},
		"VP9, with structure": {VP9, []byte{0x8a, 0x93, 0x97, 0x38, 1, 0, 0, 180, 1, 64, 0, 200, 2, 0x04, 1, 0x28, 1, 2, 0x87}},
		"AV1":                 {AV1, []byte{0x28, 0x08}},
		"H264, fragment":      {H264, []byte{0x7c, 0x85}},
	} {
		t.Run(name, func(t *testing.T) {
			var i Info
			require.True(t, i.Parse(c.kind, c.whole))
			for n := range len(c.whole) {
				assert.False(t, i.Parse(c.kind, c.whole[:n]), "%d bytes", n)
				assert.Equal(t, Info{Kind: c.kind}, i)
			}
		})
	}
}

func TestWhatMakesNoSenseIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		kind Kind
		b    []byte
	}{
		"VP9 in flexible mode without a picture id":    {VP9, []byte{0x1c, 0x87}},
		"VP9 with four references":                     {VP9, []byte{0xdc, 0x80, 0x01, 3, 3, 3, 3, 2, 0x87}},
		"AV1 that begins anew in the midst of an OBU":  {AV1, []byte{0x88, 1}},
		"H264 of interleaved mode":                     {H264, []byte{0x79, 0, 0, 0, 1, 0x65}},
		"H264 with no unit in an aggregate":            {H264, []byte{0x78}},
		"H264 with an empty unit":                      {H264, []byte{0x78, 0, 0}},
		"H264 whose aggregate says more than it holds": {H264, []byte{0x78, 0, 9, 0x67}},
	} {
		t.Run(name, func(t *testing.T) {
			var i Info
			assert.False(t, i.Parse(c.kind, c.b))
		})
	}
}

func TestH264Beginnings(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"parameters":                      {[]byte{0x67, 1}, true},
		"a refresh":                       {[]byte{0x65, 1}, true},
		"a slice":                         {[]byte{0x41, 1}, false},
		"parameters in an aggregate":      {[]byte{0x78, 0, 1, 0x06, 0, 2, 0x67, 0}, true},
		"an aggregate of slices":          {[]byte{0x78, 0, 1, 0x41}, false},
		"the first fragment of a refresh": {[]byte{0x7c, 0x85, 1}, true},
		"a later one":                     {[]byte{0x7c, 0x05, 1}, false},
		"the first fragment of a slice":   {[]byte{0x7c, 0x81, 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var i Info
			require.True(t, i.Parse(H264, c.b))
			assert.Equal(t, c.want, i.Opens())
		})
	}
}

func TestRewriteChangesNothingButTheCounters(t *testing.T) {
	for name, c := range map[string]struct {
		kind          Kind
		payload, want []byte
	}{
		"VP8 without counters":    {VP8, []byte{0x10, 0x50, 1, 2}, []byte{0x10, 0x50, 1, 2}},
		"VP8 with fifteen bits":   {VP8, []byte{0x90, 0xe0, 0x81, 0x02, 7, 0x20, 0x50}, []byte{0x90, 0xe0, 0xb0, 0x39, 9, 0x20, 0x50}},
		"VP8 with seven, grown":   {VP8, []byte{0x90, 0xe0, 0x11, 7, 0x20, 0x50, 5}, []byte{0x90, 0xe0, 0xb0, 0x39, 9, 0x20, 0x50, 5}},
		"VP9 in flexible mode":    {VP9, []byte{0xfc, 0x93, 0x97, 0x50, 2, 0x87}, []byte{0xfc, 0xb0, 0x39, 0x50, 2, 0x87}},
		"VP9 not in it, grown":    {VP9, []byte{0xec, 0x13, 0x50, 7, 0x87}, []byte{0xec, 0xb0, 0x39, 0x50, 9, 0x87}},
		"AV1 has none":            {AV1, []byte{0x28, 0x08, 1}, []byte{0x28, 0x08, 1}},
		"opus has none":           {None, []byte{0x78, 0x08, 1}, []byte{0x78, 0x08, 1}},
		"nothing at all, of opus": {None, nil, []byte{}},
	} {
		t.Run(name, func(t *testing.T) {
			var i Info
			require.True(t, i.Parse(c.kind, c.payload))
			dst := make([]byte, len(c.payload)+Growth)
			n := i.Rewrite(dst, c.payload, Counters{Picture: 12345, PictureBits: 15, TL0: 9})
			assert.Equal(t, c.want, dst[:n])
		})
	}
}

func TestNames(t *testing.T) {
	assert.Equal(t, VP9, Named("vp9"))
	assert.Equal(t, AV1, Named("AV1"))
	assert.Equal(t, None, Named("opus"))
	assert.Equal(t, None, Named("none"))
}

func TestParseAllocatesNothing(t *testing.T) {
	list := captured(t, "av1-l3t3key")
	var d Dependencies
	var f Filter
	n := 0
	assert.Zero(t, testing.AllocsPerRun(3*len(list), func() {
		p := &list[n%len(list)]
		var i Info
		if !i.Parse(AV1, p.payload) || !d.Parse(p.descriptor, &i) {
			t.Error("it does not parse")
		}
		if n == 0 {
			f.Begin(&i, p.ts, Full)
		}
		f.Take(&i, p.ts, Full)
		n++
	}))
}

// FuzzParse compares with pion's depacketizers, where they read the same.
func FuzzParse(f *testing.F) {
	for kind, name := range map[Kind]string{VP8: "vp8-l1t3", VP9: "vp9-l3t3", H264: "h264", AV1: "av1-l3t3"} {
		for _, p := range captured(f, name)[:12] {
			f.Add(uint8(kind), p.payload)
		}
	}
	f.Add(uint8(VP9), []byte{0x8a, 0x93, 0x97, 0x38, 1, 0, 0, 180, 1, 64, 0, 200, 2, 0x04, 1, 0x28, 1, 2, 0x87})
	f.Fuzz(func(t *testing.T, kind uint8, b []byte) {
		k := Kind(kind % 5)
		var i Info
		if !i.Parse(k, b) {
			require.Equal(t, Info{Kind: k}, i)
			return
		}
		switch k {
		case VP8:
			likeVP8(t, &i, b)
		case VP9:
			likeVP9(t, &i, b)
		}
		dst := make([]byte, len(b)+Growth)
		n := i.Rewrite(dst, b, Counters{Picture: 0x1234, TL0: 0x56})
		var again Info
		require.True(t, again.Parse(k, dst[:n]))
		if i.PictureBits != 0 {
			require.Equal(t, uint16(0x1234), again.Picture)
		}
		require.Equal(t, b[i.descriptor:], dst[again.descriptor:n], "the frame stays as it was")
		again.Counters, again.descriptor, again.pictureAt, again.tl0At = i.Counters, i.descriptor, i.pictureAt, i.tl0At
		require.Equal(t, i, again)
	})
}

func likeVP8(t *testing.T, i *Info, b []byte) {
	var p codecs.VP8Packet
	if _, err := p.Unmarshal(b); err != nil {
		return
	}
	require.Equal(t, p.S == 1 && p.PID == 0, i.Start)
	require.Equal(t, p.PictureID, i.Picture)
	require.Equal(t, p.TL0PICIDX, i.TL0)
	if p.T == 1 {
		require.Equal(t, p.TID, i.Temporal)
		require.Equal(t, p.Y == 1, i.Sync)
	}
	require.Equal(t, len(p.Payload), len(b)-i.descriptor)
}

func likeVP9(t *testing.T, i *Info, b []byte) {
	var p codecs.VP9Packet
	if _, err := p.Unmarshal(b); err != nil {
		return
	}
	require.Equal(t, p.B, i.Start)
	require.Equal(t, p.E, i.End)
	require.Equal(t, !p.P, i.Up)
	require.Equal(t, p.PictureID, i.Picture)
	require.Equal(t, []uint8{p.TID, p.SID, p.TL0PICIDX}, []uint8{i.Temporal, i.Spatial, i.TL0})
	require.Equal(t, p.U, i.Sync)
	require.Equal(t, len(p.Payload), len(b)-i.descriptor)
	for n := range min(len(p.Width), MaxSpatial) {
		require.Equal(t, Size{p.Width[n], p.Height[n]}, i.Sizes[n])
	}
}
