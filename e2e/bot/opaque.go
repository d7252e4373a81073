package bot

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtp/codecs"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/wire"
)

// cover is how what a peer connection carries is sealed. The zero value carries frames in clear.
type cover struct {
	on bool
	by *sealer // nil: nobody, so that nothing goes out and nothing can be opened
}

func (c cover) seal(what e2ee.Frame, frame []byte) ([]byte, error) {
	if c.by == nil {
		return nil, e2ee.ErrNoKey
	}
	return c.by.seal(what, frame)
}

func (c cover) open(audio bool, sealed []byte) ([]byte, senderkey.ID, error) {
	if c.by == nil {
		return nil, senderkey.ID{}, e2ee.ErrNoKey
	}
	return c.by.open(audio, sealed)
}

// unit is a sealed frame as its packets come in.
type unit struct {
	data           []byte
	packets, bytes int
	open           bool // it began, and nothing of it is missing so far
}

// maxDrawn is how many frames a slot remembers to have drawn: more than the pattern of any layer reaches back.
const maxDrawn = 64

// sealedSlot is what a slot of a sealed connection has besides. All guarded by recorder.mu.
type sealedSlot struct {
	cover cover
	unit  unit
	av1   codecs.AV1Depacketizer
	drawn []picture // the last frames that a browser would have drawn
}

// opaque looks at the next packet of a sealed slot, in order. Only when its frame can be opened is it known whose it is,
// whatever the relay says; until then it counts for nothing.
func (r *recorder) opaque(x *slot, a arrival, src wire.Source, whole bool) {
	p := a.p
	if _, clear := readMark(p.Payload); clear {
		r.fault(x, "a payload in clear, of %v", src)
	}
	rec := r.record(src, a.came)
	if a.late {
		rec.Late++
	}
	if x.kind == wire.Audio {
		r.unseal(x, a, src, unit{data: p.Payload, packets: 1, bytes: len(p.Payload)})
		return
	}
	u := &x.unit
	c, ok := unpack(p, &x.av1)
	if !ok {
		r.fault(x, "a payload of type %d that is none, of %v", p.PayloadType, src)
		return
	}
	if c.start {
		*u = unit{open: true}
	}
	if !u.open || !c.start && (!whole || src != x.source) {
		u.open = false
		rec.Opaque++
		return
	}
	u.data = append(u.data, c.part...)
	u.packets++
	u.bytes += len(p.Payload)
	if p.Marker {
		u.open = false
		r.unseal(x, a, src, *u)
	}
}

// unseal opens a whole frame and notes what it shows. a is its last packet.
func (r *recorder) unseal(x *slot, a arrival, src wire.Source, u unit) {
	if r.tap != nil {
		r.tap(src, u.data)
	}
	rec := r.record(src, a.came)
	frame, id, err := x.cover.open(x.kind == wire.Audio, u.data)
	if err != nil {
		rec.Opaque += u.packets // no wish for a key frame: without a key it would be as dark
		return
	}
	if id.Index != uint16(src.Member) || wire.Stream(id.Stream) != src.Stream {
		r.fault(x, "a frame of %v that member %d sealed as its stream %d", src, id.Index, id.Stream)
		return
	}
	m, ok := readMark(frame)
	if !ok && !r.mixed || ok && m.stream != src.Stream {
		r.fault(x, "a sealed frame that no bot made, of %v", src)
		return
	}
	rec.Packets += u.packets
	rec.Bytes += u.bytes
	rec.Last, rec.Slot = a.came, x.mid
	l := &rec.Layers[m.layer%wire.MaxRids]
	l.Packets += u.packets
	l.Bytes += u.bytes
	if ok {
		rec.Marks[m.who] += u.packets
	}
	switch {
	case x.kind == wire.Video && ok:
		r.draw(x, a, rec, m, frame)
	case x.kind == wire.Video:
		rec.Frames++
		x.video.show(rec, a.came, a.p.Timestamp, true)
	}
}

// draw is a decoder of what bots film. It goes by what the frames themselves say they are made from, as what stands
// outside of them is not to be trusted.
func (r *recorder) draw(x *slot, a arrival, rec *Record, m mark, frame []byte) {
	v, key := &x.video, m.ref == 0
	rec.Frames++
	rec.Layer, rec.Codec = int(m.layer), nameOf(payloadTypes[a.p.PayloadType])
	if key {
		rec.KeyFrames++
		rec.Height = int(binary.LittleEndian.Uint16(frame[8:]) & 0x3fff) // RFC 6386, section 9.1
	}
	me, from := picture{m.who, m.stream, m.layer, m.frame}, picture{m.who, m.stream, m.layer, m.ref}
	if !key && !slices.Contains(x.drawn, from) {
		if v.stuck.IsZero() {
			v.stuck = a.at
		}
		return
	}
	v.stuck = time.Time{}
	if len(x.drawn) == maxDrawn {
		x.drawn = slices.Delete(x.drawn, 0, 1)
	}
	x.drawn = append(x.drawn, me)
	next := v.newest == picture{m.who, m.stream, m.layer, m.frame - 1}
	v.newest = me
	v.show(rec, a.came, a.p.Timestamp, next)
	rec.Layers[m.layer%wire.MaxRids].Frames++
}
