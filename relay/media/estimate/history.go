package estimate

import (
	"sync/atomic"
	"time"
)

// historySize is how many packets are remembered: a power of two. It bounds rate × (round trip + interval of reports):
// 2,048 packets are a second of 20 Mbit/s. More would cost 8 bytes each and session.
const historySize = 2048

// History is what was sent to one receiver lately. Sent may be called by many goroutines at once; the rest is for the
// Estimator's owner. Nothing in it blocks.
type History struct {
	start time.Time // constant

	next    atomic.Uint64 // number of the next packet; its lower 16 bits go with it
	cluster atomic.Uint32 // of a probe being sent, 0: none
	ring    [historySize]atomic.Uint64
}

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
func NewHistory(now time.Time) *History { return &History{start: now} }

// Sent notes a packet of size bytes (as counted on the IP layer, at most 2,047) and returns its transport-wide sequence
// number. now need not be exact to more than a millisecond.
func (h *History) Sent(now time.Time, size int) uint16 {
	n := h.next.Add(1) - 1
	at := uint64(max(now.Sub(h.start), 0) / timeUnit)
	e := at<<timeShift | uint64(min(size, sizeMask))<<sizeShift | uint64(h.cluster.Load()&clusterMask)<<lapBits | lap(n)
	h.ring[n%historySize].Store(e)
	return uint16(n)
}

// lap tells the packets that share a place in the ring.
func lap(n uint64) uint64 { return (n/historySize + 1) & lapMask }

// packet is an entry of the history.
type packet struct {
	n       uint64
	at      time.Duration // since the history's start
	size    int           // bytes
	cluster uint8
}

// get is packet n. ok is false when it was not sent or is forgotten.
func (h *History) get(n uint64) (p packet, ok bool) {
	e := h.ring[n%historySize].Load()
	if next := h.next.Load(); n >= next || next-n > historySize || e&lapMask != lap(n) {
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
