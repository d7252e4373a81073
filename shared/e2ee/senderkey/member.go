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
	top    uint8              // the latest step that is known; always held
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
	g := &generation{number: key.Generation, top: key.Step, life: life{end: never}}
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
	steps, err := g.derive(key.Step)
	if err != nil {
		return err
	}
	got := g.steps[g.top].base
	if len(steps) > 0 {
		got = steps[len(steps)-1].base
	}
	if got != key.Base {
		wipe(steps)
		return ErrOrder
	}
	g.commit(steps)
	return nil
}

// derive returns the steps from the one after the top to the one at to.
func (g *generation) derive(to uint8) ([]*step, error) {
	key := Key{Step: g.top, Base: g.steps[g.top].base}
	var steps []*step
	for key.Step < to {
		if err := ratchet(&key); err != nil {
			return nil, err
		}
		steps = append(steps, &step{base: key.Base, life: life{end: never}})
	}
	clear(key.Base[:])
	return steps, nil
}

// commit adds what derive returned. The steps before the last end soon.
func (g *generation) commit(steps []*step) {
	for _, s := range steps {
		g.steps[g.top].life.ending = true
		g.top++
		g.steps[g.top] = s
	}
}

// openAhead opens a frame of a step that is not known yet. Its key is used once; it is kept if the frame is authentic.
func (g *generation) openAhead(dst []byte, kid sframe.KeyID, id ID, metadata, frame []byte) ([]byte, error) {
	steps, err := g.derive(id.Step)
	if err != nil {
		return nil, err
	}
	out, err := steps[len(steps)-1].open(dst, kid, id.Stream, metadata, frame)
	if err != nil {
		wipe(steps)
		return nil, err
	}
	g.commit(steps)
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

func wipe(steps []*step) {
	for _, s := range steps {
		s.wipe()
	}
}
