package sframe

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// KeyID names a key (RFC 9605: KID). What its bits mean is the application's business.
type KeyID uint64

// Counter numbers the frames of one key (RFC 9605: CTR). It is never used twice with the same key.
type Counter uint64

// Header is what an SFrame starts with. It is readable by anyone, and authenticated.
type Header struct {
	KID     KeyID
	Counter Counter
}

// MaxHeader is the size of the longest header: the config byte, 8 bytes of KID and 8 of CTR.
const MaxHeader = 17

// ErrMalformed says that bytes are no SFrame: cut short, or a header in another than its shortest encoding.
var ErrMalformed = errors.New("malformed frame")

// The config byte (RFC 9605, section 4.3), from its highest bit: X, K (3 bits), Y, C (3 bits). X and Y tell whether K
// and C are the KID and the CTR themselves (0), or how many bytes each takes after the config byte, less one (1).
const (
	extendedKID = 0x80
	extendedCTR = 0x08
	inlineMax   = 7 // the largest number that fits K or C
)

// Append appends the header to dst in its shortest encoding, 1 to [MaxHeader] bytes.
func (h Header) Append(dst []byte) []byte {
	kid, ctr := uint64(h.KID), uint64(h.Counter)
	config := byte(0)
	if kid <= inlineMax {
		config |= byte(kid) << 4
	} else {
		config |= extendedKID | byte(size(kid)-1)<<4
	}
	if ctr <= inlineMax {
		config |= byte(ctr)
	} else {
		config |= extendedCTR | byte(size(ctr)-1)
	}
	dst = append(dst, config)
	if kid > inlineMax {
		dst = appendNumber(dst, kid)
	}
	if ctr > inlineMax {
		dst = appendNumber(dst, ctr)
	}
	return dst
}

// ParseHeader reads the header that frame starts with and returns its size in bytes. It returns [ErrMalformed] for a
// frame that ends within the header, and for every encoding but the shortest: two encodings of one header would be two
// frames with the same nonce.
func ParseHeader(frame []byte) (Header, int, error) {
	if len(frame) == 0 {
		return Header{}, 0, ErrMalformed
	}
	config, n := frame[0], 1
	kid, ok := number(frame, &n, config>>4&7, config&extendedKID != 0)
	if !ok {
		return Header{}, 0, ErrMalformed
	}
	ctr, ok := number(frame, &n, config&7, config&extendedCTR != 0)
	if !ok {
		return Header{}, 0, ErrMalformed
	}
	return Header{KeyID(kid), Counter(ctr)}, n, nil
}

// number reads the KID or the CTR: field is its K or C. It moves n past the bytes that it took.
func number(frame []byte, n *int, field byte, extended bool) (uint64, bool) {
	if !extended {
		return uint64(field), true
	}
	length := int(field) + 1
	if len(frame)-*n < length {
		return 0, false
	}
	var x uint64
	for _, b := range frame[*n : *n+length] {
		x = x<<8 | uint64(b)
	}
	*n += length
	return x, x > inlineMax && size(x) == length
}

// size is how many bytes x needs; x is not 0.
func size(x uint64) int { return (bits.Len64(x) + 7) / 8 }

func appendNumber(dst []byte, x uint64) []byte {
	var full [8]byte
	binary.BigEndian.PutUint64(full[:], x)
	return append(dst, full[8-size(x):]...)
}
