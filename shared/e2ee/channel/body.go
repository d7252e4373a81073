package channel

import "errors"

// ErrUnknown says that a record is of a type that this version does not know. It is to be ignored.
var ErrUnknown = errors.New("unknown type of record")

// Type is what a record is about.
type Type uint8

const (
	TypeKeys       Type = 0x01
	TypeKeysAck    Type = 0x02
	TypeProfile    Type = 0x03
	TypeChat       Type = 0x04
	TypeReaction   Type = 0x05
	TypePing       Type = 0x06
	TypePassphrase Type = 0x07
	TypeBye        Type = 0x0A
	TypeWhisper    Type = 0x0B
)

// Bounds of texts, in bytes of UTF-8. None of them may be empty, unless it says so.
const (
	// MaxText is the longest chat text: what fits 15 blocks of 256, of which the relay's items of 4 KiB have no more beside
	// the tag.
	MaxText = 15*blockChat - headerSize - chatHead
	// MaxName is the longest display name: 50 code points. It may be empty.
	MaxName = 200
	// MaxLabel is the longest label of a stream. It may be empty.
	MaxLabel = 100
	// MaxCode is the longest code of a reaction.
	MaxCode = 32
	// MaxPassphrase is the longest passphrase (e2ee.md, 5).
	MaxPassphrase = 256
)

const (
	// chatHead is the size of what precedes the text of a chat message.
	chatHead = 16
	// maxStep is the last step of a generation (RFC 9605, section 5.1, with R = 4).
	maxStep = 15
)

// Digest is a roster digest: what a member says whom it is in the call with (e2ee.md, 9.2).
type Digest = [32]byte

// Body is what a record says: one of the types below, by value.
type Body interface {
	// Append appends the body to dst. It must be one that [Make] takes.
	Append(dst []byte) []byte

	kind() Type
	valid() bool // whether it is within its bounds
}

// Make returns the record of a body. It returns [ErrMalformed] for one that is out of its bounds, which no peer would
// take.
func Make(b Body) (Record, error) {
	if !b.valid() {
		return Record{}, ErrMalformed
	}
	return Record{b.kind(), b.Append(nil)}, nil
}

// Parse reads the body of a record. It shares no memory with it. It returns [ErrUnknown], or [ErrMalformed] for a body
// that Make would not have made.
func Parse(r Record) (Body, error) {
	b := &reader{rest: r.Body}
	body := b.body(r.Type)
	if body == nil {
		return nil, ErrUnknown
	}
	if b.short || len(b.rest) > 0 || !body.valid() {
		return nil, ErrMalformed
	}
	return body, nil
}

// Keys is KEYS: a sender key (e2ee.md, 8). Base is secret.
type Keys struct {
	Generation uint32
	Step       uint8 // 0 … 15
	Base       [32]byte
	Reason     uint8 // why there is a new one; for diagnosis
	Digest     Digest
}

// KeysAck is KEYS_ACK: the peer has the keys of a generation.
type KeysAck struct {
	Generation uint32
	Digest     Digest
}

// Ping is PING: the peer lives, and whom it is in the call with.
type Ping struct{ Digest Digest }

// Profile is PROFILE: what a member tells of its person. The texts are UTF-8; nobody has checked them for characters that
// are not to be drawn.
type Profile struct {
	Name   string // at most MaxName bytes
	Colour uint8
	Hand   int64     // when it was raised, Unix milliseconds by the sender's clock; 0: down
	Labels [4]string // of the streams (senderkey.Stream), at most MaxLabel bytes each
}

// Chat is CHAT, a message to everybody.
type Chat struct {
	ID   uint64 // of the sender
	At   int64  // Unix milliseconds by the sender's clock
	Text string // UTF-8, 1 … MaxText bytes
}

// Whisper is WHISPER, a message to this peer alone.
type Whisper Chat

// Reaction is REACTION.
type Reaction struct {
	Code string // UTF-8, 1 … MaxCode bytes
}

// Passphrase is PASSPHRASE: the sender changed it for everybody. Text is secret.
type Passphrase struct {
	Epoch uint8  // that begins with it
	Text  string // UTF-8, 1 … MaxPassphrase bytes
}

// Bye is BYE: the sender leaves.
type Bye struct{ Reason uint8 }

func (Keys) kind() Type       { return TypeKeys }
func (KeysAck) kind() Type    { return TypeKeysAck }
func (Profile) kind() Type    { return TypeProfile }
func (Chat) kind() Type       { return TypeChat }
func (Whisper) kind() Type    { return TypeWhisper }
func (Reaction) kind() Type   { return TypeReaction }
func (Ping) kind() Type       { return TypePing }
func (Passphrase) kind() Type { return TypePassphrase }
func (Bye) kind() Type        { return TypeBye }

// String hides the key from logs.
func (Keys) String() string { return "[hidden]" }

// GoString hides the key from %#v.
func (Keys) GoString() string { return "[hidden]" }

// String hides the passphrase from logs.
func (Passphrase) String() string { return "[hidden]" }

// GoString hides the passphrase from %#v.
func (Passphrase) GoString() string { return "[hidden]" }
