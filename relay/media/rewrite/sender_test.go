package rewrite

import (
	"math/rand/v2"

	"github.com/conclave-meet/conclave/relay/media/codec"
)

// pattern is L1T3 as Chromium sends it: a temporal layer and whether the frame needs the base layer only.
var pattern = []struct {
	layer uint8
	sync  bool
}{{0, false}, {2, true}, {1, true}, {2, false}, {0, false}, {2, false}, {1, false}, {2, false}}

// packet is one that a sender sent.
type packet struct {
	in    In
	info  codec.Info
	frame uint64 // picture id that does not wrap; 0: padding
}

// sender is a simulcast layer whose counters begin anywhere and wrap: VP8 with three temporal layers.
type sender struct {
	name  string
	kind  codec.Kind
	seq   uint64
	ts    uint32
	frame uint64
	tl0   uint8
	step  int // in pattern
	due   []packet
	layer map[uint64]uint8 // temporal, of each frame
}

func newSender(r *rand.Rand, name string, kind codec.Kind) *sender {
	// Close to the ends, so that all counters wrap soon.
	return &sender{
		name: name, kind: kind, seq: 1<<17 + 65000 + uint64(r.IntN(500)), ts: -r.Uint32N(1 << 22),
		frame: 1<<17 + 32600 + uint64(r.IntN(160)), tl0: uint8(r.IntN(256)), layer: map[uint64]uint8{},
	}
}

// next is the sender's next packet.
func (x *sender) next(r *rand.Rand) packet {
	for len(x.due) == 0 {
		x.make(r)
	}
	p := x.due[0]
	x.due = x.due[1:]
	return p
}

func (x *sender) make(r *rand.Rand) {
	if r.IntN(3000) == 0 { // it begins anew
		x.seq += 3 << 16
		x.ts, x.frame, x.step = r.Uint32(), x.frame+1<<15+uint64(r.IntN(9000)), 0
	}
	key := x.step == 0 && r.IntN(4) == 0
	if key {
		x.step = 0
	}
	kind := pattern[x.step%len(pattern)]
	x.step++
	x.ts += 2500 + r.Uint32N(1000)
	x.frame++
	x.layer[x.frame] = kind.layer
	if kind.layer == 0 {
		x.tl0++
	}
	if x.step == len(pattern) {
		x.step = 0
	}
	packets := 1 + r.IntN(4)
	for n := range packets {
		x.seq++
		i := codec.Info{Kind: x.kind, Start: n == 0, Key: key && n == 0, Temporal: kind.layer, Sync: kind.sync || key}
		i.Counters = codec.Counters{Picture: uint16(x.frame) & 0x7fff, PictureBits: 15, TL0: x.tl0}
		if x.kind == codec.AV1 {
			i.Counters = codec.Counters{Frame: uint16(x.frame)}
		}
		x.due = append(x.due, packet{frame: x.frame, info: i, in: In{
			Counters: i.Counters, Seq: x.seq, TS: x.ts, Start: i.Opens(), Compact: x.kind == codec.VP8,
		}})
	}
	for r.IntN(6) == 0 {
		x.seq++
		x.due = append(x.due, packet{in: In{Seq: x.seq, TS: x.ts, Empty: true, Compact: x.kind == codec.VP8}})
	}
}

// network loses packets, brings some of these later, and some twice.
type network struct {
	loss  int // of 100
	late  []packet
	count int
	due   []int // of late: when
}

// pass returns what arrives when p is sent.
func (n *network) pass(r *rand.Rand, p packet) (arrive []packet) {
	n.count++
	for len(n.due) > 0 && n.due[0] <= n.count {
		arrive = append(arrive, n.late[0])
		n.due, n.late = n.due[1:], n.late[1:]
	}
	if r.IntN(100) >= n.loss {
		arrive = append(arrive, p)
		if n.loss > 0 && r.IntN(50) == 0 {
			arrive = append(arrive, p)
		}
		return arrive
	}
	if r.IntN(4) > 0 {
		n.late = append(n.late, p)
		at := n.count + 1 + r.IntN(40)
		if len(n.due) > 0 {
			at = max(at, n.due[len(n.due)-1])
		}
		n.due = append(n.due, at)
	}
	return arrive
}
