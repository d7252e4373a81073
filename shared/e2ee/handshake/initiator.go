package handshake

import (
	"crypto/hmac"
	"io"

	"github.com/conclave-meet/conclave/shared/e2ee/cpace"
	"github.com/conclave-meet/conclave/shared/e2ee/cpace/x25519"
)

// Initiator is the joiner's side of one handshake. It has one owner: it is not safe for several goroutines.
type Initiator struct {
	pair  pair
	epoch uint8
	round *round
	dh    [IDSize]byte // secret
	own   cpace.Message
	state *cpace.State // secret; nil: over
}

// Initiate begins a handshake and returns it with its HS1. me is self as announced; peer must have the lower index. Each
// handshake has a fresh Y: an HS1 is sent once, to one peer. Initiate reads 32 bytes of rand, and the first one of a
// round 64 more. It returns [ErrRole], [ErrKey], [ErrPassphrase], or the error of rand.
func Initiate(rand io.Reader, room Room, self *Identity, me, peer Party) (*Initiator, []byte, error) {
	defer clear(room.PRS[:])
	if err := room.check(self, &me, &peer, true); err != nil {
		return nil, nil, err
	}
	round, err := self.begin(rand)
	if err != nil {
		return nil, nil, err
	}
	dh, err := x25519.Shared(&self.secret, &peer.ID)
	if err != nil {
		return nil, nil, ErrKey
	}
	p := newPair(&room, &me, &peer)
	state, y, err := cpace.Start(rand, room.PRS[:], p.ci, p.sid)
	if err != nil {
		clear(dh[:])
		return nil, nil, err
	}
	own := newMessage(y, room.Epoch, round.public)
	return &Initiator{p, room.Epoch, round, dh, own, state}, join(own, nil), nil
}

// Finish reads the peer's HS2. It returns tag_I, which HS3 begins with, and the keys of the channel, whose first record
// is the rest of HS3. Any error ends the handshake: [ErrTag], [ErrMalformed], [ErrSuite], [ErrEpoch] or [ErrKey]. The
// second call returns [ErrDone].
func (i *Initiator) Finish(hs2 []byte) (tag []byte, keys Keys, err error) {
	if i.state == nil {
		return nil, Keys{}, ErrDone
	}
	defer i.Drop()
	theirs, ct, tagR, err := decodeHS2(hs2, i.epoch)
	if err != nil {
		return nil, Keys{}, err
	}
	s := shared{dh: i.dh}
	defer s.wipe()
	if s.kem, err = i.round.key.Decapsulate(ct); err != nil {
		return nil, Keys{}, ErrMalformed
	}
	if s.isk, err = i.state.ISK(true, i.own, theirs); err != nil {
		return nil, Keys{}, ErrKey
	}
	th := i.pair.transcript(i.own, theirs)
	k, err := s.derive(th)
	if err != nil {
		return nil, Keys{}, err
	}
	defer k.wipe()
	wantR, tagI := k.tags(th)
	if !hmac.Equal(wantR, tagR) {
		return nil, Keys{}, ErrTag
	}
	return tagI, Keys{Send: k.toR, Receive: k.toI, Transcript: th}, nil
}

// Drop ends a handshake that is given up and wipes its secrets. After Finish it does nothing.
func (i *Initiator) Drop() {
	if i.state != nil {
		i.state.Wipe()
	}
	i.state, i.round = nil, nil
	clear(i.dh[:])
}
