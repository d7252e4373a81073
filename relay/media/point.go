package media

import (
	"time"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/relay/media/layers"
	"github.com/conclave-meet/conclave/shared/wire"
)

// everything is all of a layer.
var everything = codec.Point{Spatial: maxSpatial - 1, Temporal: maxTemporal - 1}

// pointsLocked appends the ways to forward the source to dst, in rising rate and height. flowing is false for a slot
// that shows nothing of the source yet: it gets what is there, rather than wait for something better. The caller holds
// Group.mu.
func (src *source) pointsLocked(now time.Time, flowing bool, dst []layers.Point) []layers.Point {
	first := len(dst)
	for _, l := range src.layers {
		if l.state.alive || l.state.available(now) && (flowing || !src.aliveLocked()) {
			dst = l.points(first, dst)
		}
	}
	if len(dst) == first {
		dst = src.layers[0].points(first, dst)
	}
	return dst
}

// aliveLocked reports whether some layer is there.
func (src *source) aliveLocked() bool {
	for _, l := range src.layers {
		if l.state.alive {
			return true
		}
	}
	return false
}

// points appends the points of a layer. What is below in a smaller layer already is left out.
func (l *layer) points(first int, dst []layers.Point) []layers.Point {
	s, t, measured := l.meter.top()
	if l.state.told < l.state.seen && scalable(l.kind()) {
		s = max(s, l.state.seen-1) // it sends fewer spatial layers than it could, because it was told to
	}
	for spatial := range s + 1 {
		// A third and a half of the frames are for want of anything better; large pictures that jerk are worse than small
		// ones.
		least := max(t-1, 0)
		if len(dst) == first {
			least = 0
		}
		for temporal := least; temporal <= t; temporal++ {
			p := layers.Point{
				Height: l.lines(spatial), Layer: l.index, Spatial: spatial, Temporal: temporal,
				Rate: l.meter.rate(spatial, temporal),
			}
			if !measured || spatial > 0 && l.meter.rate(spatial, t) == l.meter.rate(spatial-1, t) {
				if temporal < t {
					continue
				}
				p.Rate = layers.Bitrate(l.guess(spatial))
			}
			dst = appendPoint(first, dst, p, temporal == t)
		}
	}
	if n := len(dst); n > first && dst[n-1].Layer == l.index {
		// The highest point is all that there is, also what is yet to come.
		dst[n-1].Spatial, dst[n-1].Temporal = int(everything.Spatial), int(everything.Temporal)
	}
	return dst
}

// appendPoint appends p where it is better than the one before. One with all frames is taken in any case: rates vary,
// and a larger picture may cost less for a moment.
func appendPoint(first int, dst []layers.Point, p layers.Point, whole bool) []layers.Point {
	p.Rate = max(p.Rate, 1)
	if n := len(dst); n > first {
		last := dst[n-1]
		if p.Rate <= last.Rate {
			if !whole {
				return dst
			}
			p.Rate = last.Rate + 1
		}
		p.Height = max(p.Height, last.Height)
	}
	return append(dst, p)
}

// targetOf is what a point means.
func (src *source) targetOf(p layers.Point) target {
	return target{
		layer: src.layers[min(p.Layer, len(src.layers)-1)],
		most:  codec.Point{Spatial: uint8(p.Spatial), Temporal: uint8(p.Temporal)},
	}
}

// isVideo reports whether the source is a picture.
func (src *source) isVideo() bool { return src.id.Stream.Kind() == wire.Video }
