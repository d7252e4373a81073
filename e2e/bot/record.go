package bot

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"github.com/conclave-meet/conclave/shared/wire"
)

// maxFaults bounds the list of violations.
const maxFaults = 100

// Record is what reached a bot of one source.
type Record struct {
	Packets, Frames, KeyFrames int
	Late                       int            // packets that came after later ones
	Marks                      map[uint32]int // packets by the mark of who made them
	First, Last                time.Time      // packets
	Slot                       string         // mid of the slot that the last one came in
	Named                      string         // mid of the slot that the relay said to be the source's; "": none
}

// recorder watches the slots. Packets of each slot come from one goroutine.
type recorder struct {
	mu     sync.Mutex // guards all
	by     map[wire.Source]*Record
	bound  map[string]wire.Source // what signalling says, by mid
	faults []string
}

func newRecorder() *recorder {
	return &recorder{by: map[wire.Source]*Record{}, bound: map[string]wire.Source{}}
}

func (r *recorder) sources() map[wire.Source]Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[wire.Source]Record, len(r.by))
	for s, x := range r.by {
		c := *x
		c.Marks = maps.Clone(x.Marks)
		for mid, bound := range r.bound {
			if bound == s {
				c.Named = mid
			}
		}
		out[s] = c
	}
	return out
}

func (r *recorder) faulty() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.faults)
}

func (r *recorder) bind(mid string, s wire.Source) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bound[mid] = s
}

// slot is one receive transceiver's past.
type slot struct {
	mid     string
	kind    wire.Kind
	started bool
	last    rtp.Header
	source  wire.Source
	picture uint16
}

// packet takes one packet of a slot.
func (r *recorder) packet(x *slot, p *rtp.Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fault := func(format string, args ...any) {
		if len(r.faults) < maxFaults {
			r.faults = append(r.faults, "slot "+x.mid+": "+fmt.Sprintf(format, args...))
		}
	}
	if len(p.CSRC) == 0 {
		fault("a packet without a source")
		return
	}
	src, ok := wire.SourceOf(p.CSRC[0])
	if !ok || src.Stream.Kind() != x.kind {
		fault("a packet of source %d", p.CSRC[0])
		return
	}
	rec := r.by[src]
	if rec == nil {
		rec = &Record{Marks: map[uint32]int{}, First: time.Now()}
		r.by[src] = rec
	}
	if step := p.SequenceNumber - x.last.SequenceNumber; x.started && step > 1<<15 {
		rec.Late++ // overtaken, or lost on the way to the relay and asked for again
		return
	}
	whole := r.sequence(x, &p.Header, fault)
	rec.Packets++
	rec.Last, rec.Slot = time.Now(), x.mid
	mark, stream, ok := readMark(p.Payload)
	switch {
	case !ok || stream != src.Stream:
		fault("a payload that no bot made, of %v", src)
	default:
		rec.Marks[mark]++
	}
	if x.kind == wire.Video {
		r.picture(x, rec, src, p, whole, fault)
	}
	x.started, x.source, x.last = true, src, p.Header
}

// sequence checks that the slot is one continuous stream. It reports whether nothing is missing before the packet.
func (r *recorder) sequence(x *slot, h *rtp.Header, fault func(string, ...any)) (whole bool) {
	if !x.started {
		return true
	}
	step := h.SequenceNumber - x.last.SequenceNumber
	switch {
	case h.SSRC != x.last.SSRC:
		fault("its SSRC changed")
	case step == 0:
		fault("sequence number %d twice", h.SequenceNumber)
	case int32(h.Timestamp-x.last.Timestamp) < 0:
		fault("timestamp %d after %d", h.Timestamp, x.last.Timestamp)
	}
	return step == 1
}

// picture checks the frames of a video slot.
func (r *recorder) picture(x *slot, rec *Record, src wire.Source, p *rtp.Packet, whole bool, fault func(string, ...any)) {
	var d codecs.VP8Packet
	frame, err := d.Unmarshal(p.Payload)
	if err != nil || d.I == 0 || len(frame) == 0 {
		fault("no VP8 with a picture id: %v", err)
		return
	}
	first := d.S == 1 && d.PID == 0
	key := first && frame[0]&1 == 0
	// Of a slot's very first packet nobody can tell whether others were lost before it.
	if x.started && src != x.source && whole && !key {
		fault("%v does not begin with a key frame", src)
	}
	if first {
		rec.Frames++
		if key {
			rec.KeyFrames++
		}
		if x.started && whole && d.PictureID != (x.picture+1)&0x7fff {
			fault("picture %d after %d", d.PictureID, x.picture)
		}
		if x.started && whole && p.Timestamp == x.last.Timestamp {
			fault("two frames with one timestamp")
		}
	} else if x.started && whole && (d.PictureID != x.picture || p.Timestamp != x.last.Timestamp) {
		fault("the rest of a frame with another picture id or timestamp")
	}
	x.picture = d.PictureID
}

// note adds a fault that no slot has.
func (r *recorder) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, what)
	}
}
