package rewrite

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
)

// finder decides which frames a VP8 frame refers to as libwebrtc does (RtpVp8RefFinder in
// modules/video_coding/rtp_vp8_ref_finder.cc), without what it does against memory growing.
type finder struct {
	begun   bool
	last    int64              // picture id, unwrapped
	tl0     int64              // unwrapped
	missing map[int64]bool     // picture ids that have not come
	layers  map[int64][3]int64 // by TL0: the last picture id of each temporal layer, -1 for none
}

// find returns what the frame refers to. ok is false where libwebrtc would keep it back, or drop it.
func (f *finder) find(picture uint16, tl0 uint8, layer uint8, sync, key bool) (id int64, refs []int64, ok bool) {
	if !f.begun {
		f.begun, f.last, f.tl0 = true, int64(picture), int64(tl0)
		f.missing, f.layers = map[int64]bool{}, map[int64][3]int64{}
	}
	id = f.last + int64(int16((picture-uint16(f.last))<<1)>>1)
	for f.last < id {
		f.last++
		f.missing[f.last] = true
	}
	base := f.tl0 + int64(int8(tl0-uint8(f.tl0)))
	f.tl0 = max(f.tl0, base)
	if key {
		f.layers[base] = [3]int64{-1, -1, -1}
		f.update(id, base, layer)
		return id, nil, layer == 0
	}
	from := base
	if layer == 0 {
		from--
	}
	info, known := f.layers[from]
	if !known {
		return id, nil, false
	}
	switch {
	case layer == 0:
		f.layers[base] = info
		refs = []int64{info[0]}
	case sync:
		refs = []int64{info[0]}
	default:
		for l := range layer + 1 {
			at := info[l]
			if at == -1 || at > id {
				return id, nil, false
			}
			for m := at + 1; m < id; m++ {
				if f.missing[m] {
					return id, nil, false
				}
			}
			refs = append(refs, at)
		}
	}
	f.update(id, base, layer)
	return id, refs, true
}

func (f *finder) update(id, base int64, layer uint8) {
	for info, ok := f.layers[base]; ok && info[layer] < id; info, ok = f.layers[base] {
		info[layer] = id
		f.layers[base] = info
		base++
	}
	delete(f.missing, id)
}

// truth is what a frame is predicted from: the last one of each layer up to its own.
func truth(x *sent) (needs []uint64) {
	for l := range x.p.info.Temporal + 1 {
		if l > 0 && x.p.info.Sync {
			break
		}
		f := x.p.frame - 1
		for x.layer.layer[f] != l {
			f--
		}
		needs = append(needs, f)
	}
	return needs
}

// On a network that loses nothing, libwebrtc hands on each frame at once and finds for it the frames that it was
// predicted from, whatever is switched and left out.
func TestLibwebrtcFindsTheFramesThatVP8RefersTo(t *testing.T) {
	for seed := range uint64(3) {
		c := newCall(t, rand.New(rand.NewPCG(seed, 9)), 0, codec.VP8, codec.VP8)
		for range 4_000 {
			c.turn()
		}
		var f finder
		pictures := map[int64]uint64{}       // the source's frames by the slot's picture ids
		fed := map[*sender]map[uint64]bool{} // to the finder
		for _, x := range c.senders {
			fed[x] = map[uint64]bool{}
		}
		leftOut := 0
		for ext := c.first; ext <= c.high; ext++ {
			x, ok := c.got[ext]
			require.True(t, ok, "nothing was lost, and yet there is a hole")
			if fed[x.layer][x.p.frame] {
				continue
			}
			fed[x.layer][x.p.frame] = true
			i := x.p.info
			id, refs, ok := f.find(x.out.Picture, x.out.TL0, i.Temporal, i.Sync, i.Key)
			require.True(t, ok, "seed %d: libwebrtc keeps back frame %d", seed, x.p.frame)
			pictures[id] = x.p.frame
			var found []uint64
			for _, r := range refs {
				found = append(found, pictures[r])
			}
			if !i.Key {
				require.Equal(t, truth(&x), found, "seed %d, frame %d", seed, x.p.frame)
				if !fed[x.layer][x.p.frame-1] {
					leftOut++
				}
			}
		}
		require.Greater(t, leftOut, 30, "the test must leave out some frames")
	}
}
