package flat

// Kind is what a frame is made from, and what of it is kept for later ones.
type Kind int

// The kinds. A decoder keeps two frames, "last" and "golden"; a key frame replaces both.
const (
	Key    Kind = iota
	Base        // made from last, replaces it
	Side        // made from last, becomes golden
	Leaf        // made from last, not kept
	Second      // made from golden, not kept
)

// Frame makes a frame of width × height pixels, each at most 16383. Decoders pass over what is appended to it.
func Frame(width, height int, k Kind) []byte {
	columns, rows := (width+15)/16, (height+15)/16
	c := newCoder()
	if k == Key {
		c.flags(false, false) // colour space, clamping
	}
	header(c, k)
	for y := range rows {
		for x := range columns {
			c.bit(seldom, true) // no coefficients
			if k == Key {
				intra(c)
			} else {
				inter(c, k, x > 0, y > 0)
			}
		}
	}
	return tag(width, height, k, c.end())
}

// tag puts what is not entropy-coded before the first partition (RFC 6386, section 9.1).
func tag(width, height int, k Kind, part []byte) []byte {
	const shown = 1 << 4
	v := uint32(len(part))<<5 | shown
	if k != Key {
		v |= 1
	}
	b := []byte{byte(v), byte(v >> 8), byte(v >> 16)}
	if k == Key {
		b = append(b, 0x9d, 0x01, 0x2a, byte(width), byte(width>>8), byte(height), byte(height>>8))
	}
	return append(b, part...)
}

// seldom is the probability of what happens in no macroblock, always that of what happens in each.
const seldom, always = 1, 255

// header writes the frame header from segmentation on (RFC 6386, section 9.3 to 9.11, in the order of section 19.2).
func header(c *coder, k Kind) {
	c.flags(false, false) // no segments; the normal filter,
	c.number(0, 6+3)      // switched off
	c.flags(false)        // no filter deltas
	c.number(0, 2)        // one partition of coefficients
	c.number(0, 7)        // quantizer
	c.number(0, 5)        // and no deltas to it
	if k == Key {
		c.flags(true) // probabilities stay for the next frames
	} else {
		c.flags(k == Side, false) // is it golden, is it the alternate
		if k != Side {
			c.number(0, 2) // nothing is copied to golden,
		}
		c.number(0, 2)           // nor to the alternate
		c.flags(false, false)    // no sign biases
		c.flags(true, k == Base) // probabilities stay; is it last
	}
	for _, block := range unlikely {
		for i := range 11 {
			p := uint8(255)
			if i < len(block) {
				p = block[i]
			}
			c.bit(p, false)
		}
	}
	c.flags(true) // macroblocks can be without coefficients,
	c.number(seldom, 8)
	if k == Key {
		return
	}
	c.number(seldom, 8) // predicted within the frame
	toLast, toGolden := uint32(always), uint32(always)
	if k == Second {
		toLast = seldom
	}
	c.number(toLast, 8)
	c.number(toGolden, 8)
	c.flags(false, false) // the modes' probabilities stay
	for _, p := range still {
		c.bit(p, false)
	}
}

// intra predicts a macroblock by the mean of its neighbours (RFC 6386, sections 8.1 and 11.2): grey, from nothing on.
func intra(c *coder) {
	c.bit(145, true)
	c.bit(156, false)
	c.bit(163, false) // DC_PRED
	c.bit(142, false) // of the chroma too
}

// inter copies a macroblock (RFC 6386, sections 9.7 and 16.3). The probability of "not moved" depends on the neighbours,
// which did not move either: above and left count twice, and the one between them once.
func inter(c *coder, k Kind, left, above bool) {
	c.bit(seldom, true) // from another frame
	if k == Second {
		c.bit(seldom, true)
		c.bit(always, false)
	} else {
		c.bit(always, false)
	}
	var unmoved = [6]uint8{7, 14, 135, 60, 159, 234}
	near := 0
	if above {
		near += 2
	}
	if left {
		near += 2
	}
	if above && left {
		near++
	}
	c.bit(unmoved[near], false)
}
