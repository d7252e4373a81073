// Package rewrite makes one continuous RTP stream of the sources that pass through a slot: sequence number, timestamp,
// VP8 picture id and TL0PICIDX go on across switches, losses and padding. It is pure: it sees counters, not packets.
//
// The rules were measured with Chromium and Firefox (reference/slots.md, 2). A switch takes
//
//	timestamp = last + max(step, time since the last packet × clock)
//
// with step 1 for video and the length of the last packet for audio, else the receiver conceals 11 ms at each switch or
// its jitter buffer grows.
package rewrite

import "time"

// In is what the rewriter must know of a source's packet.
type In struct {
	Seq   uint64 // extended (gaps.Tracker): never wraps, leaps by more than 2^16 where the sender began anew
	TS    uint32
	Start bool // a receiver can begin with this packet: any of audio, the first one of a video key frame
	Empty bool // it was padding only
	// Picture and TL0 are VP8's counters, where HasPicture and HasTL0.
	Picture    uint16 // modulo 2^15
	TL0        uint8
	HasPicture bool
	HasTL0     bool
}

// Out is what the packet gets in the slot.
type Out struct {
	Seq     uint16
	TS      uint32
	Picture uint16
	TL0     uint8
}

// Limits.
const (
	// maxLeap is the largest step of a source's sequence number that is passed on as loss. Behind more, the stream
	// starts again, with a key frame.
	maxLeap = 1000
	// maxAge is how many packets late one may be, and how far back one can be asked for again. It stays far below
	// 2^15, where SRTP (RFC 3711, section 3.3.1) would take a number for one of the next round.
	maxAge = 1000
	// maxStartAge is how many packets late a start may be. A later one would begin with a long wait for repairs.
	maxStartAge = 64
	// segments is how many switches and closed gaps are remembered for repairs and late packets.
	segments = 32
	// maxIdle bounds the timestamp's step, well below 2^31 where it would seem to go back: 3 h of video.
	maxIdle = 1 << 30
)

// segment is a run of packets of one source whose numbers differ from the slot's by constants.
type segment[S comparable] struct {
	from    S
	mapping uint64 // segments with one mapping have one ts, picture and tl0
	in, out uint64 // extended numbers of the first packet
	ts      uint32
	picture uint16
	tl0     uint8
}

// Stream is one slot's stream. S names a source. It is not safe for concurrent use.
type Stream[S comparable] struct {
	clock uint32 // Hz
	audio bool

	from    S    // the source that is or will be in the slot
	mapped  bool // segs[0] is of from, and its packets pass
	mapping uint64
	segs    [segments]segment[S] // newest first; mapping 0: none

	sent    bool      // anything was
	lastIn  uint64    // highest of the mapping
	lastOut uint64    // highest of all
	lastTS  uint32    // highest of all
	lastAt  time.Time // when lastTS went out
	length  uint32    // of an audio packet, in clock units

	inTS        uint32 // of lastIn
	lastPicture uint16
	lastTL0     uint8
}

// New makes a stream whose first sequence number is seq, below 2^15 so that no receiver can be mistaken about the first
// round (RFC 3711, section 3.3.1), and whose first timestamp is ts.
func New[S comparable](audio bool, clock uint32, seq uint16, ts uint32) *Stream[S] {
	const audioPacket = 960 // 20 ms of opus, until the source shows otherwise
	return &Stream[S]{
		audio: audio, clock: clock, length: audioPacket,
		// Not from 0: late packets and requests subtract.
		lastOut: 1<<16 + uint64(seq&0x7fff) - 1, lastTS: ts,
	}
}

// Switch puts another source in. Nothing passes until its first start.
func (s *Stream[S]) Switch(from S) { s.from, s.mapped = from, false }

// Waiting reports whether the stream needs a start of its source.
func (s *Stream[S]) Waiting() bool { return !s.mapped }

// Next takes the source's next packet, in the order of arrival. newest is the highest number that came from the source.
// ok is false where the packet does not go out. No number is given out twice, provided that the source never repeats one.
func (s *Stream[S]) Next(now time.Time, p In, newest uint64) (o Out, ok bool) {
	if s.mapped && p.Seq > s.lastIn && p.Seq-s.lastIn > maxLeap {
		s.mapped = false
	}
	if !s.mapped {
		if !p.Start || p.Empty || newest > p.Seq+maxStartAge {
			return Out{}, false
		}
		s.begin(now, p)
	}
	if p.Empty && p.Seq == s.lastIn+1 {
		s.close(p.Seq)
		return Out{}, false
	}
	g := s.find(p.Seq)
	if g == nil {
		return Out{}, false
	}
	out := g.out + (p.Seq - g.in)
	if out+maxAge < s.lastOut {
		return Out{}, false
	}
	o = Out{
		Seq: uint16(out), TS: p.TS + g.ts,
		Picture: (p.Picture + g.picture) & 0x7fff, TL0: p.TL0 + g.tl0,
	}
	s.note(now, p, out, o)
	return o, true
}

// begin starts a mapping with p.
func (s *Stream[S]) begin(now time.Time, p In) {
	ts := s.lastTS
	if s.sent {
		step := uint64(1)
		if s.audio {
			step = uint64(s.length)
		}
		idle := uint64(max(now.Sub(s.lastAt), 0).Seconds() * float64(s.clock))
		ts += uint32(min(max(step, idle), maxIdle))
	}
	s.mapping++
	s.push(segment[S]{
		from: s.from, mapping: s.mapping, in: p.Seq, out: s.lastOut + 1,
		ts: ts - p.TS, picture: s.lastPicture + 1 - p.Picture, tl0: s.lastTL0 + 1 - p.TL0,
	})
	s.mapped, s.lastIn, s.inTS = true, p.Seq-1, p.TS
}

// close leaves number seq out: what follows moves up by one.
func (s *Stream[S]) close(seq uint64) {
	g := s.segs[0]
	if g.in == seq {
		s.segs[0].in++ // nothing of the segment went out yet
	} else {
		g.in, g.out = seq+1, g.out+(seq-g.in)
		s.push(g)
	}
	s.lastIn = seq
}

func (s *Stream[S]) push(g segment[S]) {
	copy(s.segs[1:], s.segs[:segments-1])
	s.segs[0] = g
}

// find returns the segment of number seq of the source that is mapped.
func (s *Stream[S]) find(seq uint64) *segment[S] {
	for i := range s.segs {
		g := &s.segs[i]
		if g.mapping != s.mapping {
			return nil
		}
		if seq >= g.in {
			// Between two segments lies what was left out.
			if i > 0 && g.out+(seq-g.in) >= s.segs[i-1].out {
				return nil
			}
			return g
		}
	}
	return nil
}

// note keeps the highest of everything.
func (s *Stream[S]) note(now time.Time, p In, out uint64, o Out) {
	if p.Seq > s.lastIn {
		if d := p.TS - s.inTS; s.audio && p.Seq == s.lastIn+1 && d > 0 && d <= s.clock/8 {
			s.length = d
		}
		s.lastIn, s.inTS = p.Seq, p.TS
	}
	if out > s.lastOut {
		s.lastOut = out
	}
	if !s.sent || int32(o.TS-s.lastTS) > 0 {
		s.lastTS, s.lastAt, s.sent = o.TS, now, true
	}
	if p.HasPicture && (o.Picture-s.lastPicture)&0x7fff < 1<<14 {
		s.lastPicture = o.Picture
	}
	if p.HasTL0 && int8(o.TL0-s.lastTL0) > 0 {
		s.lastTL0 = o.TL0
	}
}

// Origin finds the source's packet that went out with number seq. ok is false when that is too long ago, was never sent,
// or is not known any more. back turns the packet's own counters into those that it went out with.
func (s *Stream[S]) Origin(seq uint16) (from S, in uint64, back Back, ok bool) {
	age := uint16(s.lastOut) - seq
	if !s.sent || age > maxAge || uint64(age) > s.lastOut {
		return from, 0, back, false
	}
	out := s.lastOut - uint64(age)
	for i := range s.segs {
		g := &s.segs[i]
		if g.mapping == 0 {
			break
		}
		if out >= g.out {
			return g.from, g.in + (out - g.out), Back{ts: g.ts, picture: g.picture, tl0: g.tl0}, true
		}
	}
	return from, 0, back, false
}

// Forget drops what is remembered of a source, which is gone: its packets cannot be asked for again.
func (s *Stream[S]) Forget(from S) {
	var none S
	for i := range s.segs {
		if s.segs[i].from == from {
			s.segs[i].from = none
		}
	}
	if s.from == from {
		s.from, s.mapped = none, false
	}
}

// Back holds the differences between a source's counters and the slot's.
type Back struct {
	ts      uint32
	picture uint16
	tl0     uint8
}

// Apply is the counters that a packet with the given ones went out with.
func (b Back) Apply(ts uint32, picture uint16, tl0 uint8) (uint32, uint16, uint8) {
	return ts + b.ts, (picture + b.picture) & 0x7fff, tl0 + b.tl0
}
