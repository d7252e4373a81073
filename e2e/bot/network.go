package bot

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

// Network is what lies between a bot and the relay. The zero value loses nothing and takes no time.
type Network struct {
	Loss   float64       // share of packets lost, 0 … 1, each way
	Delay  time.Duration // all of it on the way to the bot, so it is the round-trip time
	Jitter time.Duration // up to so much more for every packet on the way to the bot, which so overtake one another
	Rate   int           // bits per second on the way to the bot; 0: no limit
	Queue  time.Duration // what the bottleneck holds before it drops; 0: 200 ms
}

// queueTime is how much a bottleneck holds where Network does not say it: what a home router does.
const queueTime = 200 * time.Millisecond

// overhead are the bytes of IPv4 and UDP headers, which a bottleneck carries too.
const overhead = 28

// SetNetwork puts another network between the bot and the relay. Packets under way arrive as they would have.
func (b *Bot) SetNetwork(n Network) { b.network.shape.Store(&n) }

// CutMedia drops all packets of the peer connection in both directions, or no longer does.
func (b *Bot) CutMedia(on bool) { b.network.cut.Store(on) }

// Dropped is how many packets to the bot the network lost, and of those the ones that found its queue full.
func (b *Bot) Dropped() (all, full int) {
	return int(b.network.lost.Load() + b.network.full.Load()), int(b.network.full.Load())
}

// network is a bot's. Atomic.
type network struct {
	cut        atomic.Bool
	shape      atomic.Pointer[Network] // nil: as the zero value
	lost, full atomic.Int64
}

// path is a UDP socket with a network before it. One goroutine reads, any may write.
type path struct {
	*socket
	net *network
	log *arrivals // when what is read came; nil: nobody wants to know

	// owned by who reads
	free  time.Time // when the bottleneck has sent what it holds
	queue []parcel  // by due
	timed bool      // the socket has a deadline
}

// parcel is a packet under way.
type parcel struct {
	due  time.Time
	b    []byte
	from *net.UDPAddr
}

// ReadFrom implements net.PacketConn.
func (p *path) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		if len(p.queue) > 0 && !time.Now().Before(p.queue[0].due) {
			x := p.queue[0]
			p.queue = slices.Delete(p.queue, 0, 1)
			return p.pass(b, copy(b, x.b), x.from, x.due)
		}
		if err := p.wait(); err != nil {
			return 0, nil, err
		}
		n, from, came, err := p.receive(b)
		switch {
		case err != nil && p.timed && errors.Is(err, os.ErrDeadlineExceeded):
			continue // the first of the queue is due
		case err != nil:
			return 0, nil, err
		case p.net.cut.Load():
			continue
		}
		shape := p.net.shape.Load()
		if shape == nil && len(p.queue) == 0 {
			return p.pass(b, n, from, came)
		}
		p.take(cmp.Or(shape, &Network{}), came, b[:n], from)
	}
}

// pass hands on n bytes of b, which came through the network at a time.
func (p *path) pass(b []byte, n int, from *net.UDPAddr, came time.Time) (int, net.Addr, error) {
	if p.log != nil {
		p.log.note(b[:n], came)
	}
	return n, from, nil
}

// wait has the next read end when the first of the queue is due.
func (p *path) wait() error {
	if len(p.queue) == 0 {
		if !p.timed {
			return nil
		}
		p.timed = false
		return p.SetReadDeadline(time.Time{})
	}
	p.timed = true
	return p.SetReadDeadline(p.queue[0].due)
}

// take puts a packet that came at now into the queue, or loses it.
func (p *path) take(shape *Network, now time.Time, b []byte, from *net.UDPAddr) {
	if rand.Float64() < shape.Loss {
		p.net.lost.Add(1)
		return
	}
	out := now
	if shape.Rate > 0 {
		if p.free.Before(now) {
			p.free = now
		}
		if p.free.Sub(now) > cmp.Or(shape.Queue, queueTime) {
			p.net.full.Add(1)
			return
		}
		p.free = p.free.Add(time.Duration((len(b) + overhead) * 8 * int(time.Second) / shape.Rate))
		out = p.free
	}
	due := out.Add(shape.Delay)
	if shape.Jitter > 0 {
		due = due.Add(rand.N(shape.Jitter))
	}
	at, _ := slices.BinarySearchFunc(p.queue, due, func(x parcel, due time.Time) int {
		if x.due.After(due) {
			return 1
		}
		return -1 // behind all that are due at the same time
	})
	p.queue = slices.Insert(p.queue, at, parcel{due: due, b: slices.Clone(b), from: from})
}

// WriteTo implements net.PacketConn.
func (p *path) WriteTo(b []byte, to net.Addr) (int, error) {
	shape := p.net.shape.Load()
	if p.net.cut.Load() || shape != nil && rand.Float64() < shape.Loss {
		return len(b), nil
	}
	return p.socket.WriteTo(b, to)
}
