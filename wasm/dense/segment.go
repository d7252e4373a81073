package main

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// segment is data that stands in memory when the module starts.
type segment struct {
	offset uint32
	data   []byte
}

// How a segment begins: in the first memory, at an offset that is a constant, as (i32.const offset; end).
const (
	firstMemory = 0x00
	i32Const    = 0x41
	end         = 0x0b
)

// segments reads a section of data. It wants segments that do not overlap: then it does not matter which comes first.
func segments(body []byte) (list []segment, ok bool) {
	r := reader{b: body}
	for n := r.unsigned(); n > 0; n-- {
		ok := r.byte() == firstMemory && r.byte() == i32Const
		offset := r.offset()
		ok = r.byte() == end && ok
		data := r.take(r.unsigned())
		if r.bad || !ok {
			return nil, false
		}
		list = append(list, segment{offset: offset, data: data})
	}
	return list, !r.bad && len(r.b) == 0 && apart(list)
}

// apart reports whether no two segments overlap.
func apart(list []segment) bool {
	order := byAddress(list)
	for i := range order {
		if i > 0 && list[order[i]].start() < list[order[i-1]].stop() {
			return false
		}
	}
	return true
}

// byAddress returns the indices of list in the order of what they stand for. Of two at one address, which one is empty
// then, that one comes first.
func byAddress(list []segment) []int {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(list[a].offset, list[b].offset), cmp.Compare(list[a].stop(), list[b].stop()))
	})
	return order
}

func (s segment) start() uint64 { return uint64(s.offset) }
func (s segment) stop() uint64  { return s.start() + uint64(len(s.data)) }

// join makes one of neighbours that are no further apart than maxGap and have no other between them, which the zeros
// would overwrite. The order stays: sorted by address, the core would take 4 kB more.
func join(list []segment) []segment {
	place := make([]int, len(list))
	for i, at := range byAddress(list) {
		place[at] = i
	}
	var joined []segment
	for i, s := range list {
		n := len(joined) - 1
		if n >= 0 && place[i] == place[i-1]+1 && s.start()-joined[n].stop() <= maxGap {
			gap := make([]byte, s.start()-joined[n].stop())
			joined[n].data = append(append(joined[n].data, gap...), s.data...)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}

// section writes segments as a section of data.
func section(list []segment) []byte {
	out := binary.AppendUvarint(nil, uint64(len(list)))
	for _, s := range list {
		out = append(out, firstMemory, i32Const)
		out = appendSigned(out, int32(s.offset))
		out = append(out, end)
		out = binary.AppendUvarint(out, uint64(len(s.data)))
		out = append(out, s.data...)
	}
	return out
}

// appendSigned appends signed LEB128 (WebAssembly Core Specification, 5.2.2).
func appendSigned(dst []byte, n int32) []byte {
	for n < -64 || n > 63 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(dst, byte(n)&0x7f)
}

// reader reads from b and remembers whether anything was not there.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	b := r.take(1)
	if r.bad {
		return 0
	}
	return b[0]
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.b, r.bad = nil, true
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// unsigned reads unsigned LEB128 of 32 bits.
func (r *reader) unsigned() int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > math.MaxInt32 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[size:]
	return int(n)
}

// offset reads signed LEB128 of 32 bits, which stands for an address: negative is beyond 2 GiB.
func (r *reader) offset() uint32 {
	var n int64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		n |= int64(b&0x7f) << shift
		if b < 0x80 {
			if b >= 0x40 {
				n -= 1 << (shift + 7)
			}
			return uint32(n)
		}
	}
	r.b, r.bad = nil, true
	return 0
}
