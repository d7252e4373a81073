package media

import (
	"encoding/binary"

	"github.com/conclave-meet/conclave/relay/media/codec"
)

// head is an RTP header (RFC 3550, section 5.1) as slots send it: one contributing source, and extensions.
type head struct {
	pt             uint8
	marker, padded bool
	seq            uint16
	ts, ssrc, csrc uint32

	// Extensions; id 0: it is left out.
	levelID, level uint8 // audio level (RFC 6464)
	ddID           uint8
	dd             []byte // dependency descriptor, 3 to 255 bytes
	frame          uint16 // frame number that it gets
	transportID    uint8  // transport-wide sequence number, which put leaves room for
	transport      int    // where that room is, as put found; 0: there is none
}

// Profiles of header extensions (RFC 8285, sections 4.2 and 4.3).
const (
	oneByte = 0xbede
	twoByte = 0x1000
)

// put writes the header to b, which has room for [headRoom] bytes and the dependency descriptor, and returns its size.
func (h *head) put(b []byte) int {
	const version, padding, extended, oneSource = 2 << 6, 1 << 5, 1 << 4, 1
	b[0], b[1] = version|oneSource, h.pt
	if h.padded {
		b[0] |= padding
	}
	if h.marker {
		b[1] |= 1 << 7
	}
	binary.BigEndian.PutUint16(b[2:], h.seq)
	binary.BigEndian.PutUint32(b[4:], h.ts)
	binary.BigEndian.PutUint32(b[8:], h.ssrc)
	binary.BigEndian.PutUint32(b[12:], h.csrc)
	const plain = 16
	if h.levelID == 0 && h.ddID == 0 && h.transportID == 0 {
		return plain
	}
	b[0] |= extended
	n := plain + h.putExtensions(b[plain:])
	if h.transportID != 0 {
		h.transport += plain
	}
	return n
}

// putExtensions writes the extensions, which are some, and returns their size: a multiple of four.
func (h *head) putExtensions(b []byte) int {
	profile := uint16(oneByte)
	if len(h.dd) > 16 {
		profile = twoByte // one byte says no more than 16
	}
	n := 4
	if h.levelID != 0 {
		n += putElement(b[n:], profile, h.levelID, 1)
		b[n-1] = h.level
	}
	if h.ddID != 0 {
		n += putElement(b[n:], profile, h.ddID, len(h.dd))
		copy(b[n-len(h.dd):], h.dd)
		codec.RewriteFrame(b[n-len(h.dd):], h.frame)
	}
	if h.transportID != 0 {
		const size = 2
		n += putElement(b[n:], profile, h.transportID, size)
		h.transport = n - size
	}
	for ; n%4 != 0; n++ {
		b[n] = 0
	}
	binary.BigEndian.PutUint16(b, profile)
	binary.BigEndian.PutUint16(b[2:], uint16(n/4-1))
	return n
}

// putElement writes id and length of an extension of size bytes, 1 or more, and returns how much room it takes in all.
func putElement(b []byte, profile uint16, id uint8, size int) int {
	if profile == oneByte {
		b[0] = id<<4 | uint8(size-1)
		return 1 + size
	}
	b[0], b[1] = id, uint8(size)
	return 2 + size
}
