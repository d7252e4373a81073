package bot

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// film is what one camera sends, as descriptors: pictures and base layers counted from anywhere.
func film(picture uint16, tl0 uint8, n int) (list []descriptor) {
	for i := range n {
		s := pattern[i%len(pattern)]
		if s.tid == 0 {
			tl0++
		}
		picture = (picture + 1) & 0x7fff
		list = append(list, descriptor{start: true, picture: picture, tl0: tl0, tid: s.tid, sync: s.sync})
	}
	return list
}

// decodable tells for each frame that arrives whether a browser decodes it. The first one is a key frame.
func decodable(list []descriptor, arrives func(i int) bool) (ok []bool) {
	var v video
	v.decoded = map[uint64]bool{}
	for i, d := range list {
		if !arrives(i) {
			continue
		}
		id, from, good := v.refs.add(d, i == 0)
		for _, ref := range from {
			good = good && v.decoded[ref]
		}
		if good {
			v.decoded[id] = true
		}
		ok = append(ok, good)
	}
	return ok
}

func TestABrowserDecodesWhatItHasEverythingFor(t *testing.T) {
	all := func(int) bool { return true }
	for name, x := range map[string]struct {
		arrives func(i int) bool
		lost    []int // of the 12 frames, those that arrive and cannot be decoded
	}{
		"nothing is lost":                         {arrives: all},
		"the highest temporal layer is left out":  {arrives: func(i int) bool { return pattern[i%4].tid < 2 }},
		"only the lowest temporal layer arrives":  {arrives: func(i int) bool { return pattern[i%4].tid == 0 }},
		"a frame is lost that only one refers to": {arrives: func(i int) bool { return i != 6 }, lost: []int{7}},
		"a frame is lost that nobody refers to":   {arrives: func(i int) bool { return i != 7 }},
		"a frame of the lowest layer is lost":     {arrives: func(i int) bool { return i != 4 }, lost: []int{5, 6, 7, 8, 9, 10, 11}},
		// The gap in picture ids could have been something that it refers to.
		"a frame is lost before one that is no sync point": {arrives: func(i int) bool { return i != 5 }, lost: []int{7}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, begin := range []uint16{7, 0x7ffa} { // the second wraps around, as does its TL0PICIDX
				var want []bool
				for i := range 12 {
					if x.arrives(i) {
						want = append(want, !slices.Contains(x.lost, i))
					}
				}
				assert.Equal(t, want, decodable(film(begin, uint8(begin), 12), x.arrives))
			}
		})
	}
}

func TestUnwrapGoesOnOverTheEdgeBothWays(t *testing.T) {
	assert.Equal(t, uint64(1<<20), unwrap(1<<20-1, 0, 15))
	assert.Equal(t, uint64(1<<20-1), unwrap(1<<20, 0x7fff, 15))
	assert.Equal(t, uint64(1<<20+5), unwrap(1<<20+3, 5, 8))
}
