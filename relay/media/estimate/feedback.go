package estimate

import (
	"encoding/binary"
	"errors"
	"time"
)

// RTCP numbers of transport-wide feedback (RFC 4585, section 6.1, and the draft, section 3.1).
const (
	feedbackType   = 205 // RTPFB: transport layer feedback
	feedbackFormat = 15
)

// ErrFeedback says that a packet is no transport-wide feedback that can be read.
var ErrFeedback = errors.New("malformed transport-wide feedback")

// Feedback is one message of a receiver: reports on packets, which Next reads one by one. It keeps the bytes that it was
// parsed from.
//
//	4B RTCP header, 4B sender's SSRC, 4B media SSRC
//	2B first sequence number, 2B count of packets
//	3B reference time in 64 ms, 1B number of this report
//	2B chunks, each with the symbols of several packets, until all have one
//	1B or 2B arrival times of those that came, relative to the one before, in 250 µs
type Feedback struct {
	b         []byte
	reference uint32 // 24 bits; 64 ms
	seq       uint16 // of the packet after this one
	left      int    // packets
	chunk     int    // where the chunk after this one is
	deltas    int    // where the next arrival time is
	symbols   symbols
	at        time.Duration
}

// IsFeedback reports whether RTCP packet b says that it is transport-wide feedback.
func IsFeedback(b []byte) bool {
	return len(b) >= 4 && b[0]>>6 == 2 && b[0]&31 == feedbackFormat && b[1] == feedbackType
}

// Units of the format.
const (
	referenceUnit = 64 * time.Millisecond
	deltaUnit     = 250 * time.Microsecond
	feedbackHead  = 20 // bytes before the chunks
)

// ParseFeedback reads the feedback in b, one whole RTCP packet (not compound, decrypted). It checks everything,
// so that reading cannot fail. It returns ErrFeedback for what does not hold together, and for reports on more packets
// than a History remembers: work for nothing.
func ParseFeedback(b []byte) (Feedback, error) {
	f := Feedback{b: b}
	if !IsFeedback(b) || len(b) < feedbackHead || len(b) != 4*(1+int(binary.BigEndian.Uint16(b[2:]))) {
		return f, ErrFeedback
	}
	f.seq, f.left = binary.BigEndian.Uint16(b[12:]), int(binary.BigEndian.Uint16(b[14:]))
	f.reference = binary.BigEndian.Uint32(b[16:]) >> 8
	f.chunk = feedbackHead
	if f.left > mostHistory {
		return f, ErrFeedback
	}
	deltas, ok := f.measure()
	if !ok {
		return f, ErrFeedback
	}
	f.deltas = f.chunk + f.chunks()
	if f.deltas+deltas > len(b) {
		return f, ErrFeedback
	}
	return f, nil
}

// symbols are what is left of one chunk.
type symbols struct {
	bits  uint16
	width uint8 // bits of a symbol; 0: a run, whose symbol is bits
	left  int
}

// Symbols of a packet.
const (
	notReceived = 0
	smallDelta  = 1 // 1B, unsigned
	largeDelta  = 2 // 2B, signed
)

// readChunk reads a chunk (the draft, sections 3.1.3 and 3.1.4).
func readChunk(c uint16) symbols {
	const vector, twoBits = 1 << 15, 1 << 14
	switch {
	case c&vector == 0:
		return symbols{bits: c >> 13 & 3, left: int(c & (1<<13 - 1))}
	case c&twoBits == 0:
		return symbols{bits: c << 2, width: 1, left: 14}
	}
	return symbols{bits: c << 2, width: 2, left: 7}
}

func (s *symbols) next() uint16 {
	s.left--
	if s.width == 0 {
		return s.bits
	}
	x := s.bits >> (16 - s.width)
	s.bits <<= s.width
	return x
}

// measure counts the bytes of arrival times. ok is false when chunks are missing or a symbol is not defined.
func (f *Feedback) measure() (deltas int, ok bool) {
	at := f.chunk
	for left := f.left; left > 0; at += 2 {
		if at+2 > len(f.b) {
			return 0, false
		}
		s := readChunk(binary.BigEndian.Uint16(f.b[at:]))
		for ; s.left > 0 && left > 0; left-- {
			x := s.next()
			if x > largeDelta {
				return 0, false
			}
			deltas += int(x)
		}
	}
	return deltas, true
}

// chunks is the size of all chunks, which are known to be there.
func (f *Feedback) chunks() int {
	n := 0
	for left := f.left; left > 0; n += 2 {
		left -= readChunk(binary.BigEndian.Uint16(f.b[f.chunk+n:])).left
	}
	return n
}

// Report is what a feedback says of one packet.
type Report struct {
	Seq  uint16
	Came bool
	At   time.Duration // of the receiver's clock, since the feedback's reference time
}

// Next is the report on the next packet. ok is false after the last one.
func (f *Feedback) Next() (r Report, ok bool) {
	if f.left == 0 {
		return r, false
	}
	for f.symbols.left == 0 {
		f.symbols = readChunk(binary.BigEndian.Uint16(f.b[f.chunk:]))
		f.chunk += 2
	}
	x := f.symbols.next()
	switch x {
	case smallDelta:
		f.at += time.Duration(f.b[f.deltas]) * deltaUnit
	case largeDelta:
		f.at += time.Duration(int16(binary.BigEndian.Uint16(f.b[f.deltas:]))) * deltaUnit
	}
	f.deltas += int(x)
	r = Report{Seq: f.seq, Came: x != notReceived, At: f.at}
	f.seq++
	f.left--
	return r, true
}
