package media

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"github.com/conclave-meet/conclave/relay/media/layers"
	"github.com/conclave-meet/conclave/relay/media/red"
	"github.com/conclave-meet/conclave/shared/wire"
)

// Loss from which on audio is sent with what came before it, in 1/256 (RFC 3550, section 6.4.1). It costs as much again,
// which helps nobody as long as opus's own repair is enough.
const (
	redFrom  = 13               // over 5 %
	redUntil = 5                // below 2 %
	redCalm  = 10 * time.Second // for so long
)

const (
	// redDepth is how many earlier packets go along. Two carry over a burst of two; a third would come 60 ms late.
	redDepth = 2
	// redLimit bounds the payload, in bytes, so that audio stays far below what a network takes in one packet.
	redLimit = 1000
)

// lossy follows the loss that a receiver reports of its audio.
type lossy struct {
	on    atomic.Bool
	since time.Time // when loss was last too high to stop; owned by the receiver's reader
	from  uint64    // number from which on all that goes along is of the source in the slot; guarded by slot.mu
}

// report takes the loss since the last report. down is what the receiver's downlink can take: where a limit was met, audio
// is not repeated when that would be the cause of the loss which it is to repair. It may take a quarter of the downlink
// before, and half of it once it is repeated.
func (l *lossy) report(fraction uint8, down layers.Budget, now time.Time) {
	most := down.Rate / 4
	if l.on.Load() {
		most = down.Rate / 2
	}
	switch {
	case down.Proven && down.Audio > most:
		l.on.Store(false)
	case fraction >= redFrom:
		l.since = now
		l.on.Store(true)
	case fraction > redUntil:
		l.since = now
	case l.on.Load() && now.Sub(l.since) >= redCalm:
		l.on.Store(false)
	}
}

// noteLoss takes a receiver's reports on its slots.
func (s *Session) noteLoss(slots map[uint32]*slot, reports []rtcp.ReceptionReport, now time.Time) {
	for _, r := range reports {
		if sl := slots[r.SSRC]; sl != nil && sl.kind == wire.Audio && sl.ssrc == r.SSRC && s.terms.red.PT != 0 {
			sl.loss.report(r.FractionLost, s.budget(), now)
		}
	}
}

// past is what a reader keeps of the packets before the one that it handles.
type past struct {
	room   [redDepth][red.MaxLength]byte
	blocks [redDepth]red.Block
}

// recall finds the packets before p, when one of its receivers needs them, oldest first.
func (r *reader) recall(p *inbound, subs []*slot) {
	for _, sl := range subs {
		if sl.loss.on.Load() {
			p.earlier = r.past.of(p)
			return
		}
	}
}

func (x *past) of(p *inbound) []red.Block {
	n := 0
	for back := uint64(redDepth); back > 0; back-- {
		old, ok := p.layer.ring.Get(p.in.Seq-back, x.room[n][:])
		if ok && len(old.Payload) > 0 {
			x.blocks[n] = red.Block{Offset: p.in.TS - old.TS, Payload: old.Payload}
			n++
		}
	}
	return x.blocks[:n]
}

// redundantLocked reports whether p goes out with what came before it.
func (sl *slot) redundantLocked(p *inbound) bool {
	return len(p.earlier) > 0 && p.in.Seq >= sl.loss.from && sl.loss.on.Load()
}
