package room

import (
	"log/slog"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Conn names a connection to the relay. Its owner gives the numbers and never uses one again.
type Conn uint64

// Token is a resume token. It prints as "[hidden]".
type Token string

// String hides the token.
func (Token) String() string { return "[hidden]" }

// GoString hides the token.
func (Token) GoString() string { return "[hidden]" }

// LogValue hides the token.
func (Token) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// Life names one incarnation of a room: random, and therefore unique in the relay.
type Life string

// Event is something that happens to a room.
type Event interface{ event() }

// The events. N is the number of the client's message, 0 for none: what answers it carries the number back.
type (
	// Enter asks to be let in: hello. The relay's randomness comes with it, because State draws none.
	Enter struct {
		Conn  Conn
		Name  string // display name, checked by wire; empty with Announce
		State wire.Sending
		// Announce is what the client shows of itself in an encrypted room, which it wants then; empty: in an open one.
		Announce []byte
		Host     bool  // has shown a good ticket
		Resume   Token // asks for the seat of this token; "": for a new one
		Next     Token // fresh and unguessable: the resume token of the seat
		Life     Life  // fresh: the incarnation, if this one begins it
	}

	// SignIn says that the person behind a connection, waiting or inside, has shown a good ticket.
	SignIn struct {
		Conn Conn
		N    uint32
	}

	// Say is a chat message, to everybody or to one member.
	Say struct {
		Conn Conn
		N    uint32
		Text string
		To   wire.MemberIndex
	}

	// Raise raises or lowers the hand.
	Raise struct {
		Conn Conn
		N    uint32
		Up   bool
	}

	// Secure encrypts the room.
	Secure struct {
		Conn Conn
		N    uint32
	}

	// Announce is what a member shows of itself from now on.
	Announce struct {
		Conn     Conn
		N        uint32
		Announce []byte
	}

	// Pass hands items on, in an encrypted room. Who they are from is not in them yet.
	Pass struct {
		Conn  Conn
		Items []wire.Item
	}

	// Switch says what a member sends from now on.
	Switch struct {
		Conn  Conn
		State wire.Sending
	}

	// Leave gives the seat up. Why is what the others are told.
	Leave struct {
		Conn Conn
		Why  wire.Code
	}

	// Lose says that a connection is gone: the seat is kept, a place in the queue is not.
	Lose struct{ Conn Conn }

	// Tick says that a time has come which [State.Next] announced.
	Tick struct{}
)

func (Enter) event()    {}
func (SignIn) event()   {}
func (Say) event()      {}
func (Raise) event()    {}
func (Secure) event()   {}
func (Announce) event() {}
func (Pass) event()     {}
func (Switch) event()   {}
func (Leave) event()    {}
func (Lose) event()     {}
func (Tick) event()     {}

// Effect is something that has to be done outside of the room's state.
type Effect interface{ effect() }

// The effects.
type (
	// Send sends a message to connections, in the order of effects. To is never empty.
	Send struct {
		To  []Conn
		Re  uint32
		Msg wire.ServerMessage
	}

	// Admit says that a connection has a seat now. Its welcome must reach the client before all that is sent to the
	// connection after it.
	Admit struct {
		Conn    Conn
		Life    Life
		You     wire.MemberIndex
		Resume  Token // takes this seat back
		Resumed bool  // it is the seat that Enter.Resume named
		Members []wire.Member
		E2EE    bool // the room is encrypted
	}

	// Deliver sends items of one member to a connection, in the order of effects. Items is never empty.
	Deliver struct {
		To    Conn
		Items []wire.Item
	}

	// Drop says that items are not delivered.
	Drop struct {
		Why   wire.Code
		Items int
	}

	// Bar says that the room is encrypted from now on: all peer connections end, and no member may have another before
	// an Announced that is good, or an Admit.
	Bar struct{ Life Life }

	// Announced is what became of a member's [Announce]. Only the room knows: one that was on its way while the room was
	// still open does not count, however late it is looked at.
	Announced struct {
		Conn   Conn
		Life   Life
		Member wire.MemberIndex
		Good   bool // the others know it, and the member may have a peer connection
	}

	// End ends a connection for a reason. The room has already forgotten it.
	End struct {
		Conn Conn
		Err  *wire.Error
	}

	// Remove says that a member is gone for good. The index is never used again in this incarnation.
	Remove struct {
		Life   Life
		Member wire.MemberIndex
	}

	// Close says that the incarnation is over: the last seat is empty.
	Close struct{ Life Life }
)

func (Send) effect()      {}
func (Admit) effect()     {}
func (Deliver) effect()   {}
func (Drop) effect()      {}
func (Bar) effect()       {}
func (Announced) effect() {}
func (End) effect()       {}
func (Remove) effect()    {}
func (Close) effect()     {}
