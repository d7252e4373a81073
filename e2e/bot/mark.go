package bot

import (
	"bytes"
	"encoding/binary"

	"github.com/conclave-meet/conclave/shared/wire"
)

// A mark says whose a packet is and which one. It stands at the end of every payload:
//
//	magic   4B   "CONC"
//	mark    4B   Config.Mark of the sender
//	stream  1B   wire.Stream
//	count   4B   of the packet, per stream
const markLen = 4 + 4 + 1 + 4

var magic = []byte("CONC")

func appendMark(b []byte, mark uint32, s wire.Stream, count uint32) []byte {
	b = append(b, magic...)
	b = binary.BigEndian.AppendUint32(b, mark)
	b = append(b, byte(s))
	return binary.BigEndian.AppendUint32(b, count)
}

func readMark(b []byte) (mark uint32, s wire.Stream, ok bool) {
	if len(b) < markLen {
		return 0, 0, false
	}
	b = b[len(b)-markLen:]
	return binary.BigEndian.Uint32(b[4:]), wire.Stream(b[8]), bytes.Equal(b[:4], magic)
}

// keyFrame is a whole VP8 key frame of 1×1 pixel (RFC 6386, section 9.1: frame tag, start code, size, partitions). What
// follows the last partition is not read by decoders: there the mark stands.
var keyFrame = []byte{
	0x30, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x01, 0x00, 0x01, 0x00, 0x0e,
	0xc0, 0xfe, 0x25, 0xa4, 0x00, 0x03, 0x70, 0x00, 0x00, 0x00, 0x00,
}

// deltaFrame is the beginning of an inter frame: a frame tag with the inverse key-frame bit, and an empty header.
var deltaFrame = []byte{0x31, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}

// voice is an Opus packet (RFC 6716, section 3.1): one 20 ms frame, CELT, full band, mono. silence is what an encoder
// makes of nothing.
var (
	voice   = []byte{0xf8, 0x55, 0xaa, 0x55, 0xaa}
	silence = []byte{0xf8, 0xff, 0xfe}
)

// appendVP8 writes a payload descriptor (RFC 7741, section 4.2) with a 15-bit picture id, a TL0PICIDX and a temporal
// layer, then part of a frame.
func appendVP8(b []byte, start bool, picture uint16, tl0 uint8, part []byte) []byte {
	first := byte(0x80) // X
	if start {
		first |= 0x10 // S
	}
	b = append(b, first, 0xe0 /* I, L, T */, 0x80|byte(picture>>8), byte(picture), tl0, 0x00)
	return append(b, part...)
}
