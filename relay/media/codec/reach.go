package codec

// climbTargets is climb for AV1: it goes up to the highest decode target wanted for which the frame is a switching point,
// provided that all passed that the frame itself refers to.
func (f *Filter) climbTargets(i *Info, want Point) Point {
	at, t := f.at, &i.targets
	if !i.described {
		// No descriptor, no layers to tell apart.
		at.Temporal = max(at.Temporal, want.Temporal)
		return at
	}
	if !f.decodable(i) {
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

// number notes whether the frame with a number passed.
func (f *Filter) number(frame uint16, pass bool) {
	if d := frame - f.newest; !f.numbered || d < 1<<15 {
		if !f.numbered || d >= numbers {
			clear(f.passed[:])
		} else {
			for n := f.newest + 1; n != frame+1; n++ {
				f.passed[n%numbers/64] &^= 1 << (n % 64)
			}
		}
		f.newest, f.numbered = frame, true
	} else if f.newest-frame >= numbers {
		return
	}
	if pass {
		f.passed[frame%numbers/64] |= 1 << (frame % 64)
	}
}

// decodable reports whether all passed that a frame refers to.
func (f *Filter) decodable(i *Info) bool {
	refs := i.targets.refs
	if refs.none() {
		return true
	}
	const known = numbers - 64
	if refs.far || !f.numbered || f.newest-i.Frame < 1<<15 && f.newest-i.Frame > known {
		return false
	}
	for n := uint16(1); n <= 64; n++ {
		r := i.Frame - n
		if refs.near>>(n-1)&1 == 1 && f.passed[r%numbers/64]>>(r%64)&1 == 0 {
			return false
		}
	}
	return true
}
