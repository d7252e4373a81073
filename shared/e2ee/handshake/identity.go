package handshake

import (
	"crypto/mlkem"
	"io"

	"github.com/conclave-meet/conclave/shared/e2ee/cpace/x25519"
)

// Identity is a member's secret keys of one session. A reload makes another member with another identity. It has one
// owner: it is not safe for several goroutines.
type Identity struct {
	secret [IDSize]byte
	public [IDSize]byte
	round  *round // nil unless we are joining

	// encapsulate makes a secret and the ciphertext that hides it from all but the owner of ek. Vectors need one without
	// chance; everybody else has the standard library's.
	encapsulate func(ek *mlkem.EncapsulationKey768) (secret, ct []byte)
}

// round is the key that a joiner lets the others hide secrets with.
type round struct {
	key    *mlkem.DecapsulationKey768
	public []byte // ek
}

// NewIdentity makes an identity of 32 bytes of rand, whose error it passes on. (Its ML-KEM key is made with the first
// [Initiate]: who only answers needs none.)
func NewIdentity(rand io.Reader) (*Identity, error) {
	id := &Identity{encapsulate: (*mlkem.EncapsulationKey768).Encapsulate}
	if _, err := io.ReadFull(rand, id.secret[:]); err != nil {
		return nil, err
	}
	id.public = x25519.Public(&id.secret)
	return id, nil
}

// Public returns the X25519 public key: what the relay announces and the security code is made of.
func (id *Identity) Public() [IDSize]byte { return id.public }

// EndRound forgets the ML-KEM key. Call it when everybody who was there at the join has answered or is given up; a
// later [Initiate] makes another. Handshakes that are under way keep theirs.
func (id *Identity) EndRound() { id.round = nil }

// Wipe ends the identity, with the session. No handshake begins with it afterwards.
func (id *Identity) Wipe() { *id = Identity{} }

// begin returns the ML-KEM key of the round, which it makes of 64 bytes of rand if there is none.
func (id *Identity) begin(rand io.Reader) (*round, error) {
	if id.round != nil {
		return id.round, nil
	}
	var seed [mlkem.SeedSize]byte
	defer clear(seed[:])
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return nil, err
	}
	key, err := mlkem.NewDecapsulationKey768(seed[:])
	if err != nil {
		return nil, err
	}
	id.round = &round{key, key.EncapsulationKey().Bytes()}
	return id.round, nil
}
