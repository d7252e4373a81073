package media

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Limits of a segmented message (UDP_SEGMENT): the kernel takes 64 segments in all its versions, and a datagram has at
// most 65,507 bytes.
const (
	maxSegments = 64
	maxMessage  = 65000
	// maxSegment is the largest packet that is sent as a segment. Browsers send smaller ones. Larger ones do not fit
	// through many paths, and a member who sends them would have everybody's path taken for a narrow one.
	maxSegment = 1400
)

// offload is what is known of the socket's system. Atomic.
type offload struct {
	segments atomic.Bool // messages can be segmented
	alone    atomic.Bool // there is no sendmmsg
	whole    atomic.Bool // nobody may fragment the packets
}

// probe finds out whether the system knows segmentation. Whether the network device does shows only when it is tried.
func (s *socket) probe() {
	_ = s.udp.control(func(fd uintptr) {
		_, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT)
		s.offload.segments.Store(err == nil)
		if s.addr.IP.To4() != nil {
			// Packets that nobody may fragment need no identification of their own (RFC 6864), which took the kernel 4 % of
			// the relay's time: it is drawn from a table, by address.
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO)
			s.offload.whole.Store(err == nil)
		}
	})
}

// fragment lets packets be fragmented from now on, as there is a path too narrow for them. It reports whether that is new.
// Browsers send no packet that does not fit through the Internet's narrowest paths, so it is hardly ever called.
func (s *socket) fragment(fd uintptr) bool {
	return s.offload.whole.CompareAndSwap(true, false) &&
		unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_WANT) == nil
}

// sending is the sending of one packet by itself.
type sending struct {
	s     *socket
	b     []byte
	to    sockaddr
	errno unix.Errno
	do    func(fd uintptr) // made once, as a closure for each packet would be an allocation
}

var sendings = sync.Pool{New: func() any {
	x := &sending{}
	x.do = func(fd uintptr) {
		x.errno = sendto(fd, x.b, &x.to)
		if x.errno == unix.EMSGSIZE && x.s.fragment(fd) {
			x.errno = sendto(fd, x.b, &x.to)
		}
	}
	return x
}}

// sendNow sends b, which is not empty, to addr, or returns why it could not be sent at once.
func (s *socket) sendNow(b []byte, addr netip.AddrPort) error {
	x := sendings.Get().(*sending)
	defer sendings.Put(x)
	x.to.set(addr)
	x.s, x.b, x.errno = s, b, 0
	err := s.udp.control(x.do)
	x.s, x.b = nil, nil
	if err == nil && x.errno != 0 {
		err = x.errno
	}
	return err
}

// post is what a burst needs to send: the messages of one system call. They point into the burst's buffers.
type post struct {
	hdrs     []mmsghdr
	parts    []unix.Iovec
	controls []segmenting
	msgs     []message // says what is in hdrs, one by one

	// of the call that is under way
	b     *burst
	s     *socket
	calls int
	sent  int              // packets
	cut   int              // of those, segments
	do    func(fd uintptr) // made once, as a closure for each burst would be an allocation
}

// message is one message: n packets, from burst.queue[first] on along its line.
type message struct {
	first, n int
	part     int // of the first, in post.parts
}

// deliver sends a burst, and returns how many packets were sent. It never waits.
func (s *sockets) deliver(b *burst) int {
	p := &b.post
	p.b, p.calls, p.sent, p.cut = b, 0, 0, 0
	if p.do == nil {
		p.do = p.send
	}
	for _, c := range [2]*socket{s.v4, s.v6} {
		if c == nil {
			continue
		}
		p.s = c
		if p.gather(c == s.v4); len(p.msgs) == 0 {
			continue
		}
		if err := c.udp.control(p.do); err != nil {
			p.loseFrom(0) // it is closed
		}
		clear(p.hdrs[:len(p.msgs)]) // no pointer keeps a peer that is gone
	}
	s.count.addN(SendCalls, uint64(p.calls))
	s.count.addN(Segments, uint64(p.cut))
	return p.sent
}

// gather makes the messages of the burst's packets to addresses of one family.
func (p *post) gather(v4 bool) {
	b := p.b
	p.parts, p.msgs = p.parts[:0], p.msgs[:0]
	if n := len(b.queue); cap(p.parts) < n {
		// All at once: messages point into them.
		p.parts, p.msgs = make([]unix.Iovec, 0, cap(b.queue)), make([]message, 0, cap(b.queue))
		p.hdrs, p.controls = make([]mmsghdr, cap(b.queue)), make([]segmenting, cap(b.queue))
	}
	for i := range b.lines {
		l := &b.lines[i]
		if l.to.addr.Addr().Is4() != v4 {
			continue
		}
		most := 1
		if p.s.offload.segments.Load() && !l.to.single.Load() {
			most = maxSegments
		}
		for first := l.first; first >= 0; {
			first = p.add(l.to, first, most)
		}
	}
}

// add makes one message of the packets from queue[first] on along their line, and returns the first that is not in it.
// All are of one size, but that the last may be smaller.
func (p *post) add(to *peer, first, most int) (next int) {
	b := p.b
	m := message{first: first, part: len(p.parts)}
	size, all, i := b.queue[first].size, 0, first
	if size > maxSegment {
		most = 1
	}
	for i >= 0 && m.n < most {
		x := &b.queue[i]
		if x.size > size || all+x.size > maxMessage {
			break
		}
		p.parts = p.parts[:len(p.parts)+1]
		fill(&p.parts[len(p.parts)-1], b.bufs[i][:x.size])
		m.n++
		all += x.size
		i = x.next
		if x.size < size {
			break
		}
	}
	h := &p.hdrs[len(p.msgs)]
	h.address(&to.name)
	h.content(p.parts[m.part:])
	if m.n > 1 {
		h.segment(&p.controls[len(p.msgs)], size)
	}
	p.msgs = append(p.msgs, m)
	return i
}

// send sends all messages.
func (p *post) send(fd uintptr) {
	for i := 0; i < len(p.msgs); {
		n, errno := p.call(fd, i)
		for range n {
			p.note(p.msgs[i].n)
			i++
		}
		if errno == 0 {
			continue
		}
		switch m := p.msgs[i]; after(errno, m.n > 1) {
		case again:
		case onebyone:
			if p.s.offload.alone.Swap(true) {
				p.b.lose(m.first, m.n) // nor the older one
				i++
			}
		case stop:
			p.loseFrom(i)
			return
		case split:
			if errno == unix.EIO {
				p.s.offload.segments.Store(false) // the device cannot
			} else {
				p.b.queue[m.first].to.single.Store(true)
			}
			p.split(fd, i)
			i++
		case whole:
			if !p.s.fragment(fd) {
				p.b.lose(m.first, m.n)
				i++
			}
		case skip:
			p.b.lose(m.first, m.n)
			i++
		}
	}
}

// call sends the messages from i on, as many as one call takes.
func (p *post) call(fd uintptr, i int) (int, unix.Errno) {
	p.calls++
	if p.s.offload.alone.Load() {
		if errno := sendmsg(fd, &p.hdrs[i]); errno != 0 {
			return 0, errno
		}
		return 1, 0
	}
	n, errno := sendmmsg(fd, p.hdrs[i:len(p.msgs)])
	if errno != 0 {
		return 0, errno
	}
	return n, 0
}

func (p *post) note(packets int) {
	p.sent += packets
	if packets > 1 {
		p.cut += packets
	}
}

// split sends the packets of message i one by one.
func (p *post) split(fd uintptr, i int) {
	m := p.msgs[i]
	h := &p.hdrs[i]
	h.whole()
	for j, at := 0, m.first; j < m.n; j++ {
		h.content(p.parts[m.part+j : m.part+j+1])
		p.calls++
		errno := sendmsg(fd, h)
		if errno == unix.EMSGSIZE && p.s.fragment(fd) {
			errno = sendmsg(fd, h)
		}
		if errno != 0 {
			p.b.lose(at, 1)
		} else {
			p.note(1)
		}
		at = p.b.queue[at].next
	}
}

// loseFrom counts the messages from i on as not sent.
func (p *post) loseFrom(i int) {
	for _, m := range p.msgs[i:] {
		p.b.lose(m.first, m.n)
	}
}

// step is what follows when a message could not be sent.
type step uint8

const (
	skip     step = iota // leave it out, go on with the next
	again                // try it again at once
	stop                 // leave out all that is left: the socket is full, and nobody waits
	split                // send its segments one by one
	onebyone             // there is no sendmmsg: go on without
	whole                // it is too large for its path: try it again if it may be fragmented
)

// after says what follows when the first message failed.
func after(errno unix.Errno, segmented bool) step {
	switch errno {
	case unix.EINTR:
		return again
	case unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM:
		return stop
	case unix.ENOSYS:
		return onebyone
	case unix.EIO, unix.EINVAL, unix.EMSGSIZE, unix.ENOPROTOOPT, unix.EOPNOTSUPP:
		// udp(7): EIO where the device cannot compute checksums, EINVAL where a segment is larger than the path's MTU.
		if segmented {
			return split
		}
		if errno == unix.EMSGSIZE {
			return whole
		}
	}
	return skip
}
