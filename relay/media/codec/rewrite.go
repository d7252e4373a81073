package codec

import "encoding/binary"

// Growth is the most by which Rewrite makes a payload longer, in bytes.
const Growth = 1

// Rewrite copies payload, of which i was read, to dst with other counters, where it has them, and returns how many bytes
// it wrote. A picture id of 7 bits becomes one of 15, so that all sources of a slot count alike. AV1's frame number is not
// in the payload: see [RewriteFrame]. dst must have len(payload)+[Growth] bytes and must not overlap payload.
func (i *Info) Rewrite(dst, payload []byte, c Counters) int {
	if i.descriptor == 0 || len(payload) < i.descriptor {
		return copy(dst, payload)
	}
	grown := 0
	if i.PictureBits == 7 {
		grown = 1
		copy(dst, payload[:i.pictureAt])
		copy(dst[i.pictureAt+2:], payload[i.pictureAt+1:])
	} else {
		copy(dst, payload)
	}
	if i.PictureBits != 0 {
		binary.BigEndian.PutUint16(dst[i.pictureAt:], c.Picture|0x8000)
	}
	if i.tl0At != 0 {
		dst[i.tl0At+grown] = c.TL0
	}
	return len(payload) + grown
}
