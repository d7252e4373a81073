package sframe

import "errors"

// MaxCounter is where a key ends: counters run from 0 to MaxCounter-1. At 100 frames a second that is 348 years. More
// would gain nobody anything, and less would come into sight of calls; the bound leaves the cipher's own far away.
const MaxCounter Counter = 1 << 40

var (
	// ErrExhausted says that a key has sealed all the frames it may. It is used no more; the sender needs a new one.
	ErrExhausted = errors.New("key is used up")
	// ErrAuthentic says that a frame was not sealed with this key and metadata, or was changed since.
	ErrAuthentic = errors.New("frame is not authentic")
	// ErrReplay says that a frame was opened before, or is too old to tell.
	ErrReplay = errors.New("frame was seen before")
	// ErrOtherKey says that a frame names another key.
	ErrOtherKey = errors.New("frame names another key")
)

// Sealer seals frames with one key, each with the next counter. It has one owner: it is not safe for several goroutines.
//
// The counter lives in memory only. Two Sealers of the same suite, KID and base key repeat nonces, which gives away the
// frames of both: whoever makes Sealers must not make a second one, not even after a restart.
type Sealer struct {
	key  *key
	next Counter
}

// NewSealer derives the key of (suite, kid, base). It returns [ErrKey] when base is empty. base is not kept.
func NewSealer(s Suite, kid KeyID, base []byte) (*Sealer, error) {
	k, err := newKey(s, kid, base)
	if err != nil {
		return nil, err
	}
	return &Sealer{key: k}, nil
}

// Seal encrypts plaintext, authenticates it together with metadata, and appends the frame to dst: at most [MaxHeader]
// plus the cipher's overhead longer than plaintext. Metadata is not part of the frame; the opener must know it.
// plaintext must not overlap dst's free space. Where dst has room, nothing is allocated.
//
// It returns nil and [ErrExhausted] when the counter has reached [MaxCounter]; dst is then unchanged.
func (s *Sealer) Seal(dst, metadata, plaintext []byte) ([]byte, error) {
	if s.next >= MaxCounter {
		return nil, ErrExhausted
	}
	counter := s.next
	s.next++ // before sealing: whatever happens there, this counter is spent
	return s.key.seal(dst, counter, metadata, plaintext), nil
}

// Opener opens the frames of one Sealer, each once. It has one owner: it is not safe for several goroutines.
type Opener struct {
	key  *key
	seen window
}

// NewOpener derives the key of (suite, kid, base). It returns [ErrKey] when base is empty. base is not kept. A new
// Opener knows nothing of an earlier one of the same key and would open its frames again.
func NewOpener(s Suite, kid KeyID, base []byte) (*Opener, error) {
	k, err := newKey(s, kid, base)
	if err != nil {
		return nil, err
	}
	return &Opener{key: k}, nil
}

// Open decrypts a frame, checks it together with metadata, and appends the plaintext to dst. Frames may arrive out of
// order within the last 1024 counters. frame must not overlap dst's free space. Where dst has room, nothing is
// allocated.
//
// It returns nil and [ErrMalformed], [ErrOtherKey], [ErrReplay] or [ErrAuthentic]; what dst holds is then unchanged, and
// the frame does not count as seen.
func (o *Opener) Open(dst, metadata, frame []byte) ([]byte, error) {
	h, n, err := ParseHeader(frame)
	if err != nil {
		return nil, err
	}
	if h.Counter >= MaxCounter { // no Sealer goes there; it keeps the window's arithmetic from overflowing
		return nil, ErrMalformed
	}
	if h.KID != o.key.kid {
		return nil, ErrOtherKey
	}
	if !o.seen.fresh(h.Counter) {
		return nil, ErrReplay
	}
	out, err := o.key.open(dst, h.Counter, n, metadata, frame)
	if err != nil {
		return nil, err
	}
	// Only now: a forged frame must not move the window.
	o.seen.mark(h.Counter)
	return out, nil
}
