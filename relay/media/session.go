package media

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/srtp/v3"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Session is one member's peer connection. Its methods may be called by anybody, from Events too; what they refuse
// changes nothing.
type Session struct {
	// constant after Join
	engine  *Engine
	group   *Group
	member  wire.MemberIndex
	terms   *terms
	sources [len(wire.Streams)]*source // by Stream; nil where the client has no such m-line
	agent   *ice.Agent
	cancel  context.CancelFunc // ends the goroutines

	control control // guarded by Group.mu
	offers  offers

	// atomic
	keys    atomic.Pointer[keys]             // nil until DTLS is through
	peer    atomic.Pointer[peer]             // where to send; nil until ICE is through
	heard   atomic.Int64                     // when something authentic came, Unix nanoseconds
	slots   atomic.Pointer[map[uint32]*slot] // by SSRC; replaced whole under Group.mu
	ended   atomic.Bool
	silent  atomic.Bool  // nothing was heard for consentTime
	lacking atomic.Bool  // packets are missing that somebody waits for
	rtt     atomic.Int64 // nanoseconds to the client and back; 0: not known
	count   tally

	recv  received
	down  down
	rtcp  rtcpOut
	chime chime
}

// control is what the group decides by. Guarded by Group.mu.
type control struct {
	sending wire.Sending
	wants   []wire.Want
	slots   []*slot                          // in the order of the offer
	share   allocation                       // of the downlink among the slots
	told    [len(wire.Streams)]wire.Encoding // what the member is to send, as it was told; Codec "": nothing yet
}

// offers serialises descriptions.
type offers struct {
	mu   sync.Mutex  // held while ICE restarts; never taken beneath another lock
	last *wire.Offer // guarded by mu
}

// keys are a session's SRTP keys. Constant; in is used by the reader alone.
type keys struct {
	in      *srtp.Context
	profile srtp.ProtectionProfile
	key     []byte
	salt    []byte
}

// outgoing makes a context for sending. No two may be used for one SSRC: the packets' counters would repeat, and with
// them the key stream (RFC 7714, section 8.1).
func (k *keys) outgoing() (*srtp.Context, error) {
	return srtp.CreateContext(k.key, k.salt, k.profile)
}

// Want replaces the list of the video sources that the member wants.
func (s *Session) Want(w []wire.Want) {
	s.group.update(func() { s.control.wants = append([]wire.Want(nil), w...) })
}

// Sending says what the member sends from now on. What it does not, is dropped when it comes all the same.
func (s *Session) Sending(x wire.Sending) {
	s.group.update(func() { s.sendingLocked(x) })
}

// sendingLocked is Sending for who holds Group.mu.
func (s *Session) sendingLocked(x wire.Sending) {
	s.control.sending = x
	for _, src := range s.sources {
		if src == nil {
			continue
		}
		on := x.Has(src.id.Stream)
		switch was := src.on.Swap(on); {
		case was && !on:
			s.pause(src)
		case !was && on:
			src.resumeLocked(time.Now())
		}
	}
}

// pause makes what src sends next a beginning, so that the time between is no loss.
func (s *Session) pause(src *source) {
	s.recv.mu.Lock()
	defer s.recv.mu.Unlock()
	for _, l := range src.layers {
		l.track.Pause()
	}
}

// layers are those of all sources.
func (s *Session) layers() iter.Seq[*layer] {
	return func(yield func(*layer) bool) {
		for _, src := range s.sources {
			if src == nil {
				continue
			}
			for _, l := range src.layers {
				if !yield(l) {
					return
				}
			}
		}
	}
}

// Slots says what is in the session's slots now, in the order of its offer.
func (s *Session) Slots() []wire.SlotState {
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	states := make([]wire.SlotState, 0, len(s.control.slots))
	for _, sl := range s.control.slots {
		states = append(states, sl.stateLocked())
	}
	return states
}

// Close ends the session. It does not wait; Group.Close does.
func (s *Session) Close() {
	if s.ended.CompareAndSwap(false, true) {
		s.group.remove(s)
		s.cancel()
	}
}

// fail ends the session by itself, and says so.
func (s *Session) fail(why string) {
	if !s.ended.CompareAndSwap(false, true) {
		return
	}
	s.group.remove(s)
	s.cancel()
	if f := s.group.events.Gone; f != nil {
		f(s.member, s, wire.Refuse(wire.CodeMedia, "why", why))
	}
}

// LastHeard is when a valid packet last came from the client; zero: none yet.
func (s *Session) LastHeard() time.Time {
	var t time.Time
	if n := s.heard.Load(); n != 0 {
		t = time.Unix(0, n)
	}
	// A member who sends nothing still answers for the connection's life by STUN (RFC 7675).
	if p := s.peer.Load(); p != nil && p.candidate.LastReceived().After(t) {
		return p.candidate.LastReceived()
	}
	return t
}

func (s *Session) hear(now time.Time) { s.heard.Store(now.UnixNano()) }

// Stats is what was counted so far.
func (s *Session) Stats() Stats { return s.count.stats() }

// send sends an encrypted packet to the client. It never waits: what cannot be sent is dropped.
func (s *Session) send(b []byte) bool {
	p := s.peer.Load()
	if p == nil || s.silent.Load() {
		s.count.inc(DropSilent)
		return false
	}
	if err := s.engine.socks.write(b, p.addr); err != nil {
		s.count.inc(DropSend)
		return false
	}
	return true
}
