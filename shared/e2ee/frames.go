package e2ee

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

var (
	// ErrNoKey says that there is no key for a stream, or none that a frame names.
	ErrNoKey = errors.New("no key")
	// ErrID says that a key identifier does not fit its fields.
	ErrID = errors.New("bad key identifier")
	// ErrKind says that a frame of sound came as video, or the other way round.
	ErrKind = errors.New("wrong kind of media")
	// ErrKeyReused says that a sender was given a key that it had before: its counter would start again.
	ErrKeyReused = errors.New("sender key was used before")
	// ErrFull says that there are as many keys as there may be.
	ErrFull = errors.New("too many keys")
)

// BaseKeySize is the size of base keys, in bytes.
const BaseKeySize = 32

// MaxOverhead is how many bytes longer than its frame an envelope is at most. (A usual one is 20 to 23 bytes longer.)
const MaxOverhead = envelope.MaxOverhead + sframe.MaxHeader + 16

const (
	// maxReceivers is how many keys of others are held. A room of 100 with 4 streams each needs 400, and twice that while
	// keys change; less could refuse a member, more would let a flood of keys take memory (about 500 bytes each).
	maxReceivers = 4096
	// maxSenders is how many keys of our own may follow each other. With four streams and a new key per minute that is
	// 68 hours; more would cost memory (32 bytes each), less would end long calls of many who come and go.
	maxSenders = 1 << 14
)

// Frames seals a member's own frames and opens those of the others. The zero value holds no keys. It has one owner: it
// is not safe for several goroutines. Sealing and opening allocate nothing once each key has been used.
type Frames struct {
	senders   [senderkey.Streams]*sframe.Sealer
	used      map[fingerprint]struct{} // every sender key there ever was
	receivers map[sframe.KeyID]receiver
	metadata  []byte // scratch of the frame at hand
}

// receiver opens the frames of one key. Which one it is decides whether a repeated key keeps its replay window.
type receiver struct {
	opener *sframe.Opener
	key    fingerprint
}

// fingerprint tells keys apart without keeping them: SHA-256 of KID and base key.
type fingerprint [sha256.Size]byte

func fingerprintOf(kid sframe.KeyID, base []byte) fingerprint {
	return sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, uint64(kid)), base...))
}

// Frame describes a frame of an encoder.
type Frame struct {
	Stream senderkey.Stream
	Codec  envelope.Codec
	Key    bool // it is a key frame; only AV1 needs to be told
}

// SetSender makes base the key of the stream that id names, from the next frame on. base is [BaseKeySize] bytes long,
// random and of this session (e2ee.md, 4.3); it is not kept. It returns [ErrID], [sframe.ErrKey], [ErrKeyReused] or
// [ErrFull]; the stream then keeps its key.
func (f *Frames) SetSender(id senderkey.ID, base []byte) error {
	kid, err := check(id, base)
	if err != nil {
		return err
	}
	fp := fingerprintOf(kid, base)
	if _, again := f.used[fp]; again {
		return ErrKeyReused
	}
	if len(f.used) >= maxSenders {
		return ErrFull
	}
	s, err := sframe.NewSealer(sframe.ChaCha20Poly1305(), kid, base)
	if err != nil {
		return err
	}
	if f.used == nil {
		f.used = map[fingerprint]struct{}{}
	}
	f.used[fp] = struct{}{}
	f.senders[id.Stream] = s
	return nil
}

// SetReceiver makes base the key of the frames that name id; [BaseKeySize] bytes, not kept. The same key again changes
// nothing: what was opened is not opened twice. It returns [ErrID], [sframe.ErrKey] or [ErrFull].
func (f *Frames) SetReceiver(id senderkey.ID, base []byte) error {
	kid, err := check(id, base)
	if err != nil {
		return err
	}
	fp := fingerprintOf(kid, base)
	old, known := f.receivers[kid]
	if known && old.key == fp {
		return nil
	}
	if !known && len(f.receivers) >= maxReceivers {
		return ErrFull
	}
	o, err := sframe.NewOpener(sframe.ChaCha20Poly1305(), kid, base)
	if err != nil {
		return err
	}
	if f.receivers == nil {
		f.receivers = map[sframe.KeyID]receiver{}
	}
	f.receivers[kid] = receiver{o, fp}
	return nil
}

// check returns the identifier of a key that may be used.
func check(id senderkey.ID, base []byte) (sframe.KeyID, error) {
	kid, ok := id.KID()
	if !ok {
		return 0, ErrID
	}
	if len(base) != BaseKeySize {
		return 0, sframe.ErrKey
	}
	return kid, nil
}

// StopSending drops the key of a stream of our own. A stream there is not counts as dropped.
func (f *Frames) StopSending(s senderkey.Stream) {
	if int(s) < len(f.senders) {
		f.senders[s] = nil
	}
}

// Forget drops the key of the frames that name id. Whoever sets it again opens its old frames again.
func (f *Frames) Forget(id senderkey.ID) {
	if kid, ok := id.KID(); ok {
		delete(f.receivers, kid)
	}
}

// ForgetMember drops all keys of a member that left.
func (f *Frames) ForgetMember(index uint16) {
	for kid := range f.receivers {
		if id, ok := senderkey.Parse(kid); ok && id.Index == index {
			delete(f.receivers, kid)
		}
	}
}

// Seal appends the envelope of a frame to dst, at most [MaxOverhead] bytes longer than frame. frame must not overlap
// dst's free space. It returns nil and [ErrKind], [ErrNoKey], [envelope.ErrCodec], [envelope.ErrMalformed] or
// [sframe.ErrExhausted]; the frame must then be dropped.
func (f *Frames) Seal(dst []byte, what Frame, frame []byte) ([]byte, error) {
	if int(what.Stream) >= len(f.senders) || f.senders[what.Stream] == nil {
		return nil, ErrNoKey
	}
	head, body, err := envelope.Split(what.Codec, what.Key, frame)
	if err != nil {
		return nil, err
	}
	if what.Stream.Audio() != what.Codec.Audio() {
		return nil, ErrKind
	}
	f.metadata = head.AppendMetadata(f.metadata[:0])
	out, err := f.senders[what.Stream].Seal(head.AppendClear(dst), f.metadata, body)
	if err != nil {
		return nil, err
	}
	return head.AppendTrailer(out), nil
}

// Open appends the frame in an envelope to dst and tells who sent it, which is the only truth about that: signalling may
// lie. audio is the kind of the transceiver that the envelope came from. sealed must not overlap dst's free space.
//
// It returns nil and [envelope.ErrMalformed], [sframe.ErrMalformed], [ErrKind], [ErrNoKey], [sframe.ErrReplay] or
// [sframe.ErrAuthentic]; the frame must then be dropped, never passed on.
func (f *Frames) Open(dst []byte, audio bool, sealed []byte) ([]byte, senderkey.ID, error) {
	head, body, err := envelope.Parse(sealed)
	if err != nil {
		return nil, senderkey.ID{}, err
	}
	h, _, err := sframe.ParseHeader(body)
	if err != nil {
		return nil, senderkey.ID{}, err
	}
	id, ok := senderkey.Parse(h.KID)
	if !ok { // an identifier that no member can have
		return nil, senderkey.ID{}, ErrNoKey
	}
	if id.Stream.Audio() != audio {
		return nil, senderkey.ID{}, ErrKind
	}
	r, ok := f.receivers[h.KID] // one key is tried, whatever happens (e2ee.md, 4.5)
	if !ok {
		return nil, senderkey.ID{}, ErrNoKey
	}
	f.metadata = head.AppendMetadata(f.metadata[:0])
	out, err := r.opener.Open(head.AppendFrame(dst), f.metadata, body)
	if err != nil {
		return nil, senderkey.ID{}, err
	}
	if len(out) == len(dst) { // no encoder makes an empty frame, and no decoder gets one
		return nil, senderkey.ID{}, envelope.ErrMalformed
	}
	return out, id, nil
}
