// Package vp8 reads and rewrites the payload descriptor of VP8 over RTP (RFC 7741, section 4.2). It looks no further into
// a payload than the key-frame bit of the first byte after the descriptor, which stays readable under end-to-end
// encryption (e2ee.md, 4.4).
package vp8

import "encoding/binary"

// Descriptor is what a payload descriptor says.
type Descriptor struct {
	Size int // bytes of the descriptor
	// PictureID counts frames modulo 2^PictureBits; PictureBits is 0 (there is none), 7 or 15.
	PictureID   uint16
	PictureBits uint8
	// TL0 counts base-layer frames modulo 256, when HasTL0.
	TL0    uint8
	HasTL0 bool
	// Key says that the packet is the first one of a key frame.
	Key bool

	pictureAt, tl0At int // offsets of the fields in the payload
}

// Growth is the most by which Rewrite makes a payload longer.
const Growth = 1

// Parse reads the descriptor at the start of payload. ok is false where the payload is too short for what its flags
// promise; d is then empty.
func Parse(payload []byte) (d Descriptor, ok bool) {
	if len(payload) == 0 {
		return Descriptor{}, false
	}
	first := payload[0]
	n := 1
	if first&0x80 != 0 { // X: extended control bits present
		if n, ok = d.extension(payload); !ok {
			return Descriptor{}, false
		}
	}
	if len(payload) <= n {
		return Descriptor{}, false
	}
	d.Size = n
	const start, partition = 0x10, 0x0f // S and PID of section 4.2; PID was three bits and a reserved one
	// P, the inverse key frame flag, is the lowest bit of the frame's first byte (RFC 6386, section 9.1).
	d.Key = first&start != 0 && first&partition&0x07 == 0 && payload[n]&1 == 0
	return d, true
}

// extension reads the optional fields and returns the descriptor's size.
func (d *Descriptor) extension(b []byte) (n int, ok bool) {
	if len(b) < 2 {
		return 0, false
	}
	flags := b[1]
	n = 2
	if flags&0x80 != 0 { // I: picture id
		if len(b) <= n {
			return 0, false
		}
		d.pictureAt, d.PictureBits, d.PictureID = n, 7, uint16(b[n])
		n++
		if b[n-1]&0x80 != 0 { // M: 15 bits
			if len(b) <= n {
				return 0, false
			}
			d.PictureBits, d.PictureID = 15, binary.BigEndian.Uint16(b[n-1:])&0x7fff
			n++
		}
	}
	if flags&0x40 != 0 { // L: TL0PICIDX
		if len(b) <= n {
			return 0, false
		}
		d.tl0At, d.HasTL0, d.TL0 = n, true, b[n]
		n++
	}
	if flags&0x30 != 0 { // T or K: one byte for both
		n++
	}
	return n, true
}

// Rewrite copies payload, whose descriptor is d, to dst with another picture id (modulo 2^15) and TL0PICIDX, where it has
// them, and returns how many bytes it wrote. A picture id of 7 bits becomes one of 15, so that all sources of a slot
// count alike. dst must have len(payload)+[Growth] bytes and must not overlap payload.
func Rewrite(dst, payload []byte, d Descriptor, pictureID uint16, tl0 uint8) int {
	grown := 0
	switch d.PictureBits {
	case 0:
		copy(dst, payload)
	case 15:
		copy(dst, payload)
		binary.BigEndian.PutUint16(dst[d.pictureAt:], pictureID|0x8000)
	default:
		grown = 1
		copy(dst, payload[:d.pictureAt])
		binary.BigEndian.PutUint16(dst[d.pictureAt:], pictureID|0x8000)
		copy(dst[d.pictureAt+2:], payload[d.pictureAt+1:])
	}
	if d.HasTL0 {
		dst[d.tl0At+grown] = tl0
	}
	return len(payload) + grown
}
