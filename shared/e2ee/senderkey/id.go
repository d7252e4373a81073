package senderkey

import "github.com/conclave-meet/conclave/shared/e2ee/sframe"

// Stream is one of the things a member sends. It has 3 bits; 4 to 7 are reserved.
type Stream uint8

const (
	Mic Stream = iota
	Camera
	Screen
	ScreenAudio

	// Streams is how many there are.
	Streams = 4
)

// Audio tells whether the stream is sound.
func (s Stream) Audio() bool { return s == Mic || s == ScreenAudio }

// Generations and steps have 4 bits each (RFC 9605, section 5.1, with R = 4). Generations start again after 15; the step
// that would follow the last is a new generation.
const (
	maxGeneration = 15
	maxStep       = 15
)

// ID is what a key identifier says.
type ID struct {
	Index      uint16 // the sender's member index, never reused in a conference
	Stream     Stream
	Generation uint8 // a fresh base key each, modulo 16
	Step       uint8 // how often the base key was ratcheted
}

// KID returns the identifier, below 1<<27. It reports false when a field does not fit, or the stream is reserved.
func (id ID) KID() (sframe.KeyID, bool) {
	if id.Stream >= Streams || id.Generation > maxGeneration || id.Step > maxStep {
		return 0, false
	}
	return sframe.KeyID(id.Index)<<11 | sframe.KeyID(id.Stream)<<8 |
		sframe.KeyID(id.Generation)<<4 | sframe.KeyID(id.Step), true
}

// Parse reads a key identifier. It reports false for one that no member of a conference can have.
func Parse(kid sframe.KeyID) (ID, bool) {
	id := ID{
		Index:      uint16(kid >> 11),
		Stream:     Stream(kid >> 8 & 7),
		Generation: uint8(kid >> 4 & maxGeneration),
		Step:       uint8(kid & maxStep),
	}
	return id, kid>>27 == 0 && id.Stream < Streams
}
