package flat

// even is the probability of a bit of which nothing is known.
const even = 128

// coder is the boolean entropy encoder of RFC 6386, section 7.3. The zero value is not usable.
type coder struct {
	out    []byte
	span   uint32 // 128 … 255
	bottom uint32
	left   int // shifts until the next byte is complete
}

func newCoder() *coder { return &coder{span: 255, left: 24} }

// bit writes a bit that is 0 with probability zero/256.
func (c *coder) bit(zero uint8, one bool) {
	split := 1 + (c.span-1)*uint32(zero)>>8
	if one {
		c.bottom += split
		c.span -= split
	} else {
		c.span = split
	}
	for c.span < 128 {
		c.span <<= 1
		if c.bottom&(1<<31) != 0 {
			c.carry()
		}
		c.bottom <<= 1
		if c.left--; c.left == 0 {
			c.out = append(c.out, byte(c.bottom>>24))
			c.bottom &= 1<<24 - 1
			c.left = 8
		}
	}
}

// carry adds one to what was written.
func (c *coder) carry() {
	i := len(c.out) - 1
	for ; i >= 0 && c.out[i] == 255; i-- {
		c.out[i] = 0
	}
	c.out[i]++
}

// number writes an n-bit number, highest bit first.
func (c *coder) number(v uint32, n int) {
	for n--; n >= 0; n-- {
		c.bit(even, v>>n&1 == 1)
	}
}

// flags writes bits of which nothing is known.
func (c *coder) flags(bits ...bool) {
	for _, b := range bits {
		c.bit(even, b)
	}
}

// end returns everything that was written.
func (c *coder) end() []byte {
	if c.bottom&(1<<(32-c.left)) != 0 {
		c.carry()
	}
	v := c.bottom << (c.left & 7)
	for n := c.left >> 3; n > 0; n-- {
		v <<= 8
	}
	return append(c.out, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}
