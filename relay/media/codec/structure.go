package codec

// structure reads a template dependency structure (AV1 RTP specification, appendix A.8.2). It returns nil when that makes
// no sense. What it returns is the spare one, which keep exchanges for the last.
func (d *Dependencies) structure(r *reader) *structure {
	if d.spare == nil {
		d.spare = new(structure)
	}
	s := d.spare
	*s = structure{offset: r.take(6), targets: int(r.take(5)) + 1}
	if !s.layers(r) {
		return nil
	}
	for n := range s.count {
		s.templates[n].dtis = r.indications(s.targets)
	}
	for n := range s.count {
		for r.flag() {
			s.templates[n].refs.add(r.take(4) + 1)
		}
	}
	s.chain(r)
	if r.flag() {
		s.sized = true
		for n := range s.spatials {
			s.sizes[n] = Size{uint16(r.take(16)) + 1, uint16(r.take(16)) + 1}
		}
	}
	if r.short {
		return nil
	}
	s.operate()
	return s
}

// layers reads the layers of the templates, which come in ascending order.
func (s *structure) layers(r *reader) bool {
	const same, temporal, spatial = 0, 1, 2
	var at Point
	for s.count < maxTemplates {
		s.templates[s.count].Point = at
		s.count++
		switch r.take(2) {
		case same:
		case temporal:
			if at.Temporal++; at.Temporal > maxTemporal {
				return false
			}
		case spatial:
			at.Temporal = 0
			if at.Spatial++; at.Spatial >= MaxSpatial {
				return false
			}
		default:
			s.spatials = at.Spatial + 1
			return !r.short
		}
	}
	return false
}

// chain reads past the chains, which are of no use here: [Filter] follows the references themselves.
func (s *structure) chain(r *reader) {
	s.chains = r.below(uint32(s.targets) + 1)
	if s.chains == 0 {
		return
	}
	for range s.targets {
		r.below(s.chains)
	}
	r.skip(4 * int(s.chains) * s.count)
}

// operate finds the operating point of each decode target: the highest layers of the frames that it holds
// (decode_target_layers of appendix A.8.2).
func (s *structure) operate() {
	for n := range s.targets {
		p := &s.points[n]
		for _, t := range s.templates[:s.count] {
			if t.dtis.of(n) != notPresent {
				p.Spatial, p.Temporal = max(p.Spatial, t.Spatial), max(p.Temporal, t.Temporal)
			}
		}
	}
}
