// Package envelope is what an encrypted frame travels in (e2ee.md, 4.4): the few bytes that packetisers and the relay
// must be able to read stay clear, everything else is one SFrame ciphertext.
//
//	envelope = C || SFrame(header || ciphertext || tag) || T
//	metadata = "CNCL1" || T || C                              (authenticated with the frame)
//
//	codec  C                                                               T       what is encrypted
//	Opus   empty                                                           0x00    the frame
//	VP8    10 bytes of a key frame (the relay reads its size), else 1      len(C)  what follows C
//	VP9    empty                                                           0x00    the frame
//	AV1    0x08 (OBU_SEQUENCE_HEADER) of a key frame, else 0x30 (OBU_FRAME) 0xF1   the frame; C is made up
//
// The trailing T makes the envelope tell how it is opened, so that the opener needs no codec. AV1 is the odd one: its
// packetisers parse OBUs, so that the whole envelope is dressed as one OBU without a size; depacketisers give it a size
// field, which is undone before the frame is authenticated.
//
// The package is pure: it cuts and joins, and encrypts nothing.
package envelope

import "errors"

// Codec is how a frame is encoded. The zero value is none.
type Codec uint8

const (
	Opus Codec = iota + 1
	VP8
	VP9
	AV1
)

// Audio tells whether the codec is one of sound.
func (c Codec) Audio() bool { return c == Opus }

var (
	// ErrCodec says that a codec is not one of the constants.
	ErrCodec = errors.New("unknown codec")
	// ErrMalformed says that bytes are no frame of their codec, or no envelope.
	ErrMalformed = errors.New("malformed envelope")
)

// Values of T, and sizes of VP8's C.
const (
	trailerNone = 0x00
	trailerAV1  = 0xF1

	vp8Delta = 1
	vp8Key   = 10 // frame tag (3), start code (3), width and height (4): RFC 6386, section 9.1
)

// AV1's OBU header (AV1 specification, section 5.3.2): forbidden bit, type (4 bits), extension flag, has_size flag,
// reserved bit.
const (
	obuKey   = 1 << 3 // OBU_SEQUENCE_HEADER: only an OBU of this type makes a packetiser say "new coded video sequence"
	obuDelta = 6 << 3 // OBU_FRAME
	obuSized = 0x02
)

// maxSizeField is the longest size field that is undone, in bytes: 28 bits of size.
const maxSizeField = 4

// MaxOverhead is how many bytes the envelope adds at most to what SFrame makes of the frame, a size field of a
// depacketiser included.
const MaxOverhead = 1 + maxSizeField + 1

// label begins the metadata, so that no other use of a frame key can be taken for this one (e2ee.md, 17).
const label = "CNCL1"

// Head is the clear part of an envelope, C and T. The zero value is that of Opus and VP9.
type Head struct {
	clear   [vp8Key]byte
	n       uint8 // bytes of clear in use
	trailer byte
}

// Split divides a frame of an encoder into the envelope's clear part and what is to be encrypted, which is a part of
// frame. key tells whether it is a key frame; only AV1 needs it (VP8 says it itself). It returns [ErrCodec], or
// [ErrMalformed] for an empty frame and for a VP8 key frame without a whole header.
func Split(codec Codec, key bool, frame []byte) (Head, []byte, error) {
	if codec < Opus || codec > AV1 {
		return Head{}, nil, ErrCodec
	}
	if len(frame) == 0 {
		return Head{}, nil, ErrMalformed
	}
	switch codec {
	case VP8:
		n := vp8Clear(frame[0])
		if len(frame) < n {
			return Head{}, nil, ErrMalformed
		}
		return newHead(byte(n), frame[:n]), frame[n:], nil
	case AV1:
		obu := byte(obuDelta)
		if key {
			obu = obuKey
		}
		h := Head{n: 1, trailer: trailerAV1}
		h.clear[0] = obu
		return h, frame, nil
	}
	return Head{}, frame, nil
}

// vp8Clear is the size of C for a VP8 frame with this first byte, whose lowest bit is 0 in key frames.
func vp8Clear(first byte) int {
	if first&1 == 0 {
		return vp8Key
	}
	return vp8Delta
}

func newHead(trailer byte, clear []byte) Head {
	h := Head{n: uint8(len(clear)), trailer: trailer}
	copy(h.clear[:], clear)
	return h
}

// Parse divides a received envelope into its clear part and its SFrame ciphertext, which is a part of envelope. It
// returns [ErrMalformed] for anything that Split and a depacketiser cannot have made.
func Parse(envelope []byte) (Head, []byte, error) {
	last := len(envelope) - 1
	if last < 0 {
		return Head{}, nil, ErrMalformed
	}
	trailer, rest := envelope[last], envelope[:last]
	switch trailer {
	case trailerNone:
		return Head{}, rest, nil
	case vp8Delta, vp8Key:
		n := int(trailer)
		if len(rest) < n || vp8Clear(rest[0]) != n {
			return Head{}, nil, ErrMalformed
		}
		return newHead(trailer, rest[:n]), rest[n:], nil
	case trailerAV1:
		return parseAV1(rest)
	}
	return Head{}, nil, ErrMalformed
}

// parseAV1 takes the OBU header off, and the size field that a depacketiser may have put after it. rest is the envelope
// without T; the size counts T.
func parseAV1(rest []byte) (Head, []byte, error) {
	if len(rest) == 0 {
		return Head{}, nil, ErrMalformed
	}
	obu, body := rest[0], rest[1:]
	if kind := obu &^ obuSized; kind != obuKey && kind != obuDelta {
		return Head{}, nil, ErrMalformed
	}
	if obu&obuSized != 0 {
		size, n, ok := leb128(body)
		if !ok || size != len(body)-n+1 {
			return Head{}, nil, ErrMalformed
		}
		body = body[n:]
	}
	h := Head{n: 1, trailer: trailerAV1}
	h.clear[0] = obu &^ obuSized
	return h, body, nil
}

// leb128 reads the number that b starts with, and its size in bytes (AV1 specification, section 4.10.5). Only the
// shortest encoding counts, of at most maxSizeField bytes: it is what depacketisers write.
func leb128(b []byte) (value, n int, ok bool) {
	for i, x := range b[:min(len(b), maxSizeField)] {
		value |= int(x&0x7F) << (7 * i)
		if x&0x80 == 0 {
			return value, i + 1, x != 0 || i == 0
		}
	}
	return 0, 0, false
}

// AppendClear appends C to dst: what an envelope starts with.
func (h *Head) AppendClear(dst []byte) []byte { return append(dst, h.clear[:h.n]...) }

// AppendTrailer appends T to dst: what an envelope ends with.
func (h *Head) AppendTrailer(dst []byte) []byte { return append(dst, h.trailer) }

// AppendMetadata appends what is authenticated with the frame to dst, at most 16 bytes.
func (h *Head) AppendMetadata(dst []byte) []byte {
	return append(append(append(dst, label...), h.trailer), h.clear[:h.n]...)
}

// AppendFrame appends to dst the bytes of the encoder's frame that come before the decrypted ones.
func (h *Head) AppendFrame(dst []byte) []byte {
	if h.trailer == trailerAV1 {
		return dst // C was made up
	}
	return h.AppendClear(dst)
}
