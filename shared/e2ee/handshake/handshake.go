package handshake

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/conclave-meet/conclave/shared/e2ee/cpace"
	"github.com/conclave-meet/conclave/shared/e2ee/lv"
)

var (
	// ErrMalformed says that a message is none of its kind and version.
	ErrMalformed = errors.New("malformed handshake message")
	// ErrSuite says that the peer has no cipher suite of ours, or chose one that was not offered.
	ErrSuite = errors.New("no cipher suite in common")
	// ErrPassphrase says that the room has no passphrase: PRS is zero. The relay knows that one too.
	ErrPassphrase = errors.New("no passphrase")
	// ErrEpoch says that the peer counts another number of passphrase changes; [Epoch] tells which.
	ErrEpoch = errors.New("other passphrase epoch")
	// ErrKey says that a public key is one that no honest peer has: of low order, not in its only form, or our own.
	ErrKey = errors.New("bad public key")
	// ErrRole says that a handshake goes the wrong way: the higher index begins.
	ErrRole = errors.New("handshake from the lower index")
	// ErrTag says that the peer has another passphrase, realm or room, or that somebody changed a message. Which of
	// them it was cannot be told.
	ErrTag = errors.New("other passphrase")
	// ErrDone says that a handshake was finished, well or badly, before.
	ErrDone = errors.New("handshake is over")
)

const (
	// Version is the version of announcements and handshakes.
	Version = 1
	// Suite is the one cipher suite of frames that there is: sframe.ChaCha20Poly1305.
	Suite = 0xF001
	// IDSize is the size of an identity (an X25519 public key), in bytes.
	IDSize = 32
	// NonceSize is the size of a member's nonce, in bytes.
	NonceSize = 16
	// TagSize is the size of tag_I, in bytes: what HS3 begins with.
	TagSize = sha256.Size
)

// Labels (e2ee.md, 17).
const (
	labelContext    = "Conclave E2EE v1"
	labelSession    = "Conclave E2EE v1 sid"
	labelTranscript = "Conclave E2EE v1 hs"
	labelKey        = "Conclave E2EE v1 " // and which key
)

// Room is what both sides must know alike. It holds a secret: PRS.
type Room struct {
	Realm string   // host name of the site, as this side sees it
	Name  string   // canonical name of the room
	Epoch uint8    // how often the passphrase was changed during the call
	PRS   [32]byte // what Argon2id made of the passphrase
}

// Party is one side, as the relay announces it. Nothing of it is true before the handshake has ended well.
type Party struct {
	Index uint16 // member index, given by the relay
	ID    [IDSize]byte
	Nonce [NonceSize]byte
}

func (p Party) encode() []byte {
	return lv.Cat(binary.BigEndian.AppendUint16(nil, p.Index), p.ID[:], p.Nonce[:])
}

// Keys is what a handshake is for: the keys of a channel with one peer. Send and Receive are secret.
type Keys struct {
	Send       [32]byte // of our first record
	Receive    [32]byte // of the peer's first record
	Transcript [32]byte // th: the same on both sides and in no other handshake
}

// Wipe overwrites the keys.
func (k *Keys) Wipe() { *k = Keys{} }

// pair is what both sides know before the first message.
type pair struct {
	ci, sid []byte
}

func newPair(room *Room, initiator, responder *Party) pair {
	sid := sha256.Sum256(lv.Cat([]byte(labelSession), initiator.Nonce[:], responder.Nonce[:]))
	return pair{
		ci:  lv.Cat([]byte(labelContext), []byte(room.Realm), []byte(room.Name), initiator.encode(), responder.encode()),
		sid: sid[:],
	}
}

// transcript returns th. I and R are what the two sides sent, without the tags.
func (p pair) transcript(i, r cpace.Message) [32]byte {
	return sha256.Sum256(lv.Cat([]byte(labelTranscript), p.ci, p.sid, i.Y, i.AD, r.Y, r.AD))
}

// check refuses what no honest relay announces, and what is missing here. initiator tells whether me begins.
func (r *Room) check(self *Identity, me, peer *Party, initiator bool) error {
	switch {
	case r.PRS == [32]byte{}:
		return ErrPassphrase
	case me.Index == peer.Index, initiator != (me.Index > peer.Index):
		return ErrRole
	case me.ID == [IDSize]byte{}: // self was wiped; zero is nobody's key
		return ErrKey
	case me.ID != self.Public(), peer.ID == me.ID, !canonical(peer.ID):
		return ErrKey
	}
	return nil
}

// canonical tells whether id is below 2^255-19. X25519 takes other numbers too, as second spellings of the same key (RFC
// 7748, section 5): one peer would have two identities.
func canonical(id [IDSize]byte) bool {
	if last := id[IDSize-1]; last != 0x7F {
		return last < 0x7F
	}
	for _, b := range id[1 : IDSize-1] {
		if b != 0xFF {
			return true
		}
	}
	return id[0] < 0xED
}
