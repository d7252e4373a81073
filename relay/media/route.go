package media

import (
	"encoding/binary"
	"maps"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
)

// peer is the client's address as ICE chose it. Constant but for single.
type peer struct {
	addr      netip.AddrPort
	candidate ice.Candidate
	name      sockaddr // addr, as the system wants it
	hash      uint32   // spreads peers over a table

	single atomic.Bool // segmented messages do not get there: its path is too narrow for them
}

func newPeer(addr netip.AddrPort, candidate ice.Candidate) *peer {
	p := &peer{addr: addr, candidate: candidate}
	p.name.set(addr)
	b := addr.Addr().As16()
	// A multiplicative hash (2^32 over the golden ratio): clients behind one address differ in the port alone.
	p.hash = (binary.BigEndian.Uint32(b[12:])*31 + uint32(addr.Port())) * 0x9e3779b1 >> 16
	return p
}

// inlet is where a session's packets come in. Mostly one goroutine brings them, that of the socket; another does before
// ICE has chosen an address and when it chooses anew.
//
// busy is no lock: nobody waits for it. A packet that comes while another goroutine has the inlet is lost like any other,
// and asked for again. So whoever has the inlet may send, without holding anybody up.
type inlet struct {
	// constant
	s *Session

	busy atomic.Bool
	r    *reader // owned by whoever has set busy

	// guarded by routes.mu
	from   netip.AddrPort // where the packets come from; zero: not known
	closed bool
}

// take handles an RTP or RTCP packet, which is used up. What is to be sent is left in out.
func (in *inlet) take(b []byte, now time.Time, out *burst) {
	if !in.busy.CompareAndSwap(false, true) {
		in.s.count.inc(DropBusy)
		return
	}
	defer in.s.guard()
	defer in.busy.Store(false)
	in.r.out = out
	in.r.packet(b, now)
}

// routes says whose packets come from which address. Its methods may be called by anybody.
type routes struct {
	byAddr atomic.Pointer[map[netip.AddrPort]*inlet] // replaced whole under mu

	mu sync.Mutex
}

// find returns whose packets come from an address, nil for nobody's.
func (r *routes) find(from netip.AddrPort) *inlet {
	if m := r.byAddr.Load(); m != nil {
		return (*m)[from]
	}
	return nil
}

// set says that an inlet's packets come from an address, and from no other. An address belongs to who had it last: a
// translator gives it to another client when the first is gone.
func (r *routes) set(in *inlet, from netip.AddrPort) {
	r.change(func(m map[netip.AddrPort]*inlet) {
		if in.closed {
			return
		}
		if m[in.from] == in {
			delete(m, in.from)
		}
		in.from, m[from] = from, in
	})
}

// drop forgets an inlet for good.
func (r *routes) drop(in *inlet) {
	r.change(func(m map[netip.AddrPort]*inlet) {
		if m[in.from] == in {
			delete(m, in.from)
		}
		in.closed = true
	})
}

func (r *routes) change(f func(map[netip.AddrPort]*inlet)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := map[netip.AddrPort]*inlet{}
	if m := r.byAddr.Load(); m != nil {
		next = maps.Clone(*m)
	}
	f(next)
	r.byAddr.Store(&next)
}
