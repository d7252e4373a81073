package codec

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// writer is the other direction of reader, written for these tests from the specification alone.
type writer struct {
	b []byte
	n int
}

func (w *writer) put(width int, v uint32) {
	for k := width - 1; k >= 0; k-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>k&1) << (7 - w.n%8)
		w.n++
	}
}

func (w *writer) flag(v bool) {
	if v {
		w.put(1, 1)
	} else {
		w.put(1, 0)
	}
}

// below is ns(n) of the specification.
func (w *writer) below(n, v uint32) {
	width := 0
	for x := n; x != 0; x >>= 1 {
		width++
	}
	m := uint32(1)<<width - n
	if v < m {
		w.put(width-1, v)
		return
	}
	w.put(width-1, (v+m)>>1)
	w.put(1, (v+m)&1)
}

// plan is a dependency descriptor in the terms of the specification.
type plan struct {
	start, end bool
	template   uint32 // index
	frame      uint16
	structure  *planned
	active     uint32 // with hasActive
	hasActive  bool
	dtis       []uint32 // nil: the template's
	diffs      []uint32 // nil: the template's; not nil: custom, even when empty
	chains     []uint32 // nil: the template's
}

// planned is a template dependency structure.
type planned struct {
	offset    uint32
	targets   int
	chains    int
	protected []uint32
	templates []plannedTemplate
	sizes     []Size
}

type plannedTemplate struct {
	Point
	dtis, diffs, chains []uint32
}

func (p *plan) write(s *planned) []byte {
	w := new(writer)
	w.flag(p.start)
	w.flag(p.end)
	w.put(6, (p.template+s.offset)%64)
	w.put(16, uint32(p.frame))
	if p.structure == nil && !p.hasActive && p.dtis == nil && p.diffs == nil && p.chains == nil {
		return w.b
	}
	w.flag(p.structure != nil)
	w.flag(p.hasActive)
	w.flag(p.dtis != nil)
	w.flag(p.diffs != nil)
	w.flag(p.chains != nil)
	if p.structure != nil {
		p.structure.write(w)
	}
	if p.hasActive {
		w.put(s.targets, p.active)
	}
	for _, d := range p.dtis {
		w.put(2, d)
	}
	if p.diffs != nil {
		for _, d := range p.diffs {
			size := uint32(1)
			for d-1 >= 1<<(4*size) {
				size++
			}
			w.put(2, size)
			w.put(int(4*size), d-1)
		}
		w.put(2, 0)
	}
	for _, c := range p.chains {
		w.put(8, c)
	}
	return w.b
}

func (s *planned) write(w *writer) {
	w.put(6, s.offset)
	w.put(5, uint32(s.targets-1))
	for n, t := range s.templates {
		switch {
		case n == len(s.templates)-1:
			w.put(2, 3)
		case s.templates[n+1].Spatial > t.Spatial:
			w.put(2, 2)
		case s.templates[n+1].Temporal > t.Temporal:
			w.put(2, 1)
		default:
			w.put(2, 0)
		}
	}
	for _, t := range s.templates {
		for _, d := range t.dtis {
			w.put(2, d)
		}
	}
	for _, t := range s.templates {
		for _, d := range t.diffs {
			w.put(1, 1)
			w.put(4, d-1)
		}
		w.put(1, 0)
	}
	w.below(uint32(s.targets+1), uint32(s.chains))
	if s.chains > 0 {
		for _, p := range s.protected {
			w.below(uint32(s.chains), p)
		}
		for _, t := range s.templates {
			for _, c := range t.chains {
				w.put(4, c)
			}
		}
	}
	w.flag(s.sizes != nil)
	for _, z := range s.sizes {
		w.put(16, uint32(z.Width)-1)
		w.put(16, uint32(z.Height)-1)
	}
}

// several are n random numbers from low to high.
func several(r *rand.Rand, n int, low, high uint32) []uint32 {
	list := make([]uint32, n)
	for k := range list {
		list[k] = low + r.Uint32N(high-low+1)
	}
	return list
}

// imagine makes a random structure.
func imagine(r *rand.Rand) *planned {
	s := &planned{offset: r.Uint32N(64), targets: 1 + r.IntN(maxTargets)}
	s.chains = r.IntN(s.targets + 1)
	if s.chains > 0 {
		s.protected = several(r, s.targets, 0, uint32(s.chains-1))
	}
	var at Point
	for range 1 + r.IntN(20) {
		s.templates = append(s.templates, plannedTemplate{Point: at, dtis: several(r, s.targets, 0, 3),
			diffs: several(r, r.IntN(4), 1, 16), chains: several(r, s.chains, 0, 15)})
		switch r.IntN(4) {
		case 1:
			at.Temporal = min(at.Temporal+1, maxTemporal)
		case 2:
			if at.Spatial < MaxSpatial-1 {
				at = Point{Spatial: at.Spatial + 1}
			}
		}
	}
	if r.IntN(2) == 0 {
		for range at.Spatial + 1 {
			s.sizes = append(s.sizes, Size{uint16(1 + r.IntN(65535)), uint16(1 + r.IntN(65535))})
		}
	}
	// The last template may have been put one layer up only to be cut off.
	top := s.templates[len(s.templates)-1].Spatial
	if s.sizes != nil {
		s.sizes = s.sizes[:top+1]
	}
	return s
}

func near(diffs []uint32) (f references) {
	for _, d := range diffs {
		f.add(d)
	}
	return f
}

func dtis(list []uint32) (d indications) {
	for n, v := range list {
		d |= indications(v) << (2 * n)
	}
	return d
}

func TestDescriptorsAreReadAsTheyWereWritten(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 5))
		var d Dependencies
		s := imagine(r)
		number := uint16(r.Uint32())
		for n := range 20 {
			p := plan{start: r.IntN(2) == 0, end: r.IntN(2) == 0, template: r.Uint32N(uint32(len(s.templates))), frame: number}
			number++
			if n == 0 || r.IntN(6) == 0 {
				s = imagine(r)
				p.structure, p.template = s, r.Uint32N(uint32(len(s.templates)))
			}
			custom(r, &p, s)
			b := p.write(s)
			var i Info
			require.True(t, d.Parse(b, &i), "seed %d, frame %d", seed, n)
			compare(t, &p, s, &i)
			for cut := 3; cut < len(b)-1; cut++ { // a byte may be padding
				other := d
				other.last, other.spare = copied(d.last), nil
				if p.structure != nil {
					require.False(t, other.Parse(b[:cut], new(Info)) && cut > 3, "seed %d: %d of %d bytes", seed, cut, len(b))
				}
			}
		}
	}
}

func copied(s *structure) *structure {
	if s == nil {
		return nil
	}
	c := *s
	return &c
}

func custom(r *rand.Rand, p *plan, s *planned) {
	if r.IntN(3) == 0 {
		p.hasActive, p.active = true, r.Uint32()>>(32-s.targets)
	}
	if r.IntN(3) == 0 {
		p.dtis = several(r, s.targets, 0, 3)
	}
	if r.IntN(3) == 0 {
		p.diffs = several(r, r.IntN(4), 1, 4096)
	}
	if r.IntN(3) == 0 && s.chains > 0 {
		p.chains = several(r, s.chains, 0, 255)
	}
}

func compare(t *testing.T, p *plan, s *planned, i *Info) {
	want := s.templates[p.template]
	if p.dtis != nil {
		want.dtis = p.dtis
	}
	if p.diffs != nil {
		want.diffs = p.diffs
	}
	require.Equal(t, want.Point, i.Point())
	require.Equal(t, []bool{p.start, p.end}, []bool{i.Start, i.End})
	require.Equal(t, p.frame, i.Frame)
	require.Equal(t, dtis(want.dtis), i.targets.dtis)
	require.Equal(t, near(want.diffs), i.targets.refs)
	require.Equal(t, s.targets, int(i.targets.count))
	require.Equal(t, want.Spatial == 0 && len(want.diffs) == 0 && (p.structure != nil || !p.start), i.Key)
	if p.structure != nil && s.sizes != nil {
		require.Equal(t, s.sizes, i.Sizes[:i.Spatials])
	} else {
		require.Zero(t, i.Spatials)
	}
	for n := range s.targets {
		var top Point
		for _, x := range s.templates {
			if x.dtis[n] != 0 {
				top = Point{max(top.Spatial, x.Spatial), max(top.Temporal, x.Temporal)}
			}
		}
		require.Equal(t, top, i.targets.point(n))
	}
}

func TestAStructureThatComesLateDoesNotReplaceALaterOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	old, now := imagine(r), imagine(r)
	old.offset, now.offset = 0, 32
	var d Dependencies
	for _, p := range []struct {
		frame uint16
		s     *planned
	}{{10, old}, {12, now}, {11, old}} {
		require.True(t, d.Parse((&plan{frame: p.frame, structure: p.s}).write(p.s), new(Info)))
	}
	known := func(frame uint16, s *planned) bool {
		i := Info{Kind: AV1}
		require.True(t, d.Parse((&plan{start: true, frame: frame}).write(s), &i))
		assert.Equal(t, frame, i.Frame)
		assert.False(t, i.Opens())
		return i.described
	}
	assert.True(t, known(13, now))
	assert.False(t, known(13, old), "nobody knows this template any more")
	d.Reset()
	assert.False(t, known(14, now))
	require.True(t, d.Parse((&plan{frame: 5, structure: old}).write(old), new(Info)), "a new beginning")
}

func TestFrameNumbersAreRewrittenInPlace(t *testing.T) {
	for _, p := range captured(t, "av1-l3t3key")[:20] {
		was := append([]byte(nil), p.descriptor...)
		RewriteFrame(p.descriptor, 0xabcd)
		assert.Equal(t, []byte{0xab, 0xcd}, p.descriptor[1:3])
		was[1], was[2] = 0xab, 0xcd
		assert.Equal(t, was, p.descriptor)
	}
	RewriteFrame([]byte{1, 2}, 7) // too short to have one
}

// FuzzDescriptors takes descriptors one after the other, each with its length before it, as one stream's.
func FuzzDescriptors(f *testing.F) {
	var seed []byte
	for _, p := range captured(f, "av1-l3t3")[:30] {
		seed = append(append(seed, byte(len(p.descriptor))), p.descriptor...)
	}
	f.Add(seed)
	r := rand.New(rand.NewPCG(1, 7))
	for range 5 {
		s := imagine(r)
		b := (&plan{structure: s}).write(s)
		if len(b) < 256 {
			f.Add(append([]byte{byte(len(b))}, b...))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Dependencies
		var filter Filter
		ts := uint32(0)
		for len(b) > 0 {
			n := min(int(b[0]), len(b)-1)
			i := Info{Kind: AV1}
			ok := d.Parse(b[1:1+n], &i)
			b = b[1+n:]
			if !ok {
				require.False(t, i.Opens())
			}
			require.Less(t, i.Spatial, uint8(MaxSpatial))
			require.LessOrEqual(t, i.Temporal, uint8(maxTemporal))
			require.LessOrEqual(t, i.Live, uint8(MaxSpatial))
			ts += uint32(i.Frame) << 8
			if i.Opens() {
				filter.Begin(&i, ts, Full)
			}
			pass, _ := filter.Take(&i, ts, Point{1, 1})
			require.False(t, pass && !filter.begun)
		}
	})
}
