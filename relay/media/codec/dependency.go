package codec

import "encoding/binary"

// Limits of a template dependency structure (AV1 RTP specification, appendix A.8): what its fields can hold, but for the
// spatial layers, of which AV1 has four.
const (
	maxTemplates = 64
	maxTargets   = 32
	maxTemporal  = 7
)

// indication says what a frame is to a decode target (AV1 RTP specification, appendix A.4).
type indication uint8

const (
	notPresent indication = iota
	discardable
	switchable // the target's later frames need none that came before this one and its references
	required
)

// indications holds one of two bits for each decode target, the first in the lowest ones.
type indications uint64

func (d indications) of(target int) indication { return indication(d >> (2 * target) & 3) }

// references are what a frame is predicted from: bit n stands for the frame n+1 numbers before it.
type references struct {
	near uint64
	far  bool // some are further back than near can tell
}

func (r references) none() bool { return r.near == 0 && !r.far }

func (r *references) add(diff uint32) {
	if diff > 64 {
		r.far = true
		return
	}
	r.near |= 1 << (diff - 1)
}

// template is a frame as most frames are.
type template struct {
	Point
	dtis indications
	refs references
}

// structure is a template dependency structure.
type structure struct {
	offset    uint32
	targets   int
	points    [maxTargets]Point // of the decode targets
	chains    uint32
	templates [maxTemplates]template
	count     int // of templates
	spatials  uint8
	sizes     [MaxSpatial]Size
	sized     bool
}

// targets is what a frame means for each operating point.
type targets struct {
	count  uint8
	points [maxTargets]uint8
	dtis   indications
	refs   references
}

func (t *targets) point(n int) Point { return Point{t.points[n] >> 4, t.points[n] & 15} }

// Dependencies is what must be remembered of one AV1 stream to read its dependency descriptors: the last structure. The
// zero value is ready. It is not safe for concurrent use.
type Dependencies struct {
	last   *structure // nil: none came
	spare  *structure // what the next one is read into
	frame  uint16     // that last came with
	active uint32
}

// Reset forgets the structure: the stream began anew.
func (d *Dependencies) Reset() { d.last, d.spare = nil, d.last }

// Parse reads a dependency descriptor (AV1 RTP specification, appendix A.8) into i, over what [Info.Parse] found. ok is
// false when it makes no sense; of i only Start, End and Frame hold then. That is also so where the structure that it
// belongs to is not known, or not yet because that packet is missing; ok is true then, and i looks like the base layer's,
// so that the rest of a key frame passes.
func (d *Dependencies) Parse(dd []byte, i *Info) (ok bool) {
	if len(dd) < 3 {
		return false
	}
	r := reader{b: dd}
	i.Start, i.End = r.flag(), r.flag()
	id := r.take(6)
	i.Frame, i.Key = uint16(r.take(16)), false
	s, active := d.last, d.active
	var custom struct{ dtis, refs, chains bool }
	if len(dd) > 3 {
		comes, activity := r.flag(), r.flag()
		custom.dtis, custom.refs, custom.chains = r.flag(), r.flag(), r.flag()
		if comes {
			if s = d.structure(&r); s == nil {
				return false
			}
			active, i.structured = 1<<s.targets-1, true
		}
		if activity && s != nil {
			active = r.take(s.targets)
		}
	}
	if s == nil {
		return !r.short
	}
	n := (id + 64 - s.offset) % 64
	if n >= uint32(s.count) {
		return !r.short && !i.structured
	}
	t := s.templates[n]
	if custom.dtis {
		t.dtis = r.indications(s.targets)
	}
	if custom.refs {
		t.refs = r.references()
	}
	if custom.chains {
		r.skip(8 * int(s.chains)) // not needed: [Filter] follows the references themselves
	}
	if r.short {
		return false
	}
	d.keep(s, i, active)
	i.dependent(s, &t, active)
	return true
}

// keep remembers a structure, and which targets are active, unless the packet is late.
func (d *Dependencies) keep(s *structure, i *Info, active uint32) {
	const late = 256 // frames; more is a sender that counts anew
	if age := d.frame - i.Frame; d.last != nil && age > 0 && age < late {
		return
	}
	if s != d.last {
		d.last, d.spare = s, d.last
	}
	d.frame, d.active = i.Frame, active
}

// dependent fills in what template and structure say of the frame.
func (i *Info) dependent(s *structure, t *template, active uint32) {
	i.Spatial, i.Temporal = t.Spatial, t.Temporal
	i.described = true
	i.Up = !t.refs.far && t.refs.near>>t.Spatial == 0 // each layer's frame of a picture has a number
	i.Key = t.Spatial == 0 && t.refs.none() && (i.structured || !i.Start)
	i.targets = targets{count: uint8(s.targets), dtis: t.dtis, refs: t.refs}
	for n, p := range s.points[:s.targets] {
		i.targets.points[n] = p.Spatial<<4 | p.Temporal
		if active>>n&1 == 1 {
			i.Live = max(i.Live, p.Spatial+1)
		}
	}
	if i.structured && s.sized {
		i.Spatials, i.Sizes = s.spatials, s.sizes
	}
}

func (r *reader) indications(targets int) (d indications) {
	for n := range targets {
		d |= indications(r.take(2)) << (2 * n)
	}
	return d
}

// references reads frame_fdiffs of appendix A.8.3.
func (r *reader) references() (f references) {
	for size := r.take(2); size != 0; size = r.take(2) {
		f.add(r.take(4*int(size)) + 1)
	}
	return f
}

// RewriteFrame gives a dependency descriptor another frame number, in place. References are relative: they stay right as
// long as all numbers of a stream are moved by the same.
func RewriteFrame(dd []byte, frame uint16) {
	if len(dd) >= 3 {
		binary.BigEndian.PutUint16(dd[1:], frame)
	}
}
