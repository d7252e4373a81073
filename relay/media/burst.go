package media

import "time"

// full is how many packets a burst holds before it goes out by itself. More would find more packets for one receiver, and
// with them longer segmented messages, but hold the first of them back longer (256 are 0.4 ms) and leave the cache.
const full = 256

// burst collects what one goroutine sends, so that many packets can leave in one system call. It belongs to that
// goroutine. No lock is held while room, push or flush is called: all may send. The zero value is an empty burst; its
// memory comes as it is needed, and stays.
//
// The order of the packets of one receiver is kept, that of packets to different ones is not.
type burst struct {
	// since is when the packets came in, for the engine's histogram of delays; zero: not measured.
	since time.Time

	bufs  []*buffer // the first len(queue) hold its packets
	queue []parcel
	lines []line
	byTo  []uint16 // index in lines plus one by the peer's hash, with open addressing; 0: free
	post  post
}

// parcel is an encrypted packet on its way.
type parcel struct {
	s    *Session
	to   *peer
	size int
	next int // the next one to the same peer, as an index in the queue; -1: none
}

// line is what goes to one peer. first and last are indexes in the queue.
type line struct {
	to          *peer
	first, last int
}

// slotsOfTable is the size of burst.byTo. As twice what a burst holds it is never full.
const slotsOfTable = 2 * full

// room is a free buffer for the next packet. It stays free until push.
func (b *burst) room() *buffer {
	if len(b.queue) == full {
		b.flush()
	}
	if len(b.queue) == len(b.bufs) {
		b.bufs = append(b.bufs, new(buffer))
	}
	return b.bufs[len(b.queue)]
}

// push takes the first n bytes of what room returned last as an encrypted packet for s. It reports whether there is
// somebody to send it to; what the socket does not take is counted as DropSend.
func (b *burst) push(s *Session, n int) bool {
	to := s.peer.Load()
	if to == nil || s.silent.Load() {
		s.count.inc(DropSilent)
		return false
	}
	i := len(b.queue)
	b.queue = append(b.queue, parcel{s: s, to: to, size: n, next: -1})
	l := b.line(to)
	if l.last >= 0 {
		b.queue[l.last].next = i
	} else {
		l.first = i
	}
	l.last = i
	return true
}

// line finds or begins the line to a peer.
func (b *burst) line(to *peer) *line {
	if b.byTo == nil {
		b.byTo = make([]uint16, slotsOfTable)
	}
	for h := to.hash; ; h++ {
		e := &b.byTo[h%slotsOfTable]
		if *e == 0 {
			b.lines = append(b.lines, line{to: to, first: -1, last: -1})
			*e = uint16(len(b.lines))
			return &b.lines[len(b.lines)-1]
		}
		if l := &b.lines[*e-1]; l.to == to {
			return l
		}
	}
}

// flush sends what is left. Whoever has pushed calls it before waiting for anything.
func (b *burst) flush() {
	if len(b.queue) == 0 {
		return
	}
	socks := b.queue[0].s.engine.socks
	sent := socks.deliver(b)
	if !b.since.IsZero() && sent > 0 {
		socks.delay.observe(time.Since(b.since), sent)
	}
	clear(b.queue) // nothing keeps a session that ended
	clear(b.lines)
	clear(b.byTo)
	b.queue, b.lines = b.queue[:0], b.lines[:0]
}

// lose counts the packets from queue[i] on along its line, n of them, as not sent.
func (b *burst) lose(i, n int) {
	for ; n > 0; n-- {
		b.queue[i].s.count.inc(DropSend)
		i = b.queue[i].next
	}
}
