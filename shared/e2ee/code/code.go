// Package code makes what tells whether everybody sees the same people: the security code, which people compare by eye or
// by voice, and the digest, which their programs compare (e2ee.md, 9.2).
//
//	in     = lv_cat("Conclave E2EE v1 security code", realm, room, id, id, …)   the ids in the order of their bytes
//	digest = SHA-256(in)
//	h      = SHA-512(in), then 5200 times h = SHA-512(h || digest)
//	code   = six groups of five digits: 40 bits of h each, modulo 100000
//
// An id is the X25519 public key of a member's session. The channels between members depend on these keys, so somebody in
// between changes the code.
package code

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"slices"

	"github.com/conclave-meet/conclave/shared/e2ee/lv"
)

const label = "Conclave E2EE v1 security code"

// Of the specification: see the package's comment.
const (
	rounds    = 5200
	groups    = 6
	digits    = 5 // per group
	groupSize = 5 // bytes of h per group
)

// IDSize is the length of an id in bytes.
const IDSize = 32

// Digest returns the roster digest of a set of members, in whatever order ids are. ids stays as it is.
func Digest(realm, room string, ids [][IDSize]byte) [sha256.Size]byte {
	return sha256.Sum256(input(realm, room, ids))
}

// Digits returns the security code of a set of members, in whatever order ids are: "12345 67890 …", six groups, 35 bytes
// of ASCII. ids stays as it is.
//
// Thirty digits are 99.7 bits; whoever wants two rooms to show one code has to find a collision, which takes the square
// root of their number of tries, and the rounds make a try 5200 times as long. They take about 10 ms in WebAssembly: call
// it when the members have changed, not for each view of them.
func Digits(realm, room string, ids [][IDSize]byte) string {
	in := input(realm, room, ids)
	digest := sha256.Sum256(in)
	h := sha512.Sum512(in)
	var round [sha512.Size + sha256.Size]byte
	copy(round[sha512.Size:], digest[:])
	for range rounds {
		copy(round[:], h[:])
		h = sha512.Sum512(round[:])
	}
	text := make([]byte, 0, groups*(digits+1))
	for i := range groups {
		if i > 0 {
			text = append(text, ' ')
		}
		text = appendGroup(text, h[i*groupSize:][:groupSize])
	}
	return string(text)
}

// appendGroup appends a number modulo 100000, with zeros before it; b is the number, big endian.
func appendGroup(text, b []byte) []byte {
	var number uint64
	for _, c := range b {
		number = number<<8 | uint64(c)
	}
	number %= 100000
	for unit := uint64(10000); unit > 0; unit /= 10 {
		text = append(text, '0'+byte(number/unit%10))
	}
	return text
}

// input is what both are hashed from.
func input(realm, room string, ids [][IDSize]byte) []byte {
	sorted := slices.Clone(ids)
	slices.SortFunc(sorted, func(a, b [IDSize]byte) int { return bytes.Compare(a[:], b[:]) })
	in := lv.Cat([]byte(label), []byte(realm), []byte(room))
	for i := range sorted {
		in = lv.Append(in, sorted[i][:])
	}
	return in
}
