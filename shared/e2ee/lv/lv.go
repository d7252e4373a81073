// Package lv joins byte strings so that the result can be taken apart in one way only: each part with its length before
// it. It is lv_cat of the CPace draft (draft-irtf-cfrg-cpace), and whatever the end-to-end encryption
// hashes or sends in several parts goes through it.
//
//	lv_cat(a, b, …) = length of a || a || length of b || b …
//	length          = unsigned LEB128: seven bits per byte, the lowest first; bit 7 says that more follow
package lv

import (
	"encoding/binary"
	"errors"
)

// ErrMalformed says that bytes do not begin with a length in its shortest form and as many bytes as it says.
var ErrMalformed = errors.New("malformed length-value encoding")

// Cat returns lv_cat(parts…). Without parts it returns no bytes.
func Cat(parts ...[]byte) []byte {
	size := 0
	for _, part := range parts {
		size += len(part) + lengthSize(len(part))
	}
	return Append(make([]byte, 0, size), parts...)
}

// Append appends lv_cat(parts…) to dst.
func Append(dst []byte, parts ...[]byte) []byte {
	for _, part := range parts {
		dst = binary.AppendUvarint(dst, uint64(len(part)))
		dst = append(dst, part...)
	}
	return dst
}

// Cut takes the first part off b, which is what Cat returned or the rest of it. Both results lie in b. It returns
// ErrMalformed for an empty b too: who reads parts until none is left asks for len(rest) == 0 first.
func Cut(b []byte) (part, rest []byte, err error) {
	length, n := binary.Uvarint(b)
	// Uvarint also reads lengths that are longer than they need to be. Two spellings of one thing would be two
	// transcripts of one handshake.
	if n <= 0 || n > 1 && b[n-1] == 0 || length > uint64(len(b)-n) {
		return nil, nil, ErrMalformed
	}
	end := n + int(length)
	return b[n:end:end], b[end:], nil
}

// lengthSize returns how many bytes the length n takes.
func lengthSize(n int) int {
	size := 1
	for ; n >= 1<<7; n >>= 7 {
		size++
	}
	return size
}
