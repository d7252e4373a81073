package media

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// intake is what one socket's goroutine owns: the packets that it read together, and what it sends because of them.
type intake struct {
	s   *socket
	in  batch
	out burst
}

func newIntake(s *socket) *intake {
	x := &intake{s: s}
	x.in.init(x.handle)
	return x
}

// maxFaults is how many reads in a row may fail. A few do because of single packets, or for want of memory; where all
// fail, trying on would only use up a core.
const maxFaults = 1000

// run takes packets in until the socket is closed.
func (s *socket) run() {
	defer close(s.over)
	x, faults := newIntake(s), 0
	for faults < maxFaults {
		n, err := x.in.read(s, false)
		if n > 0 {
			faults = 0
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		faults++
		if faults == maxFaults {
			s.shared.log.Error("no media is received any more", "err", err)
		}
	}
}

// handle handles n packets that were read together, and sends what comes of them.
func (x *intake) handle(n int) {
	now := time.Now()
	x.out.since = now
	for i := range n {
		b, from, whole := x.in.packet(i)
		if !whole {
			x.s.shared.count.inc(DropMalformed)
			continue
		}
		x.deal(b, from, now)
	}
	x.out.flush()
	x.s.shared.ticker.pulse(now)
}

// deal hands media to whom it comes from, and the rest to the ICE multiplexer: STUN, DTLS, and media from where nobody is
// known to be (RFC 7983, section 7).
func (x *intake) deal(b []byte, from netip.AddrPort, now time.Time) {
	if len(b) > 0 && b[0] >= 128 && b[0] <= 191 {
		if in := x.s.shared.routes.find(from); in != nil {
			in.take(b, now, &x.out)
			return
		}
	}
	x.s.strays.put(b, from, &x.s.shared.count)
}

// strays is the queue of packets for the ICE multiplexer.
type strays struct {
	queue chan *stray
	free  sync.Pool // of *stray
}

type stray struct {
	from netip.AddrPort
	n    int
	b    [maxPacket]byte
}

// maxStrays is how many packets wait for the multiplexer. It only copies them on, so more would hardly serve anybody;
// what does not fit is sent again, as STUN and DTLS do.
const maxStrays = 256

func newStrays() strays {
	return strays{queue: make(chan *stray, maxStrays), free: sync.Pool{New: func() any { return new(stray) }}}
}

// put keeps a copy of b, or counts it when there is no room.
func (q *strays) put(b []byte, from netip.AddrPort, count *tally) {
	x := q.free.Get().(*stray)
	x.from, x.n = from, copy(x.b[:], b)
	select {
	case q.queue <- x:
	default:
		q.free.Put(x)
		count.inc(DropStrays)
	}
}

// get waits for the next packet, until over is closed.
func (q *strays) get(b []byte, over <-chan struct{}) (int, netip.AddrPort, error) {
	select {
	case x := <-q.queue:
		n, from := copy(b, x.b[:x.n]), x.from
		q.free.Put(x)
		return n, from, nil
	case <-over:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}
