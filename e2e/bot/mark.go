package bot

import (
	"bytes"
	"encoding/binary"

	"github.com/conclave-meet/conclave/shared/wire"
)

// mark says whose a packet is, which one, and what its frame is made from. It stands at the end of every payload:
//
//	magic   4B   "CONC"
//	who     4B   Config.Mark of the sender
//	stream  1B   wire.Stream, and the layer in the upper four bits
//	count   4B   of the packet, per stream and layer
//	frame   4B   of video: its number, per stream and layer, from 1
//	ref     4B   of video: the frame that it is made from; 0: none, it is a key frame
type mark struct {
	who               uint32
	stream            wire.Stream
	layer             uint8
	count, frame, ref uint32
}

const markLen = 4 + 4 + 1 + 4 + 4 + 4

var magic = []byte("CONC")

func (m mark) append(b []byte) []byte {
	b = append(b, magic...)
	b = binary.BigEndian.AppendUint32(b, m.who)
	b = append(b, byte(m.stream)|m.layer<<4)
	b = binary.BigEndian.AppendUint32(b, m.count)
	b = binary.BigEndian.AppendUint32(b, m.frame)
	return binary.BigEndian.AppendUint32(b, m.ref)
}

func readMark(b []byte) (m mark, ok bool) {
	if len(b) < markLen {
		return mark{}, false
	}
	b = b[len(b)-markLen:]
	return mark{
		who: binary.BigEndian.Uint32(b[4:]), stream: wire.Stream(b[8] & 0x0f), layer: b[8] >> 4,
		count: binary.BigEndian.Uint32(b[9:]), frame: binary.BigEndian.Uint32(b[13:]), ref: binary.BigEndian.Uint32(b[17:]),
	}, bytes.Equal(b[:4], magic)
}

// voice is an Opus packet (RFC 6716, section 3.1): one 20 ms frame, CELT, full band, mono. silence is what an encoder
// makes of nothing.
var (
	voice   = []byte{0xf8, 0x55, 0xaa, 0x55, 0xaa}
	silence = []byte{0xf8, 0xff, 0xfe}
)

// descriptor is the VP8 payload descriptor (RFC 7741, section 4.2) of a packet.
type descriptor struct {
	start   bool   // the frame's first packet
	picture uint16 // 15 bits
	tl0     uint8
	tid     uint8
	sync    bool // made from the lowest temporal layer only
}

func (d descriptor) append(b []byte) []byte {
	first, layer := byte(0x80) /* X */, d.tid<<6
	if d.start {
		first |= 0x10 // S
	}
	if d.sync {
		layer |= 0x20 // Y
	}
	return append(b, first, 0xe0 /* I, L, T */, 0x80|byte(d.picture>>8), byte(d.picture), d.tl0, layer)
}
