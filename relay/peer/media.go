package peer

import "github.com/conclave-meet/conclave/shared/wire"

// Media is what a room's incarnation needs of the SFU: its members' peer connections. Package web gives a function that
// makes one (relay/media).
type Media interface {
	// Join begins the peer connection of a member. It waits for no network. The error is a *wire.Error.
	Join(m wire.MemberIndex, o *wire.Offer, s wire.Sending) (Session, *wire.Answer, error)
	// Close ends all sessions and waits for them.
	Close()
}

// Session is one peer connection. Its methods may be called from any goroutine.
type Session interface {
	// Offer answers a changed description of the same peer connection. The error is a *wire.Error.
	Offer(o *wire.Offer) (*wire.Answer, error)
	Want(w []wire.Want)
	Sending(s wire.Sending)
	// Slots is what is in the slots now.
	Slots() []wire.SlotState
	// Encodings is how the member was last told to send; empty before the first time.
	Encodings() []wire.Encoding
	Close()
}

// Events is what media tells. The functions may be called from any goroutine and do not block.
type Events struct {
	Slots    func(to wire.MemberIndex, changed []wire.SlotState)
	Encode   func(to wire.MemberIndex, changed []wire.Encoding)
	Speakers func(wire.Speakers)
	// Gone says that s ended by itself, and why: a *wire.Error. s is compared with what Join returned.
	Gone func(m wire.MemberIndex, s Session, err error)
}
