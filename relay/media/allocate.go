package media

import (
	"slices"
	"time"

	"github.com/conclave-meet/conclave/relay/media/layers"
	"github.com/conclave-meet/conclave/shared/wire"
)

// allocation is how a session's downlink is shared. Guarded by Group.mu.
type allocation struct {
	by     layers.Allocator
	asks   []layers.Ask   // used again, as all below
	points []layers.Point // of all asks
	ends   []int          // where each ask's points end
	slots  []*slot        // of the asks
	tight  bool           // when it was made (Session.tight)
	at     time.Time      // when it was made
}

// stale reports whether to share anew whatever happened.
func (a *allocation) stale(now time.Time) bool {
	return a.tight || len(a.asks) > 0 && now.Sub(a.at) >= shareEvery
}

// choice is what a slot is to get.
type choice struct {
	sl   *slot
	goal target // its layer is nil where nothing fits
}

// shareLocked decides what of its source each video slot of s gets. The caller holds Group.mu.
func (s *Session) shareLocked(now time.Time) []choice {
	a := &s.control.share
	a.asks, a.points, a.ends, a.slots = a.asks[:0], a.points[:0], a.ends[:0], a.slots[:0]
	for _, sl := range s.control.slots {
		src := sl.place.next
		if sl.kind != wire.Video || src == nil {
			continue
		}
		i := slices.IndexFunc(s.control.wants, func(w wire.Want) bool { return w.Source == sl.place.held })
		if i < 0 {
			continue
		}
		flows := sl.place.goal.layer != nil && sl.flowing() != nil
		a.points = src.pointsLocked(now, flows, a.points)
		w := s.control.wants[i]
		a.asks = append(a.asks, layers.Ask{Source: w.Source, Height: w.Height, Prio: w.Prio})
		a.ends, a.slots = append(a.ends, len(a.points)), append(a.slots, sl)
	}
	begin := 0
	for i, end := range a.ends { // only now: points may have moved while they grew
		a.asks[i].Points = a.points[begin:end]
		begin = end
	}
	var list []choice
	for i, c := range a.by.Allocate(now, s.budget(), a.asks) {
		x := choice{sl: a.slots[i]}
		x.sl.place.short = 0
		if c.Point != layers.Paused {
			src := x.sl.place.next
			x.goal = src.targetOf(a.asks[i].Points[c.Point])
			if c.Point == len(a.asks[i].Points)-1 {
				x.sl.place.short = a.asks[i].Height
			}
		}
		list = append(list, x)
	}
	s.down.want(a.by.Wanted())
	a.tight, a.at = s.tight(), now
	return list
}

// wishLocked has layers that do not come at present sent as soon as they can be, where best, which is the best that
// comes, may be too small for height. The caller holds Group.mu.
func (src *source) wishLocked(best *layer, height int, now time.Time) {
	const nearly = 10 // as in package layers: a tenth less fills it too
	for _, l := range src.layers[best.index:] {
		l.state.needed(maxSpatial-1, now)
		top := int(l.top.Load())
		if scalable(l.kind()) || l.lines(top)*nearly >= height*(nearly-1) {
			return
		}
	}
}
