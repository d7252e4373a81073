package conf

import (
	"maps"
	"slices"
	"strconv"

	"github.com/conclave-meet/conclave/shared/wire"
)

// crowd is who is in the room and what is in which slot.
type crowd struct {
	members  []member                 // by index, me too
	slots    map[string]wire.Source   // by mid, only filled ones
	why      map[wire.Source]wire.Why // of sources that lost their slot, or are paused in it
	speaking []wire.MemberIndex
	shares   int  // how many shares have begun, so that the newest is known
	changed  bool // Peers must be drawn anew
	hand     bool // I want my hand up
	told     bool // what the relay knows of it
}

type member struct {
	wire.Member
	share int  // the number of the share that the member shows, 0: none
	quiet bool // it came, and nothing was said of it yet: its name is not known
}

func (c *crowd) find(i wire.MemberIndex) (at int, ok bool) {
	return slices.BinarySearchFunc(c.members, i, func(m member, i wire.MemberIndex) int { return int(m.Index) - int(i) })
}

// mids are the filled slots, in an order that does not depend on the map's.
func (c *crowd) mids() []string { return slices.Sorted(maps.Keys(c.slots)) }

// present takes the list of a welcome.
func (s *State) present(m *wire.Welcome) {
	c := &s.crowd
	me, hand, since, slots := s.view.Me.Index, c.hand, s.view.Me.Hand, c.slots
	if m.Media == wire.MediaKept {
		c.slots = nil // they go on playing
	}
	s.emptyRoom()
	if m.Media == wire.MediaKept {
		c.slots = slots
	}
	s.view.Me.Index = m.You
	for _, x := range m.Members {
		s.put(x)
	}
	if s.crypt.latched {
		c.hand, s.view.Me.Hand = hand, since // the relay knows nothing of it
	} else if m.Resumed && me == m.You {
		c.hand = hand // raised or lowered while the connection was away
	}
}

// emptyRoom forgets everybody.
func (s *State) emptyRoom() {
	s.unbind()
	s.crowd = crowd{slots: map[string]wire.Source{}, why: map[wire.Source]wire.Why{}, changed: true}
	s.view.Me.Index, s.view.Me.Hand, s.view.Me.Speaks = 0, 0, false
	s.view.Stage = Stage{}
}

// unbind empties all slots.
func (s *State) unbind() {
	for _, mid := range s.crowd.mids() {
		s.bind(mid, wire.Source{})
	}
	s.crowd.changed = true
}

// put adds or replaces a member.
func (s *State) put(m wire.Member) {
	c := &s.crowd
	if s.crypt.latched {
		m.Name, m.Hand = "", 0 // the relay's words
		if p, ok := s.crypt.peer(m.Index); ok {
			m.Name, m.Hand = proved(p)
		}
	}
	at, ok := c.find(m.Index)
	if !ok {
		c.members = slices.Insert(c.members, at, member{Member: wire.Member{Index: m.Index}})
	}
	x := &c.members[at]
	if m.State.Screen && x.share == 0 {
		c.shares++
		x.share = c.shares
	} else if !m.State.Screen {
		x.share = 0
	}
	for _, st := range wire.Streams {
		if !m.State.Has(st) {
			delete(c.why, wire.Source{Member: m.Index, Stream: st})
		}
	}
	if m.Index == s.view.Me.Index {
		s.view.Me.Role = m.Role
	}
	if m.Index == s.view.Me.Index && !s.crypt.latched {
		if up := m.Hand != 0; !ok || m.Hand != x.Hand {
			c.hand, c.told = up, up
		}
		s.view.Me.Hand = m.Hand
	}
	x.Member = m
	s.cryptoPut(&m)
	c.changed = true
	s.wants.stale = true
}

func (s *State) joined(m wire.Member) {
	_, known := s.crowd.find(m.Index)
	s.put(m)
	if at, _ := s.crowd.find(m.Index); s.crypt.latched {
		s.crowd.members[at].quiet = !known
	} else if !known && m.Index != s.view.Me.Index {
		s.tell(Note{T: "announce", Key: "say.joined", Params: map[string]string{"name": m.Name}})
		s.tell(Note{T: "sound", Key: "join"})
	}
}

func (s *State) left(i wire.MemberIndex) {
	c := &s.crowd
	at, ok := c.find(i)
	if !ok || i == s.view.Me.Index {
		return
	}
	if name := c.members[at].Name; name != "" {
		s.tell(Note{T: "announce", Key: "say.left", Params: map[string]string{"name": name}})
		s.tell(Note{T: "sound", Key: "leave"})
	}
	s.cryptoLeft(i)
	c.members = slices.Delete(c.members, at, at+1)
	c.speaking = slices.DeleteFunc(slices.Clone(c.speaking), func(x wire.MemberIndex) bool { return x == i })
	if s.view.Stage.Dominant == i {
		s.view.Stage.Dominant = 0
	}
	// The picture goes at once; the relay's word on the slot comes a moment later.
	for _, mid := range c.mids() {
		if c.slots[mid].Member == i {
			s.bind(mid, wire.Source{})
		}
	}
	for _, st := range wire.Streams {
		delete(c.why, wire.Source{Member: i, Stream: st})
	}
	c.changed, s.wants.stale = true, true
}

// changed announces what others would otherwise have to look for.
func (s *State) changed(m wire.Member) {
	at, ok := s.crowd.find(m.Index)
	if !ok {
		return
	}
	old := s.crowd.members[at].Member
	s.put(m)
	m = s.crowd.members[at].Member
	if m.Index == s.view.Me.Index || m.Name == "" {
		return
	}
	name := map[string]string{"name": m.Name}
	if old.Hand == 0 && m.Hand != 0 {
		s.tell(Note{T: "announce", Key: "say.hand", Params: name})
		s.tell(Note{T: "sound", Key: "hand"})
	}
	if old.State.Screen != m.State.Screen {
		key := "say.shareEnd"
		if m.State.Screen {
			key = "say.share"
		}
		s.tell(Note{T: "announce", Key: key, Params: name})
	}
}

// allSlots takes the whole list: what is not in it is empty.
func (s *State) allSlots(list []wire.SlotState) {
	for _, mid := range s.crowd.mids() {
		if !slices.ContainsFunc(list, func(x wire.SlotState) bool { return x.Mid == mid }) {
			s.bind(mid, wire.Source{})
		}
	}
	s.slots(list)
}

// slots takes the relay's word on what is where. Slots that this client never offered are passed over, and sound in the
// place of pictures.
func (s *State) slots(list []wire.SlotState) {
	c := &s.crowd
	for _, x := range list {
		kind, offered := s.neg.mids[x.Mid]
		if !offered || x.Member != 0 && x.Stream.Kind() != kind {
			continue
		}
		old := c.slots[x.Mid]
		switch {
		case x.Member == 0:
			if old.Member != 0 && x.Why != wire.WhyNone {
				c.why[old] = x.Why
			}
			x.Source = wire.Source{}
		case x.Why != wire.WhyNone:
			c.why[x.Source], c.changed = x.Why, true // it keeps the slot, but is paused
		case c.why[x.Source] != wire.WhyNone:
			delete(c.why, x.Source)
			c.changed = true
		}
		if old != x.Source {
			if x.Member != 0 {
				delete(c.why, old) // another took its place
			}
			s.bind(x.Mid, x.Source)
		}
	}
}

func (s *State) bind(mid string, src wire.Source) {
	if src.Member == 0 {
		delete(s.crowd.slots, mid)
	} else {
		s.crowd.slots[mid] = src
	}
	s.crowd.changed = true
	s.do(Bind{Mid: mid, Source: src})
}

func (s *State) speakers(m *wire.Speakers) {
	c := &s.crowd
	c.speaking = m.Speaking
	c.changed = true
	s.view.Stage.Dominant = m.Dominant
	s.view.Me.Speaks = slices.Contains(m.Speaking, s.view.Me.Index)
}

// SourceID is the id under which a source's stream is known to the view: "3/cam".
func SourceID(src wire.Source) string {
	return strconv.Itoa(int(src.Member)) + "/" + src.Stream.String()
}

// showPeers draws Peers and the sharer.
func (s *State) showPeers() {
	c := &s.crowd
	seen := make(map[wire.Source]bool, len(c.slots))
	for _, src := range c.slots {
		seen[src] = true
	}
	peers := make([]Peer, 0, len(c.members))
	sharer, newest := wire.MemberIndex(0), 0
	for i := range c.members {
		m := &c.members[i]
		if m.Index == s.view.Me.Index {
			continue
		}
		if m.share > newest {
			sharer, newest = m.Index, m.share
		}
		p := Peer{
			Index: m.Index, Name: m.Name, Role: m.Role, Mic: m.State.Mic, Hand: m.Hand, Away: m.Away, Crypto: s.peerCrypto(m.Index),
			Speaks: slices.Contains(c.speaking, m.Index),
			Cam:    s.picture(m, wire.Cam, seen), Screen: s.picture(m, wire.Screen, seen),
			Sounds: []string{},
		}
		for _, st := range [...]wire.Stream{wire.Mic, wire.ScreenAudio} {
			if src := (wire.Source{Member: m.Index, Stream: st}); seen[src] && s.hears(m.Index) {
				p.Sounds = append(p.Sounds, SourceID(src))
			}
		}
		peers = append(peers, p)
	}
	s.view.Peers = peers
	s.view.Stage.Sharer = sharer
	s.dirty |= PeersChanged
}

func (s *State) picture(m *member, st wire.Stream, seen map[wire.Source]bool) Picture {
	src := wire.Source{Member: m.Index, Stream: st}
	switch {
	case !m.State.Has(st):
		return Picture{Why: string(wire.WhyMuted)}
	case !s.hears(m.Index):
		return Picture{On: true, Why: string(wire.WhyNotWanted)}
	case seen[src]:
		return Picture{On: true, Stream: SourceID(src), Why: string(s.crowd.why[src])}
	case s.crowd.why[src] != "":
		return Picture{On: true, Why: string(s.crowd.why[src])}
	}
	return Picture{On: true, Why: string(wire.WhyNotWanted)}
}
