package flat

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decoder is the boolean entropy decoder of RFC 6386, section 7.3.
type decoder struct {
	in    []byte
	value uint32 // two bytes
	span  uint32
	count int
}

func newDecoder(in []byte) *decoder {
	return &decoder{in: in[2:], value: uint32(in[0])<<8 | uint32(in[1]), span: 255}
}

func (d *decoder) bit(zero uint8) bool {
	split := 1 + (d.span-1)*uint32(zero)>>8
	one := d.value >= split<<8
	if one {
		d.span -= split
		d.value -= split << 8
	} else {
		d.span = split
	}
	for d.span < 128 {
		d.value <<= 1
		d.span <<= 1
		if d.count++; d.count == 8 {
			d.count = 0
			if len(d.in) > 0 {
				d.value |= uint32(d.in[0])
				d.in = d.in[1:]
			}
		}
	}
	return one
}

func (d *decoder) number(n int) (v int) {
	for range n {
		v <<= 1
		if d.bit(even) {
			v |= 1
		}
	}
	return v
}

func TestWhatIsCodedIsDecoded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	type bit struct {
		zero uint8
		one  bool
	}
	for range 200 {
		var list []bit
		c := newCoder()
		for range 1 + r.IntN(2000) {
			// Improbable bits make long carries.
			b := bit{zero: uint8(1 + r.IntN(255)), one: r.IntN(8) > 0}
			list = append(list, b)
			c.bit(b.zero, b.one)
		}
		d := newDecoder(c.end())
		for i, b := range list {
			require.Equal(t, b.one, d.bit(b.zero), "bit %d of %d", i, len(list))
		}
	}
}

func TestAKeyFrameSaysItsSizeAndIsGreyEverywhere(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {240, 180}, {960, 720}} {
		b := Frame(size[0], size[1], Key)
		tag := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
		assert.Equal(t, uint32(0x10), tag&0x1f, "a key frame, to be shown")
		assert.Equal(t, []byte{0x9d, 0x01, 0x2a, byte(size[0]), byte(size[0] >> 8), byte(size[1]), byte(size[1] >> 8)}, b[3:10])
		assert.Len(t, b[10:], int(tag>>5), "the first partition is all of it")
		d := newDecoder(b[10:])
		assert.Equal(t, 0, d.number(2+2+9+1+2+7+5), "no segments, no filter, one partition, quantizer 0")
		assert.Equal(t, 1, d.number(1), "probabilities stay")
		unchanged(t, d)
		assert.Equal(t, 1<<8|seldom, d.number(9))
		for range (size[0] + 15) / 16 * ((size[1] + 15) / 16) {
			require.True(t, d.bit(seldom), "no coefficients")
			require.True(t, d.bit(145))
			require.False(t, d.bit(156))
			require.False(t, d.bit(163))
			require.False(t, d.bit(142))
		}
	}
}

func TestAFrameKeepsAndRefersToWhatItsKindSays(t *testing.T) {
	for k, want := range map[Kind]struct {
		golden, last bool // are replaced
		toLast       int  // the probability of a reference to last
	}{
		Base:   {last: true, toLast: always},
		Side:   {golden: true, toLast: always},
		Leaf:   {toLast: always},
		Second: {toLast: seldom},
	} {
		b := Frame(240, 180, k)
		assert.Equal(t, byte(1), b[0]&1, "not a key frame")
		d := newDecoder(b[3:])
		d.number(2 + 9 + 1 + 2 + 7 + 5)
		assert.Equal(t, want.golden, d.number(1) == 1, "kind %d becomes golden", k)
		d.number(1)
		if !want.golden {
			d.number(2)
		}
		d.number(2 + 2)
		assert.Equal(t, 1, d.number(1))
		assert.Equal(t, want.last, d.number(1) == 1, "kind %d becomes last", k)
		unchanged(t, d)
		d.number(1 + 8 + 8)
		assert.Equal(t, want.toLast, d.number(8))
	}
}

func unchanged(t *testing.T, d *decoder) {
	t.Helper()
	n := 0
	for _, block := range unlikely {
		for i := range 11 {
			p := uint8(255)
			if i < len(block) {
				p = block[i]
			}
			if d.bit(p) {
				n++
			}
		}
	}
	assert.Zero(t, n, "changed probabilities of coefficients")
}
