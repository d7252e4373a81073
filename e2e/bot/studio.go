package bot

import (
	"slices"
	"sync/atomic"

	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/wire"
)

// studio is what the bot sends. Written by anybody, read by produce. Atomic.
type studio struct {
	quiet  atomic.Bool                      // the person says nothing
	on     [len(wire.Streams)]atomic.Bool   // Transmit, by stream
	wanted [len(wire.Streams)]atomic.Uint32 // layers that the relay has somebody for, one bit each
	codecs [len(wire.Streams)]atomic.Uint32 // envelope.Codec that the relay asks for where frames are sealed; 0: VP8
	feeds  [len(wire.Streams)][wire.MaxRids]feed
}

// feed is one layer of one stream.
type feed struct {
	to  atomic.Pointer[outlet] // where the packets go; nil: nowhere
	key atomic.Bool            // the next frame must be a key frame

	// counters since the start
	packets, bytes, keys atomic.Int64 // sent; retransmissions are not in them
	keysAsked            atomic.Int64 // key frames that the relay asked for
	missed, again        atomic.Int64 // packets that it asked for again, and those of them that were sent
}

// Sent is what a bot sent of one layer of a stream since its start.
type Sent struct {
	Packets, Bytes, KeyFrames int // without retransmissions; bytes of RTP payload
	KeyFramesAsked            int // by the relay
	Missed, Again             int // packets that the relay asked for again, and those of them that were sent again
}

// allLayers is what is sent of a stream until the relay has said something else.
const allLayers = 1<<wire.MaxRids - 1

func (s *studio) flow(st wire.Stream, on bool) {
	s.needKeys(st)
	s.on[st].Store(on)
}

func (s *studio) needKeys(st wire.Stream) {
	for i := range s.feeds[st] {
		s.feeds[st][i].key.Store(true)
	}
}

// begin is the state of a new peer connection.
func (s *studio) begin() {
	for _, st := range wire.Streams {
		s.wanted[st].Store(allLayers)
	}
}

// end takes the present peer connection away.
func (s *studio) end() {
	for _, st := range wire.Streams {
		for i := range s.feeds[st] {
			s.feeds[st][i].to.Store(nil)
		}
	}
}

// encode obeys the relay. A layer that is named again begins with a key frame.
func (s *studio) encode(e wire.Encoding, offered []envelope.Codec) {
	var layers uint32
	for _, l := range e.Layers {
		if l < wire.MaxRids {
			layers |= 1 << l
		}
	}
	if c := codecNames[e.Codec]; slices.Contains(offered, c) {
		s.codecs[e.Stream].Store(uint32(c))
		if scalable(c) && layers != 0 {
			layers = 1 // of one stream, in which a bot has one layer
		}
	}
	before := s.wanted[e.Stream].Swap(layers)
	for i := range s.feeds[e.Stream] {
		if layers&^before>>i&1 != 0 {
			s.feeds[e.Stream][i].key.Store(true)
		}
	}
}

// codec is what a stream of video is to be sealed as.
func (s *studio) codec(st wire.Stream) envelope.Codec {
	return max(envelope.VP8, envelope.Codec(s.codecs[st].Load()))
}

// sends reports whether a layer is to be sent, and where to.
func (s *studio) sends(st wire.Stream, layer int) *outlet {
	if !s.on[st].Load() || s.wanted[st].Load()>>layer&1 == 0 {
		return nil
	}
	return s.feeds[st][layer].to.Load()
}

// Hush makes the bot's person say nothing, or speak again. A bot speaks from the beginning.
func (b *Bot) Hush(quiet bool) { b.studio.quiet.Store(quiet) }

// Sent is what was sent of a stream, by layer, lowest first.
func (b *Bot) Sent(s wire.Stream) []Sent {
	list := make([]Sent, len(layers(s)))
	for i := range list {
		f := &b.studio.feeds[s][i]
		list[i] = Sent{
			Packets: int(f.packets.Load()), Bytes: int(f.bytes.Load()), KeyFrames: int(f.keys.Load()),
			KeyFramesAsked: int(f.keysAsked.Load()), Missed: int(f.missed.Load()), Again: int(f.again.Load()),
		}
	}
	return list
}

// KeyFramesAsked is how often the relay asked for a key frame of a stream, of any layer.
func (b *Bot) KeyFramesAsked(s wire.Stream) (n int) {
	for _, x := range b.Sent(s) {
		n += x.KeyFramesAsked
	}
	return n
}
