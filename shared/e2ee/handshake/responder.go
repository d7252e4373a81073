package handshake

import (
	"crypto/hmac"
	"io"

	"github.com/conclave-meet/conclave/shared/e2ee/cpace"
	"github.com/conclave-meet/conclave/shared/e2ee/cpace/x25519"
)

// Responder is the answering side of one handshake, from HS2 to HS3. It has one owner: it is not safe for several
// goroutines.
type Responder struct {
	keys Keys
	tag  []byte // tag_I as it must come; nil: over
}

// Respond answers HS1 and returns the handshake with its HS2. me is self as announced; peer is the sender of HS1 and must
// have the higher index. It reads 32 bytes of rand; ML-KEM takes its own from the system. It returns [ErrMalformed],
// [ErrSuite], [ErrEpoch], [ErrRole], [ErrKey], [ErrPassphrase], or the error of rand: nothing is to be answered then.
//
// An HS2 lets its receiver test one passphrase, whoever it is: count them (e2ee.md, 6).
func Respond(rand io.Reader, room Room, self *Identity, me, peer Party, hs1 []byte) (*Responder, []byte, error) {
	defer clear(room.PRS[:])
	if err := room.check(self, &me, &peer, false); err != nil {
		return nil, nil, err
	}
	theirs, ek, err := decodeHS1(hs1, room.Epoch)
	if err != nil {
		return nil, nil, err
	}
	var s shared
	defer s.wipe()
	if s.dh, err = x25519.Shared(&self.secret, &peer.ID); err != nil {
		return nil, nil, ErrKey
	}
	p := newPair(&room, &peer, &me)
	state, y, err := cpace.Start(rand, room.PRS[:], p.ci, p.sid)
	if err != nil {
		return nil, nil, err
	}
	var ct []byte
	s.kem, ct = self.encapsulate(ek)
	own := newMessage(y, room.Epoch, ct)
	if s.isk, err = state.ISK(false, own, theirs); err != nil {
		return nil, nil, ErrKey
	}
	th := p.transcript(theirs, own)
	k, err := s.derive(th)
	if err != nil {
		return nil, nil, err
	}
	defer k.wipe()
	tagR, tagI := k.tags(th)
	return &Responder{Keys{Send: k.toI, Receive: k.toR, Transcript: th}, tagI}, join(own, tagR), nil
}

// Finish reads tag_I, the first [TagSize] bytes of HS3, and returns the keys of the channel; the rest of HS3 is the
// peer's first record. Any error ends the handshake: [ErrTag], or [ErrMalformed] for another size. The second call
// returns [ErrDone].
func (r *Responder) Finish(tag []byte) (Keys, error) {
	if r.tag == nil {
		return Keys{}, ErrDone
	}
	defer r.Drop()
	if len(tag) != TagSize {
		return Keys{}, ErrMalformed
	}
	if !hmac.Equal(r.tag, tag) {
		return Keys{}, ErrTag
	}
	return r.keys, nil
}

// Drop ends a handshake that is given up and wipes its secrets. After Finish it does nothing.
func (r *Responder) Drop() {
	clear(r.tag)
	r.tag = nil
	r.keys.Wipe()
}
