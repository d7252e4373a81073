// Package red packs audio packets with copies of the ones before them, so that a receiver that loses one or two in a row
// has them all the same (RFC 2198). It is pure and never looks into a payload: it works under end-to-end encryption.
//
//	F=1 PT(7) timestamp offset(14) length(10)    one for each earlier packet, the oldest first
//	F=0 PT(7)                                    of the packet itself
//	payloads in the same order
package red

import "encoding/binary"

// Limits of the header's fields (RFC 2198, section 3).
const (
	MaxOffset = 1<<14 - 1 // in clock units: 341 ms at 48 kHz
	MaxLength = 1<<10 - 1 // bytes of an earlier payload
)

// MaxBlocks is how many payloads Split takes, the packet's own among them. Browsers pack two or three.
const MaxBlocks = 16

const (
	blockHeader   = 4
	primaryHeader = 1
	follows       = 0x80 // F: another block's header follows
)

// Block is one payload of a packet.
type Block struct {
	PT      uint8
	Offset  uint32 // how much older it is than the packet, in clock units; 0 for the packet's own
	Payload []byte
}

// Append appends a RED payload to dst: the payload of a packet, primary, with copies of earlier ones, the oldest first,
// all of payload type pt. Of the earlier ones it leaves out what the header cannot say, what has no length or no offset,
// and, oldest first, what would make the result longer than limit bytes. The result has only primary when nothing is
// left.
func Append(dst []byte, pt uint8, earlier []Block, primary []byte, limit int) []byte {
	size := primaryHeader + len(primary)
	first := len(earlier)
	for first > 0 {
		b := &earlier[first-1]
		if b.fits() {
			if size+blockHeader+len(b.Payload) > limit {
				break
			}
			size += blockHeader + len(b.Payload)
		}
		first--
	}
	for _, b := range earlier[first:] {
		if b.fits() {
			dst = append(dst, follows|pt)
			var field [4]byte
			binary.BigEndian.PutUint32(field[:], b.Offset<<10|uint32(len(b.Payload)))
			dst = append(dst, field[1:]...)
		}
	}
	dst = append(dst, pt&^follows)
	for _, b := range earlier[first:] {
		if b.fits() {
			dst = append(dst, b.Payload...)
		}
	}
	return append(dst, primary...)
}

func (b *Block) fits() bool {
	return len(b.Payload) > 0 && len(b.Payload) <= MaxLength && b.Offset > 0 && b.Offset <= MaxOffset
}

// Split takes a RED payload apart into blocks, in their order: the last one is the packet's own. ok is false when the
// payload makes no sense or has more blocks than there is room for. The payloads alias b.
func Split(b []byte, blocks *[MaxBlocks]Block) (n int, ok bool) {
	at := 0
	var lengths [MaxBlocks]int
	for {
		if n == MaxBlocks || at >= len(b) {
			return 0, false
		}
		blocks[n] = Block{PT: b[at] &^ follows}
		if b[at]&follows == 0 {
			at += primaryHeader
			break
		}
		if len(b) < at+blockHeader {
			return 0, false
		}
		field := binary.BigEndian.Uint32(b[at:])
		blocks[n].Offset, lengths[n] = field>>10&MaxOffset, int(field&MaxLength)
		n++
		at += blockHeader
	}
	for i := range n {
		if len(b)-at < lengths[i] {
			return 0, false
		}
		blocks[i].Payload = b[at : at+lengths[i] : at+lengths[i]]
		at += lengths[i]
	}
	blocks[n].Payload = b[at:]
	return n + 1, true
}

// Primary is a RED payload's own packet, for receivers that take no RED. ok is as of [Split].
func Primary(b []byte) (own Block, ok bool) {
	var blocks [MaxBlocks]Block
	n, ok := Split(b, &blocks)
	if !ok {
		return Block{}, false
	}
	return blocks[n-1], true
}
