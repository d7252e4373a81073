package wire

import (
	"fmt"
	"time"
)

// Version is the protocol version that this package speaks.
const Version = 1

// Subprotocol is the WebSocket subprotocol of version 1 (RFC 6455, section 1.9).
const Subprotocol = "conclave.1"

// Path is where the relay serves the WebSocket.
const Path = "/_/ws"

// Limits of the protocol. More would let one client hold more of the relay's memory or of the others' attention; less
// would cut what people really do (a 49-slot offer is about 9 kB, a long chat message 8 kB).
const (
	MaxMessage    = 64 << 10 // bytes of one message, before compression
	MaxRoom       = 256      // bytes of hello.room as sent; the canonical name is at most 64 code points (roomname)
	MaxName       = 50       // code points of a display name
	MaxChat       = 2000     // code points of a chat message
	MaxToken      = 512      // bytes of a ticket or resume token
	MaxClient     = 64       // bytes of hello.client
	MaxViolations = 8        // malformed messages per connection before bye
	MaxQueue      = 256      // messages waiting for one client before it is too slow
	MaxSlots      = 54       // slots of one offer: 49 video and 5 audio
	MaxVideoSlots = 49
	MaxAudioSlots = 5
	MaxSends      = 4  // sources that one client sends: one per Stream
	MaxCodecs     = 16 // codecs in a description
	MaxExts       = 16 // header extensions in a description
	MaxRids       = 3  // simulcast layers of one source
	MaxWants      = MaxVideoSlots
	MaxAnnounce   = 256     // bytes of an announce
	MaxItem       = 4 << 10 // bytes of one item, without what stands before them
	MaxItems      = 256     // items of one binary message: for each of 100 members two, and some
)

// Rates of binary messages. When a room of a hundred begins, each member sends and answers 99 handshakes and then some
// records to each: 180 KiB in 400 items. More would let one member fill the lines of the others; less would make a large
// room slow to begin.
const (
	ItemRate    = 400       // items a second
	ItemBurst   = 400       // items at once
	SealedRate  = 64 << 10  // bytes a second
	SealedBurst = 256 << 10 // bytes at once
	MaxShare    = 32 << 10  // bytes from one member that wait for another
)

// Times of the protocol.
const (
	HelloTimeout = 10 * time.Second // from the WebSocket's opening to hello
	PingInterval = 5 * time.Second  // the client's silence after which it sends ping
	DeadAfter    = 15 * time.Second // the client's silence after which the relay gives the connection up
	SeatTime     = 60 * time.Second // how long a lost member keeps the seat
	AwayAfter    = 5 * time.Second  // how long others do not notice that a member's connection is lost
)

// MemberIndex names a member within one incarnation of a room. Indices are given in the order of joining, start at 1
// and are never used again in that incarnation; 0 is nobody.
type MemberIndex uint16

// Stream says which of a member's sources is meant. The numbers are part of the protocol: they are the low three bits
// of a CSRC and of an SFrame key id (e2ee.md, 4.2). In JSON a stream is written by its name.
type Stream uint8

// The streams of a member.
const (
	Mic Stream = iota
	Cam
	Screen
	ScreenAudio
	streams // how many there are
)

// Streams are all streams, in the order of their numbers.
var Streams = [...]Stream{Mic, Cam, Screen, ScreenAudio}

var streamNames = [streams]string{"mic", "cam", "screen", "screenAudio"}

// Kind is the media kind of s.
func (s Stream) Kind() Kind {
	if s == Mic || s == ScreenAudio {
		return Audio
	}
	return Video
}

// String is the stream's name on the wire.
func (s Stream) String() string {
	if s < streams {
		return streamNames[s]
	}
	return fmt.Sprintf("stream(%d)", uint8(s))
}

// MarshalText writes the stream's name.
func (s Stream) MarshalText() ([]byte, error) {
	if s >= streams {
		return nil, fmt.Errorf("no stream has number %d", uint8(s))
	}
	return []byte(streamNames[s]), nil
}

// UnmarshalText reads a stream's name. It returns an error for anything else; s is then unchanged.
func (s *Stream) UnmarshalText(b []byte) error {
	for i, n := range streamNames {
		if n == string(b) {
			*s = Stream(i)
			return nil
		}
	}
	return fmt.Errorf("no stream has this name")
}

// Source names one source of one member.
type Source struct {
	Member MemberIndex `json:"member"`
	Stream Stream      `json:"stream"`
}

// CSRC is the first contributing source (RFC 3550, section 5.1) of every packet that carries s in a slot:
// member<<3 | stream. It is the SFrame key id of e2ee.md 4.2 without generation and step.
func (s Source) CSRC() uint32 { return uint32(s.Member)<<3 | uint32(s.Stream) }

// SourceOf is the inverse of [Source.CSRC]. ok is false where csrc names no source.
func SourceOf(csrc uint32) (s Source, ok bool) {
	s = Source{Member: MemberIndex(csrc >> 3), Stream: Stream(csrc & 7)}
	return s, csrc>>19 == 0 && s.Member != 0 && s.Stream < streams
}

// Kind is a media kind: "audio" or "video".
type Kind string

// The media kinds.
const (
	Audio Kind = "audio"
	Video Kind = "video"
)

// Role is what a member may do.
type Role string

// The roles. A host is signed in with an account; a moderator is a guest whom a host promoted. Both moderate.
const (
	Guest     Role = "guest"
	Moderator Role = "moderator"
	Host      Role = "host"
)

// Moderates reports whether r has moderation rights.
func (r Role) Moderates() bool { return r == Host || r == Moderator }
