package bot

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/conclave-meet/conclave/shared/wire"
)

const (
	frameTime = 20 * time.Millisecond // of audio
	samples   = 960                   // at 48 kHz in frameTime
	// quietEvery is how many frames of silence make one packet, as with discontinuous transmission.
	quietEvery = 20
)

// studio is what the bot sends. Written by anybody, read by produce. Atomic.
type studio struct {
	cut   atomic.Bool
	quiet atomic.Bool                               // the person says nothing
	on    [len(wire.Streams)]atomic.Bool            // Transmit
	key   [len(wire.Streams)]atomic.Bool            // the next frame must be a key frame
	to    [len(wire.Streams)]atomic.Pointer[outlet] // where the packets go; nil: nowhere
	asked [len(wire.Streams)]atomic.Int64           // key frames that the relay asked for
}

// outlet is one stream's way into the present peer connection.
type outlet struct {
	track *webrtc.TrackLocalStaticRTP
	level uint8 // id of the audio-level extension; 0: none
}

func (s *studio) flow(st wire.Stream, on bool) {
	s.key[st].Store(true)
	s.on[st].Store(on)
}

// Hush makes the bot's person say nothing, or speak again. A bot speaks from the beginning.
func (b *Bot) Hush(quiet bool) { b.studio.quiet.Store(quiet) }

// KeyFramesAsked is how often the relay asked for a key frame of a stream.
func (b *Bot) KeyFramesAsked(s wire.Stream) int { return int(b.studio.asked[s].Load()) }

// line is the state of one stream that is being made.
type line struct {
	stream  wire.Stream
	seq     uint16
	ts      uint32
	count   uint32
	picture uint16
	tl0     uint8
}

// produce makes all streams, until the bot ends.
func (b *Bot) produce() {
	lines := make([]line, len(wire.Streams))
	for i := range lines {
		// Random beginnings, below 2^15: RFC 3711 wants no early wrap of the sequence number.
		lines[i] = line{stream: wire.Streams[i], seq: uint16(rand.Uint32() >> 17), ts: rand.Uint32(), picture: uint16(rand.Uint32() >> 17)}
	}
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
		// A ticker drops ticks on a busy machine; the media clock does not.
		for due := int(time.Since(start) / frameTime); made < due; made++ {
			last := made == due-1
			for i := range lines {
				l := &lines[i]
				if l.stream.Kind() == wire.Audio {
					l.ts += samples
					b.speak(l, made)
				} else if l.ts += samples * 90 / 48; made%every == 0 && last {
					b.film(l)
				}
			}
		}
	}
}

// speak sends one packet of sound.
func (b *Bot) speak(l *line, n int) {
	quiet := b.studio.quiet.Load()
	to := b.studio.to[l.stream].Load()
	if to == nil || !b.studio.on[l.stream].Load() || quiet && n%quietEvery != 0 {
		return
	}
	payload, level := voice, byte(20) // -20 dBov
	if quiet {
		payload, level = silence, 127
	}
	l.count++
	p := &rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: l.seq, Timestamp: l.ts},
		Payload: appendMark(append([]byte(nil), payload...), b.cfg.Mark, l.stream, l.count),
	}
	l.seq++
	if to.level != 0 {
		// RFC 6464: V bit and level.
		ext := level
		if !quiet {
			ext |= 0x80
		}
		_ = p.SetExtension(to.level, []byte{ext})
	}
	_ = to.track.WriteRTP(p)
}

// film sends one frame: a key frame in two packets, any other in one.
func (b *Bot) film(l *line) {
	to := b.studio.to[l.stream].Load()
	if to == nil || !b.studio.on[l.stream].Load() {
		return
	}
	l.picture = (l.picture + 1) & 0x7fff
	l.tl0++
	if b.studio.key[l.stream].Swap(false) {
		half := len(keyFrame) / 2
		b.packet(l, to, true, false, keyFrame[:half])
		b.packet(l, to, false, true, keyFrame[half:])
		return
	}
	b.packet(l, to, true, true, deltaFrame)
}

func (b *Bot) packet(l *line, to *outlet, first, last bool, part []byte) {
	l.count++
	_ = to.track.WriteRTP(&rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: l.seq, Timestamp: l.ts, Marker: last},
		Payload: appendMark(appendVP8(nil, first, l.picture, l.tl0, part), b.cfg.Mark, l.stream, l.count),
	})
	l.seq++
}
