package port

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf8"
)

// ErrMalformed says that bytes are no message.
var ErrMalformed = errors.New("malformed message")

// DecodeCommand reads what [AppendCommand] wrote. It returns [ErrMalformed] for anything else.
func DecodeCommand(b []byte) (Command, error) {
	r := reader{b: b}
	var c Command
	switch kind(r.u8()) {
	case kindOpen:
		c = &Open{Secret: r.secret(), Realm: r.text()}
	case kindRetry:
		c = &Retry{Secret: r.secret()}
	case kindChange:
		c = &Change{Secret: r.secret()}
	case kindAdopt:
		c = &Adopt{Secret: r.secret(), Epoch: r.u8()}
	case kindDecline:
		c = &Decline{Epoch: r.u8()}
	case kindWelcome:
		c = &Welcome{Me: r.u16(), Others: list(&r, memberSize, (*reader).member)}
	case kindJoined:
		c = &Joined{Member: r.member()}
	case kindLeft:
		c = &Left{Index: r.u16()}
	case kindAway:
		c = &Away{Index: r.u16(), Away: r.bool()}
	case kindItems:
		c = &Receive{Items: list(&r, itemSize, (*reader).item)}
	case kindProfile:
		c = &Profile{Profile: r.about()}
	case kindSay:
		c = &Say{ID: r.u64(), To: r.u16(), Text: r.text()}
	case kindReact:
		c = &React{Code: r.text()}
	case kindOthers:
		c = &Others{}
	case kindUnlock:
		c = &Unlock{}
	case kindAccept:
		c = &Accept{}
	case kindLeave:
		c = &Leave{}
	case kindShow:
		c = &ShowCode{On: r.bool()}
	}
	if c == nil || !r.done() {
		return nil, ErrMalformed
	}
	return c, nil
}

// DecodeReport reads what [AppendReport] wrote. It returns [ErrMalformed] for anything else.
func DecodeReport(b []byte) (Report, error) {
	r := reader{b: b}
	var x Report
	switch kind(r.u8()) {
	case kindReady:
		x = &Ready{Announce: r.bytes()}
	case kindSend:
		x = &Send{Items: list(&r, itemSize, (*reader).item)}
	case kindState:
		x = r.state()
	case kindSaid:
		x = &Said{From: r.u16(), To: r.u16(), ID: r.u64(), At: int64(r.u64()), Text: r.text()}
	case kindUnsaid:
		x = &Unsaid{ID: r.u64(), Code: r.text()}
	case kindReacted:
		x = &Reacted{From: r.u16(), Code: r.text()}
	case kindRetried:
		x = &Retried{Text: r.text()}
	case kindOffered:
		x = &Offered{By: r.u16(), Epoch: r.u8(), Text: r.text()}
	case kindPassphrase:
		x = &Passphrase{By: r.u16(), Epoch: r.u8(), Text: r.text()}
	case kindKeyFrame:
		x = &KeyFrame{}
	case kindDrops:
		x = &Drops{Counts: list(&r, dropSize, (*reader).drop)}
	case kindUnchanged:
		x = &Unchanged{Code: r.text()}
	case kindParted:
		x = &Parted{}
	case kindFault:
		x = &Fault{Code: r.text()}
	}
	if x == nil || !r.done() {
		return nil, ErrMalformed
	}
	return x, nil
}

// The least numbers of bytes that an element of a list takes: they bound what a forged number of elements allocates.
const (
	memberSize = 2 + 4
	itemSize   = 1 + 2 + 2 + 4
	dropSize   = 1 + 4
	peerSize   = 2 + 1 + aboutSize
	aboutSize  = 4 + 1 + 8
)

// reader takes a message apart. After the first thing that is not there everything reads as zero, and done says so.
type reader struct {
	b   []byte
	bad bool
}

// done reports whether the whole message was read and nothing was wrong.
func (r *reader) done() bool { return !r.bad && len(r.b) == 0 }

// take returns the next n bytes, nil when there are fewer.
func (r *reader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.b) {
		r.bad = true
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) u8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// size reads a length or a number of elements, of which each takes at least least bytes.
func (r *reader) size(least int) int {
	b := r.take(4)
	if b == nil {
		return 0
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n)*uint64(least) > uint64(len(r.b)) {
		r.bad = true
		return 0
	}
	return int(n)
}

// enum reads a byte that must be below end.
func (r *reader) enum(end uint8) uint8 {
	v := r.u8()
	r.bad = r.bad || v >= end
	return v
}

func (r *reader) bool() bool { return r.enum(2) == 1 }

// bytes reads a byte string; an empty one is nil.
func (r *reader) bytes() []byte {
	if b := r.take(r.size(1)); len(b) > 0 {
		return bytes.Clone(b)
	}
	return nil
}

func (r *reader) text() string {
	b := r.take(r.size(1))
	if !utf8.Valid(b) {
		r.bad = true
		return ""
	}
	return string(b)
}

func (r *reader) secret() (s Secret) {
	copy(s.PRS[:], r.take(len(s.PRS)))
	s.Room, s.Passphrase = r.text(), r.text()
	return s
}

func (r *reader) member() Member { return Member{Index: r.u16(), Announce: r.bytes()} }

func (r *reader) item() Item {
	return Item{Kind: r.u8(), From: r.u16(), To: r.u16(), Data: r.bytes()}
}

func (r *reader) about() About { return About{Name: r.text(), Colour: r.u8(), Hand: int64(r.u64())} }

func (r *reader) drop() Drop {
	d := Drop{Reason: int8(r.u8())}
	if b := r.take(4); b != nil {
		d.Count = binary.BigEndian.Uint32(b)
	}
	return d
}

func (r *reader) peer() Peer {
	return Peer{Index: r.u16(), Status: Status(r.enum(uint8(statuses))), About: r.about()}
}

func (r *reader) state() *State {
	return &State{
		Phase: Phase(r.enum(uint8(phases))), With: r.u16(), Code: r.text(), Agreement: Agreement(r.enum(uint8(agreements))),
		Attempts: r.u16(), Sending: r.bool(), Peers: list(r, peerSize, (*reader).peer),
	}
}

// list reads a list whose elements take at least least bytes each. An empty list is nil.
func list[T any](r *reader, least int, element func(*reader) T) []T {
	n := r.size(least)
	if n == 0 {
		return nil
	}
	out := make([]T, 0, n)
	for range n {
		out = append(out, element(r))
	}
	return out
}
