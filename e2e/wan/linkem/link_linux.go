package linkem

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Device is one end of a link: a TUN device (IFF_TUN, IFF_NO_PI), whose packets
// are bare IP packets.
type Device struct{ fd int }

// Tun makes a device of that name in the network namespace of the calling
// thread. It stays there, whoever reads it. The name is at most 15 bytes.
// Addresses, routes and bringing it up are the caller's.
func Tun(name string) (Device, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return Device{}, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		return Device{}, errors.Join(fmt.Errorf("make device %s: %w", name, err), unix.Close(fd))
	}
	return Device{fd}, nil
}

// Tap is told of a packet and when it passed. It runs on the link's goroutine,
// must be quick, and must not keep b.
type Tap func(at time.Time, b []byte)

// Taps are the places where one can look at a lane.
type Taps struct {
	Offered   Tap // as a packet comes out of a device, before anything happens to it
	Delivered Tap // as a packet is about to go into the other device
}

// Options of a link. The zero value is a perfect wire.
type Options struct {
	Duplex
	Seed             uint64 // of losses and jitter: the same for the same packets
	TapsUp, TapsDown Taps
}

// Link joins two devices. Close ends it.
type Link struct {
	// constant after Join
	near, far Device
	wake      int // eventfd
	taps      [2]Taps
	ended     chan struct{}

	now     atomic.Pointer[Duplex]
	closing atomic.Bool

	mu     sync.Mutex
	counts [2]Counts // guarded by mu: copies for others

	lanes [2]*lane // owned by run
}

// The two directions of Link.lanes.
const (
	up   = 0 // far → near
	down = 1 // near → far
)

// Join runs a link between two devices, which are closed with it.
func Join(near, far Device, o Options) (*Link, error) {
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	l := &Link{
		near: near, far: far, wake: wake, taps: [2]Taps{o.TapsUp, o.TapsDown}, ended: make(chan struct{}),
		lanes: [2]*lane{newLane(2*o.Seed + up), newLane(2*o.Seed + down)},
	}
	l.now.Store(&o.Duplex)
	go l.run()
	return l, nil
}

// Set changes the conditions from now on. What has left the bottleneck already
// arrives when it would have.
func (l *Link) Set(d Duplex) { l.now.Store(&d) }

// Counts are those of both lanes so far, a few packets late.
func (l *Link) Counts() (upward, downward Counts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[up], l.counts[down]
}

// Close ends the link and its devices. It may be called once.
func (l *Link) Close() error {
	l.closing.Store(true)
	_, err := unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	<-l.ended
	return errors.Join(err, unix.Close(l.near.fd), unix.Close(l.far.fd), unix.Close(l.wake))
}

func (l *Link) run() {
	defer close(l.ended)
	// A wire does not wait for the processor that the calls at its ends use up.
	// Where that is not allowed, the link is as late as the machine is busy.
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0)

	poll := []unix.PollFd{{Fd: int32(l.near.fd), Events: unix.POLLIN}, {Fd: int32(l.far.fd), Events: unix.POLLIN}, {Fd: int32(l.wake), Events: unix.POLLIN}}
	b := make([]byte, mtu)
	for !l.closing.Load() {
		_, err := unix.Ppoll(poll, l.patience(), nil)
		if err != nil && err != unix.EINTR {
			panic(fmt.Sprintf("ppoll: %v", err)) // of descriptors that only Close closes
		}
		for i := range poll {
			if poll[i].Revents&unix.POLLERR != 0 {
				poll[i].Fd = -1 // its namespace has ended, and the device with it
			}
		}
		d := l.now.Load()
		for i, c := range [2]*Conditions{&d.Up, &d.Down} {
			from, to := l.far, l.near
			if i == down {
				from, to = l.near, l.far
			}
			l.read(from, i, c, b)
			l.deliver(to, i, c)
		}
		l.mu.Lock()
		l.counts = [2]Counts{l.lanes[up].counts, l.lanes[down].counts}
		l.mu.Unlock()
	}
}

// patience is how long there is nothing to do unless a packet comes; nil: for
// ever.
func (l *Link) patience() *unix.Timespec {
	var first time.Time
	for _, lane := range l.lanes {
		if at, ok := lane.due(); ok && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if first.IsZero() {
		return nil
	}
	t := unix.NsecToTimespec(max(0, int64(time.Until(first))))
	return &t
}

// batch is how many packets are read before those of the other direction have
// their turn. More would let a flood in one direction delay the other.
const batch = 32

func (l *Link) read(from Device, lane int, c *Conditions, b []byte) {
	for range batch {
		n, err := unix.Read(from.fd, b)
		if err != nil { // EAGAIN: no more now; EIO: the device is not up yet
			return
		}
		now := time.Now()
		if tap := l.taps[lane].Offered; tap != nil {
			tap(now, b[:n])
		}
		l.lanes[lane].offer(now, c, b[:n])
	}
}

func (l *Link) deliver(to Device, i int, c *Conditions) {
	lane := l.lanes[i]
	for {
		now := time.Now()
		b := lane.take(now, c)
		if b == nil {
			return
		}
		if tap := l.taps[i].Delivered; tap != nil {
			tap(now, b)
		}
		_, _ = unix.Write(to.fd, b) // a packet that the other side's kernel does not take is lost, as anywhere
		lane.give(b)
	}
}
