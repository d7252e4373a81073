package chacha

import "encoding/binary"

// mac is Poly1305 (RFC 8439, section 2.5) over a message of this cipher. Numbers modulo 2^130-5 are five limbs of 26
// bits, a little more in between.
type mac struct {
	r, h [5]uint64
	s    [2]uint64 // what is added at the end; little-endian
}

const (
	limb     = 1<<26 - 1
	macBlock = 16      // bytes
	macBit   = 1 << 24 // the bit beyond a block's 128, in the last limb
)

// begin takes the key of one message, which is used for no other. Half of it, r, is clamped (section 2.5.1).
func (m *mac) begin(key *[32]byte) {
	lo, hi := binary.LittleEndian.Uint64(key[0:]), binary.LittleEndian.Uint64(key[8:])
	m.r = [5]uint64{lo & 0x3ffffff, lo >> 26 & 0x3ffff03, (lo>>52 | hi<<12) & 0x3ffc0ff, hi >> 14 & 0x3f03fff, hi >> 40 & 0x00fffff}
	m.s = [2]uint64{binary.LittleEndian.Uint64(key[16:]), binary.LittleEndian.Uint64(key[24:])}
}

// message takes all that is authenticated (section 2.8): both texts, each filled up with zeros, and their sizes.
func (m *mac) message(additional, sealed []byte) {
	m.padded(additional)
	m.padded(sealed)
	var sizes [macBlock]byte
	binary.LittleEndian.PutUint64(sizes[0:], uint64(len(additional)))
	binary.LittleEndian.PutUint64(sizes[8:], uint64(len(sealed)))
	m.blocks(sizes[:])
}

func (m *mac) padded(b []byte) {
	whole := len(b) &^ (macBlock - 1)
	m.blocks(b[:whole])
	if whole < len(b) {
		var last [macBlock]byte
		copy(last[:], b[whole:])
		m.blocks(last[:])
	}
}

// blocks takes whole blocks. The sums of products stay below 2^60: limbs of h are hardly above 2^27 then, five
// times those of r below 2^29.
func (m *mac) blocks(b []byte) {
	h0, h1, h2, h3, h4 := m.h[0], m.h[1], m.h[2], m.h[3], m.h[4]
	r0, r1, r2, r3, r4 := m.r[0], m.r[1], m.r[2], m.r[3], m.r[4]
	s1, s2, s3, s4 := r1*5, r2*5, r3*5, r4*5 // 2^130 is 5 here
	for ; len(b) >= macBlock; b = b[macBlock:] {
		lo, hi := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		h0 += lo & limb
		h1 += lo >> 26 & limb
		h2 += (lo>>52 | hi<<12) & limb
		h3 += hi >> 14 & limb
		h4 += hi>>40 | macBit

		p0 := h0*r0 + h1*s4 + h2*s3 + h3*s2 + h4*s1
		p1 := h0*r1 + h1*r0 + h2*s4 + h3*s3 + h4*s2
		p2 := h0*r2 + h1*r1 + h2*r0 + h3*s4 + h4*s3
		p3 := h0*r3 + h1*r2 + h2*r1 + h3*r0 + h4*s4
		p4 := h0*r4 + h1*r3 + h2*r2 + h3*r1 + h4*r0

		p1 += p0 >> 26
		p2 += p1 >> 26
		p3 += p2 >> 26
		p4 += p3 >> 26
		h0 = p0&limb + p4>>26*5
		h1, h2, h3, h4 = p1&limb+h0>>26, p2&limb, p3&limb, p4&limb
		h0 &= limb
	}
	m.h = [5]uint64{h0, h1, h2, h3, h4}
}

// sum returns the tag.
func (m *mac) sum() (tag [Overhead]byte) {
	h0, h1, h2, h3, h4 := carried(m.h[0], m.h[1], m.h[2], m.h[3], m.h[4])
	h0, h1, h2, h3, h4 = carried(h0, h1, h2, h3, h4) // what came round may have filled the first limbs again

	// h or h-(2^130-5), whichever is not negative: g is h+5, whose bit 130 is set where it is the latter.
	g0 := h0 + 5
	g1 := h1 + g0>>26
	g2 := h2 + g1>>26
	g3 := h3 + g2>>26
	g4 := h4 + g3>>26
	keep := g4>>26 - 1 // all ones where h is below 2^130-5 already
	h0, h1, h2 = h0&keep|g0&limb&^keep, h1&keep|g1&limb&^keep, h2&keep|g2&limb&^keep
	h3, h4 = h3&keep|g3&limb&^keep, h4&keep|g4&limb&^keep

	lo := h0 | h1<<26 | h2<<52
	hi := h2>>12 | h3<<14 | h4<<40
	sum := lo + m.s[0]
	over := (lo&m.s[0] | (lo|m.s[0])&^sum) >> 63 // what is carried, without a branch
	binary.LittleEndian.PutUint64(tag[0:], sum)
	binary.LittleEndian.PutUint64(tag[8:], hi+m.s[1]+over)
	return tag
}

// carried makes every limb less than 2^26, but for the second, which may be that.
func carried(h0, h1, h2, h3, h4 uint64) (uint64, uint64, uint64, uint64, uint64) {
	h1 += h0 >> 26
	h2 += h1 >> 26
	h3 += h2 >> 26
	h4 += h3 >> 26
	h0 = h0&limb + h4>>26*5
	return h0 & limb, h1&limb + h0>>26, h2 & limb, h3 & limb, h4 & limb
}
