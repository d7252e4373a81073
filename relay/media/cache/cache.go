// Package cache keeps the recent packets of one source, for retransmission to whoever receives it.
package cache

import "sync"

// Packets kept per source. More would answer later requests, at 1.2 kB a packet; fewer would not reach over a round
// trip of half a second at 2 Mbit/s.
const (
	Video = 512
	Audio = 200
)

// Packet is a packet as its sender sent it, without padding.
type Packet struct {
	Seq     uint64 // extended sequence number (gaps.Tracker)
	TS      uint32
	Marker  bool
	Payload []byte
}

// Ring holds the last packets. All its methods may be called by anybody at any time.
type Ring struct {
	size int // constant after New

	mu      sync.Mutex
	packets []Packet // guarded by mu; nil until the first Put and after Free
	freed   bool     // guarded by mu
}

// New makes a ring for size packets. It takes memory only as packets come.
func New(size int) *Ring { return &Ring{size: size} }

// Put keeps a copy of p in the place of the packet that came size numbers before it.
func (r *Ring) Put(p Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.freed {
		return
	}
	if r.packets == nil {
		r.packets = make([]Packet, r.size)
	}
	e := &r.packets[p.Seq%uint64(r.size)]
	if e.Payload != nil && e.Seq > p.Seq {
		return // a late packet, older than what is there
	}
	b := e.Payload
	if cap(b) < len(p.Payload) || b == nil {
		const step = 128 // bytes; buffers are used again, and should seldom need to grow
		b = make([]byte, 0, len(p.Payload)/step*step+step)
	}
	*e = p
	e.Payload = append(b[:0], p.Payload...)
}

// Get finds the packet with the number seq and copies its payload to dst, which must have room for it. ok is false
// when it is not there any more, never was, or does not fit.
func (r *Ring) Get(seq uint64, dst []byte) (p Packet, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.packets == nil {
		return Packet{}, false
	}
	e := r.packets[seq%uint64(r.size)]
	if e.Payload == nil || e.Seq != seq || len(dst) < len(e.Payload) {
		return Packet{}, false
	}
	p = e
	p.Payload = dst[:copy(dst, e.Payload)]
	return p, true
}

// Free gives the memory back. The ring stays empty from then on.
func (r *Ring) Free() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets, r.freed = nil, true
}
