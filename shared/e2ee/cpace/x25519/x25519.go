// Package x25519 is the function X25519 of RFC 7748, section 5, in constant time.
//
// It does what crypto/ecdh does, whose tests it is compared with. crypto/ecdh brings the code and the tables of four NIST
// curves along, 120 kB in brotli of a program that everybody downloads who joins a room with a passphrase; this package
// brings none beyond the field arithmetic that CPace needs anyway.
package x25519

import (
	"errors"

	"filippo.io/edwards25519/field"
)

// Size of scalars and points, in bytes.
const Size = 32

// ErrLowOrder says that a point is of low order: the result would be zero whatever the scalar is (RFC 7748, section 6.1).
var ErrLowOrder = errors.New("point of low order")

// Shared returns the product of scalar and point. Any scalar and any point are taken; bits that RFC 7748 fixes or ignores
// are fixed and ignored here. It returns [ErrLowOrder] when the product is zero.
func Shared(scalar, point *[Size]byte) ([Size]byte, error) {
	product := multiply(scalar, point)
	any := byte(0)
	for _, b := range product {
		any |= b
	}
	if any == 0 { // which is no secret: it depends on the point alone
		return [Size]byte{}, ErrLowOrder
	}
	return product, nil
}

// Public returns the product of scalar and the base point, which is what may be told about a secret scalar.
func Public(scalar *[Size]byte) [Size]byte { return multiply(scalar, &[Size]byte{9}) }

// multiply is the Montgomery ladder as RFC 7748, section 5, writes it down, with its names. Its course does not depend on
// the scalar.
func multiply(scalar, point *[Size]byte) [Size]byte {
	k := *scalar
	k[0] &= 248
	k[31] = k[31]&127 | 64
	defer clear(k[:])

	var x1, x2, z2, x3, z3 field.Element
	// SetBytes fails for wrong lengths only; it ignores the highest bit and takes what is not reduced, as it should here.
	if _, err := x1.SetBytes(point[:]); err != nil {
		panic(err)
	}
	x2.One()
	x3.Set(&x1)
	z3.One()
	swap := 0
	for t := 254; t >= 0; t-- {
		bit := int(k[t/8]>>(t%8)) & 1
		x2.Swap(&x3, swap^bit)
		z2.Swap(&z3, swap^bit)
		swap = bit
		step(&x1, &x2, &z2, &x3, &z3)
	}
	x2.Swap(&x3, swap)
	z2.Swap(&z3, swap)
	x2.Multiply(&x2, z2.Invert(&z2))
	return [Size]byte(x2.Bytes())
}

// step doubles (x2:z2) and adds it to (x3:z3), whose difference is x1.
func step(x1, x2, z2, x3, z3 *field.Element) {
	const a24 = 121665 // (486662 - 2) / 4
	var a, aa, b, bb, e, da, cb field.Element
	a.Add(x2, z2)
	aa.Square(&a)
	b.Subtract(x2, z2)
	bb.Square(&b)
	e.Subtract(&aa, &bb)
	da.Multiply(da.Subtract(x3, z3), &a)
	cb.Multiply(cb.Add(x3, z3), &b)
	x3.Square(x3.Add(&da, &cb))
	z3.Multiply(x1, z3.Square(z3.Subtract(&da, &cb)))
	x2.Multiply(&aa, &bb)
	z2.Multiply(&e, z2.Add(&aa, z2.Mult32(&e, a24)))
}
