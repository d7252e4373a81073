package bot

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/conclave-meet/conclave/shared/wire"
)

const (
	// holdTime is how long a slot waits for what is missing. More would look like a freeze, less would leave no time for
	// a second request.
	holdTime = 400 * time.Millisecond
	// nackAfter is the patience with packets that overtook one another, nackEvery the time between two requests before
	// the round-trip time is known, as in libwebrtc.
	nackAfter, nackEvery = 10 * time.Millisecond, 100 * time.Millisecond
	// maxHeld is after how many packets a slot waits no longer: the network was gone.
	maxHeld = 400
)

// slot is one receive transceiver's past. It puts packets in order, has what is missing asked for, and looks at what the
// relay promises of a slot. All guarded by recorder.mu.
type slot struct {
	mid  string
	kind wire.Kind
	ssrc uint32

	started bool
	next    uint64 // number of the packet that is looked at next
	top     uint64 // highest number
	held    map[uint64]arrival
	holes   map[uint64]*hole
	gap     bool          // packets were lost before next
	trip    time.Duration // from a request to the packet, smoothed; 0: not known

	last   rtp.Header // of what was looked at
	source wire.Source
	video  video
	sealedSlot
}

// arrival is a packet that waits for earlier ones.
type arrival struct {
	p    *rtp.Packet
	at   time.Time // when the bot got to it
	came time.Time // when it came through the network
	late bool      // came after later ones
}

// hole is a packet that did not come yet.
type hole struct {
	since, asked time.Time
	times        int // it was asked for
}

// take puts a packet in its place, which came through the network at some time up to now. It reports whether the slot saw it
// for the first time.
func (x *slot) take(p *rtp.Packet, now, came time.Time) bool {
	if !x.started {
		x.started = true
		x.next = 1<<20 | uint64(p.SequenceNumber)
		x.top = x.next
		x.held, x.holes = map[uint64]arrival{}, map[uint64]*hole{}
		x.gap = true // nobody can tell whether others were lost before it
	}
	n := unwrap(x.top, p.SequenceNumber, 16)
	if _, twice := x.held[n]; twice || n < x.next {
		return false
	}
	if n > x.top+maxHeld {
		x.next, x.gap = n, true
		clear(x.holes)
	}
	for i := max(x.top+1, x.next); i < n; i++ {
		x.holes[i] = &hole{since: now}
	}
	late := n < x.top
	x.top = max(x.top, n)
	if h := x.holes[n]; h != nil && h.times == 1 {
		x.trip += (now.Sub(h.asked) - x.trip) / 4
	}
	delete(x.holes, n)
	x.held[n] = arrival{p: p, at: now, came: came, late: late}
	return true
}

// ready takes out the next packet in order, after giving up those that were waited for too long.
func (x *slot) ready(now time.Time) (a arrival, lost int, ok bool) {
	for x.started && x.next <= x.top {
		if a, ok = x.held[x.next]; ok {
			delete(x.held, x.next)
			x.next++
			return a, lost, true
		}
		if h := x.holes[x.next]; h != nil && now.Sub(h.since) < holdTime {
			return a, lost, false
		}
		delete(x.holes, x.next)
		x.next, x.gap = x.next+1, true
		lost++
	}
	clear(x.held) // what is below next after a jump
	return a, lost, false
}

// nack is what to ask the relay for again; nil for nothing.
func (x *slot) nack(now time.Time) rtcp.Packet {
	var list []uint16
	again := max(nackEvery, x.trip*3/2)
	for n, h := range x.holes {
		if now.Sub(h.since) >= nackAfter && now.Sub(h.asked) >= again {
			h.asked = now
			h.times++
			list = append(list, uint16(n))
		}
	}
	if list == nil {
		return nil
	}
	return &rtcp.TransportLayerNack{MediaSSRC: x.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(list)}
}
