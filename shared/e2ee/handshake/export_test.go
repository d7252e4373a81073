package handshake

import "crypto/mlkem"

// Encapsulation replaces the standard library's, which is random, for handshakes that id answers from now on.
func (id *Identity) Encapsulation(f func(ek *mlkem.EncapsulationKey768) (secret, ct []byte)) {
	id.encapsulate = f
}

// Clone returns the same handshake once more, so that one HS1 can be finished with many HS2. Programs must not: each
// would let the peer try a passphrase on the same Y.
func (i *Initiator) Clone() *Initiator {
	c, state := *i, *i.state
	c.state = &state
	return &c
}

// Clone returns the same handshake once more.
func (r *Responder) Clone() *Responder {
	c := *r
	c.tag = append([]byte(nil), r.tag...)
	return &c
}

// Secrets returns what the handshake keeps until HS2.
func (i *Initiator) Secrets() []byte { return i.dh[:] }

// Secrets returns what the handshake keeps until HS3.
func (r *Responder) Secrets() []byte {
	return append(append(append([]byte(nil), r.tag...), r.keys.Send[:]...), r.keys.Receive[:]...)
}

// Secret returns the secret scalar.
func (id *Identity) Secret() []byte { return id.secret[:] }

// HasRound tells whether there is an ML-KEM key.
func (id *Identity) HasRound() bool { return id.round != nil }

// Claim makes id announce a key that it does not own.
func (id *Identity) Claim(public [IDSize]byte) { id.public = public }
