// Package codec reads what a relay may know of a video packet: where frames begin and end, which of them a receiver can
// begin with, which layer they are of. It rewrites the counters that must go on when a slot changes its source. It is
// pure.
//
// It reads payload descriptors and header extensions, which stay in the clear under end-to-end encryption, and no byte of
// a frame beyond table 4.4 of e2ee.md:
//
//	VP8   payload descriptor (RFC 7741); of a frame the key-frame bit, of a key frame its first ten bytes
//	VP9   payload descriptor (RFC 9628)
//	AV1   aggregation header and dependency descriptor (AV1 RTP specification, 4.4 and appendix A)
//	H264  types of NAL units (RFC 6184); for rooms without end-to-end encryption
//
// # In a slot
//
// The reader of a source calls [Info.Parse] once for each packet, and [Dependencies.Parse] where there is a dependency
// descriptor. Each slot that the packet goes to has a [Filter] for the stream that is in it: what does not pass is a
// packet to drop for the rewriter (package rewrite), what is the last of its picture gets the RTP marker. Where the
// rewriter begins with a stream, so does the filter. The numbers that the rewriter gives go into the payload with
// [Info.Rewrite], and into the descriptor with [RewriteFrame].
//
// All parsers take what a stranger sent: they read nothing beyond it, allocate nothing, and refuse what makes no sense.
package codec

import "strings"

// Kind is a codec.
type Kind uint8

// The codecs. Of a None the package knows nothing: each packet may begin (audio).
const (
	None Kind = iota
	VP8
	VP9
	AV1
	H264
)

// Named is the codec with the given name in SDP's rtpmap, in any case; None for others.
func Named(name string) Kind {
	for k := VP8; k <= H264; k++ {
		if strings.EqualFold(name, k.String()) {
			return k
		}
	}
	return None
}

// String is the codec's name in SDP's rtpmap.
func (k Kind) String() string {
	return [...]string{"none", "VP8", "VP9", "AV1", "H264"}[min(k, H264)]
}

// MaxSpatial is how many spatial layers sizes are kept of. VP9 could have more; nobody sends them.
const MaxSpatial = 4

// Point is an operating point of a scalable stream: the highest layers that a receiver gets.
type Point struct {
	Spatial, Temporal uint8
}

// Full takes everything.
var Full = Point{Spatial: 7, Temporal: 7}

// within reports whether p has no layer that q lacks.
func (p Point) within(q Point) bool { return p.Spatial <= q.Spatial && p.Temporal <= q.Temporal }

// Size is that of a picture, in pixels.
type Size struct {
	Width, Height uint16
}

// Counters are the numbers of frames that a packet carries, and which a relay rewrites. Those that a codec lacks are 0.
type Counters struct {
	Picture     uint16 // counts frames modulo 2^PictureBits (VP8, VP9)
	PictureBits uint8  // 0 (there is none), 7 or 15
	TL0         uint8  // counts frames of the base layer modulo 256 (VP8, VP9: TL0PICIDX)
	Frame       uint16 // counts frames (AV1: frame_number)
}

// Info is what a packet says of itself.
type Info struct {
	Counters
	Kind Kind
	// Start and End say that the packet is the first and the last one of a frame; in scalable streams, of one spatial
	// layer's frame. VP8 and H264 do not mark the end: there it is the RTP marker's to say.
	Start, End bool
	// Key says that the packet is of a frame that a receiver of nothing yet can begin with. VP8 and H264 say so in a
	// frame's first packet only.
	Key bool
	// Spatial and Temporal are the frame's layers, 0 where the stream has none.
	Spatial, Temporal uint8
	// Sync marks a point where receivers can go up in temporal layers. VP8: this frame needs the base layer only. VP9:
	// later frames of higher layers need none from before this one.
	Sync bool
	// Up says that the frame needs nothing but lower spatial layers of its own picture, so that a receiver of these can
	// go up to it (VP9: not inter-picture predicted).
	Up bool
	// Spatials is how many spatial layers the stream has, with their Sizes as far as they are said: from some key frames.
	// 0: this packet does not tell.
	Spatials uint8
	Sizes    [MaxSpatial]Size
	// Live is how many spatial layers are being sent at this time, 0 where the packet does not tell. A sender leaves
	// out the upper ones that it has no bandwidth for, and takes them in again without a key frame.
	Live uint8

	descriptor            int // bytes of VP8's and VP9's payload descriptor
	pictureAt, tl0At      int // offsets of these fields in the payload
	targets               targets
	described, structured bool // AV1: there is a dependency descriptor; with a structure
}

// Opens reports whether a slot can begin with this packet.
func (i *Info) Opens() bool { return i.Key && i.Start || i.Kind == None }

// Point is the layer of the packet's frame.
func (i *Info) Point() Point { return Point{i.Spatial, i.Temporal} }

// Size is that of the largest picture in the stream, when the packet says so; else 0, 0.
func (i *Info) Size() (width, height uint16) {
	if i.Spatials == 0 {
		return 0, 0
	}
	s := i.Sizes[min(i.Spatials, MaxSpatial)-1]
	return s.Width, s.Height
}

// Parse reads a packet's payload, without padding. ok is false when it is no payload of codec k; i is then empty but for
// its Kind. What AV1's payload says is little: [Dependencies] has the rest.
func (i *Info) Parse(k Kind, payload []byte) (ok bool) {
	*i = Info{Kind: k}
	switch k {
	case VP8:
		ok = i.vp8(payload)
	case VP9:
		ok = i.vp9(payload)
	case AV1:
		ok = i.av1(payload)
	case H264:
		ok = i.h264(payload)
	default:
		i.Start, i.End, i.Key, ok = true, true, true, true
	}
	if !ok {
		*i = Info{Kind: k}
	}
	return ok
}
