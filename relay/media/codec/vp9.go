package codec

import "encoding/binary"

// Flags in the first byte of VP9's payload descriptor (RFC 9628, section 4.2).
const (
	vp9I = 0x80 // picture id present
	vp9P = 0x40 // inter-picture predicted
	vp9L = 0x20 // layer indices present
	vp9F = 0x10 // flexible mode
	vp9B = 0x08 // start of a frame
	vp9E = 0x04 // end of a frame
	vp9V = 0x02 // scalability structure present
)

// vp9 reads a payload descriptor of VP9 (RFC 9628, section 4.2), and nothing of the frame.
func (i *Info) vp9(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	flags, n := b[0], 1
	if flags&vp9I != 0 {
		if n = i.picture(b, n); n == 0 {
			return false
		}
	} else if flags&vp9F != 0 {
		return false // flexible mode names references by picture id
	}
	inter := false // predicted from a lower spatial layer
	if flags&vp9L != 0 {
		if n, inter = i.vp9Layers(b, n); n == 0 {
			return false
		}
	}
	if flags&(vp9F|vp9P) == vp9F|vp9P {
		if n = vp9References(b, n); n == 0 {
			return false
		}
	}
	if flags&vp9V != 0 {
		if n = i.vp9Structure(b, n); n == 0 {
			return false
		}
	}
	if len(b) <= n {
		return false
	}
	i.descriptor = n
	i.Start, i.End, i.Up = flags&vp9B != 0, flags&vp9E != 0, flags&vp9P == 0
	i.Key = i.Up && !inter && i.Spatial == 0
	return true
}

// vp9Layers reads the layer indices. inter is D: predicted from the layer below.
func (i *Info) vp9Layers(b []byte, at int) (n int, inter bool) {
	if len(b) <= at {
		return 0, false
	}
	x := b[at]
	i.Temporal, i.Sync, i.Spatial = x>>5, x&0x10 != 0, x>>1&7
	n = at + 1
	if b[0]&vp9F == 0 {
		if len(b) <= n {
			return 0, false
		}
		i.tl0At, i.TL0 = n, b[n]
		n++
	}
	return n, x&1 != 0
}

// vp9References skips up to three reference indices; each says whether one more follows.
func vp9References(b []byte, n int) int {
	for range 3 {
		if len(b) <= n {
			return 0
		}
		n++
		if b[n-1]&1 == 0 {
			return n
		}
	}
	return 0
}

// vp9Structure reads the scalability structure (RFC 9628, section 4.2.1) and returns what is behind it.
func (i *Info) vp9Structure(b []byte, n int) int {
	if len(b) <= n {
		return 0
	}
	head := b[n]
	n++
	layers := head>>5 + 1
	i.Live = layers
	if head&0x10 != 0 { // Y: sizes
		if len(b) < n+4*int(layers) {
			return 0
		}
		i.Spatials = layers
		for l := range int(layers) {
			if l < MaxSpatial {
				i.Sizes[l] = Size{binary.BigEndian.Uint16(b[n:]), binary.BigEndian.Uint16(b[n+2:])}
			}
			n += 4
		}
	}
	if head&0x08 == 0 { // G: the group of pictures
		return n
	}
	if len(b) <= n {
		return 0
	}
	pictures := int(b[n])
	n++
	for range pictures {
		if len(b) <= n {
			return 0
		}
		n += 1 + int(b[n]>>2&3) // T, U, R and R references
	}
	return n
}
