package channel

import (
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/conclave-meet/conclave/shared/e2ee/chacha"
	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

var (
	// ErrBroken says that a channel has ended: a record was not the next one of the peer, or the channel was closed.
	// Only a new handshake helps.
	ErrBroken = errors.New("channel is broken")
	// ErrLong says that a body does not fit a record.
	ErrLong = errors.New("record is too long")
	// ErrMalformed says that a body is none of its type.
	ErrMalformed = errors.New("malformed record")
)

// Labels (e2ee.md, 17).
const (
	labelRecord  = "CNCL1ch"
	labelRatchet = "Conclave E2EE v1 channel ratchet"
)

// Sizes in bytes.
const (
	headerSize = 3 // type and length
	block      = 64
	blockChat  = 256

	// MaxRecord is the size of the longest record: 63 blocks and the tag. The relay takes items of 4 KiB, and the first
	// record shares one with tag_I. Longer records would never arrive; each peer's are held one at a time.
	MaxRecord = 63*block + chacha.Overhead
	// MinRecord is the size of the shortest.
	MinRecord = block + chacha.Overhead
)

// Record is one message over a channel.
type Record struct {
	Type Type
	Body []byte
}

// String hides what is said from logs.
func (Record) String() string { return "[hidden]" }

// GoString hides what is said from %#v.
func (Record) GoString() string { return "[hidden]" }

// Channel is both directions of the channel with one peer. It has one owner: it is not safe for several goroutines.
type Channel struct {
	send, receive direction
	broken        bool
}

// String hides the keys from logs.
func (*Channel) String() string { return "[hidden]" }

// GoString hides the keys from %#v.
func (*Channel) GoString() string { return "[hidden]" }

// New returns the channel of a handshake's keys. The caller wipes its own copy of them; of keys that are wiped already,
// which everybody knows, it makes a closed channel.
func New(k handshake.Keys) *Channel {
	if none := [32]byte{}; k.Send == none || k.Receive == none {
		return &Channel{broken: true}
	}
	return &Channel{send: direction{key: k.Send}, receive: direction{key: k.Receive}}
}

// Seal appends r as the next record to dst: [MinRecord] to [MaxRecord] bytes. They must reach the peer before the next
// ones. It returns nil and [ErrBroken], or [ErrLong]: the channel is then as it was. r.Body must not overlap dst's free
// space.
func (c *Channel) Seal(dst []byte, r Record) ([]byte, error) {
	if c.broken {
		return nil, ErrBroken
	}
	size := padded(r.Type, len(r.Body))
	if size+chacha.Overhead > MaxRecord {
		return nil, ErrLong
	}
	start := len(dst)
	out := grow(dst, size+chacha.Overhead)
	plain := out[start : start+size] // encrypted where it is, so that no copy of a key stays behind
	plain[0] = byte(r.Type)
	binary.BigEndian.PutUint16(plain[1:], uint16(len(r.Body)))
	n := copy(plain[headerSize:], r.Body)
	clear(plain[headerSize+n:])

	s, err := c.send.next()
	if err != nil {
		clear(plain)
		c.Close()
		return nil, err
	}
	return s.aead.Seal(out[:start], s.nonce[:], plain, s.aad[:]), nil
}

// Open reads the peer's next record. Its Body is the caller's; whoever gets keys in it wipes it. Anything else than the
// next record closes the channel, in both directions: Open returns [ErrBroken], now and for ever after.
//
// A type that is unknown is no error: a later version may have more.
func (c *Channel) Open(record []byte) (Record, error) {
	if c.broken {
		return Record{}, ErrBroken
	}
	r, ok := c.open(record)
	if !ok {
		c.Close()
		return Record{}, ErrBroken
	}
	return r, nil
}

func (c *Channel) open(record []byte) (Record, bool) {
	if len(record) < MinRecord || len(record) > MaxRecord {
		return Record{}, false
	}
	s, err := c.receive.next()
	if err != nil {
		return Record{}, false
	}
	plain, err := s.aead.Open(nil, s.nonce[:], record, s.aad[:])
	if err != nil {
		return Record{}, false
	}
	kind, n := Type(plain[0]), int(binary.BigEndian.Uint16(plain[1:]))
	if padded(kind, n) != len(plain) {
		return Record{}, false
	}
	for _, b := range plain[headerSize+n:] {
		if b != 0 {
			return Record{}, false
		}
	}
	return Record{Type: kind, Body: plain[headerSize : headerSize+n : headerSize+n]}, true
}

// Close ends the channel and wipes its keys.
func (c *Channel) Close() { *c = Channel{broken: true} }

// Broken tells whether the channel has ended.
func (c *Channel) Broken() bool { return c.broken }

// padded returns the size of the plaintext that a body of n bytes becomes.
func padded(t Type, n int) int {
	unit := block
	if t == TypeChat || t == TypeWhisper {
		unit = blockChat
	}
	return (headerSize + n + unit - 1) / unit * unit
}

// grow returns dst with n more bytes, of any value.
func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) < n {
		dst = append(make([]byte, 0, len(dst)+n), dst...)
	}
	return dst[:len(dst)+n]
}

// direction is one way of a channel: the key of its next record. The zero value is no direction.
type direction struct {
	key [32]byte // secret
	n   uint64
}

// step is what one record is sealed or opened with.
type step struct {
	aead  cipher.AEAD
	nonce [chacha.NonceSize]byte
	aad   [len(labelRecord) + 8]byte
}

// next returns the step of the next record and turns the ratchet: each key is used once. It fails only where a Go run
// time forbids the ciphers.
func (d *direction) next() (*step, error) {
	s := new(step)
	binary.BigEndian.PutUint64(s.nonce[4:], d.n)
	copy(s.aad[:], labelRecord)
	binary.BigEndian.PutUint64(s.aad[len(labelRecord):], d.n)
	var err error
	if s.aead, err = chacha.New(d.key[:]); err != nil {
		return nil, err
	}
	ratchet(&d.key)
	d.n++
	return s, nil
}

// ratchet replaces a key by the next one, HKDF-Expand(key, labelRatchet, 32). That is a single HMAC (RFC 5869, section
// 2.3; RFC 2104, section 2), written out here because crypto/hkdf takes a third of what a record costs in a browser,
// mostly for memory, and a join in a room of fifty is five thousand records. The records that OpenSSL made prove it.
func ratchet(key *[32]byte) {
	var inner [sha256.BlockSize + len(labelRatchet) + 1]byte
	var outer [sha256.BlockSize + sha256.Size]byte
	copy(inner[:], key[:])
	copy(outer[:], key[:])
	for i := range sha256.BlockSize {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	copy(inner[sha256.BlockSize:], labelRatchet)
	inner[len(inner)-1] = 1 // the first block of HKDF's output is all that is wanted
	hash := sha256.Sum256(inner[:])
	copy(outer[sha256.BlockSize:], hash[:])
	*key = sha256.Sum256(outer[:])
	clear(inner[:])
	clear(outer[:])
	clear(hash[:])
}
