package senderkey

import (
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

// member is the keys of one member.
type member struct {
	generations []*generation // ascending; no two with the same place in the KID; at most maxHeld, one at least
	last        position      // the latest that opened a frame, if heard
	heard       bool
	due         time.Duration // when the next of its keys ends; never: none does
	untimed     bool          // something ends a while after the next Tick
}

// generation is the keys of one generation.
type generation struct {
	number uint32
	steps  [maxStep + 1]*step // nil: not held
	top    uint8              // the latest step that the member is known to have reached; always held
	ready  uint8              // the latest step that was derived, top or more; those after top are candidates
	used   bool               // has opened a frame
	life   life
}

// step is one base key and what was derived from it.
type step struct {
	base    [BaseSize]byte
	openers [Streams]*sframe.Opener // nil until a frame names them
	life    life
}

// life is when something ends. Openings have no time of their own: what they end is timed by the next Tick.
type life struct {
	end    time.Duration
	ending bool // usedFor after the next Tick
}

// over tells at a Tick whether it has ended.
func (l *life) over(now time.Duration) bool {
	if l.ending {
		l.ending = false
		l.end = min(l.end, now+usedFor)
	}
	return now >= l.end
}

// find returns the generation that a KID means, or nil.
func (m *member) find(low uint8) *generation {
	for _, g := range m.generations {
		if uint8(g.number&maxGeneration) == low {
			return g
		}
	}
	return nil
}

// set is Ring.Set for a member that is known.
func (m *member) set(now time.Duration, key Key) error {
	if n := len(m.generations); n > 0 {
		newest := m.generations[n-1]
		if key.Generation < newest.number {
			return ErrOrder
		}
		if key.Generation == newest.number {
			return newest.reach(key)
		}
	}
	// A KID must mean one key only.
	low := uint8(key.Generation & maxGeneration)
	m.forget(func(g *generation) bool { return uint8(g.number&maxGeneration) == low })
	if len(m.generations) >= maxHeld {
		oldest := m.generations[0]
		m.forget(func(g *generation) bool { return g == oldest })
	}
	for _, g := range m.generations {
		g.life.end = min(g.life.end, now+toldFor)
	}
	g := &generation{number: key.Generation, top: key.Step, ready: key.Step, life: life{end: never}}
	g.steps[key.Step] = &step{base: key.Base, life: life{end: never}}
	m.generations = append(m.generations, g)
	return nil
}

// opened notes that a key of g has opened a frame. It tells whether older generations end for that.
func (m *member) opened(g *generation, at uint8) bool {
	if p := (position{g.number, at}); !m.heard || p.after(m.last) {
		m.heard, m.last = true, p
	}
	if g.used {
		return false
	}
	g.used = true
	for _, older := range m.generations {
		if older == g {
			break
		}
		older.life.ending = true
	}
	return m.generations[0] != g
}

// sweep forgets what is over, and returns when the next thing will be.
func (m *member) sweep(now time.Duration) time.Duration {
	m.forget(func(g *generation) bool { return g.life.over(now) })
	m.untimed, m.due = false, never
	for _, g := range m.generations {
		m.due = min(m.due, g.life.end)
		for i, s := range g.steps[:g.top+1] {
			if s == nil {
				continue
			}
			if s.life.over(now) {
				s.wipe()
				g.steps[i] = nil
				continue
			}
			m.due = min(m.due, s.life.end)
		}
	}
	return m.due
}

// forget drops the generations of which gone says so.
func (m *member) forget(gone func(*generation) bool) {
	m.generations = slices.DeleteFunc(m.generations, func(g *generation) bool {
		if !gone(g) {
			return false
		}
		g.wipe()
		return true
	})
}

func (m *member) wipe() { m.forget(func(*generation) bool { return true }) }

func (g *generation) wipe() {
	for i, s := range g.steps {
		if s != nil {
			s.wipe()
			g.steps[i] = nil
		}
	}
}

// reach makes key's step known; key is of this generation. It must be what the known step leads to.
func (g *generation) reach(key Key) error {
	if key.Step < g.top {
		return nil // frames were faster
	}
	if err := g.derive(key.Step); err != nil {
		return err
	}
	if g.steps[key.Step].base != key.Base {
		return ErrOrder
	}
	g.commit(key.Step)
	return nil
}

// derive makes the steps up to to candidates. They stay when nothing comes of it: whoever has the step at the top has
// them anyway, and a relay that forges frames of a step ahead would have us derive it anew for each.
func (g *generation) derive(to uint8) error {
	if to <= g.ready {
		return nil
	}
	key := Key{Step: g.ready, Base: g.steps[g.ready].base}
	for key.Step < to {
		if err := ratchet(&key); err != nil {
			return err
		}
		g.steps[key.Step] = &step{base: key.Base, life: life{end: never}}
		g.ready = key.Step
	}
	clear(key.Base[:])
	return nil
}

// commit says that the member has reached a step that was derived. The steps before it end soon.
func (g *generation) commit(to uint8) {
	for ; g.top < to; g.top++ {
		g.steps[g.top].life.ending = true
	}
}

// openAhead opens a frame of a step that the member is not known to have reached. It has when the frame is authentic.
func (g *generation) openAhead(dst []byte, kid sframe.KeyID, id ID, metadata, frame []byte) ([]byte, error) {
	if err := g.derive(id.Step); err != nil {
		return nil, err
	}
	out, err := g.steps[id.Step].open(dst, kid, id.Stream, metadata, frame)
	if err != nil {
		return nil, err
	}
	g.commit(id.Step)
	return out, nil
}

// open opens a frame with the key of a stream.
func (s *step) open(dst []byte, kid sframe.KeyID, stream Stream, metadata, frame []byte) ([]byte, error) {
	o := s.openers[stream]
	if o == nil {
		var err error
		if o, err = sframe.NewOpener(suite(), kid, s.base[:]); err != nil {
			return nil, err
		}
		s.openers[stream] = o
	}
	return o.Open(dst, metadata, frame)
}

func (s *step) wipe() { *s = step{} }
