package media

import (
	"slices"
	"time"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/shared/wire"
)

// offAfter is how long a layer has no receiver before its sender is told to stop. Less would switch layers off and on as
// people move tiles about; with it and the group's pace a layer is off within two seconds (media.md).
const offAfter = time.Second

// presence is what the group knows of a layer's coming and going. Guarded by Group.mu.
type presence struct {
	alive  bool                  // packets came lately
	asleep bool                  // it was switched off, and may come again when it is switched on
	usable bool                  // slots could be given it when it was last looked at
	on     bool                  // its sender was told to send it
	told   int                   // how many spatial layers of it, where it is scalable
	seen   int                   // how many there were at most
	since  time.Time             // when on began
	need   [maxSpatial]time.Time // when somebody was last to receive a spatial layer
}

// Times of presence.
const (
	// behind is for how long a layer is silent, while another one of its source is not, before its slots take another.
	// Less would take lost packets for it; more would leave a frozen picture.
	behind = 700 * time.Millisecond
	// still is for how long a layer is silent until its rate is left as it was: when it was switched off for want of
	// bandwidth, it must not look as if it needed none.
	still = 250 * time.Millisecond
	// gone is how long a source may be silent as a whole. A shared screen on which nothing moves sends once a second.
	gone = 5 * time.Second
	// waking is how long a layer may take to come after it was switched on. More would keep a small picture waiting for a
	// large one that the sender's uplink has no room for.
	waking = 2 * time.Second
	// lateAfter is for how long what comes of a layer that was switched on may still be from before it was off.
	lateAfter = 100 * time.Millisecond
)

// available reports whether a slot can be given the layer: it is there, or was when it was switched off and may still be
// on its way back.
func (p *presence) available(now time.Time) bool {
	return p.alive || p.asleep && (!p.on || now.Sub(p.since) < waking)
}

// needed notes that somebody is to receive the spatial layers up to the given one.
func (p *presence) needed(spatial uint8, now time.Time) {
	for i := range min(int(spatial)+1, maxSpatial) {
		p.need[i] = now
	}
}

// height is the number of spatial layers that somebody needs.
func (p *presence) height(now time.Time) int {
	n := 0
	for i, at := range p.need {
		if now.Sub(at) < offAfter {
			n = i + 1
		}
	}
	return n
}

// watchLocked finds out which layers of s come and which do not. It reports whether that changed. The caller holds
// Group.mu.
func (s *Session) watchLocked(now time.Time) (changed bool) {
	for _, src := range s.sources {
		if src == nil || !src.isVideo() || !src.on.Load() {
			continue
		}
		var newest int64
		for _, l := range src.layers {
			newest = max(newest, l.heard.Load())
		}
		for _, l := range src.layers {
			changed = l.watchLocked(now, newest) || changed
		}
	}
	return changed
}

func (l *layer) watchLocked(now time.Time, newest int64) (changed bool) {
	p, at := &l.state, l.heard.Load()
	alive := at != 0 && newest-at < int64(behind) && now.UnixNano()-at < int64(gone)
	if alive != p.alive {
		p.alive, changed = alive, true
		l.meter.begin(now)
	}
	if a := p.available(now); a != p.usable { // also one that was switched on, and has not come in time
		p.usable, changed = a, true
	}
	if !alive || !p.on { // the rate that a layer had when it was switched off is what it will have again
		return changed
	}
	if time.Unix(0, at).Sub(p.since) > lateAfter {
		p.asleep = false
	}
	s, t, _ := l.meter.top()
	if now.UnixNano()-at < int64(still) {
		l.meter.look(now)
	} else {
		l.meter.hold(now)
	}
	s2, t2, _ := l.meter.top()
	p.seen = max(p.seen, s2+1)
	return changed || s != s2 || t != t2
}

// encodingsLocked is what s is to send anew: of streams that it sends, what is not as s was told. The caller holds
// Group.mu.
func (s *Session) encodingsLocked(now time.Time) (news []wire.Encoding) {
	for _, src := range s.sources {
		if src == nil || !src.isVideo() {
			continue
		}
		was := &s.control.told[src.id.Stream]
		is := src.encodingLocked(now, s.group.codec)
		if first := was.Codec == ""; !first && (!src.on.Load() || was.Codec == is.Codec && slices.Equal(was.Layers, is.Layers)) {
			continue
		}
		*was = is
		src.tellLocked(is, now)
		news = append(news, is)
	}
	return news
}

// encodingLocked is what should be sent of the source.
func (src *source) encodingLocked(now time.Time, c codec.Kind) wire.Encoding {
	for _, l := range src.layers {
		for _, sl := range *l.subs.Load() {
			// A slot that is about to leave the layer still needs all that it gets of it.
			spatial := uint8(maxSpatial - 1)
			if sl.place.goal.layer == l {
				spatial = sl.place.goal.most.Spatial
				if sl.place.short > 0 {
					src.wishLocked(l, sl.place.short, now)
				}
			}
			l.state.needed(spatial, now)
		}
	}
	x := wire.Encoding{Stream: src.id.Stream, Codec: c.String(), Layers: []int{}}
	most := 0
	for i, l := range src.layers {
		n := l.state.height(now)
		most = max(most, n)
		if n > 0 && !scalable(c) {
			x.Layers = append(x.Layers, i)
		}
	}
	for i := range most {
		if scalable(c) {
			x.Layers = append(x.Layers, i)
		}
	}
	return x
}

// tellLocked notes what the member was told.
func (src *source) tellLocked(x wire.Encoding, now time.Time) {
	for i, l := range src.layers {
		p := &l.state
		p.told = maxSpatial
		on := len(x.Layers) > 0
		if scalable(src.s.group.codec) {
			p.told = len(x.Layers)
		} else {
			on = slices.Contains(x.Layers, i)
		}
		switch {
		case p.on && !on:
			p.asleep = true // also one that was silent lately: only who is told to send it can show that it comes
			l.ring.Empty()  // what was sent of it can hardly be asked for any more
		case !p.on && on:
			p.since = now
			l.meter.begin(now)
		}
		p.on = on
	}
}

// resumeLocked has the source's layers taken for there, as they were, until it shows which come: the member sends it
// again. The caller holds Group.mu.
func (src *source) resumeLocked(now time.Time) {
	for _, l := range src.layers {
		p := &l.state
		p.asleep, p.alive, p.since = p.asleep || p.alive, false, now
		p.needed(maxSpatial-1, now) // receivers come in a moment
	}
}

// Encodings is what the member was told to send last.
func (s *Session) Encodings() []wire.Encoding {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	list := []wire.Encoding{}
	for _, x := range s.control.told {
		if x.Codec != "" {
			list = append(list, x)
		}
	}
	return list
}

// scalable reports whether browsers send the codec with spatial layers in one stream.
func scalable(c codec.Kind) bool { return c == codec.VP9 || c == codec.AV1 }

// commonLocked is the first codec of the relay's preference that all members can receive. The caller holds Group.mu.
func (g *Group) commonLocked() codec.Kind {
	for _, c := range g.engine.prefer {
		all := true
		for _, s := range g.members {
			// Who has no video at all has no say.
			all = all && (s.terms.video[c].PT != 0 || s.terms.video[codec.VP8].PT == 0)
		}
		if all {
			return c
		}
	}
	return codec.VP8
}
