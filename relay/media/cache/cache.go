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
	Head    []byte // what else belongs to it: a dependency descriptor
	Payload []byte
}

// entry is one place of a ring.
type entry struct {
	Packet
	room []byte // what Head and Payload lie in; nil: there is no packet yet
}

// Ring holds the last packets. All its methods may be called by anybody at any time.
type Ring struct {
	size int // constant after New

	mu      sync.Mutex
	packets []entry // guarded by mu; nil until the first Put and after Free
	freed   bool    // guarded by mu
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
		r.packets = make([]entry, r.size)
	}
	e := &r.packets[p.Seq%uint64(r.size)]
	if e.room != nil && e.Seq > p.Seq {
		return // a late packet, older than what is there
	}
	b, size := e.room, len(p.Head)+len(p.Payload)
	if cap(b) < size || b == nil {
		const step = 128 // bytes; buffers are used again, and should seldom need to grow
		b = make([]byte, 0, size/step*step+step)
	}
	e.room = b
	b = append(append(b[:0], p.Head...), p.Payload...)
	e.Packet = p
	e.Head, e.Payload = b[:len(p.Head)], b[len(p.Head):]
}

// Get finds the packet with the number seq and copies its head and payload to dst, which must have room for both. ok is
// false when it is not there any more, never was, or does not fit.
func (r *Ring) Get(seq uint64, dst []byte) (p Packet, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.packets == nil {
		return Packet{}, false
	}
	e := r.packets[seq%uint64(r.size)]
	if e.room == nil || e.Seq != seq || len(dst) < len(e.Head)+len(e.Payload) {
		return Packet{}, false
	}
	p = e.Packet
	n := copy(dst, e.Head)
	if p.Head = nil; n > 0 {
		p.Head = dst[:n:n]
	}
	p.Payload = dst[n : n+copy(dst[n:], e.Payload)]
	return p, true
}

// Empty forgets all packets and gives the memory back, until the next Put.
func (r *Ring) Empty() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets = nil
}

// Free gives the memory back. The ring stays empty from then on.
func (r *Ring) Free() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets, r.freed = nil, true
}
