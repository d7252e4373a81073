package codec

import "encoding/binary"

// vp8 reads a payload descriptor of VP8 (RFC 7741, section 4.2) and the frame's first bytes.
func (i *Info) vp8(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	n := 1
	if b[0]&0x80 != 0 { // X: extended control bits present
		if n = i.vp8Extension(b); n == 0 {
			return false
		}
	}
	if len(b) <= n {
		return false
	}
	i.descriptor = n
	const start, partition = 0x10, 0x07 // S and PID
	i.Start = b[0]&start != 0 && b[0]&partition == 0
	if i.Start {
		i.vp8Frame(b[n:])
	}
	return true
}

// vp8Extension reads the optional fields and returns the descriptor's size, 0 when they are cut off.
func (i *Info) vp8Extension(b []byte) (n int) {
	if len(b) < 2 {
		return 0
	}
	flags := b[1]
	n = 2
	if flags&0x80 != 0 { // I: picture id
		if n = i.picture(b, n); n == 0 {
			return 0
		}
	}
	if flags&0x40 != 0 { // L: TL0PICIDX
		if len(b) <= n {
			return 0
		}
		i.tl0At, i.TL0 = n, b[n]
		n++
	}
	if flags&0x30 != 0 { // T or K: one byte for both
		if len(b) <= n {
			return 0
		}
		if flags&0x20 != 0 {
			i.Temporal, i.Sync = b[n]>>6, b[n]&0x20 != 0
		}
		n++
	}
	return n
}

// picture reads a picture id at b[n:], as VP8 and VP9 have it, and returns what is behind it; 0 when it is cut off.
func (i *Info) picture(b []byte, n int) int {
	if len(b) <= n {
		return 0
	}
	i.pictureAt, i.PictureBits, i.Picture = n, 7, uint16(b[n])
	if b[n]&0x80 == 0 { // M
		return n + 1
	}
	if len(b) <= n+1 {
		return 0
	}
	i.PictureBits, i.Picture = 15, binary.BigEndian.Uint16(b[n:])&0x7fff
	return n + 2
}

// vp8Frame reads the beginning of a frame (RFC 6386, section 9.1): P, the inverse key-frame flag, is the lowest bit; a key
// frame's size stands behind a start code.
func (i *Info) vp8Frame(b []byte) {
	if b[0]&1 != 0 {
		return
	}
	i.Key = true
	if len(b) < 10 || b[3] != 0x9d || b[4] != 0x01 || b[5] != 0x2a {
		return
	}
	const scale = 0xc000 // two bits of scaling in each
	i.Spatials = 1
	i.Sizes[0] = Size{
		Width:  binary.LittleEndian.Uint16(b[6:]) &^ scale,
		Height: binary.LittleEndian.Uint16(b[8:]) &^ scale,
	}
}
