package rewrite

// Flags and masks of an entry.
const (
	given  = 1 << 15    // of picture: the number was given out
	padded = 1 << 15    // of mapping: to an empty packet
	idMask = padded - 1 // the mapping
)

// entry says which packet has a number.
type entry struct {
	in      uint32 // low bits of the source's extended number
	mapping uint16 // low bits of its id, and padded
	picture uint16 // what is added to the picture id modulo 2^15, and given
}

// log remembers the packets of the last numbers that were given out or reserved. Within a mapping both numbers rise
// together.
type log []entry

// make takes the memory when the first packet comes.
func (l *log) make(audio bool) {
	if *l != nil {
		return
	}
	size := videoAge
	if audio {
		size = audioAge
	}
	*l = make([]entry, size)
}

func (l log) size() uint64 { return uint64(len(l)) }

// at is the entry of a number, which must be one of the last size.
func (l log) at(out uint64) *entry { return &l[out&(l.size()-1)] }

func (l log) put(out uint64, e entry) { *l.at(out) = e }

// find looks for the number of packet in, among those from first to last which have packets up to newest. ok is false
// when it has none, or when that is too long ago.
func (l log) find(first, last uint64, in, newest uint32) (out uint64, ok bool) {
	if last-first >= l.size() {
		first = last - l.size() + 1
	}
	age := newest - in
	for first < last { // the first one that is not older
		middle := (first + last) / 2
		if newest-l.at(middle).in > age {
			first = middle + 1
		} else {
			last = middle
		}
	}
	return first, first == last && l.at(first).in == in
}
