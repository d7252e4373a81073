package senderkey

import (
	"math"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

// BaseSize is the size of base keys, in bytes.
const BaseSize = 32

// Key is a member's base key. Generation and Step order a member's keys; none is used again once a later one was.
type Key struct {
	Generation uint32 // 0 at first, +1 with each fresh base key; the KID shows it modulo 16
	Step       uint8  // how often Base was ratcheted since; 0 … 15
	Base       [BaseSize]byte
}

// After tells whether k comes after other in its member's order.
func (k Key) After(other Key) bool { return k.position().after(other.position()) }

// ID returns the identifier of the key for one stream of the member index.
func (k Key) ID(index uint16, stream Stream) ID {
	return ID{Index: index, Stream: stream, Generation: uint8(k.Generation & maxGeneration), Step: k.Step}
}

// String keeps base keys out of texts.
func (k Key) String() string { return "[hidden]" }

// GoString does, too.
func (k Key) GoString() string { return "[hidden]" }

func (k Key) position() position { return position{k.Generation, k.Step} }

// position is a place in the order of a member's keys.
type position struct {
	generation uint32
	step       uint8
}

func (p position) after(other position) bool {
	return p.generation > other.generation || p.generation == other.generation && p.step > other.step
}

// ratchet moves key one step on (RFC 9605, section 5.1). Who has the new base key cannot find the old one, which is
// overwritten here.
func ratchet(key *Key) error {
	next, err := sframe.Ratchet(suite(), key.Base[:])
	if err != nil {
		return err
	}
	key.Step++
	copy(key.Base[:], next)
	clear(next)
	return nil
}

// never is a time that does not come.
const never = time.Duration(math.MaxInt64)
