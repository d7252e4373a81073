package e2ee

import (
	"io"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/channel"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
)

// ownKeys is our sender keys, those of the others, and the frames that go through them. The zero value has none: nothing
// is sealed or opened.
type ownKeys struct {
	rotation *senderkey.Rotation
	frames   Frames
	former   map[uint16][32]byte // identities that were up under an index and left
}

// begin makes the first key of member me, which nobody knows yet. We may have been another member before, and that one me.
func (k *ownKeys) begin(now time.Duration, me uint16, rand io.Reader) error {
	r, err := senderkey.NewRotation(now, rand)
	if err != nil {
		return err
	}
	if k.rotation != nil {
		if err := r.Follow(k.rotation); err != nil {
			return err
		}
		k.rotation.Wipe()
	}
	k.rotation, k.frames, k.former = r, Frames{}, nil
	key, _ := r.Current()
	return k.frames.SetSender(me, key)
}

// left notes whose an index was.
func (k *ownKeys) left(index uint16, id [32]byte) {
	if k.former == nil {
		k.former = map[uint16][32]byte{}
	}
	k.former[index] = id
}

// came begins the order of keys of an index anew when it is another's now.
func (k *ownKeys) came(index uint16, id [32]byte) {
	if was, known := k.former[index]; known && was != id {
		k.frames.Renew(index)
		delete(k.former, index)
	}
}

// peerDown cuts p off: the next key is not for it, and its frames are not opened any more.
func (k *ownKeys) peerDown(now time.Duration, index uint16) {
	k.rotation.PeerDown(now, index)
	k.frames.Forget(index)
}

// rotate does what is due with our keys: tells them to whom they are for, and seals with the newest.
func (s *Session) rotate() {
	s.keys.frames.Tick(s.now)
	for again := true; again; {
		change, err := s.keys.rotation.Tick(s.now)
		if err != nil { // no randomness: nothing goes out any more
			s.keys.frames.StopSending()
			return
		}
		again = false
		for _, g := range change.Gives {
			again = s.give(g) || again
		}
		if key, ok := s.keys.rotation.Current(); ok && change.Switched {
			if err := s.keys.frames.SetSender(s.me.Index, key); err != nil {
				s.keys.frames.StopSending()
			}
		}
		s.out.keyFrame = s.out.keyFrame || change.KeyFrame
	}
}

// give tells members a key of ours. A member that cannot be reached gets the present one when it can, and nobody waits
// for it; give then returns true: the rotation may go on at once.
func (s *Session) give(g senderkey.Give) (skipped bool) {
	for _, index := range g.To {
		p := s.peer(index)
		if p == nil {
			continue
		}
		body := channel.Keys{
			Generation: g.Key.Generation, Step: g.Key.Step, Base: g.Key.Base, Reason: uint8(g.Reason), Digest: s.digest(),
		}
		if !s.send(p, body) {
			p.keys.owed = true
			s.keys.rotation.Acked(s.now, index, g.Key.Generation)
			skipped = true
			continue
		}
		p.keys = owedKeys{unacked: true, sentAt: s.now, askAt: s.now + ackWithin, generation: g.Key.Generation}
		s.told(p)
	}
	return skipped
}

// receiveKeys takes a key of p's and says so.
func (s *Session) receiveKeys(p *peer, k channel.Keys) {
	s.heardDigest(p, k.Digest)
	key := senderkey.Key{Generation: k.Generation, Step: k.Step, Base: k.Base}
	if err := s.keys.frames.SetReceiver(s.now, p.Index, key); err != nil {
		return // no honest peer does that; its frames stay dark
	}
	if s.send(p, channel.KeysAck{Generation: k.Generation, Digest: s.digest()}) {
		s.told(p)
	}
}

func (s *Session) receiveAck(p *peer, a channel.KeysAck) {
	s.heardDigest(p, a.Digest)
	if p.keys.unacked && a.Generation == p.keys.generation {
		p.keys.unacked = false
	}
	s.keys.rotation.Acked(s.now, p.Index, a.Generation)
}

func (s *Session) keysDeadline(a *alarm) {
	if at, ok := s.keys.rotation.Deadline(); ok {
		a.add(at)
	}
	if at, ok := s.keys.frames.Deadline(); ok {
		a.add(at)
	}
}

// Seal appends the envelope of a frame of ours to dst; see [Frames.Seal]. It returns [ErrPaused] when nothing may go out.
// Whatever it returns with an error, the frame must be dropped.
func (s *Session) Seal(dst []byte, what Frame, frame []byte) ([]byte, error) {
	if !s.out.sending {
		return nil, ErrPaused
	}
	return s.keys.frames.Seal(dst, what, frame)
}

// Open appends the frame in an envelope to dst and tells who sent it; see [Frames.Open]. Only frames of members that are
// up are opened.
func (s *Session) Open(dst []byte, audio bool, envelope []byte) ([]byte, senderkey.ID, error) {
	return s.keys.frames.Open(dst, audio, envelope)
}
