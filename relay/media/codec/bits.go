package codec

// reader reads numbers of any width, most significant bit first. Behind the end it gives zeros, and short is set.
type reader struct {
	b     []byte
	at    int // bits
	short bool
}

// take is f(n) of the AV1 RTP specification, appendix A.8, for n up to 32.
func (r *reader) take(n int) uint32 {
	if r.at+n > 8*len(r.b) {
		r.short = true
		r.at = 8 * len(r.b)
		return 0
	}
	var v uint32
	for n > 0 {
		free := 8 - r.at&7
		k := min(n, free)
		v = v<<k | uint32(r.b[r.at>>3]>>(free-k))&(1<<k-1)
		r.at += k
		n -= k
	}
	return v
}

// skip goes past n bits.
func (r *reader) skip(n int) {
	if r.at += n; r.at > 8*len(r.b) {
		r.short, r.at = true, 8*len(r.b)
	}
}

func (r *reader) flag() bool { return r.take(1) == 1 }

// below is ns(n): a number below n in as few bits as that takes.
func (r *reader) below(n uint32) uint32 {
	w := 0
	for x := n; x != 0; x >>= 1 {
		w++
	}
	m := uint32(1)<<w - n
	v := r.take(w - 1)
	if v < m {
		return v
	}
	return v<<1 - m + r.take(1)
}
