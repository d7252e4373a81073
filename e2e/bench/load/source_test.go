package load

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newTestSource(t *testing.T, burst bool, now time.Time) *source {
	t.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "v", "s")
	require.NoError(t, err)
	s := newSource(Spec{Rate: 100, Size: 200, Frame: 4, Burst: burst}, true, track, now)
	s.ready.Store(true)
	s.next = now
	return s
}

func TestFramesAreShapedAsVP8(t *testing.T) {
	now := time.Now()
	s := newTestSource(t, false, now)
	var last codecs.VP8Packet
	for n := range 8 {
		h := rtp.Header{}
		s.film(&h, now.Add(time.Duration(n/4)*40*time.Millisecond))
		var d codecs.VP8Packet
		frame, err := d.Unmarshal(s.payload)
		require.NoError(t, err)
		assert.Equal(t, n%4 == 0, d.S == 1, "packet %d begins a frame", n)
		assert.Equal(t, n%4 == 3, h.Marker, "packet %d ends a frame", n)
		assert.Equal(t, uint32(n/4*3600), h.Timestamp)
		if n == 4 {
			assert.Equal(t, (last.PictureID+1)&0x7fff, d.PictureID)
		}
		if n%4 == 0 {
			assert.Equal(t, n == 0, frame[0]&1 == 0, "the first frame alone is a key frame")
		}
		last = d
	}
}

func TestASourceSendsWhatIsDueAndSaysHowLateItWas(t *testing.T) {
	now := time.Now()
	s := newTestSource(t, false, now)
	assert.Zero(t, s.due(now))
	assert.Equal(t, uint64(1), s.sent.Load())
	assert.Zero(t, s.due(now.Add(5*time.Millisecond)), "nothing is due")
	assert.Equal(t, 10*time.Millisecond, s.due(now.Add(20*time.Millisecond)))
	assert.Equal(t, uint64(3), s.sent.Load())

	s.ready.Store(false)
	s.due(now.Add(time.Second))
	s.ready.Store(true)
	s.due(now.Add(time.Second))
	assert.Equal(t, uint64(4), s.sent.Load(), "the time without a connection is not caught up")
}

func TestABurstIsOneFrame(t *testing.T) {
	now := time.Now()
	s := newTestSource(t, true, now)
	s.due(now)
	assert.Equal(t, uint64(4), s.sent.Load())
	s.due(now.Add(39 * time.Millisecond))
	assert.Equal(t, uint64(4), s.sent.Load())
	s.due(now.Add(40 * time.Millisecond))
	assert.Equal(t, uint64(8), s.sent.Load())
}

func TestTheSendTimeIsReadBack(t *testing.T) {
	s := newTestSource(t, false, time.Now())
	before := time.Now().UnixNano()
	s.send(time.Now())
	at, ok := readMark(s.payload)
	require.True(t, ok)
	assert.GreaterOrEqual(t, at, before)
	_, ok = readMark(s.payload[:15])
	assert.False(t, ok)
	_, ok = readMark(make([]byte, 100))
	assert.False(t, ok)
}
