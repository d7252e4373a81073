package bot

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/conclave-meet/conclave/shared/wire"
)

// maxFaults bounds the list of violations.
const maxFaults = 100

// Record is what reached a bot of one source.
type Record struct {
	Packets, Bytes int            // of RTP payload, without padding
	Late           int            // packets that came after later ones
	Lost           int            // packets that never came, in slots that held the source
	Opaque         int            // packets of sealed frames that could not be opened; they count nowhere else
	Marks          map[uint32]int // packets by the mark of who made them
	First, Last    time.Time      // packets
	Slot           string         // mid of the slot that the last one came in
	Named          string         // mid of the slot that the relay said to be the source's; "": none
	Paused         bool           // the relay said that nothing of it comes, to save bandwidth
	Layers         [wire.MaxRids]Traffic
	Picture
}

// Traffic is one layer of a source. Frames are those that could be decoded.
type Traffic struct{ Packets, Bytes, Frames int }

// Picture is what a person would see of a source.
type Picture struct {
	Frames, KeyFrames int    // that began
	Decoded           int    // that a browser would have shown
	Layer             int    // of the last frame
	Height            int    // of the last key frame
	Codec             string // of the last frame that was opened, as in signalling; "": none was sealed
	// Frozen is the time without a picture, in pauses of more than half a second: between two pictures of a source that
	// had its slot all the time and was not paused, and up to now. A pause of the sender's own is not in it. Freezes
	// counts them.
	Freezes int
	Frozen  time.Duration
}

// recorder watches the slots.
type recorder struct {
	// constant after newRecorder
	mixed bool                                  // not everybody is a bot
	tap   func(from wire.Source, sealed []byte) // E2EE.Tap

	mu     sync.Mutex // guards all that follows, and the slots
	by     map[wire.Source]*Record
	bound  map[string]wire.SlotState // what signalling says, by mid
	slots  map[*slot]*webrtc.PeerConnection
	pads   int // packets without content
	faults []string
}

func newRecorder(cfg *Config) *recorder {
	return &recorder{mixed: cfg.Mixed, tap: cfg.E2EE.Tap, by: map[wire.Source]*Record{}, bound: map[string]wire.SlotState{}, slots: map[*slot]*webrtc.PeerConnection{}}
}

// sources are the records as of now.
func (r *recorder) sources(now time.Time) map[wire.Source]Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[wire.Source]Record, len(r.by))
	for s, x := range r.by {
		c := *x
		c.Marks = maps.Clone(x.Marks)
		for mid, b := range r.bound {
			if b.Source == s {
				c.Named, c.Paused = mid, b.Why == wire.WhyBandwidth
			}
		}
		out[s] = c
	}
	for x := range r.slots {
		c, ok := out[x.source]
		pause := now.Sub(x.video.shown)
		if ok && !x.video.shown.IsZero() && c.Named == x.mid && pause > freezeTime {
			c.Freezes++
			c.Frozen += pause
			out[x.source] = c
		}
	}
	return out
}

func (r *recorder) faulty() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.faults)
}

// bind notes what is in a slot from now on. What it showed before is no picture of that.
func (r *recorder) bind(b wire.SlotState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bound[b.Mid] == b {
		return
	}
	r.bound[b.Mid] = b
	for x := range r.slots {
		if x.mid == b.Mid {
			x.video.shown = time.Time{}
		}
	}
}

// begin is the state of a new peer connection.
func (r *recorder) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.bound)
}

// open begins to watch a slot, shut ends it.
func (r *recorder) open(x *slot, pc *webrtc.PeerConnection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slots[x] = pc
}

func (r *recorder) shut(x *slot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.slots, x)
}

// packet takes a packet of a slot, which came through the network at some time up to now: patience begins now, but what a
// person sees is measured by when it came. It reports whether others are missing.
func (r *recorder) packet(x *slot, p *rtp.Packet, now, came time.Time) (holes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x.take(p, now, came)
	r.workLocked(x, now)
	return len(x.holes) > 0
}

// wait looks at what can be looked at without the packets that are missing.
func (r *recorder) wait(x *slot, now time.Time) (holes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.workLocked(x, now)
	return len(x.holes) > 0
}

func (r *recorder) workLocked(x *slot, now time.Time) {
	for {
		a, lost, ok := x.ready(now)
		if rec := r.by[x.source]; rec != nil {
			rec.Lost += lost
		}
		if !ok {
			return
		}
		r.look(x, a)
	}
}

// look looks at a slot's next packet, in order.
func (r *recorder) look(x *slot, a arrival) {
	p, whole := a.p, !x.gap
	x.gap = false
	if step := int32(p.Timestamp - x.last.Timestamp); whole && step < 0 {
		r.fault(x, "timestamp %d after %d", p.Timestamp, x.last.Timestamp)
	}
	x.last = p.Header
	if len(p.Payload) == 0 {
		// It may stand for a packet that came too late to be of use, of a frame whose picture id nobody has then.
		r.pads++
		x.gap = true
		return
	}
	if len(p.CSRC) == 0 {
		r.fault(x, "a packet without a source")
		return
	}
	src, ok := wire.SourceOf(p.CSRC[0])
	if !ok || src.Stream.Kind() != x.kind {
		r.fault(x, "a packet of source %d", p.CSRC[0])
		return
	}
	if x.cover.on {
		r.opaque(x, a, src, whole)
		x.source = src
		return
	}
	m, ok := readMark(p.Payload)
	if foreign := !ok && r.mixed; !foreign && (!ok || m.stream != src.Stream) {
		r.fault(x, "a payload that no bot made, of %v", src)
		return
	}
	rec := r.record(src, a.came)
	rec.Packets++
	rec.Bytes += len(p.Payload)
	if ok {
		rec.Marks[m.who]++
	}
	rec.Last, rec.Slot = a.came, x.mid
	if a.late {
		rec.Late++
	}
	l := &rec.Layers[m.layer%wire.MaxRids]
	l.Packets++
	l.Bytes += len(p.Payload)
	switch {
	case x.kind == wire.Video && ok:
		r.video(x, a, rec, src, m, whole)
	case x.kind == wire.Video:
		r.foreign(x, a, rec, src, whole)
	}
	x.source = src
}

func (r *recorder) record(src wire.Source, at time.Time) *Record {
	rec := r.by[src]
	if rec == nil {
		rec = &Record{Marks: map[uint32]int{}, First: at}
		r.by[src] = rec
	}
	return rec
}

// repair asks the relay for what is missing: packets, and key frames.
func (r *recorder) repair(now time.Time) {
	for pc, list := range r.wishes(now) {
		_ = pc.WriteRTCP(list) // it may have ended
	}
}

func (r *recorder) wishes(now time.Time) map[*webrtc.PeerConnection][]rtcp.Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[*webrtc.PeerConnection][]rtcp.Packet{}
	for x, pc := range r.slots {
		if len(x.holes) > 0 {
			if p := x.nack(now); p != nil {
				out[pc] = append(out[pc], p)
			}
		}
		if x.video.needsKey(now) {
			out[pc] = append(out[pc], &rtcp.PictureLossIndication{MediaSSRC: x.ssrc})
		}
	}
	return out
}

func (r *recorder) fault(x *slot, format string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, "slot "+x.mid+": "+fmt.Sprintf(format, args...))
	}
}

// note adds a fault that no slot has.
func (r *recorder) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, what)
	}
}
