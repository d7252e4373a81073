package estimate

import (
	"sync/atomic"
	"time"
)

// Packets that are remembered, powers of two: 8 bytes each. The history grows until it reaches back over remembered, the
// longest round trip and interval of reports that still say something: a meeting takes the least, a gigabit the most.
const (
	leastHistory = 512
	mostHistory  = 1 << 14
	remembered   = 500 * time.Millisecond
)

// History is what was sent to one receiver lately. Sent may be called by many goroutines at once; the rest is for the
// Estimator's owner. Nothing in it blocks.
type History struct {
	start time.Time // constant

	next    atomic.Uint64 // number of the next packet; its lower 16 bits go with it
	cluster atomic.Uint32 // of a probe being sent, 0: none
	ring    atomic.Pointer[ring]
}

// ring holds the last packets, each in the place of its number modulo the length.
type ring []atomic.Uint64

// An entry of the ring, from the highest bit: 42 bits of time since start in units of 8 µs, 11 bits of size, 4 bits of
// cluster, 7 bits of lap.
const (
	timeUnit    = 8 * time.Microsecond
	timeShift   = 22
	sizeShift   = 11
	sizeMask    = 1<<11 - 1
	clusterMask = 1<<4 - 1
	lapBits     = 7
	lapMask     = 1<<lapBits - 1
)

// NewHistory makes an empty history. now is not after any packet's time.
func NewHistory(now time.Time) *History {
	h := &History{start: now}
	r := make(ring, leastHistory)
	h.ring.Store(&r)
	return h
}

// Sent notes a packet of size bytes (as counted on the IP layer, at most 2,047) and returns its transport-wide sequence
// number. now need not be exact to more than a millisecond.
func (h *History) Sent(now time.Time, size int) uint16 {
	n := h.next.Add(1) - 1
	at := uint64(max(now.Sub(h.start), 0) / timeUnit)
	r := h.ring.Load()
	e := at<<timeShift | uint64(min(size, sizeMask))<<sizeShift | uint64(h.cluster.Load()&clusterMask)<<lapBits | r.lap(n)
	x := &(*r)[n%uint64(len(*r))]
	was := x.Load()
	x.Store(e)
	if was != 0 && at-was>>timeShift < uint64(remembered/timeUnit) && len(*r) < mostHistory {
		h.grow(r)
	}
	return uint16(n)
}

// grow doubles the ring. What is sent meanwhile may be forgotten.
func (h *History) grow(r *ring) {
	long := make(ring, 2*len(*r))
	next := h.next.Load()
	for n := next - min(next, uint64(len(*r))); n < next; n++ {
		if e := (*r)[n%uint64(len(*r))].Load(); e&lapMask == r.lap(n) {
			long[n%uint64(len(long))].Store(e&^lapMask | long.lap(n))
		}
	}
	h.ring.CompareAndSwap(r, &long)
}

// size is how many packets are remembered at present.
func (h *History) size() int { return len(*h.ring.Load()) }

// lap tells the packets that share a place in the ring.
func (r *ring) lap(n uint64) uint64 { return (n/uint64(len(*r)) + 1) & lapMask }

// packet is an entry of the history.
type packet struct {
	n       uint64
	at      time.Duration // since the history's start
	size    int           // bytes
	cluster uint8
}

// get is packet n. ok is false when it was not sent or is forgotten.
func (h *History) get(n uint64) (p packet, ok bool) {
	r := h.ring.Load()
	e := (*r)[n%uint64(len(*r))].Load()
	if next := h.next.Load(); n >= next || next-n > uint64(len(*r)) || e&lapMask != r.lap(n) {
		return p, false
	}
	return packet{
		n: n, at: time.Duration(e>>timeShift) * timeUnit,
		size: int(e >> sizeShift & sizeMask), cluster: uint8(e >> lapBits & clusterMask),
	}, true
}

// find is the last packet that was sent with number seq.
func (h *History) find(seq uint16) (p packet, ok bool) {
	last := h.next.Load() - 1
	back := uint64(uint16(last) - seq)
	if back > last {
		return p, false
	}
	return h.get(last - back)
}
