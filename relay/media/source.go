package media

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/conclave-meet/conclave/relay/media/speaker"
	"github.com/conclave-meet/conclave/shared/wire"
)

// source is one stream that a member publishes, for the life of the session, whether or not it is being sent.
type source struct {
	// constant
	s      *Session
	id     wire.Source
	mid    string
	layers []*layer // lowest first; at least one

	// atomic
	on    atomic.Bool   // the member says that it is being sent
	meter speaker.Meter // levels since they were last looked at

	keys keyFrames

	hush hush // of audio; owned by the reader
}

// senderReport is what of the sender's last report goes back in ours (RFC 3550, section 6.4.1).
type senderReport struct {
	middle uint32 // of its NTP time
	at     time.Time
}

func newSource(s *Session, id wire.Source, d wire.Send) *source {
	src := &source{s: s, id: id, mid: d.Mid}
	if id.Stream.Kind() == wire.Video {
		for i, rid := range d.Rids[:min(len(d.Rids), maxLayers)] {
			src.layers = append(src.layers, newLayer(src, i, rid))
		}
	}
	if len(src.layers) == 0 {
		src.layers = append(src.layers, newLayer(src, 0, ""))
	}
	return src
}

// byRid finds the layer that a packet's rid names, nil for none. A source of one layer needs no rid.
func (src *source) byRid(rid []byte) *layer {
	if len(rid) == 0 && len(src.layers) == 1 {
		return src.layers[0]
	}
	i := slices.IndexFunc(src.layers, func(l *layer) bool { return l.rid == string(rid) })
	if i < 0 || len(rid) == 0 {
		return nil
	}
	return src.layers[i]
}

// hush finds the silence in an audio stream.
type hush struct {
	loud time.Time // when something was last to be heard
}

const (
	// hushTail is for how long silence is passed on, so that receivers fade out instead of guessing.
	hushTail = 200 * time.Millisecond
	// dtxSize is the largest opus packet that says "nothing to hear", in bytes (RFC 7587, section 3.1.3, and RFC 6716,
	// section 2.1.9: at most a table of contents and a byte).
	dtxSize = 2
	// voiceBit is set in the level where the sender took it for speech (RFC 6464, section 3). Chromium sets it always,
	// also with silence, as long as opus does not transmit discontinuously.
	voiceBit = 1 << 7
)

// silent reports whether a packet need not be passed on. level is -1 where the packet has none.
func (h *hush) silent(level int, size int, now time.Time) bool {
	quiet := level >= 0 && level&^voiceBit == speaker.Silence || size <= dtxSize
	if !quiet {
		h.loud = now
		return false
	}
	return now.Sub(h.loud) > hushTail
}

// jitter is the interarrival jitter of RFC 3550, section 6.4.1 and appendix A.8.
type jitter struct {
	at    time.Time // when the last packet came
	ts    uint32    // of it
	value float64   // in clock units
}

func (j *jitter) note(ts uint32, clock uint32, now time.Time) {
	if !j.at.IsZero() {
		d := now.Sub(j.at).Seconds()*float64(clock) - float64(int32(ts-j.ts))
		// What is off by seconds is a pause or a new beginning, and says nothing of the network.
		if d = max(d, -d); d < float64(2*clock) {
			j.value += (d - j.value) / 16
		}
	}
	j.at, j.ts = now, ts
}
