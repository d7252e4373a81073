package chacha

import (
	"encoding/binary"
	"math/bits"
)

// blockSize is how many bytes of key stream one state makes.
const blockSize = 64

// counter is where a state has its block counter.
const counter = 12

// state is what the next block of a key stream is made of (RFC 8439, section 2.3): constants, key, counter, nonce.
type state [16]uint32

// xor writes src, changed by as much of the key stream, to dst, which is as long. They are the same memory or do not
// overlap. What the last block has left is lost: only a message's last piece may end within a block.
func (s *state) xor(dst, src []byte) {
	for len(src) >= blockSize {
		s.block(dst, src)
		dst, src = dst[blockSize:], src[blockSize:]
	}
	if len(src) > 0 {
		var last [blockSize]byte
		copy(last[:], src)
		s.block(last[:], last[:])
		copy(dst, last[:])
	}
}

// block does one block of xor and moves on. The words are variables, not an array, so that they stay in registers, and the
// ten double rounds (RFC 8439, section 2.3.1) stand one after the other: a loop of them takes a fifth more.
func (s *state) block(dst, src []byte) {
	_, _ = dst[blockSize-1], src[blockSize-1]
	x0, x1, x2, x3, x4, x5, x6, x7 := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
	x8, x9, x10, x11, x12, x13, x14, x15 := s[8], s[9], s[10], s[11], s[12], s[13], s[14], s[15]

	x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
	x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
	x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
	x3, x7, x11, x15 = quarter(x3, x7, x11, x15)
	x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
	x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
	x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
	x3, x4, x9, x14 = quarter(x3, x4, x9, x14)

	x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
	x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
	x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
	x3, x7, x11, x15 = quarter(x3, x7, x11, x15)
	x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
	x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
	x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
	x3, x4, x9, x14 = quarter(x3, x4, x9, x14)

	x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
	x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
	x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
	x3, x7, x11, x15 = quarter(x3, x7, x11, x15)
	x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
	x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
	x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
	x3, x4, x9, x14 = quarter(x3, x4, x9, x14)

	x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
	x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
	x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
	x3, x7, x11, x15 = quarter(x3, x7, x11, x15)
	x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
	x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
	x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
	x3, x4, x9, x14 = quarter(x3, x4, x9, x14)

	x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
	x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
	x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
	x3, x7, x11, x15 = quarter(x3, x7, x11, x15)
	x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
	x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
	x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
	x3, x4, x9, x14 = quarter(x3, x4, x9, x14)

	x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
	x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
	x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
	x3, x7, x11, x15 = quarter(x3, x7, x11, x15)
	x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
	x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
	x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
	x3, x4, x9, x14 = quarter(x3, x4, x9, x14)

	x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
	x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
	x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
	x3, x7, x11, x15 = quarter(x3, x7, x11, x15)
	x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
	x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
	x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
	x3, x4, x9, x14 = quarter(x3, x4, x9, x14)

	x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
	x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
	x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
	x3, x7, x11, x15 = quarter(x3, x7, x11, x15)
	x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
	x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
	x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
	x3, x4, x9, x14 = quarter(x3, x4, x9, x14)

	x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
	x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
	x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
	x3, x7, x11, x15 = quarter(x3, x7, x11, x15)
	x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
	x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
	x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
	x3, x4, x9, x14 = quarter(x3, x4, x9, x14)

	x0, x4, x8, x12 = quarter(x0, x4, x8, x12)
	x1, x5, x9, x13 = quarter(x1, x5, x9, x13)
	x2, x6, x10, x14 = quarter(x2, x6, x10, x14)
	x3, x7, x11, x15 = quarter(x3, x7, x11, x15)
	x0, x5, x10, x15 = quarter(x0, x5, x10, x15)
	x1, x6, x11, x12 = quarter(x1, x6, x11, x12)
	x2, x7, x8, x13 = quarter(x2, x7, x8, x13)
	x3, x4, x9, x14 = quarter(x3, x4, x9, x14)

	binary.LittleEndian.PutUint32(dst[0:], binary.LittleEndian.Uint32(src[0:])^(x0+s[0]))
	binary.LittleEndian.PutUint32(dst[4:], binary.LittleEndian.Uint32(src[4:])^(x1+s[1]))
	binary.LittleEndian.PutUint32(dst[8:], binary.LittleEndian.Uint32(src[8:])^(x2+s[2]))
	binary.LittleEndian.PutUint32(dst[12:], binary.LittleEndian.Uint32(src[12:])^(x3+s[3]))
	binary.LittleEndian.PutUint32(dst[16:], binary.LittleEndian.Uint32(src[16:])^(x4+s[4]))
	binary.LittleEndian.PutUint32(dst[20:], binary.LittleEndian.Uint32(src[20:])^(x5+s[5]))
	binary.LittleEndian.PutUint32(dst[24:], binary.LittleEndian.Uint32(src[24:])^(x6+s[6]))
	binary.LittleEndian.PutUint32(dst[28:], binary.LittleEndian.Uint32(src[28:])^(x7+s[7]))
	binary.LittleEndian.PutUint32(dst[32:], binary.LittleEndian.Uint32(src[32:])^(x8+s[8]))
	binary.LittleEndian.PutUint32(dst[36:], binary.LittleEndian.Uint32(src[36:])^(x9+s[9]))
	binary.LittleEndian.PutUint32(dst[40:], binary.LittleEndian.Uint32(src[40:])^(x10+s[10]))
	binary.LittleEndian.PutUint32(dst[44:], binary.LittleEndian.Uint32(src[44:])^(x11+s[11]))
	binary.LittleEndian.PutUint32(dst[48:], binary.LittleEndian.Uint32(src[48:])^(x12+s[12]))
	binary.LittleEndian.PutUint32(dst[52:], binary.LittleEndian.Uint32(src[52:])^(x13+s[13]))
	binary.LittleEndian.PutUint32(dst[56:], binary.LittleEndian.Uint32(src[56:])^(x14+s[14]))
	binary.LittleEndian.PutUint32(dst[60:], binary.LittleEndian.Uint32(src[60:])^(x15+s[15]))
	s[counter]++
}

// quarter is a quarter round (RFC 8439, section 2.1).
func quarter(a, b, c, d uint32) (uint32, uint32, uint32, uint32) {
	a += b
	d = bits.RotateLeft32(d^a, 16)
	c += d
	b = bits.RotateLeft32(b^c, 12)
	a += b
	d = bits.RotateLeft32(d^a, 8)
	c += d
	b = bits.RotateLeft32(b^c, 7)
	return a, b, c, d
}
