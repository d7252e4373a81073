package sframe

// windowSize is how many counters below the highest are told apart. More would cost memory (a bit each, per key); less
// would drop frames that overtake each other: three simulcast layers at 30 frames a second fill 1024 in 11 s, many times
// what a jitter buffer waits.
const windowSize = 1024

// window remembers which counters were opened (RFC 4303, section 3.4.3, with counters that start at 0). The zero value
// has seen none. Counters stay below [MaxCounter].
type window struct {
	next Counter // the highest counter seen, plus one; 0 when there was none
	seen [windowSize / 64]uint64
}

// fresh tells whether c was surely not seen. Counters that have left the window count as seen.
func (w *window) fresh(c Counter) bool {
	switch {
	case c >= w.next:
		return true
	case w.next-c > windowSize:
		return false
	}
	return w.seen[c%windowSize/64]>>(c%64)&1 == 0
}

// mark remembers c, which is fresh.
func (w *window) mark(c Counter) {
	if c >= w.next {
		// The places of the counters between belong to older ones so far.
		first := w.next
		if c-first >= windowSize {
			first = c - windowSize + 1
		}
		for i := first; i <= c; i++ {
			w.seen[i%windowSize/64] &^= 1 << (i % 64)
		}
		w.next = c + 1
	}
	w.seen[c%windowSize/64] |= 1 << (c % 64)
}
