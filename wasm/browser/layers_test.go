package browser

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/shared/wire"
)

// brief is what of an encoding differs from one camera layer to another.
type brief struct {
	active bool
	scale  int
	kbit   int
}

func briefly(es []encoding) (bs []brief) {
	for _, e := range es {
		bs = append(bs, brief{e.active, e.scale, e.bitrate / 1000})
	}
	return bs
}

func TestTheCaptureDecidesHowManyLayersACameraHas(t *testing.T) {
	three := []brief{{true, 4, 200}, {true, 2, 500}, {true, 1, 1500}}
	two := []brief{{true, 2, 200}, {true, 1, 500}, {false, 1, 1500}}
	one := []brief{{true, 1, 200}, {false, 1, 1500}, {false, 1, 1500}}
	for _, c := range []struct {
		name string
		size size
		want []brief
	}{
		{"not known yet", size{}, three},
		{"1280x720", size{1280, 720}, three},
		{"720x1280, a telephone held upright", size{720, 1280}, three},
		{"960x540", size{960, 540}, []brief{{true, 4, 200}, {true, 2, 500}, {true, 1, 1000}}},
		{"640x360", size{640, 360}, two},
		{"360x640, upright", size{360, 640}, two},
		{"640x480", size{640, 480}, []brief{{true, 2, 200}, {true, 1, 700}, {false, 1, 1500}}},
		{"320x180", size{320, 180}, one},
		{"1280x200, which is no camera", size{1280, 200}, []brief{{true, 1, 700}, {false, 1, 1500}, {false, 1, 1500}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			es := shape{stream: wire.Cam, size: c.size}.encodings(3, "VP8")
			assert.Equal(t, c.want, briefly(es))
			for _, e := range es {
				assert.Equal(t, "L1T3", e.mode)
				assert.Zero(t, e.rate)
			}
		})
	}
}

func TestAStreamThatTheRelayTakesWholeIsSentWhole(t *testing.T) {
	assert.Equal(t, []brief{{true, 1, 1500}}, briefly(shape{stream: wire.Cam, size: size{1280, 720}}.encodings(1, "VP8")))
	assert.Equal(t, []encoding{{true, 1, 2_500_000, 15, "L1T3"}}, shape{stream: wire.Screen, size: size{1920, 1080}}.encodings(1, "VP8"))
	assert.Empty(t, shape{stream: wire.Cam}.encodings(0, "VP8"))
}

func TestAScreenHasALowLayerUnlessItIsTiny(t *testing.T) {
	low, full := encoding{true, 2, 400_000, 5, "L1T3"}, encoding{true, 1, 2_500_000, 15, "L1T3"}
	for _, s := range []size{{}, {1920, 1080}, {640, 400}, {480, 270}} {
		assert.Equal(t, []encoding{low, full}, shape{stream: wire.Screen, size: s}.encodings(2, "VP8"), "%v", s)
	}
	es := shape{stream: wire.Screen, size: size{400, 240}}.encodings(2, "VP8")
	assert.Equal(t, full, es[0])
	assert.False(t, es[1].active)
}

// wants is a camera of which the relay wants layers.
func wants(s size, layers ...int) shape {
	return shape{stream: wire.Cam, size: s, told: true, wanted: wire.Encoding{Stream: wire.Cam, Layers: layers}}
}

func TestOnlyWantedLayersAreSent(t *testing.T) {
	for _, c := range []struct {
		name string
		x    shape
		want [3]bool
	}{
		{"none", wants(size{1280, 720}), [3]bool{}},
		{"the lowest", wants(size{1280, 720}, 0), [3]bool{true, false, false}},
		{"the lowest and the highest", wants(size{1280, 720}, 0, 2), [3]bool{true, false, true}},
		{"one that a small camera has not: its best", wants(size{640, 360}, 2), [3]bool{false, true, false}},
		{"one that no camera has", wants(size{1280, 720}, 7), [3]bool{false, false, true}},
		{"one that is none", wants(size{1280, 720}, -1), [3]bool{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, e := range c.x.encodings(3, "VP8") {
				assert.Equal(t, c.want[i], e.active, "layer %d", i)
			}
		})
	}
}

func TestSpatialLayersAreSentInTheFirstEncoding(t *testing.T) {
	for _, c := range []struct {
		name string
		x    shape
		n    int
		want encoding
	}{
		{"all", shape{stream: wire.Cam, size: size{1280, 720}}, 3, encoding{true, 1, 1_500_000, 0, "L3T3_KEY"}},
		{"the two lower ones", wants(size{1280, 720}, 0, 1), 3, encoding{true, 2, 500_000, 0, "L2T3_KEY"}},
		{"the middle one, which needs the lowest", wants(size{1280, 720}, 1), 3, encoding{true, 2, 500_000, 0, "L2T3_KEY"}},
		{"the lowest", wants(size{1280, 720}, 0), 3, encoding{true, 4, 200_000, 0, "L1T3"}},
		{"none", wants(size{1280, 720}), 3, encoding{false, 1, 1_500_000, 0, "L3T3_KEY"}},
		{"all of a small camera", wants(size{640, 360}, 0, 1, 2), 3, encoding{true, 1, 500_000, 0, "L2T3_KEY"}},
		{"all where the relay took no rids", wants(size{1280, 720}, 0, 1, 2), 1, encoding{true, 1, 1_500_000, 0, "L3T3_KEY"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, codec := range []string{"VP9", "AV1"} {
				es := c.x.encodings(c.n, codec)
				assert.Equal(t, c.want, es[0], codec)
				for _, e := range es[1:] {
					assert.False(t, e.active, codec)
				}
			}
		})
	}
}

func TestAScreenHasTwoSizesInAV1Only(t *testing.T) {
	x := shape{stream: wire.Screen, size: size{1920, 1080}}
	assert.Equal(t, encoding{true, 1, 2_500_000, 15, "L2T3_KEY"}, x.encodings(2, "AV1")[0])
	for _, es := range [][]encoding{x.encodings(2, "VP9"), x.encodings(1, "VP9")} {
		assert.Equal(t, encoding{true, 1, 2_500_000, 15, "L1T3"}, es[0])
	}
}

func TestH264IsSentInOneLayer(t *testing.T) {
	es := wants(size{1280, 720}, 0).encodings(3, "H264")
	assert.Equal(t, encoding{true, 1, 1_500_000, 0, "L1T1"}, es[0])
	assert.False(t, es[1].active || es[2].active)
	assert.False(t, wants(size{1280, 720}).encodings(3, "H264")[0].active)
}

func TestOneProfileOfEachCodecIsUsed(t *testing.T) {
	for _, c := range []struct {
		name, fmtp string
		want       bool
	}{
		{"VP8", "max-fs=12288;max-fr=60", true},
		{"VP9", "profile-id=0", true},
		{"VP9", "max-fs=12288;max-fr=60", true},
		{"VP9", "profile-id=2", false},
		{"AV1", "", true},
		{"AV1", "level-idx=5;profile=0;tier=0", true},
		{"AV1", "level-idx=5;profile=1;tier=0", false},
		{"H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", true},
		{"H264", "level-asymmetry-allowed=1; packetization-mode=1; profile-level-id=42E01F", true},
		{"H264", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f", false},
		{"H264", "packetization-mode=1;profile-level-id=640034", false},
		{"H264", "", false},
	} {
		assert.Equal(t, c.want, profileUsed(c.name, c.fmtp), "%s %s", c.name, c.fmtp)
	}
}
