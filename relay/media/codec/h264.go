package codec

import "encoding/binary"

// Types of NAL units (RFC 6184, section 5.2 and table 1; ITU-T H.264, table 7-1).
const (
	nalIDR   = 5
	nalSPS   = 7
	nalSTAPA = 24
	nalFUA   = 28
)

// h264 reads the types of the NAL units in a payload of packetization mode 1 (RFC 6184, section 5): one unit, several
// (STAP-A), or a fragment (FU-A). A sequence parameter set or an instantaneous refresh is a beginning; where both come in
// packets of their own the parameters come first.
func (i *Info) h264(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	switch t := b[0] & 0x1f; {
	case t >= 1 && t < nalSTAPA:
		i.Key = t == nalSPS || t == nalIDR
	case t == nalSTAPA:
		var ok bool
		if i.Key, ok = h264Aggregate(b[1:]); !ok {
			return false
		}
	case t == nalFUA:
		if len(b) < 2 {
			return false
		}
		const start = 0x80
		i.Key = b[1]&start != 0 && b[1]&0x1f == nalIDR
	default:
		return false // other modes, which nobody agreed on
	}
	i.Start = i.Key // other beginnings are not marked
	return true
}

// h264Aggregate looks through units with a size of 16 bits each (RFC 6184, section 5.7.1).
func h264Aggregate(b []byte) (key, ok bool) {
	for len(b) > 0 {
		if len(b) < 2 {
			return false, false
		}
		size := int(binary.BigEndian.Uint16(b))
		if size == 0 || len(b) < 2+size {
			return false, false
		}
		t := b[2] & 0x1f
		key = key || t == nalSPS || t == nalIDR
		b = b[2+size:]
		ok = true
	}
	return key, ok
}
