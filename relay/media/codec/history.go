package codec

import "math/bits"

// history is what became of the last frames of an AV1 stream, by their numbers. The bits of frame n are at n%numbers.
type history struct {
	newest        uint16 // highest number
	begun         bool   // newest is set
	passed, outed set
}

type set [numbers / 64]uint64

func (s *set) has(n uint16) bool { return s[n%numbers/64]>>(n%64)&1 == 1 }
func (s *set) add(n uint16)      { s[n%numbers/64] |= 1 << (n % 64) }
func (s *set) remove(n uint16)   { s[n%numbers/64] &^= 1 << (n % 64) }

// note says what became of frame n.
func (h *history) note(n uint16, pass bool) {
	if d := n - h.newest; !h.begun || d < 1<<15 {
		if !h.begun || d >= numbers {
			h.passed, h.outed = set{}, set{}
			h.newest = n - 1
		}
		for m := h.newest + 1; m != n+1; m++ {
			h.passed.remove(m)
			h.outed.remove(m)
		}
		h.newest, h.begun = n, true
	} else if h.newest-n >= numbers {
		return
	}
	if pass {
		h.passed.add(n)
	} else {
		h.outed.add(n)
	}
}

// all reports whether all passed that frame n refers to.
func (h *history) all(n uint16, refs references) bool {
	return !refs.far && h.each(n, refs, h.passed.has)
}

// broken reports whether something is left out that frame n refers to. Frames that have not come yet are not: they may yet.
// An encoder that leaves out a lower layer may refer to an older frame of it than its switching points allow (libaom in
// Chromium 156 does), and the receiver would wait for that.
func (h *history) broken(n uint16, refs references) bool {
	return !h.each(n, refs, func(m uint16) bool { return !h.outed.has(m) })
}

func (h *history) each(n uint16, refs references, ok func(uint16) bool) bool {
	if !h.begun || refs.near == 0 {
		return true
	}
	if age := h.newest - n; age < 1<<15 && age > numbers-64 {
		return false // nobody knows any more
	}
	for near := refs.near; near != 0; near &= near - 1 {
		if !ok(n - 1 - uint16(bits.TrailingZeros64(near))) {
			return false
		}
	}
	return true
}
