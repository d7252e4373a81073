package bot

import (
	"slices"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/wire"
)

// shot is where a frame of video stands in its stream.
type shot struct {
	step
	picture uint16
	tl0     uint8
	key     bool
}

// outlet is where a layer is to be sent, nil for nowhere. What would go out in clear from an encrypted room goes nowhere.
func (b *Bot) outlet(st wire.Stream, layer int) *outlet {
	to := b.studio.sends(st, layer)
	if to != nil && !to.cover.on && b.sealer.Load() != nil {
		return nil
	}
	return to
}

// codecOf is what a stream is sent in clear as.
func codecOf(s wire.Stream) envelope.Codec {
	if s.Kind() == wire.Audio {
		return envelope.Opus
	}
	return envelope.VP8
}

// frameOf is a whole frame of video: what a decoder reads, as much more as its packets would carry. There is room for a mark.
func frameOf(data []byte, parts []int) []byte {
	size := 0
	for _, n := range parts {
		size += n
	}
	frame := make([]byte, size, size+markLen)
	copy(frame, data)
	return frame
}

// speakSealed sends one frame of sound.
func (b *Bot) speakSealed(l *line, to *outlet, sound []byte, level byte) {
	sealed, err := b.sealed(l, to, e2ee.Frame{Codec: envelope.Opus}, slices.Clone(sound), mark{})
	if err == nil {
		b.ship(l, to, false, envelope.Opus, sealed, level)
	}
}

// filmSealed sends one frame of video. One that cannot be sealed now is as if it had not been made: a key frame follows.
func (b *Bot) filmSealed(l *line, to *outlet, s shot, frame []byte, m mark) {
	f := &b.studio.feeds[l.stream][l.index]
	codec := b.studio.codec(l.stream)
	if !to.takes(codec) {
		codec = envelope.VP8
	}
	if codec != l.codec && !s.key {
		f.key.Store(true) // another codec's decoder begins with one
		return
	}
	l.codec = codec
	sealed, err := b.sealed(l, to, e2ee.Frame{Codec: codec, Key: s.key}, frame, m)
	if err != nil {
		f.key.Store(true)
		return
	}
	if s.key {
		f.keys.Add(1)
	}
	list := descriptor{picture: s.picture, tl0: s.tl0, tid: s.tid, sync: s.sync}.packets(codec, s.key, sealed)
	for i, payload := range list {
		b.ship(l, to, i == len(list)-1, codec, payload, 0)
	}
}

// sealed is the envelope of a frame with its mark. It takes the frame.
func (b *Bot) sealed(l *line, to *outlet, what e2ee.Frame, frame []byte, m mark) ([]byte, error) {
	l.count++
	m.who, m.stream, m.layer, m.count = b.cfg.Mark, l.stream, uint8(l.index), l.count
	what.Stream = senderkey.Stream(l.stream)
	return to.cover.seal(what, m.append(frame))
}
