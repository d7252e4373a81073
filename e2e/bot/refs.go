package bot

// refs is how libwebrtc finds out what a VP8 frame is made from, from what the payload descriptor says alone
// (modules/video_coding/rtp_vp8_ref_finder.cc): a browser draws a frame only when it was given all of that. Frames come
// in order here, so one that libwebrtc would put off for others to come is lost.
type refs struct {
	started bool
	highest uint64            // picture id, unwrapped
	missing map[uint64]bool   // picture ids below highest that did not come
	tl0     uint64            // highest, unwrapped
	bases   map[uint64]levels // by TL0PICIDX: the last picture of each temporal layer
}

// levels are picture ids by temporal layer, 0 for none: unwrapped ids begin above it.
type levels [3]uint64

// maxMissing and maxBases are how much libwebrtc remembers.
const (
	maxMissing = 100
	maxBases   = 50
)

// unwrap continues a counter of n bits that was at last.
func unwrap(last uint64, v uint16, n int) uint64 {
	size := uint64(1) << n
	step := (uint64(v) - last) & (size - 1)
	if step >= size/2 && last+step >= size {
		return last + step - size
	}
	return last + step
}

// add takes the next frame. It returns its unwrapped picture id, and the ids of the frames that it is made from. ok is
// false for a frame that a browser does not decode.
func (r *refs) add(d descriptor, key bool) (id uint64, from []uint64, ok bool) {
	if !r.started {
		r.started, r.missing, r.bases = true, map[uint64]bool{}, map[uint64]levels{}
		r.highest, r.tl0 = 1<<20|uint64(d.picture), 1<<20|uint64(d.tl0)
	}
	id = unwrap(r.highest, d.picture, 15)
	for ; r.highest < id; r.highest++ {
		r.missing[r.highest+1] = true
	}
	tl0 := unwrap(r.tl0, uint16(d.tl0), 8)
	r.tl0 = max(r.tl0, tl0)
	r.forget()
	defer delete(r.missing, id)
	switch {
	case d.tid >= uint8(len(levels{})):
		return id, nil, false
	case key:
		r.bases[tl0] = levels{}
		r.update(tl0, d.tid, id)
		return id, nil, d.tid == 0
	case d.tid == 0:
		base, found := r.bases[tl0-1]
		if !found || base[0] >= id {
			return id, nil, false
		}
		r.bases[tl0] = base
		r.update(tl0, 0, id)
		return id, []uint64{base[0]}, true
	}
	base, found := r.bases[tl0]
	if !found {
		return id, nil, false
	}
	if d.sync {
		from = []uint64{base[0]}
	} else if from, found = r.below(base, d.tid, id); !found {
		return id, nil, false
	}
	r.update(tl0, d.tid, id)
	return id, from, true
}

// below are the last pictures of all temporal layers up to the frame's own. None may be missing between them and it.
func (r *refs) below(base levels, tid uint8, id uint64) (from []uint64, ok bool) {
	for _, last := range base[:tid+1] {
		if last == 0 || last >= id {
			return nil, false
		}
		for between := last + 1; between < id; between++ {
			if r.missing[between] {
				return nil, false
			}
		}
		from = append(from, last)
	}
	return from, true
}

func (r *refs) update(tl0 uint64, tid uint8, id uint64) {
	for ; ; tl0++ {
		base, ok := r.bases[tl0]
		if !ok || base[tid] > id {
			return
		}
		base[tid] = id
		r.bases[tl0] = base
	}
}

func (r *refs) forget() {
	for id := range r.missing {
		if id+maxMissing < r.highest {
			delete(r.missing, id)
		}
	}
	for tl0 := range r.bases {
		if tl0+maxBases < r.tl0 {
			delete(r.bases, tl0)
		}
	}
}
