// Package rewrite makes one continuous RTP stream of the sources, and the layers of sources, that pass through a slot:
// sequence number, timestamp and the codec's frame counters go on across switches, losses, padding and left-out frames.
// It is pure: it sees counters, not packets.
//
// The rules were measured with Chromium and Firefox (reference/slots.md, 2). A switch takes
//
//	timestamp = last + max(step, time since the last packet × clock)
//
// with step 1 for video and the length of the last packet for audio, else the receiver conceals 11 ms at each switch or
// its jitter buffer grows.
//
// # Numbers
//
// Packets that are not for the slot (another layer's, padding) take no number as long as they come in order. Behind a gap
// nobody knows what the missing packets are: each of them has a number reserved. One that comes late after all takes its
// number; when it is not for the slot an empty packet must take it ([Pad]), else the receiver asks for it on and on.
//
// VP8's picture ids are counted anew in the same manner, since libwebrtc keeps back a frame while a picture id below it is
// missing (modules/video_coding/rtp_vp8_ref_finder.cc). VP9's picture ids and AV1's frame numbers are only moved: frames
// name their references by the distance in these.
package rewrite

import (
	"time"

	"github.com/conclave-meet/conclave/relay/media/codec"
)

// In is what the rewriter must know of a source's packet.
type In struct {
	codec.Counters
	Seq   uint64 // extended (gaps.Tracker): never wraps, leaps by more than 2^16 where the sender began anew
	TS    uint32
	Start bool // a receiver can begin with this packet: any of audio, the first one of a video key frame
	Empty bool // it was padding only
	// Drop says that the packet is not for this slot: of a layer that it does not take, or silence. All packets of a frame
	// are dropped or none.
	Drop bool
	// Compact says that picture ids must have no holes where frames were dropped (VP8).
	Compact bool
	// Spatial is the layer of the packet's frame.
	Spatial uint8
}

// Out is what the packet gets in the slot.
type Out struct {
	codec.Counters // PictureBits 15
	Seq            uint16
	TS             uint32
}

// Verdict says what becomes of a packet.
type Verdict uint8

// Verdicts.
const (
	Skip Verdict = iota // it does not go out
	Send                // it goes out
	Pad                 // an empty packet (padding only) goes out in its place
)

// Limits.
const (
	// maxLeap is the largest step of a source's sequence number that is passed on as loss. Behind more, the stream
	// starts again, with a key frame.
	maxLeap = 1000
	// maxStartAge is how many packets late a start may be. A later one would begin with a long wait for repairs.
	maxStartAge = 64
	// maxIdle bounds the timestamp's step, well below 2^31 where it would seem to go back: 3 h of video.
	maxIdle = 1 << 30
	// mappings is how many beginnings are remembered for requests of what went out before them. A slot changes its layer
	// a few times a second at most.
	mappings = 16
	// How many packets back one may come late, or be asked for again: what the sources' caches hold, as powers of two. It
	// stays far below 2^15, where SRTP (RFC 3711, section 3.3.1) would take a number for one of the next round.
	videoAge = 512
	audioAge = 256
)

// mapping is from one beginning to the next: a run of packets of one source.
type mapping[S comparable] struct {
	from  S
	id    uint64 // 0: none
	in    uint64 // the first packet's extended number
	out   uint64 // what it went out with
	ts    uint32 // to be added, as all below
	tl0   uint8
	frame uint16
}

// Stream is one slot's stream. S names what passes through it: a source, or a layer of one. It is not safe for concurrent
// use.
type Stream[S comparable] struct {
	clock uint32 // Hz
	audio bool

	want   S    // what is or will be in the slot
	from   S    // what is in it, when mapped
	mapped bool // packets of from pass
	maps   [mappings]mapping[S]
	id     uint64 // of the newest mapping, maps[id%mappings]
	log    log
	pics   pictures

	sent    bool      // anything was
	lastIn  uint64    // highest of the mapping
	lastOut uint64    // highest of all, given out or reserved
	lastTS  uint32    // highest of all
	lastAt  time.Time // when lastTS went out
	length  uint32    // of an audio packet, in clock units

	inTS      uint32 // of lastIn
	inSpatial uint8  // of lastIn
	inDropped bool   // lastIn was
	tl0       uint8  // highest of all
	frame     uint16 // highest of all
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

// Switch asks for something else to be put in. What is in goes on until the first start of it, which [Stream.Next] must
// be shown. Switching to what is in takes an earlier Switch back.
func (s *Stream[S]) Switch(to S) { s.want = to }

// Stop empties the slot: nothing passes until the first start after the next Switch, even of what was in.
func (s *Stream[S]) Stop() {
	var none S
	s.want, s.mapped = none, false
}

// Waiting reports whether the stream needs a start of what was last switched to.
func (s *Stream[S]) Waiting() bool { return !s.mapped || s.want != s.from }

// Current is what is in the slot. ok is false where nothing is.
func (s *Stream[S]) Current() (from S, ok bool) {
	if !s.mapped {
		return from, false
	}
	return s.from, true
}

// Next takes a packet of what is in the slot, or of what is to be, in the order of arrival. newest is the highest number
// that came from the same. Out is empty where the packet is to be skipped. No number is given out twice.
func (s *Stream[S]) Next(from S, now time.Time, p In, newest uint64) (o Out, v Verdict) {
	if from == s.want && s.Waiting() {
		if p.Start && !p.Empty && !p.Drop && newest <= p.Seq+maxStartAge {
			s.begin(from, now, &p)
		}
	}
	if !s.mapped || from != s.from {
		return Out{}, Skip
	}
	if p.Seq > s.lastIn && p.Seq-s.lastIn > maxLeap {
		s.mapped = false
		return s.Next(from, now, p, newest)
	}
	pic, dropped, known := s.pics.place(&p)
	p.Drop = p.Drop || dropped || p.Empty
	if p.Seq <= s.lastIn {
		return s.late(now, p, pic, known)
	}
	s.reserve(&p)
	s.advance(&p)
	if p.Drop {
		return Out{}, Skip
	}
	s.lastOut++
	s.log.put(s.lastOut, entry{in: uint32(p.Seq), mapping: uint16(s.id) & idMask, picture: pic | given})
	return s.send(now, &p, pic), Send
}

// begin starts a mapping with p.
func (s *Stream[S]) begin(from S, now time.Time, p *In) {
	ts := s.lastTS
	if s.sent {
		step := uint64(1)
		if s.audio {
			step = uint64(s.length)
		}
		idle := uint64(max(now.Sub(s.lastAt), 0).Seconds() * float64(s.clock))
		ts += uint32(min(max(step, idle), maxIdle))
	}
	s.id++
	s.maps[s.id%mappings] = mapping[S]{
		from: from, id: s.id, in: p.Seq, out: s.lastOut + 1,
		ts: ts - p.TS, tl0: s.tl0 + 1 - p.TL0, frame: s.frame + 1 - p.Frame,
	}
	s.log.make(s.audio)
	s.pics.begin()
	s.from, s.mapped, s.lastIn, s.inTS, s.inDropped = from, true, p.Seq-1, p.TS, false
}

// reserve keeps a number for each packet that is missing before p.
func (s *Stream[S]) reserve(p *In) {
	missing := p.Seq - s.lastIn - 1
	if missing == 0 {
		return
	}
	if p.Drop && !p.Empty && s.inDropped && (s.audio || p.TS == s.inTS && p.Spatial == s.inSpatial) {
		return // they are of the same dropped frame, or of the same silence: receivers would take holes there for loss
	}
	for n := missing - min(missing, s.log.size()); n < missing; n++ {
		s.log.put(s.lastOut+1+n, entry{in: uint32(s.lastIn + 1 + n), mapping: uint16(s.id) & idMask})
	}
	s.lastOut += missing
}

// advance takes p as the newest packet of the mapping.
func (s *Stream[S]) advance(p *In) {
	if d := p.TS - s.inTS; s.audio && p.Seq == s.lastIn+1 && d > 0 && d <= s.clock/8 {
		s.length = d
	}
	s.lastIn, s.inTS, s.inSpatial, s.inDropped = p.Seq, p.TS, p.Spatial, p.Drop && !p.Empty
}

// late takes a packet that was missing. known is false where nobody can say any more which picture id is its own.
func (s *Stream[S]) late(now time.Time, p In, pic uint16, known bool) (Out, Verdict) {
	m := &s.maps[s.id%mappings]
	out, ok := s.log.find(m.out, s.lastOut, uint32(p.Seq), uint32(s.lastIn))
	if !ok {
		return Out{}, Skip // no number was reserved for it, or it is too late
	}
	e := s.log.at(out)
	if e.picture&given != 0 {
		return Out{}, Skip
	}
	e.picture = pic | given
	if p.Drop || !known {
		e.mapping |= padded
		return Out{Seq: uint16(out), TS: p.TS + m.ts}, Pad
	}
	o := s.send(now, &p, pic)
	o.Seq = uint16(out)
	return o, Send
}

// send is what the newest packet gets, and keeps the highest of everything.
func (s *Stream[S]) send(now time.Time, p *In, pic uint16) Out {
	o := s.maps[s.id%mappings].apply(p, pic)
	o.Seq = uint16(s.lastOut)
	if !s.sent || int32(o.TS-s.lastTS) > 0 {
		s.lastTS, s.lastAt, s.sent = o.TS, now, true
	}
	if int8(o.TL0-s.tl0) > 0 {
		s.tl0 = o.TL0
	}
	if int16(o.Frame-s.frame) > 0 {
		s.frame = o.Frame
	}
	return o
}

// apply is what p gets, but for its number.
func (m *mapping[S]) apply(p *In, pic uint16) Out {
	return Out{TS: p.TS + m.ts, Counters: codec.Counters{
		Picture: (p.Picture + pic) & pictureMask, PictureBits: 15, TL0: p.TL0 + m.tl0, Frame: p.Frame + m.frame,
	}}
}
