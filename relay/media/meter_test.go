package media

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/relay/media/layers"
	"github.com/conclave-meet/conclave/shared/wire"
)

// plays notes what a layer sends for a while at so many bytes each 100 ms, and looks.
func (m *meter) plays(now *time.Time, d time.Duration, spatial, temporal uint8, size int) {
	for range d / beatEvery {
		*now = now.Add(beatEvery)
		m.note(spatial, temporal, size-overhead)
		m.look(*now)
	}
}

func TestTheMeterFollowsTheRate(t *testing.T) {
	var m meter
	now := time.Unix(1000, 0)
	m.begin(now)
	m.plays(&now, time.Second, 0, 0, 2500) // 200 kbit/s
	assert.InDelta(t, 200_000, float64(m.rate(0, 0)), 5000)
	m.plays(&now, 3*time.Second, 0, 0, 5000)
	assert.InDelta(t, 400_000, float64(m.rate(0, 0)), 20_000)

	m.plays(&now, beatEvery, 0, 0, 60_000) // a key frame
	assert.Less(t, m.rate(0, 0), layers.Bitrate(500_000), "it says little of the rate")

	m.plays(&now, 2*time.Second, 1, 2, 10_000)
	spatial, temporal, some := m.top()
	assert.True(t, some)
	assert.Equal(t, [2]int{1, 2}, [2]int{spatial, temporal})
	assert.Greater(t, m.rate(1, 2), m.rate(1, 1), "higher ids include the lower ones")
	assert.Equal(t, m.rate(0, 2), m.rate(0, 0))

	was := m.rate(0, 0)
	m.begin(now)
	now = now.Add(5 * time.Second)
	m.look(now)
	assert.Equal(t, was, m.rate(0, 0), "a pause says nothing of the rate")
}

// At ten frames a second in three temporal layers the lowest has a frame each 400 ms, and most looks find none of it.
func TestTheMeterSeesFramesThatAreFarApart(t *testing.T) {
	var m meter
	now := time.Unix(1000, 0)
	m.begin(now)
	for range 10 {
		m.plays(&now, beatEvery, 0, 0, 4000)
		m.plays(&now, beatEvery, 0, 2, 2000)
		m.plays(&now, beatEvery, 0, 1, 2000)
		m.plays(&now, beatEvery, 0, 2, 2000)
	}
	assert.InDelta(t, 80_000, float64(m.rate(0, 0)), 15_000)
	assert.InDelta(t, 120_000, float64(m.rate(0, 1)), 20_000)
	assert.InDelta(t, 200_000, float64(m.rate(0, 2)), 25_000)
}

func TestPointsRise(t *testing.T) {
	g := &Group{engine: &Engine{}}
	src := newSource(&Session{group: g}, cam(1), wire.Send{Mid: "1", Rids: rids})
	now := time.Unix(1000, 0)
	list := src.pointsLocked(now, false, nil)
	require.Len(t, list, 1, "nothing is known: the lowest layer, at a guess")
	assert.Equal(t, layers.Point{Height: 180, Rate: 200_000, Spatial: maxSpatial - 1, Temporal: maxTemporal - 1}, list[0])

	for i, l := range src.layers {
		l.state.alive = true
		l.meter.begin(now)
		at := now
		for range 10 {
			at = at.Add(beatEvery)
			for _, tid := range []uint8{0, 2, 1, 2} {
				l.meter.note(0, tid, 500<<(2*i))
			}
			l.meter.look(at)
		}
		l.climb(&codec.Info{Spatials: 1, Sizes: [codec.MaxSpatial]codec.Size{{Width: 100, Height: uint16(270 << i)}}})
	}
	list = src.pointsLocked(now, true, nil)
	for i, p := range list[1:] {
		assert.Greater(t, p.Rate, list[i].Rate)
		assert.GreaterOrEqual(t, p.Height, list[i].Height)
	}
	assert.Equal(t, 270, list[0].Height)
	assert.Equal(t, 1080, list[len(list)-1].Height)
	assert.Equal(t, 0, list[0].Temporal, "the smallest picture may have fewer frames")
	last := src.targetOf(list[len(list)-1])
	assert.Equal(t, target{layer: src.layers[2], most: everything}, last)

	src.layers[2].state.alive = false
	list = src.pointsLocked(now, true, nil)
	assert.Equal(t, 1, list[len(list)-1].Layer, "what does not come is no choice")
	src.layers[2].state.asleep, src.layers[2].state.on = true, false
	list = src.pointsLocked(now, true, nil)
	assert.Equal(t, 2, list[len(list)-1].Layer, "what was switched off is one")
	list = src.pointsLocked(now, false, nil)
	assert.Equal(t, 1, list[len(list)-1].Layer, "but not where nothing is to be seen yet")
}

func TestThePreferenceAlwaysHasVP8(t *testing.T) {
	for _, x := range []struct {
		names []string
		want  []codec.Kind
	}{
		{nil, []codec.Kind{codec.VP8}},
		{[]string{"av1", "VP9"}, []codec.Kind{codec.AV1, codec.VP9, codec.VP8}},
		{[]string{"vp8", "h264"}, []codec.Kind{codec.VP8, codec.H264}},
	} {
		got, err := preference(x.names)
		require.NoError(t, err)
		assert.Equal(t, x.want, got)
	}
	for _, bad := range [][]string{{"none"}, {"opus"}, {""}, {"vp9", "VP9"}} {
		_, err := preference(bad)
		require.Error(t, err, "%v", bad)
	}
}

func TestWhichCodecsAreTaken(t *testing.T) {
	video, audio := wire.Video, wire.Audio
	for name, x := range map[string]struct {
		c    wire.Codec
		want bool
	}{
		"opus":                        {wire.Codec{Kind: audio, Name: "OPUS", Clock: 48000}, true},
		"red for opus":                {wire.Codec{Kind: audio, Name: "red", Clock: 48000, Fmtp: "111/111"}, true},
		"red for telephones":          {wire.Codec{Kind: audio, Name: "red", Clock: 8000}, false},
		"red for video":               {wire.Codec{Kind: video, Name: "red", Clock: 90000}, false},
		"VP9 as most send it":         {wire.Codec{Kind: video, Name: "VP9", Clock: 90000, Fmtp: "profile-id=0"}, true},
		"VP9 in ten bits":             {wire.Codec{Kind: video, Name: "VP9", Clock: 90000, Fmtp: "profile-id=2"}, false},
		"AV1":                         {wire.Codec{Kind: video, Name: "AV1", Clock: 90000, Fmtp: "level-idx=5;profile=0;tier=0"}, true},
		"AV1 in 4:4:4":                {wire.Codec{Kind: video, Name: "AV1", Clock: 90000, Fmtp: "level-idx=5; profile=1"}, false},
		"H.264 with one NAL a packet": {wire.Codec{Kind: video, Name: "H264", Clock: 90000}, false},
		"H.264":                       {wire.Codec{Kind: video, Name: "H264", Clock: 90000, Fmtp: "packetization-mode=1"}, true},
		"VP8 as audio":                {wire.Codec{Kind: audio, Name: "VP8", Clock: 90000}, false},
		"something else":              {wire.Codec{Kind: video, Name: "none", Clock: 90000}, false},
	} {
		assert.Equal(t, x.want, meaningOf(x.c).kind != "", name)
	}
}
