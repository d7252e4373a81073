package media

import (
	"cmp"
	"sync/atomic"
	"time"

	"github.com/conclave-meet/conclave/relay/media/cache"
	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/relay/media/gaps"
	"github.com/conclave-meet/conclave/shared/wire"
)

// maxLayers bounds the simulcast layers of a source. Browsers send three.
const maxLayers = 3

// layer is one SSRC of a source: one of its simulcast layers, or all that there is of it. Scalable video (VP9, AV1) has
// its spatial layers within.
type layer struct {
	// constant
	src   *source
	index int
	rid   string // "": the source has one layer
	ring  *cache.Ring

	// atomic
	subs   atomic.Pointer[[]*slot]   // who gets it; replaced whole under Group.mu
	ssrc   atomic.Uint32             // 0: not known yet
	heard  atomic.Int64              // when the last packet came, Unix nanoseconds; 0: never
	codec  atomic.Uint32             // of the last packet: a codec.Kind
	top    atomic.Uint32             // highest spatial id
	height [maxSpatial]atomic.Uint32 // of the last key frame, by spatial id; 0: not known

	meter meter
	state presence // guarded by Group.mu

	reception // guarded by src.s.recv.mu

	// owned by the reader
	deps codec.Dependencies
}

// reception is how a layer's packets come in.
type reception struct {
	track  gaps.Tracker
	last   time.Time // when the last packet came that was no retransmission
	jitter jitter
	report senderReport
}

func newLayer(src *source, index int, rid string) *layer {
	size := cache.Audio
	if src.id.Stream.Kind() == wire.Video {
		size = cache.Video
	}
	l := &layer{src: src, index: index, rid: rid, ring: cache.New(size)}
	l.state = presence{on: true, told: maxSpatial}
	l.subs.Store(&[]*slot{})
	return l
}

// needKey asks the member for a key frame, now or as soon as it can be asked for.
func (l *layer) needKey(now time.Time) {
	if l.src.keys.ask(l.index, now, l.canAsk()) {
		l.src.s.sendPLI(l.ssrc.Load())
	}
}

// retryKey asks for a key frame that was put off, or that did not come to a slot which waits for it.
func (l *layer) retryKey(now time.Time) {
	for _, sl := range *l.subs.Load() {
		if sl.needsKey(l) {
			l.needKey(now)
			return
		}
	}
	if l.src.keys.due(l.index, now, l.canAsk()) {
		l.src.s.sendPLI(l.ssrc.Load())
	}
}

// canAsk reports whether there is somebody to ask, and a stream to name.
func (l *layer) canAsk() bool {
	return l.ssrc.Load() != 0 && l.src.on.Load() && l.src.s.keys.Load() != nil
}

// kind is the codec of the last packet.
func (l *layer) kind() codec.Kind { return codec.Kind(l.codec.Load()) }

// climb notes the spatial layers that a packet tells of. The session's reader calls it.
func (l *layer) climb(f *codec.Info) {
	top := max(l.top.Load(), uint32(min(f.Spatial, maxSpatial-1)))
	if n := cmp.Or(f.Live, f.Spatials); n > 0 {
		top = uint32(min(n, maxSpatial) - 1)
	}
	if l.top.Load() != top {
		l.top.Store(top)
	}
	for i, size := range f.Sizes[:min(f.Spatials, maxSpatial)] {
		if size.Height != 0 {
			l.height[i].Store(uint32(size.Height))
		}
	}
}

// lines is the height of a spatial layer: as its last key frame said, else the usual one of its place.
func (l *layer) lines(spatial int) int {
	if h := l.height[min(spatial, maxSpatial-1)].Load(); h != 0 {
		return int(h)
	}
	const lowest = 180
	return lowest << min(l.index+spatial, maxLayers-1)
}

// guess is the rate of a spatial layer, with those beneath it, that was not measured yet: what browsers are told to use
// at most (media.md).
func (l *layer) guess(spatial int) int {
	return [...]int{200_000, 500_000, 1_500_000}[min(l.index+spatial, maxLayers-1)]
}
