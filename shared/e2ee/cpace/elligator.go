package cpace

import "filippo.io/edwards25519/field"

// curveA is A of Curve25519, whose points satisfy v² = u³ + A·u² + u (RFC 7748, section 4.1).
const curveA = 486662

// mapToCurve returns the coordinate u of the point of Curve25519 that the number r stands for. r is little endian, of 255
// bits: the highest bit is ignored. It is Elligator 2 with Z = 2 (RFC 9380, section 6.7.1, and the draft's reference):
//
//	w = -A / (1 + 2·r²)
//	u = w       if w³ + A·w² + w is a square
//	u = -w - A  otherwise
//
// 1 + 2·r² is never zero, since -1/2 is no square, and neither is w³ + A·w² + w, since A² - 4 is none.
//
// r is made from the passphrase: everything here takes the same time whatever it is.
func mapToCurve(r *[PointSize]byte) [PointSize]byte {
	var one, a, w, other, cubic field.Element
	one.One()
	a.Mult32(&one, curveA)

	_, _ = w.SetBytes(r[:]) // fails for other lengths only
	w.Square(&w)
	w.Add(&w, &w)
	w.Add(&w, &one)
	w.Invert(&w)
	w.Multiply(&w, &a)
	w.Negate(&w)

	cubic.Add(&w, &a) // ((w + A)·w + 1)·w
	cubic.Multiply(&cubic, &w)
	cubic.Add(&cubic, &one)
	cubic.Multiply(&cubic, &w)

	other.Add(&w, &a)
	other.Negate(&other)
	w.Select(&w, &other, isSquare(&cubic))
	return [PointSize]byte(w.Bytes())
}

// isSquare returns 1 if x, which is not zero, is a square, and 0 otherwise: whether x^((p-1)/2) is 1 (Euler). The exponent
// is 4·(p-5)/8 + 2, and p-5 is a multiple of 8.
func isSquare(x *field.Element) int {
	var power, square, one field.Element
	power.Pow22523(x)
	power.Square(&power)
	power.Square(&power)
	power.Multiply(&power, square.Square(x))
	return power.Equal(one.One())
}
