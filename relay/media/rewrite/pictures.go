package rewrite

// pictureMask is for picture ids of 15 bits.
const pictureMask = 1<<15 - 1

// dropped is set in an entry of pictures whose frame did not go out.
const dropped = 1 << 15

// frames is for how many picture ids it is known what they became: four seconds at 30 Hz.
const frames = 128

// pictures counts the picture ids of a slot.
type pictures struct {
	next uint16 // what the next mapping begins with
	on   bool   // the mapping has picture ids
	// first and high are the lowest and the highest picture id of the mapping, extended so that they never wrap.
	first, high uint64
	delta       uint16 // what is added to those above high
	// ids[n%frames] is what is added to picture id n, modulo 2^15, and dropped. Only compact ids need it.
	ids [frames]uint16
}

// begin starts a mapping.
func (c *pictures) begin() {
	if c.on {
		c.next, c.on = (uint16(c.high)+c.delta+1)&pictureMask, false
	}
}

// place finds what is to be added to a packet's picture id. drop says that the packet's frame did not go out. ok is false
// when its frame is too long ago, or from before the mapping.
func (c *pictures) place(p *In) (add uint16, drop, ok bool) {
	if p.PictureBits == 0 || p.Empty {
		return 0, false, true
	}
	if !c.on {
		c.on, c.high = true, 1<<20|uint64(p.Picture)
		c.first, c.delta = c.high, c.next-p.Picture
		c.ids[c.high%frames] = c.delta & pictureMask
	}
	n := c.extend(p)
	short := uint16(n) - p.Picture // ids of 7 bits become ones of 15
	if !p.Compact {
		c.high = max(c.high, n)
		return (c.delta + short) & pictureMask, false, true
	}
	if n > c.high {
		c.advance(n, p.Drop)
	} else if n < c.first || c.high-n >= frames {
		return 0, false, false
	}
	id := c.ids[n%frames]
	return (id + short) & pictureMask, id&dropped != 0, true
}

// advance takes n as the highest picture id. What became of those between is not known: each keeps one.
func (c *pictures) advance(n uint64, drop bool) {
	for m := max(c.high+1, n-min(n-c.high, frames)+1); m < n; m++ {
		c.ids[m%frames] = c.delta & pictureMask
	}
	c.ids[n%frames] = c.delta & pictureMask
	if drop {
		c.ids[n%frames] |= dropped
		c.delta--
	}
	c.high = n
}

// extend finds the extended picture id that is nearest to the highest. Ids of 7 bits may count modulo 2^7, or be the short
// form of small ones of 15 (RFC 7741, section 4.2: M).
func (c *pictures) extend(p *In) uint64 {
	if p.PictureBits == 7 {
		return c.high + uint64(int64(int8(uint8(p.Picture)-uint8(c.high))<<1>>1))
	}
	return c.high + uint64(int64(int16((p.Picture-uint16(c.high))<<1)>>1))
}
