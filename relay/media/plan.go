package media

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/conclave-meet/conclave/relay/media/assign"
	"github.com/conclave-meet/conclave/relay/media/speaker"
	"github.com/conclave-meet/conclave/shared/wire"
)

// Times of a group.
const (
	listenEvery   = 100 * time.Millisecond // a look at the audio levels; a syllable is about 200 ms
	speakersEvery = 200 * time.Millisecond // at most, to clients
)

// change is a slot that gets another content.
type change struct {
	sl    *slot
	src   *source // nil: it is empty from now on
	state wire.SlotState
}

// run decides what is in the slots whenever something changed, and who speaks. It ends with ctx.
func (g *Group) run(ctx context.Context) {
	t := time.NewTicker(listenEvery)
	defer t.Stop()
	var last announced
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.dirty:
			g.arrange(time.Now())
		case now := <-t.C:
			g.hear(now, &last)
		}
	}
}

// announced is what clients were told last of who speaks.
type announced struct {
	speakers wire.Speakers
	at       time.Time
}

// hear looks at the audio levels, and tells who speaks when that changed.
func (g *Group) hear(now time.Time, last *announced) {
	defer g.guard()
	heard, again := g.listen(now)
	if again {
		g.arrange(now)
	}
	if now.Sub(last.at) < speakersEvery || sameSpeakers(last.speakers, heard) {
		return
	}
	last.speakers, last.at = heard, now
	if f := g.events.Speakers; f != nil {
		f(heard)
	}
}

// guard keeps a fault in one room from the others: what was not done is done with the next change.
func (g *Group) guard() {
	if fault := recover(); fault != nil {
		g.engine.log.Error("a fault of the relay in a room's media", "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
	}
}

func sameSpeakers(a, b wire.Speakers) bool {
	return a.Dominant == b.Dominant && slices.Equal(a.Speaking, b.Speaking)
}

// listen looks at the levels of all microphones. again says that slots may depend on it.
func (g *Group) listen(now time.Time) (heard wire.Speakers, again bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for m, s := range g.members {
		mic := s.sources[wire.Mic]
		if mic == nil || !s.control.sending.Mic {
			g.voices.Forget(m)
			continue
		}
		g.voices.Hear(m, mic.meter.Take(), now)
	}
	return g.voices.Speakers(), g.scarce
}

// arrange decides what is in all slots: it takes out what goes, says what comes, and only then puts it in.
func (g *Group) arrange(now time.Time) {
	defer g.guard()
	for to, changes := range g.decide(now) {
		states := make([]wire.SlotState, 0, len(changes))
		for _, c := range changes {
			states = append(states, c.state)
		}
		if f := g.events.Slots; f != nil && !to.ended.Load() {
			f(to.member, states)
		}
		g.putIn(changes)
		for _, c := range changes {
			if c.src != nil && c.sl.needsKey() {
				c.src.needKey(now)
			}
		}
	}
}

// decide finds the changes, and carries out the first half of them: what goes is out when it returns.
func (g *Group) decide(now time.Time) map[*Session][]change {
	g.mu.Lock()
	defer g.mu.Unlock()
	changes := make(map[*Session][]change)
	voices := g.voicesLocked()
	g.scarce = false
	for _, s := range g.members {
		var held [2][]wire.Source
		var slots [2][]*slot
		for _, sl := range s.control.slots {
			k := kindIndex(sl.kind)
			held[k], slots[k] = append(held[k], sl.held), append(slots[k], sl)
		}
		others := slices.DeleteFunc(slices.Clone(voices), func(v assign.Voice) bool { return v.Member == s.member })
		g.scarce = g.scarce || len(others) > len(slots[0])
		next := [2][]wire.Source{
			assign.Audio(held[0], others, now),
			assign.Video(held[1], s.control.wants, func(x wire.Source) bool {
				return x.Member != s.member && g.sourceLocked(x) != nil
			}),
		}
		for k := range slots {
			for i, sl := range slots[k] {
				// A member who came back has the same name, but other sources.
				if next[k][i] != sl.held || g.sourceLocked(next[k][i]) != sl.next {
					changes[s] = append(changes[s], g.replaceLocked(sl, next[k][i]))
				}
			}
		}
	}
	return changes
}

func kindIndex(k wire.Kind) int {
	if k == wire.Audio {
		return 0
	}
	return 1
}

// replaceLocked takes out what is in sl, and notes what is to come.
func (g *Group) replaceLocked(sl *slot, next wire.Source) change {
	why := wire.WhyNone
	if next.Member == 0 {
		why = wire.WhyNotWanted
		if g.members[sl.held.Member] != nil && g.sourceLocked(sl.held) == nil {
			why = wire.WhyMuted
		}
	}
	g.emptyLocked(sl, why)
	sl.held, sl.next = next, g.sourceLocked(next)
	return change{sl: sl, src: sl.next, state: sl.stateLocked()}
}

// emptyLocked takes out what is in sl.
func (g *Group) emptyLocked(sl *slot, why wire.Why) {
	if src := sl.detach(); src != nil {
		subs := slices.DeleteFunc(slices.Clone(*src.subs.Load()), func(x *slot) bool { return x == sl })
		src.subs.Store(&subs)
	}
	sl.held, sl.next, sl.why = wire.Source{}, nil, why
}

// putIn is the second half of the changes. What is not true any more is left for the next time.
func (g *Group) putIn(changes []change) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range changes {
		if c.src == nil || c.sl.next != c.src || c.sl.s.ended.Load() || c.src.s.ended.Load() {
			continue
		}
		c.sl.attach(c.src)
		subs := append(slices.Clone(*c.src.subs.Load()), c.sl)
		c.src.subs.Store(&subs)
		c.sl.s.count.inc(Switches)
	}
}

// sourceLocked is the source, if it is being sent.
func (g *Group) sourceLocked(x wire.Source) *source {
	s := g.members[x.Member]
	if s == nil || !s.control.sending.Has(x.Stream) {
		return nil
	}
	return s.sources[x.Stream]
}

// voicesLocked are the audio sources that are being sent, by member.
func (g *Group) voicesLocked() []assign.Voice {
	var all []assign.Voice
	for m := range g.members {
		for _, st := range []wire.Stream{wire.Mic, wire.ScreenAudio} {
			v := assign.Voice{Source: wire.Source{Member: m, Stream: st}, Level: speaker.Silence}
			if g.sourceLocked(v.Source) == nil {
				continue
			}
			if st == wire.Mic {
				v.Spoke, v.Speaking, v.Level = g.voices.Voice(m)
			}
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b assign.Voice) int {
		return cmp.Or(cmp.Compare(a.Member, b.Member), cmp.Compare(a.Stream, b.Stream))
	})
	return all
}
