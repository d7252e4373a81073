package media

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/relay/media/rewrite"
	"github.com/conclave-meet/conclave/shared/wire"
)

// bufferSize is room for one packet on its way out: what the reader takes in, a longer header, and the tag.
const bufferSize = maxPacket + 64

type buffer [bufferSize]byte

// feed is what a mapping of a slot is made of: packets of one layer in one codec.
type feed struct {
	layer *layer
	codec codec.Kind
}

// slot is one receive m-line of a client: an SSRC and that of its retransmissions, whoever is in it.
type slot struct {
	// constant
	s         *Session
	mid       string
	kind      wire.Kind
	ssrc, rtx uint32 // rtx 0: no retransmissions

	place place // guarded by Group.mu

	waiting atomic.Pointer[layer] // of which a key frame is needed; nil: none
	loss    lossy                 // of audio
	wishes  patience              // of video; owned by the session's reader

	mu      sync.Mutex
	from    *source               // guarded by mu, as all below; nil: nothing passes
	goal    target                // what is to be sent
	flow    feed                  // what is being sent; its layer is nil until a mapping began
	most    codec.Point           // how much of it was wanted when it was the goal
	filter  codec.Filter          // of flow
	stream  *rewrite.Stream[feed] // continuity
	srtp    *srtp.Context         // of this slot's SSRCs alone: nil until the first packet
	header  rtp.Header            // used again for each packet
	repairs repairs
	queued  int // packets in the session's queue
}

// place is what the group decides about a slot.
type place struct {
	held   wire.Source // what is in it; Member 0: nothing
	next   *source     // that is or will be attached for it
	why    wire.Why    // why nothing comes
	goal   target      // of next
	short  int         // the height that is wanted, where the best that comes is too small for it; 0: it is not
	layers []*layer    // whose subscriber it is: the goal's, and the one that flows until the goal's does
}

// target is what a slot is to send: a layer, and how much of it.
type target struct {
	layer *layer
	most  codec.Point
}

func newSlot(s *Session, d wire.Slot, ssrc, rtx uint32) *slot {
	sl := &slot{s: s, mid: d.Mid, kind: d.Kind, ssrc: ssrc, rtx: rtx}
	sl.place.why = wire.WhyNotWanted
	seq := uint16(rand.Uint32() & 0x7fff)
	sl.stream = rewrite.New[feed](d.Kind == wire.Audio, clock(d.Kind), seq, rand.Uint32())
	sl.repairs.seq = uint16(rand.Uint32() & 0x7fff) // below 2^15: RFC 3711, section 3.3.1
	return sl
}

// stateLocked is the slot as clients are told. The caller holds Group.mu.
func (sl *slot) stateLocked() wire.SlotState {
	return wire.SlotState{Mid: sl.mid, Source: sl.place.held, Why: sl.place.why}
}

// attach puts a source in. Its packets pass from the next start on.
func (sl *slot) attach(goal target) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.stopLocked()
	sl.from = goal.layer.src
	sl.aimLocked(goal)
}

// aim has another layer, or more or less of the same, take the place of what is sent. What is sent goes on until the
// other begins.
func (sl *slot) aim(goal target) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if sl.from == goal.layer.src {
		sl.aimLocked(goal)
	}
}

func (sl *slot) aimLocked(goal target) {
	if sl.goal.layer == sl.flow.layer {
		sl.most = sl.goal.most // stays so until the goal's layer begins
	}
	sl.goal = goal
	if l := sl.flow.layer; l != nil && goal.layer.index < l.index {
		sl.most.Temporal = 0 // on the way down everything spared counts
	}
	if goal.layer == sl.flow.layer {
		sl.stream.Switch(sl.flow)
	} else {
		sl.stream.Switch(feed{goal.layer, goal.layer.kind()})
	}
	sl.waitLocked()
}

// waitLocked finds out whether the goal needs a key frame: of another layer than that which flows, or of more of its
// spatial layers.
func (sl *slot) waitLocked() {
	var w *layer
	switch l := sl.goal.layer; {
	case sl.kind == wire.Audio || l == nil:
	case sl.stream.Waiting():
		w = l
	case uint32(sl.filter.At().Spatial) < min(uint32(sl.goal.most.Spatial), l.top.Load()):
		w = l
	}
	if sl.waiting.Load() != w {
		sl.waiting.Store(w)
	}
}

// detach empties the slot. Retransmissions of what went out go on.
func (sl *slot) detach() {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.stopLocked()
}

func (sl *slot) stopLocked() {
	sl.from, sl.flow, sl.goal = nil, feed{}, target{}
	sl.stream.Stop()
	sl.waitLocked()
}

// forget empties the slot of a source that ended, so that nothing keeps it in memory.
func (sl *slot) forget(src *source) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if sl.from == src {
		sl.stopLocked()
	}
	for _, l := range src.layers {
		for k := range codec.Kind(kinds) {
			sl.stream.Forget(feed{l, k})
		}
	}
}

// flowing is the layer that is being sent, nil for none.
func (sl *slot) flowing() *layer {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	return sl.flow.layer
}

// needsKey reports whether a key frame of the layer would be put to use.
func (sl *slot) needsKey(l *layer) bool { return sl.waiting.Load() == l && sl.s.keys.Load() != nil }

// shows is the layer that the receiver sees, or is to see when it sees none yet; nil for none.
func (sl *slot) shows() *layer {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if sl.flow.layer != nil && sl.from != nil {
		return sl.flow.layer
	}
	return sl.goal.layer
}
