package bot

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"

	"github.com/conclave-meet/conclave/e2e/bot/flat"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/wire"
)

const (
	frameTime = 20 * time.Millisecond // of audio
	samples   = 960                   // at 48 kHz in frameTime
	// quietEvery is how many frames of silence make one packet, as with discontinuous transmission.
	quietEvery = 20
	// maxPart is how many bytes of a frame one packet carries. The largest key frame fits: a mark in the middle of what
	// a decoder reads would garble it.
	maxPart = 1176
	// keyTimes is how much larger a key frame is than the mean frame, where Config.Rate says how large that is.
	keyTimes = 4
)

// line is the state of one layer of one stream that is being made. It goes on through all peer connections.
type line struct {
	stream  wire.Stream
	index   int // of the layer
	layer   layer
	seq     uint16
	ts      uint32
	count   uint32
	picture uint16
	tl0     uint8
	frame   uint32
	at      int    // in pattern
	last    uint32 // what a decoder has
	golden  uint32
	codec   envelope.Codec // of the last sealed frame
}

// newLines begins at random, below 2^15: RFC 3711 wants no early wrap of the sequence number.
func newLines() (lines []*line) {
	for _, s := range wire.Streams {
		for i, x := range layers(s) {
			lines = append(lines, &line{
				stream: s, index: i, layer: x,
				seq: uint16(rand.Uint32() >> 17), ts: rand.Uint32(), picture: uint16(rand.Uint32() >> 17), tl0: uint8(rand.Uint32()),
			})
		}
	}
	return lines
}

// produce makes all streams, until the bot ends.
func (b *Bot) produce() {
	lines := newLines()
	every := max(1, int(time.Second/frameTime)/b.cfg.FPS)
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	start, made := time.Now(), 0
	for {
		select {
		case <-tick.C:
		case <-b.ctx.Done():
			return
		}
		// A ticker drops ticks on a busy machine; the media clock does not. Frames that are overdue become one.
		shoot := false
		for due := int(time.Since(start) / frameTime); made < due; made++ {
			shoot = shoot || made%every == 0
			for _, l := range lines {
				if l.stream.Kind() == wire.Audio {
					l.ts += samples
					b.speak(l, made)
				} else {
					l.ts += samples * 90 / 48
				}
			}
		}
		for _, l := range lines {
			if shoot && l.stream.Kind() == wire.Video {
				b.film(l)
			}
		}
	}
}

// speak sends one packet of sound.
func (b *Bot) speak(l *line, n int) {
	quiet := b.studio.quiet.Load()
	to := b.outlet(l.stream, 0)
	if to == nil || quiet && n%quietEvery != 0 {
		return
	}
	const voiced = 0x80                      // RFC 6464: the V bit
	payload, level := voice, byte(voiced|20) // -20 dBov
	if quiet {
		payload, level = silence, 127
	}
	if to.cover.on {
		b.speakSealed(l, to, payload, level)
		return
	}
	b.packet(l, to, false, append([]byte(nil), payload...), mark{}, level)
}

// film sends one frame: a key frame in two packets or more, any other in as many as Config.Rate makes it.
func (b *Bot) film(l *line) {
	f := &b.studio.feeds[l.stream][l.index]
	to := b.outlet(l.stream, l.index)
	if to == nil || l.index > 0 && !to.layered() {
		return
	}
	kind, now := l.next(f.key.Swap(false))
	m := mark{frame: l.frame, ref: l.keep(kind)}
	data := image(l.layer, kind)
	parts := b.parts(l, kind, len(data))
	if to.cover.on {
		b.filmSealed(l, to, shot{now, l.picture, l.tl0, kind == flat.Key}, frameOf(data, parts), m)
		return
	}
	if kind == flat.Key {
		f.keys.Add(1)
	}
	for i, size := range parts {
		part := make([]byte, size)
		if i == 0 {
			copy(part, data)
		}
		d := descriptor{start: i == 0, picture: l.picture, tl0: l.tl0, tid: now.tid, sync: now.sync}
		b.packet(l, to, i == len(parts)-1, append(d.append(make([]byte, 0, size+markLen+6)), part...), m, 0)
	}
}

// next goes one step further in the pattern.
func (l *line) next(key bool) (flat.Kind, step) {
	if key {
		l.at = 0
	}
	now := pattern[l.at]
	l.at = (l.at + 1) % len(pattern)
	l.picture = (l.picture + 1) & 0x7fff
	if now.tid == 0 {
		l.tl0++
	}
	l.frame++
	if key {
		return flat.Key, now
	}
	return now.kind, now
}

// keep does to last and golden what a decoder does, and returns which frame this one is made from.
func (l *line) keep(k flat.Kind) (ref uint32) {
	ref = l.last
	switch k {
	case flat.Key:
		l.last, l.golden, ref = l.frame, l.frame, 0
	case flat.Base:
		l.last = l.frame
	case flat.Side:
		l.golden = l.frame
	case flat.Second:
		ref = l.golden
	case flat.Leaf:
	}
	return ref
}

// parts are the sizes of a frame's packets. All of what a decoder reads is in the first.
func (b *Bot) parts(l *line, k flat.Kind, data int) []int {
	size := int(float64(b.cfg.Rate) * l.layer.share / 8 / float64(b.cfg.FPS))
	if k == flat.Key {
		size = max(size*keyTimes, data+1)
	}
	list := []int{max(data, min(size, maxPart))}
	for size -= list[0]; size > 0; size -= maxPart {
		list = append(list, min(size, maxPart))
	}
	return list
}

// packet marks a payload and sends it.
func (b *Bot) packet(l *line, to *outlet, last bool, payload []byte, m mark, level byte) {
	l.count++
	m.who, m.stream, m.layer, m.count = b.cfg.Mark, l.stream, uint8(l.index), l.count
	b.ship(l, to, last, codecOf(l.stream), m.append(payload), level)
}

// ship sends a payload as the next packet of a line.
func (b *Bot) ship(l *line, to *outlet, last bool, codec envelope.Codec, payload []byte, level byte) {
	f := &b.studio.feeds[l.stream][l.index]
	f.packets.Add(1)
	f.bytes.Add(int64(len(payload)))
	to.send(rtp.Header{SequenceNumber: l.seq, Timestamp: l.ts, Marker: last}, codec, payload, level)
	l.seq++
}
