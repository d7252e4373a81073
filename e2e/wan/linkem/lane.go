package linkem

import (
	"math/rand/v2"
	"time"
)

// mtu is the largest packet that a device gives: that of TUN devices unless
// they are told otherwise.
const mtu = 1500

// packet is one on its way. Its buffer goes back to the lane's spare ones.
type packet struct {
	b []byte
	// at is when the bottleneck is through with it (of the queue's head only),
	// then when it is delivered.
	at time.Time
}

// lane is one direction. Owned by one goroutine.
type lane struct {
	random *rand.Rand // constant
	bad    bool       // the state of Burst
	counts Counts

	queue fifo // at the bottleneck; the head is being sent
	bytes int  // in queue
	wire  fifo // past it, in order of delivery
	spare [][]byte
}

func newLane(seed uint64) *lane {
	return &lane{random: rand.New(rand.NewPCG(seed, seed))}
}

// offer takes a copy of one packet that arrives now.
func (l *lane) offer(now time.Time, c *Conditions, b []byte) {
	l.advance(now, c)
	if l.loses(c) {
		l.counts.Lost++
		return
	}
	if c.Rate > 0 && l.queue.len() > 0 && c.sending(l.bytes) > c.queue() {
		l.counts.Overflowed++
		return
	}
	p := packet{b: append(l.buffer(), b...)}
	if l.queue.len() == 0 {
		p.at = now.Add(c.sending(len(b)))
	}
	l.queue.push(p)
	l.bytes += len(b)
	l.advance(now, c)
}

// loses decides whether a packet vanishes.
func (l *lane) loses(c *Conditions) bool {
	if l.bad {
		l.bad = l.random.Float64() >= c.Burst.End
	} else {
		l.bad = l.random.Float64() < c.Burst.Begin
	}
	return c.Cut || l.bad || l.random.Float64() < c.Loss
}

// advance moves what the bottleneck is through with onto the wire. Each packet
// begins when the one before it ended, however late anybody looks.
func (l *lane) advance(now time.Time, c *Conditions) {
	for l.queue.len() > 0 && !l.queue.head().at.After(now) {
		p := l.queue.pop()
		l.bytes -= len(p.b)
		end := p.at
		p.at = end.Add(c.Delay)
		if c.Jitter > 0 {
			p.at = p.at.Add(time.Duration(l.random.Int64N(int64(c.Jitter))))
		}
		if l.wire.len() > 0 && p.at.Before(l.wire.tail().at) {
			p.at = l.wire.tail().at
		}
		l.wire.push(p)
		if l.queue.len() > 0 {
			next := l.queue.head()
			next.at = end.Add(c.sending(len(next.b)))
		}
	}
}

// take returns a packet that has arrived by now, or nil. The bytes stay valid
// until give.
func (l *lane) take(now time.Time, c *Conditions) []byte {
	l.advance(now, c)
	if l.wire.len() == 0 || l.wire.head().at.After(now) {
		return nil
	}
	p := l.wire.pop()
	l.counts.Packets++
	l.counts.Bytes += int64(len(p.b))
	return p.b
}

// give returns the buffer of a packet that was taken.
func (l *lane) give(b []byte) { l.spare = append(l.spare, b) }

// due is when the lane has something to do next; false: when a packet comes.
func (l *lane) due() (time.Time, bool) {
	var at time.Time
	if l.wire.len() > 0 {
		at = l.wire.head().at
	}
	if l.queue.len() > 0 && (at.IsZero() || l.queue.head().at.Before(at)) {
		at = l.queue.head().at
	}
	return at, !at.IsZero()
}

func (l *lane) buffer() []byte {
	if n := len(l.spare); n > 0 {
		b := l.spare[n-1]
		l.spare = l.spare[:n-1]
		return b[:0]
	}
	return make([]byte, 0, mtu)
}

// fifo is a queue of packets that keeps its memory.
type fifo struct {
	list  []packet
	begin int
}

func (f *fifo) len() int      { return len(f.list) - f.begin }
func (f *fifo) head() *packet { return &f.list[f.begin] }
func (f *fifo) tail() *packet { return &f.list[len(f.list)-1] }

func (f *fifo) push(p packet) {
	if f.begin > 0 && len(f.list) == cap(f.list) {
		f.list = f.list[:copy(f.list, f.list[f.begin:])]
		f.begin = 0
	}
	f.list = append(f.list, p)
}

func (f *fifo) pop() packet {
	p := f.list[f.begin]
	f.list[f.begin] = packet{}
	if f.begin++; f.begin == len(f.list) {
		f.list, f.begin = f.list[:0], 0
	}
	return p
}
