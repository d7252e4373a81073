package media

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/interceptor/pkg/twcc"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/relay/media/speaker"
	"github.com/conclave-meet/conclave/shared/wire"
)

// Events are what a group says. They are called from media's goroutines, never with a lock held, and must not block. Any
// may be nil. Session's methods and Group.Join may be called from them; Group.Close and Engine.Close may not.
type Events struct {
	// Slots says what is in to's slots from now on, before the first packet of a source that is new there. What it says
	// of one member is in order. It may come before Join has returned that member's session.
	Slots func(to wire.MemberIndex, changed []wire.SlotState)
	// Encode says how to is to send its video from now on: the streams of which that changed. It comes for the first time
	// soon after Join, for all of them.
	Encode func(to wire.MemberIndex, changed []wire.Encoding)
	// Speakers says who speaks: at most every 200 ms, and only when it changed.
	Speakers func(wire.Speakers)
	// Gone says that a session ended by itself: err is a *wire.Error with wire.CodeMedia and params.why ice, dtls,
	// fingerprint, closed or internal. It is not called for a session that was closed before.
	Gone func(m wire.MemberIndex, s *Session, err error)
}

// Group is the members of one room. Its methods may be called by anybody.
type Group struct {
	// constant
	engine *Engine
	events Events
	stop   context.CancelFunc
	dirty  chan struct{} // capacity 1: something changed that slots depend on
	beat   chan struct{} // capacity 1: it is time to look at what changes by itself
	work   sync.WaitGroup

	mu      sync.Mutex
	members map[wire.MemberIndex]*Session // guarded by mu
	closed  bool                          // guarded by mu
	voices  speaker.Detector              // guarded by mu
	scarce  bool                          // somebody has fewer audio slots than there are voices; guarded by mu
	codec   codec.Kind                    // of the room; guarded by mu
}

// NewGroup makes a group without members. Close ends it.
func (e *Engine) NewGroup(ev Events) *Group {
	ctx, stop := context.WithCancel(context.Background())
	g := &Group{
		engine: e, events: ev, stop: stop,
		dirty: make(chan struct{}, 1), beat: make(chan struct{}, 1), members: map[wire.MemberIndex]*Session{},
	}
	e.mu.Lock()
	e.groups[g] = true
	e.mu.Unlock()
	g.work.Go(func() { g.run(ctx) })
	return g
}

// Join makes a session of member m by its offer, and the answer to it. A session that m still has is closed. It waits for
// nothing on the network. The error is a *wire.Error: wire.CodeOffer, wire.CodeNoCodec, or wire.CodeInternal.
func (g *Group) Join(m wire.MemberIndex, o *wire.Offer, sending wire.Sending) (*Session, *wire.Answer, error) {
	t, refused := agree(o, g.engine.prefer)
	if refused != nil {
		return nil, nil, refused
	}
	s := &Session{engine: g.engine, group: g, member: m, terms: t}
	s.openDown(time.Now())
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(context.Background())
	s.offers.last = keepOffer(o)
	s.recv = received{streams: map[uint32]stream{}, twcc: twcc.NewRecorder(relaySSRC)}
	for _, d := range o.Send {
		s.sources[d.Stream] = newSource(s, wire.Source{Member: m, Stream: d.Stream}, d)
	}
	s.hintSSRCs(o)
	local, err := s.openAgent()
	if err != nil {
		g.engine.log.Error("media: a session cannot be opened", "error", err)
		s.cancel()
		return nil, nil, wire.Refuse(wire.CodeInternal)
	}
	answer, ok := g.admit(s, o, local)
	if !ok {
		s.cancel()
		_ = s.agent.Close()
		return nil, nil, wire.Refuse(wire.CodeMedia, "why", "closed")
	}
	s.Sending(sending)
	go func() {
		defer g.work.Done()
		s.run(ctx, o.ICE, o.Fingerprint)
	}()
	return s, answer, nil
}

// openAgent makes the session's ICE agent and returns its credentials.
func (s *Session) openAgent() (local wire.ICE, err error) {
	if s.agent, err = s.engine.newAgent(); err != nil {
		return local, err
	}
	if err = gather(s.agent); err == nil {
		local.Ufrag, local.Pwd, err = s.agent.GetLocalUserCredentials()
	}
	if err != nil {
		_ = s.agent.Close()
	}
	return local, err
}

// hintSSRCs takes what the offer says of SSRCs. Packets may teach otherwise.
func (s *Session) hintSSRCs(o *wire.Offer) {
	s.recv.mu.Lock()
	defer s.recv.mu.Unlock()
	for _, d := range o.Send {
		src := s.sources[d.Stream]
		l := src.layers[0]
		if d.SSRC == 0 || len(src.layers) > 1 || l.ssrc.Load() != 0 || s.recv.streams[d.SSRC].layer != nil {
			continue
		}
		l.ssrc.Store(d.SSRC)
		s.recv.streams[d.SSRC] = stream{layer: l}
		if d.RTX != 0 && s.recv.streams[d.RTX].layer == nil {
			s.recv.streams[d.RTX] = stream{layer: l, rtx: true}
		}
	}
}

// admit takes s in, in place of the session that its member may have. ok is false when the group is closed; otherwise
// the group waits for s.run.
func (g *Group) admit(s *Session, o *wire.Offer, local wire.ICE) (a *wire.Answer, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for old := g.members[s.member]; old != nil; old = g.members[s.member] {
		g.mu.Unlock()
		old.Close()
		g.mu.Lock()
	}
	if g.closed || !g.engine.enlist(s) {
		return nil, false
	}
	g.work.Add(1)
	g.members[s.member] = s
	return s.answerLocked(o, local), true
}

// answerLocked makes the slots that the offer adds, and the answer. The caller holds Group.mu.
func (s *Session) answerLocked(o *wire.Offer, local wire.ICE) *wire.Answer {
	known := map[uint32]*slot{}
	if m := s.slots.Load(); m != nil {
		for ssrc, sl := range *m {
			known[ssrc] = sl
		}
	}
	slots := append([]*slot(nil), s.control.slots...)
	for _, d := range o.Slots[len(slots):] {
		sl := newSlot(s, d, newSSRC(known), 0)
		known[sl.ssrc] = sl
		if s.terms.repairs(d.Kind) {
			sl.rtx = newSSRC(known)
			known[sl.rtx] = sl
		}
		slots = append(slots, sl)
	}
	s.control.slots = slots
	s.slots.Store(&known)
	s.count.inc(Negotiations)

	a := &wire.Answer{
		ICE: local, Candidates: s.engine.candidates, Fingerprint: s.engine.fingerprint,
		Codecs: s.terms.taken, Exts: s.terms.exts, Slots: make([]wire.Slot, 0, len(slots)),
	}
	for _, sl := range slots {
		a.Slots = append(a.Slots, wire.Slot{Mid: sl.mid, Kind: sl.kind, SSRC: sl.ssrc, RTX: sl.rtx})
	}
	return a
}

// newSSRC draws an SSRC that is not known (RFC 3550, section 8.1).
func newSSRC(known map[uint32]*slot) uint32 {
	for {
		var b [4]byte
		_, _ = rand.Read(b[:]) // never fails: crypto/rand
		if ssrc := binary.BigEndian.Uint32(b[:]); ssrc > relaySSRC && known[ssrc] == nil {
			return ssrc
		}
	}
}

// update changes what slots depend on, and has them looked at again.
func (g *Group) update(change func()) {
	defer g.touch()
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
}

func (g *Group) touch() { signal(g.dirty) }

// remove takes s out of everything.
func (g *Group) remove(s *Session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.members[s.member] != s {
		return
	}
	delete(g.members, s.member)
	g.voices.Gone(s.member)
	for _, sl := range s.control.slots {
		sl.emptyLocked(wire.WhyNotWanted)
	}
	for _, other := range g.members {
		for _, sl := range other.control.slots {
			for _, src := range s.sources {
				if src != nil {
					sl.forget(src)
				}
			}
		}
	}
	for l := range s.layers() {
		l.subs.Store(&[]*slot{})
		l.ring.Free()
	}
	g.touch()
}

// connected has the sources of s's slots begin: nothing could be sent before.
func (g *Group) connected(s *Session) {
	now := time.Now()
	for _, sl := range g.slotsOf(s) {
		if l := sl.waiting.Load(); l != nil {
			l.needKey(now)
		}
	}
}

func (g *Group) slotsOf(s *Session) []*slot {
	g.mu.Lock()
	defer g.mu.Unlock()
	return s.control.slots
}

// Close closes all sessions and waits until nothing of the group runs any more.
func (g *Group) Close() {
	g.mu.Lock()
	g.closed = true
	all := make([]*Session, 0, len(g.members))
	for _, s := range g.members {
		all = append(all, s)
	}
	g.mu.Unlock()
	for _, s := range all {
		s.Close()
	}
	g.stop()
	g.work.Wait()
	g.engine.mu.Lock()
	delete(g.engine.groups, g)
	g.engine.mu.Unlock()
}
