package e2ee

import (
	"errors"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

var (
	// ErrNoKey says that nothing is sealed, or that there is no key that a frame names.
	ErrNoKey = senderkey.ErrNoKey
	// ErrFull says that there are keys of as many members as there may be.
	ErrFull = senderkey.ErrFull
	// ErrOrder says that a member told a key that its own keys cannot be followed by.
	ErrOrder = senderkey.ErrOrder
	// ErrKind says that a frame of sound came as video, or the other way round.
	ErrKind = errors.New("wrong kind of media")
	// ErrKeyReused says that a sender was given a key that is not after the one before: its counters would start again.
	ErrKeyReused = errors.New("sender key was used before")
)

// MaxOverhead is how many bytes longer than its frame an envelope is at most. (A usual one is 20 to 23 bytes longer.)
const MaxOverhead = envelope.MaxOverhead + sframe.MaxHeader + 16

// Frames seals a member's own frames and opens those of the others. The zero value holds no keys. It has one owner: it
// is not safe for several goroutines. Sealing and opening allocate nothing once each key has been used. Times are
// durations since the start of the session.
type Frames struct {
	own      own
	others   senderkey.Ring
	metadata []byte // scratch of the frame at hand
}

// own is what our frames are sealed with.
type own struct {
	index   uint16
	key     senderkey.Key                     // the last there was
	was     bool                              // there was one
	on      bool                              // it is in use
	sealers [senderkey.Streams]*sframe.Sealer // nil until the stream's first frame
}

// Frame describes a frame of an encoder.
type Frame struct {
	Stream senderkey.Stream
	Codec  envelope.Codec
	Key    bool // it is a key frame; only AV1 needs to be told
}

// SetSender makes key the one of all streams of our own, from the next frame on; index is our member index. key is of
// this session, as [senderkey.Rotation] made it (e2ee.md, 4.3). The present key again changes nothing. It returns
// [ErrKeyReused] for any other that is not after the last, and for a step that no KID can name; the streams then keep
// their key.
func (f *Frames) SetSender(index uint16, key senderkey.Key) error {
	o := &f.own
	if o.on && index == o.index && key == o.key {
		return nil
	}
	if _, ok := key.ID(index, 0).KID(); !ok || o.was && !key.After(o.key) {
		return ErrKeyReused
	}
	*o = own{index: index, key: key, was: true, on: true}
	return nil
}

// StopSending drops the key of our own. Only a later one can be set after it.
func (f *Frames) StopSending() {
	last := senderkey.Key{Generation: f.own.key.Generation, Step: f.own.key.Step}
	f.own = own{key: last, was: f.own.was}
}

// SetReceiver makes key the newest of the member index, which is up; see [senderkey.Ring.Set] for what it returns.
func (f *Frames) SetReceiver(now time.Duration, index uint16, key senderkey.Key) error {
	return f.others.Set(now, index, key)
}

// Forget drops all keys of a member that is not up any more.
func (f *Frames) Forget(index uint16) { f.others.Drop(index) }

// Renew says that another member has the index from now on; see [senderkey.Ring.Renew].
func (f *Frames) Renew(index uint16) { f.others.Renew(index) }

// Wipe ends it: all keys are forgotten. Only a later key of our own can be set after it.
func (f *Frames) Wipe() {
	f.StopSending()
	f.others.Wipe()
}

// Tick says what time it is, so that old keys end. It costs nothing where none does.
func (f *Frames) Tick(now time.Duration) { f.others.Tick(now) }

// Deadline returns when Tick is due. That may be at once after a frame was opened: the first one of a key ends older
// keys a while later. It reports false when nothing is going to end.
func (f *Frames) Deadline() (time.Duration, bool) { return f.others.Deadline() }

// Seal appends the envelope of a frame to dst, at most [MaxOverhead] bytes longer than frame. frame must not overlap
// dst's free space. It returns nil and [ErrNoKey], [envelope.ErrCodec], [envelope.ErrMalformed], [ErrKind] or
// [sframe.ErrExhausted]; the frame must then be dropped.
func (f *Frames) Seal(dst []byte, what Frame, frame []byte) ([]byte, error) {
	if !f.own.on || what.Stream >= senderkey.Streams {
		return nil, ErrNoKey
	}
	head, body, err := envelope.Split(what.Codec, what.Key, frame)
	if err != nil {
		return nil, err
	}
	if what.Stream.Audio() != what.Codec.Audio() {
		return nil, ErrKind
	}
	s, err := f.own.sealer(what.Stream)
	if err != nil {
		return nil, err
	}
	f.metadata = head.AppendMetadata(f.metadata[:0])
	out, err := s.Seal(head.AppendClear(dst), f.metadata, body)
	if err != nil {
		return nil, err
	}
	return head.AppendTrailer(out), nil
}

// sealer returns the only one there ever is for a stream and a key.
func (o *own) sealer(stream senderkey.Stream) (*sframe.Sealer, error) {
	if s := o.sealers[stream]; s != nil {
		return s, nil
	}
	kid, ok := o.key.ID(o.index, stream).KID()
	if !ok {
		return nil, ErrNoKey
	}
	s, err := sframe.NewSealer(sframe.ChaCha20Poly1305(), kid, o.key.Base[:])
	o.sealers[stream] = s
	return s, err
}

// parse reads what is in the clear of an envelope.
func parse(sealed []byte) (envelope.Head, []byte, senderkey.ID, error) {
	head, body, err := envelope.Parse(sealed)
	if err != nil {
		return head, nil, senderkey.ID{}, err
	}
	h, _, err := sframe.ParseHeader(body)
	if err != nil {
		return head, nil, senderkey.ID{}, err
	}
	id, ok := senderkey.Parse(h.KID)
	if !ok { // an identifier that no member can have
		return head, nil, senderkey.ID{}, ErrNoKey
	}
	return head, body, id, nil
}

// Claimed returns who an envelope says that it is from. Nothing is proved by that: it is for dropping what is not wanted
// from there, before a key is worked with. It returns [envelope.ErrMalformed], [sframe.ErrMalformed] or [ErrNoKey].
func Claimed(sealed []byte) (senderkey.ID, error) {
	_, _, id, err := parse(sealed)
	return id, err
}

// Open appends the frame in an envelope to dst and tells who sent it, which is the only truth about that: signalling may
// lie. audio is the kind of the transceiver that the envelope came from. sealed must not overlap dst's free space.
//
// It returns nil and [envelope.ErrMalformed], [sframe.ErrMalformed], [ErrKind], [ErrNoKey], [sframe.ErrReplay] or
// [sframe.ErrAuthentic]; the frame must then be dropped, never passed on.
func (f *Frames) Open(dst []byte, audio bool, sealed []byte) ([]byte, senderkey.ID, error) {
	head, body, id, err := parse(sealed)
	if err != nil {
		return nil, senderkey.ID{}, err
	}
	if id.Stream.Audio() != audio {
		return nil, senderkey.ID{}, ErrKind
	}
	f.metadata = head.AppendMetadata(f.metadata[:0])
	out, err := f.others.Open(head.AppendFrame(dst), id, f.metadata, body)
	if err != nil {
		return nil, senderkey.ID{}, err
	}
	if len(out) == len(dst) { // no encoder makes an empty frame, and no decoder gets one
		return nil, senderkey.ID{}, envelope.ErrMalformed
	}
	return out, id, nil
}
