// Package cpace is CPace (draft-irtf-cfrg-cpace-21): two sides that know the same low-entropy secret find a strong key
// that nobody else can know. Who listens learns nothing about the secret. Who takes the part of one side can test one
// guess per exchange, and no guess afterwards.
//
// It is the cipher suite CPACE-X25519-SHA512 with the transcript of an initiator and a responder:
//
//	g   = a point of Curve25519 that PRS, CI and sid decide
//	Y   = y · g                          each side has a scalar y of its own and sends Y, and AD beside it
//	K   = y · the other side's Y
//	ISK = SHA-512(lv_cat("CPace255_ISK", sid, K) || lv_cat(Yi, ADi) || lv_cat(Yr, ADr))
//
// PRS is the secret, CI says who talks to whom, sid is fresh in each exchange, AD is what a side wants to be sure that the
// other one got. Both sides get the same ISK if all of these were the same to both; CPace does not tell whether they were.
// Only messages of confirmation do (package handshake).
//
// The published test vectors prove it, among them the points that must be refused.
package cpace

import (
	"crypto/sha512"
	"errors"
	"io"

	"github.com/conclave-meet/conclave/shared/e2ee/cpace/x25519"
	"github.com/conclave-meet/conclave/shared/e2ee/lv"
)

// Domain separation identifiers of the suite: the draft's G.DSI and G.DSI_ISK.
const (
	labelGenerator = "CPace255"
	labelKey       = "CPace255_ISK"
)

// blockSize is the input block of SHA-512 in bytes (the draft's H.s_in_bytes).
const blockSize = sha512.BlockSize

// Sizes in bytes.
const (
	PointSize = x25519.Size // of Y
	KeySize   = sha512.Size // of ISK
)

var (
	// ErrLowOrder says that the other side's Y gives the same K, zero, whatever the scalar is. It is an attack, and the
	// draft wants the exchange to end.
	ErrLowOrder = x25519.ErrLowOrder
	// ErrMalformed says that a Y is not 32 bytes long.
	ErrMalformed = errors.New("malformed CPace message")
	// ErrUsed says that a State has given its key: scalars must not be used again (the draft, "Nonce values").
	ErrUsed = errors.New("this CPace scalar was used before")
)

// State is one side of an exchange between its two steps: the scalar. It belongs to one goroutine at a time.
type State struct {
	scalar [x25519.Size]byte
	sid    []byte
	used   bool
}

// Message is what a side sends: its Y, 32 bytes, and its associated data, of any length.
type Message struct{ Y, AD []byte }

// Start begins an exchange and returns this side's Y. It reads 32 bytes of rand and passes its errors on. It keeps none of
// its arguments.
func Start(rand io.Reader, prs, ci, sid []byte) (*State, [PointSize]byte, error) {
	s := &State{sid: append([]byte(nil), sid...)}
	if _, err := io.ReadFull(rand, s.scalar[:]); err != nil {
		return nil, [PointSize]byte{}, err
	}
	g := generator(prs, ci, sid)
	y, err := x25519.Shared(&s.scalar, &g)
	clear(g[:])
	if err != nil { // which takes a preimage of SHA-512
		return nil, [PointSize]byte{}, err
	}
	return s, y, nil
}

// ISK ends the exchange: own is what this side sent, with the Y of Start; peer is what it got. The initiator is the one
// whose message comes first in the transcript; exactly one side must say that it is. Whatever it returns, the scalar is
// wiped, and later calls return ErrUsed. It returns ErrLowOrder or ErrMalformed for a Y that is no point to go on with;
// the exchange has then ended.
func (s *State) ISK(initiator bool, own, peer Message) ([KeySize]byte, error) {
	if s.used {
		return [KeySize]byte{}, ErrUsed
	}
	defer s.Wipe()
	if len(own.Y) != PointSize || len(peer.Y) != PointSize {
		return [KeySize]byte{}, ErrMalformed
	}
	k, err := x25519.Shared(&s.scalar, (*[PointSize]byte)(peer.Y))
	if err != nil {
		return [KeySize]byte{}, err
	}
	first, second := peer, own
	if initiator {
		first, second = own, peer
	}
	secret := lv.Cat([]byte(labelKey), s.sid, k[:])
	defer clear(secret)
	clear(k[:])
	h := sha512.New()
	h.Write(secret)
	h.Write(lv.Cat(first.Y, first.AD))
	h.Write(lv.Cat(second.Y, second.AD))
	return [KeySize]byte(h.Sum(nil)), nil
}

// Wipe ends an exchange that is given up: ISK returns ErrUsed from then on. Nothing is left to do after ISK.
func (s *State) Wipe() {
	s.used = true
	clear(s.scalar[:])
}

// generatorString is what g is hashed from (the draft's function generator_string):
//
//	lv_cat("CPace255", PRS, zeros, CI, sid)
//
// with as many zeros as fill the first input block of the hash. So the time that hashing takes says nothing about the
// secret's length, and no block holds parts of the secret beside values that an attacker chooses.
func generatorString(prs, ci, sid []byte) []byte {
	head := lv.Cat([]byte(labelGenerator), prs)
	padding := make([]byte, max(0, blockSize-1-len(head))) // 1 for its own length
	return lv.Append(head, padding, ci, sid)
}

// generator returns the point g of an exchange, which is a secret: who knows it can test guesses (the draft's function
// calculate_generator).
func generator(prs, ci, sid []byte) [PointSize]byte {
	text := generatorString(prs, ci, sid)
	defer clear(text)
	hash := sha512.Sum512(text)
	return mapToCurve((*[PointSize]byte)(hash[:PointSize]))
}
