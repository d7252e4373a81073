package bot

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"github.com/conclave-meet/conclave/shared/wire"
)

const (
	// freezeTime is a pause between two pictures that people see as a freeze.
	freezeTime = 500 * time.Millisecond
	// stuckTime is how long a browser looks at frames that it cannot decode before it asks for a key frame, pliEvery how
	// often it does.
	stuckTime, pliEvery = 200 * time.Millisecond, 500 * time.Millisecond
)

// video is a decoder of what bots film, but for the pixels.
type video struct {
	frame   frame // that is coming in
	open    bool
	began   bool // there was a frame
	refs    refs
	decoded map[uint64]bool // picture ids
	last    picture         // what the decoder holds
	golden  picture
	newest  picture   // the last decoded frame
	shown   time.Time // when it came; zero: nothing of what is in the slot did
	shownTS uint32    // its RTP timestamp
	stuck   time.Time // since when something was lost, or frames came that could not be decoded; zero: one was since
	asked   time.Time // for a key frame
}

// picture names a frame that a bot filmed.
type picture struct {
	who    uint32
	stream wire.Stream
	layer  uint8
	frame  uint32
}

// frame is one frame as it comes in.
type frame struct {
	descriptor
	key    bool
	height int
	ts     uint32
	mark   mark
}

func (f *frame) name(number uint32) picture {
	return picture{f.mark.who, f.mark.stream, f.mark.layer, number}
}

// vp8 reads the payload's descriptor, and the frame's size where it has one.
func vp8(p *rtp.Packet) (f frame, ok bool) {
	var d codecs.VP8Packet
	part, err := d.Unmarshal(p.Payload)
	if err != nil || d.I == 0 || d.L == 0 || d.T == 0 || len(part) == 0 {
		return f, false
	}
	f.descriptor = descriptor{start: d.S == 1 && d.PID == 0, picture: d.PictureID, tl0: d.TL0PICIDX, tid: d.TID, sync: d.Y == 1}
	f.key = f.start && part[0]&1 == 0
	if f.key && len(part) >= 10 {
		f.height = int(binary.LittleEndian.Uint16(part[8:]) & 0x3fff)
	}
	f.ts = p.Timestamp
	return f, true
}

// video takes a packet of a video slot, in order. whole: nothing is missing before it.
func (r *recorder) video(x *slot, a arrival, rec *Record, src wire.Source, m mark, whole bool) {
	p, v := a.p, &x.video
	f, ok := vp8(p)
	if !ok {
		r.fault(x, "no VP8 with a picture id")
		return
	}
	f.mark = m
	was := v.frame
	if !whole && v.began && v.stuck.IsZero() {
		v.stuck = a.at // until a frame shows that nothing of it was needed
	}
	if !f.start {
		if whole && v.began && (f.picture != was.picture || f.ts != was.ts) {
			r.fault(x, "the rest of a frame with another picture id or timestamp")
		}
		if !whole {
			v.frame, v.open, v.began = f, false, true
		}
	} else {
		r.begins(x, &f, src, whole)
		rec.Frames++
		if f.key {
			rec.KeyFrames++
			rec.Height = f.height
		}
		rec.Layer = int(m.layer)
		v.frame, v.open, v.began = f, true, true
	}
	if p.Marker && v.open {
		v.open = false
		r.decode(x, rec, a)
	}
}

// begins checks a frame's first packet against the frame before.
func (r *recorder) begins(x *slot, f *frame, src wire.Source, whole bool) {
	v := &x.video
	if !whole || !v.began {
		return
	}
	was := v.frame
	switch {
	case src != x.source && !f.key:
		r.fault(x, "%v does not begin with a key frame", src)
	case f.mark.layer != was.mark.layer && src == x.source && !f.key:
		r.fault(x, "layer %d of %v does not begin with a key frame", f.mark.layer, src)
	case v.open && !f.key: // a switch may cut the last frame of what was before: nothing refers to it
		r.fault(x, "a frame began before the one before was whole")
	case f.picture != (was.picture+1)&0x7fff:
		r.fault(x, "picture %d after %d", f.picture, was.picture)
	case f.ts == was.ts:
		r.fault(x, "two frames with one timestamp")
	}
}

// decode takes a whole frame. a is its last packet.
func (r *recorder) decode(x *slot, rec *Record, a arrival) {
	v := &x.video
	f := &v.frame
	id, from, ok := v.refs.add(f.descriptor, f.key)
	for _, ref := range from {
		ok = ok && v.decoded[ref]
	}
	if !ok {
		if v.stuck.IsZero() {
			v.stuck = a.at
		}
		return
	}
	v.stuck = time.Time{}
	if v.decoded == nil {
		v.decoded = map[uint64]bool{}
	}
	v.decoded[id] = true
	for old := range v.decoded {
		if old+2*maxMissing < id {
			delete(v.decoded, old)
		}
	}
	me := f.name(f.mark.frame)
	next := f.name(f.mark.frame-1) == v.newest
	v.newest = me
	if ref := f.name(f.mark.ref); !f.key && ref != v.last && ref != v.golden {
		r.fault(x, "a garbled picture: frame %v is made from %d, the decoder has %v and %v", me, ref.frame, v.last, v.golden)
	}
	switch {
	case f.key:
		v.last, v.golden = me, me
	case f.tid == 0:
		v.last = me
	case f.tid == 1:
		v.golden = me
	}
	v.show(rec, a.came, f.ts, next)
	rec.Layers[f.mark.layer%wire.MaxRids].Frames++
}

// show notes that a person sees another picture, which came at a time and is of another one by the sender's clock. next
// says that the sender made none between it and the one before: then a pause of the sender's is no freeze.
func (v *video) show(rec *Record, at time.Time, ts uint32, next bool) {
	pause := at.Sub(v.shown)
	if next {
		const clock = 90000 // Hz, RFC 7741, section 4.1
		pause -= time.Duration(int32(ts-v.shownTS)) * time.Second / clock
	}
	if !v.shown.IsZero() && pause > freezeTime {
		rec.Freezes++
		rec.Frozen += pause
	}
	v.shown, v.shownTS = at, ts
	rec.Decoded++
}

// foreign takes a packet that no bot made, of a source that may be a browser's. Nothing is known of its frames but where
// they begin and end.
func (r *recorder) foreign(x *slot, a arrival, rec *Record, src wire.Source, whole bool) {
	var d codecs.VP8Packet
	if _, err := d.Unmarshal(a.p.Payload); err != nil {
		r.fault(x, "no VP8 of %v: %v", src, err)
		return
	}
	x.video.open, x.video.began = false, false
	if d.S == 1 && d.PID == 0 {
		rec.Frames++
	}
	if a.p.Marker {
		x.video.show(rec, a.came, a.p.Timestamp, whole)
	}
}

// needsKey reports whether a browser would ask for a key frame now.
func (v *video) needsKey(now time.Time) bool {
	if v.stuck.IsZero() || now.Sub(v.stuck) < stuckTime || now.Sub(v.asked) < pliEvery {
		return false
	}
	v.asked = now
	return true
}
