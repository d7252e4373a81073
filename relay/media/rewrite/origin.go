package rewrite

// Origin finds the packet that has number seq: what it is from and its extended number there. ok is false when that is too
// long ago, or nothing has that number. The packet may never have gone out: [Stream.Again] says what to send.
func (s *Stream[S]) Origin(seq uint16) (from S, in uint64, ok bool) {
	e, m := s.entry(seq)
	if m == nil {
		return from, 0, false
	}
	return m.from, m.in + uint64(e.in-uint32(m.in)), true
}

// Again says how the packet p, which Origin found for number seq, is retransmitted: as it went out, or as it would have.
// It must be asked right after Origin, with the same p as Next was shown.
func (s *Stream[S]) Again(seq uint16, p In) (Out, Verdict) {
	e, m := s.entry(seq)
	if m == nil || e.in != uint32(p.Seq) {
		return Out{}, Skip
	}
	o := Out{Seq: seq, TS: p.TS + m.ts}
	if e.mapping&padded != 0 || p.Empty {
		return o, Pad
	}
	pic := e.picture & pictureMask
	if e.picture&given == 0 {
		// It came before the mapping began, behind the start.
		if m.id != s.id || !s.mapped {
			return Out{}, Skip
		}
		var drop, known bool
		if pic, drop, known = s.pics.place(&p); drop || p.Drop || !known {
			return o, Pad
		}
	}
	o = m.apply(&p, pic)
	o.Seq = seq
	return o, Send
}

// entry finds what is remembered of number seq; m is nil where that is nothing.
func (s *Stream[S]) entry(seq uint16) (e entry, m *mapping[S]) {
	age := uint64(uint16(s.lastOut) - seq)
	if !s.sent || age >= s.log.size() {
		return e, nil
	}
	out := s.lastOut - age
	e = *s.log.at(out)
	for n := range uint64(mappings) {
		if id := s.id - n; n < s.id && uint16(id)&idMask == e.mapping&idMask {
			m = &s.maps[id%mappings]
			if out < m.out {
				return e, nil // left from long ago
			}
			return e, m
		}
	}
	return e, nil
}

// Forget drops what is remembered of a source, which is gone: its packets cannot be asked for again.
func (s *Stream[S]) Forget(from S) {
	var none S
	for i := range s.maps {
		if s.maps[i].from == from {
			s.maps[i].from = none
		}
	}
	if s.want == from {
		s.want = none
	}
	if s.from == from {
		s.from, s.mapped = none, false
	}
}
