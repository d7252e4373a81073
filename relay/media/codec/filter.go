package codec

// Limits of what a filter remembers.
const (
	// remembered is for how many frames it is known what became of them: two seconds, or 0.7 of three spatial layers.
	// Packets of a frame that come later than that are judged anew.
	remembered = 64
	// changes is how many operating points before the present one are remembered, for frames that come late.
	changes = 4
	// numbers is for how many of AV1's frame numbers it is known whether they passed.
	numbers = 512
	// anew is by how much a key frame's timestamp must go back, in units of 1/90000 s, to be a new beginning of the
	// sender's. No packet comes so late.
	anew = 5 * 90_000
	// most is how many spatial layers a descriptor can name (VP9).
	most = 8
)

// decision is what became of a frame: of one spatial layer's, in scalable streams.
type decision struct {
	ts      uint32
	spatial uint8
	top     uint8 // the highest layer of its picture that passes
	pass    bool
}

// change is where the operating point changed.
type change struct {
	since  uint32 // timestamp of the first frame
	before Point  // in force for those before
}

// Filter decides which frames of one stream a receiver gets: those of its operating point. It goes down at once, with the
// next picture, and up where the stream allows it: nothing passes that refers to what did not pass. Frames pass whole or
// not at all, also when packets come late.
//
// All layers below the operating point pass, even where a stream could do without them (K-SVC): only so can the receiver
// go down without a key frame. The zero value takes nothing until Begin. It is not safe for concurrent use.
type Filter struct {
	begun   bool
	at      Point
	changes [changes]change // newest first
	changed int             // how many there were

	// The newest picture.
	ts     uint32
	top    uint8 // the highest layer that passes, or may yet
	cut    uint8 // the lowest layer that did not pass
	live   uint8 // how many layers are being sent
	layers [most]struct{ known, pass bool }

	frames [remembered]decision
	count  int // of decisions ever

	history history // AV1
}

// At is the operating point in force. It reaches what was wanted when the stream allows it.
func (f *Filter) At() Point { return f.at }

// Begin starts with the packet that i was read of, which a slot began with ([Info.Opens]): ts is its timestamp, want the
// operating point wanted.
func (f *Filter) Begin(i *Info, ts uint32, want Point) {
	*f = Filter{begun: true}
	f.picture(i, ts, want)
	f.at = f.climb(i, want)
	f.top = max(f.top, f.at.Spatial)
	f.decide(i, ts, true)
}

// Take decides about a packet of the stream: pass says whether the receiver gets it, and last whether it ends the last
// frame of its picture that the receiver gets, so that its RTP marker must be set.
func (f *Filter) Take(i *Info, ts uint32, want Point) (pass, last bool) {
	if i.Kind == None || i.Kind == H264 {
		return f.begun, false
	}
	if !f.begun || i.Spatial >= most {
		return false, false
	}
	if i.Opens() && int32(f.ts-ts) > anew {
		f.Begin(i, ts, want)
	}
	d, known := f.known(i, ts)
	if !known {
		d = f.decide(i, ts, f.judge(i, ts, want))
	}
	return d.pass, d.pass && i.End && i.Spatial == d.top
}

// known finds what became of the frame.
func (f *Filter) known(i *Info, ts uint32) (d decision, ok bool) {
	age := int32(f.ts - ts)
	if age < 0 {
		return d, false
	}
	if age == 0 {
		l := f.layers[i.Spatial]
		return decision{top: f.top, pass: l.pass}, l.known
	}
	for n := range min(f.count, remembered) {
		d = f.frames[(f.count-1-n)%remembered]
		if d.ts == ts && d.spatial == i.Spatial {
			return d, true
		}
	}
	return d, false
}

// judge decides about a frame of which nothing came before.
func (f *Filter) judge(i *Info, ts uint32, want Point) bool {
	if int32(ts-f.ts) < 0 {
		return i.Point().within(f.then(ts)) && f.whole(i)
	}
	was := f.at
	if ts != f.ts { // not within a picture: one that began has to be finished
		f.at = Point{min(f.at.Spatial, want.Spatial), min(f.at.Temporal, want.Temporal)}
		f.picture(i, ts, want)
	}
	f.at = f.climb(i, want)
	f.top = max(f.top, f.at.Spatial)
	if f.at != was {
		copy(f.changes[1:], f.changes[:])
		f.changes[0] = change{since: ts, before: was}
		f.changed++
	}
	return i.Point().within(f.at) && f.whole(i)
}

// whole reports whether nothing is known to be left out that the frame refers to.
func (f *Filter) whole(i *Info) bool {
	return !i.described || !f.history.broken(i.Frame, i.targets.refs)
}

// picture begins a new picture with a frame of it.
func (f *Filter) picture(i *Info, ts uint32, want Point) {
	f.ts, f.cut = ts, most
	clear(f.layers[:])
	f.top = f.at.Spatial
	if i.Up {
		f.top = max(f.top, want.Spatial)
	}
	if f.live > 0 && i.Live > f.live && f.at.Spatial+1 >= f.live {
		f.top = max(f.top, min(want.Spatial, i.Live-1)) // layers come back, and begin with this picture
	}
	if i.Live > 0 {
		f.live = i.Live
	}
}

// then is the operating point that was in force for the frame with a timestamp.
func (f *Filter) then(ts uint32) Point {
	at := f.at
	for _, c := range f.changes[:min(f.changed, changes)] {
		if int32(ts-c.since) >= 0 {
			break
		}
		at = c.before
	}
	return at
}

// decide remembers what becomes of a frame.
func (f *Filter) decide(i *Info, ts uint32, pass bool) decision {
	d := decision{ts: ts, spatial: i.Spatial, top: f.top, pass: pass}
	f.frames[f.count%remembered] = d
	f.count++
	if ts == f.ts {
		f.layers[i.Spatial].known, f.layers[i.Spatial].pass = true, pass
		if !pass {
			f.cut = min(f.cut, i.Spatial)
		}
	}
	if i.described {
		f.history.note(i.Frame, pass)
	}
	return d
}

// climb is the operating point from this frame on, for a receiver at f.at that wants another.
func (f *Filter) climb(i *Info, want Point) Point {
	at := f.at
	switch i.Kind {
	case AV1:
		return f.climbTargets(i, want)
	case VP9:
		// What is above the layer that was marked as the last one comes too late for this picture.
		if i.Up && i.Spatial == at.Spatial+1 && i.Spatial <= min(want.Spatial, f.top) && i.Spatial < f.cut {
			at.Spatial = i.Spatial
		}
		// RFC 9628, section 4.2, U: the higher layers of later pictures need none from before this one.
		if i.Key || i.Sync && i.Temporal <= at.Temporal {
			at.Temporal = max(at.Temporal, want.Temporal)
		}
	case VP8:
		switch {
		case i.Key:
			at.Temporal = max(at.Temporal, want.Temporal)
		case i.Sync && i.Temporal == at.Temporal+1 && i.Temporal <= want.Temporal:
			// RFC 7741, section 4.2, Y: this frame needs the base layer only. One layer at a time: the next one may
			// need a frame between that was left out.
			at.Temporal = i.Temporal
		}
	}
	return at
}

// climbTargets is climb for AV1: it goes up to the highest decode target wanted for which the frame is a switching point,
// provided that all passed that the frame itself refers to.
func (f *Filter) climbTargets(i *Info, want Point) Point {
	at, t := f.at, &i.targets
	if !i.described {
		// No descriptor, no layers to tell apart.
		at.Temporal = max(at.Temporal, want.Temporal)
		return at
	}
	if !f.history.all(i.Frame, t.refs) {
		return at
	}
	for n := range int(t.count) {
		p := t.point(n)
		if t.dtis.of(n) == switchable && at.within(p) && p.within(want) && p.Spatial <= f.top && p.Spatial < f.cut {
			at = p
		}
	}
	return at
}
