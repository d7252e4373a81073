package media

import (
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
	speakersEvery = 200 * time.Millisecond // at most, to clients
	// voicesEvery is how often audio slots are looked at while they are short, besides when others speak. In a room of
	// 100 a look takes 7 ms.
	voicesEvery = 500 * time.Millisecond
	// shareEvery is how often each downlink is shared anew, as the rates of the layers change: a picture that begins to
	// move may not fit any more.
	shareEvery = time.Second
)

// change is a slot that gets another content.
type change struct {
	sl    *slot
	src   *source // nil: it is empty from now on, or paused
	state wire.SlotState
}

// decision is what is to be done after a look at a group.
type decision struct {
	changes   map[*Session][]change
	encodings map[*Session][]wire.Encoding
	keys      []*layer // of which slots wait for a key frame
}

// run decides what is in the slots whenever something changed, and who speaks. It ends with ctx.
func (g *Group) run(ctx context.Context) {
	var last announced
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.dirty:
			g.arrange(time.Now())
		case <-g.beat:
			now := time.Now()
			g.hear(now, &last)
			g.attend(now)
		}
	}
}

// announced is what clients were told last of who speaks.
type announced struct {
	speakers wire.Speakers
	at       time.Time
	looked   time.Time // when the audio slots were looked at
}

// hear looks at the audio levels, and tells who speaks when that changed.
func (g *Group) hear(now time.Time, last *announced) {
	defer g.guard()
	heard, scarce := g.listen(now)
	if scarce && (!slices.Equal(last.speakers.Speaking, heard.Speaking) || now.Sub(last.looked) >= voicesEvery) {
		last.looked = now
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

// attend looks for what came, went, or may be due by itself: layers, bandwidth, layers that nobody needs any more.
func (g *Group) attend(now time.Time) {
	defer g.guard()
	if g.stirs(now) {
		g.arrange(now)
		return
	}
	g.tell(g.encode(now, nil))
}

// stirs reports whether slots have to be looked at again.
func (g *Group) stirs(now time.Time) (yes bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.members {
		yes = s.watchLocked(now) || yes
		at, due := s.control.share.by.Again()
		// Rates change all the time. It matters only to whom they may become too high, and to whom they were: a budget can
		// leap beyond all that is wanted.
		yes = yes || due && !now.Before(at) || s.tight() || s.control.share.stale(now)
	}
	g.settleLocked()
	return yes
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

// listen looks at the levels of all microphones. scarce says that there are more
// of them than slots for somebody.
func (g *Group) listen(now time.Time) (heard wire.Speakers, scarce bool) {
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
	d := g.decide(now)
	for to, changes := range d.changes {
		states := make([]wire.SlotState, 0, len(changes))
		for _, c := range changes {
			states = append(states, c.state)
		}
		if f := g.events.Slots; f != nil && !to.ended.Load() {
			f(to.member, states)
		}
		d.keys = append(d.keys, g.putIn(changes)...)
	}
	if len(d.changes) > 0 {
		d.encodings = g.encode(now, d.encodings) // what was put in is to be sent
	}
	g.tell(d.encodings)
	for _, l := range d.keys {
		l.needKey(now)
	}
}

// tell says to members what they are to send anew.
func (g *Group) tell(encodings map[*Session][]wire.Encoding) {
	for to, list := range encodings {
		to.count.inc(Encodes)
		if f := g.events.Encode; f != nil && !to.ended.Load() {
			f(to.member, list)
		}
	}
}

// decide finds the changes, and carries out the first half of them: what goes is out when it returns.
func (g *Group) decide(now time.Time) decision {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := decision{changes: map[*Session][]change{}}
	voices := g.voicesLocked()
	g.scarce, g.codec = false, g.commonLocked()
	for _, s := range g.members {
		s.watchLocked(now)
	}
	for _, s := range g.members {
		d.changes[s] = g.assignLocked(s, voices, now)
		g.pauseLocked(s, &d, now)
		if len(d.changes[s]) == 0 {
			delete(d.changes, s)
		}
	}
	g.settleLocked()
	d.encodings = g.encodingsLocked(now, nil)
	return d
}

// assignLocked decides which source is in which slot of s.
func (g *Group) assignLocked(s *Session, voices []assign.Voice, now time.Time) (changes []change) {
	var held [2][]wire.Source
	var slots [2][]*slot
	for _, sl := range s.control.slots {
		k := kindIndex(sl.kind)
		held[k], slots[k] = append(held[k], sl.place.held), append(slots[k], sl)
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
			if next[k][i] != sl.place.held || g.sourceLocked(next[k][i]) != sl.place.next {
				changes = append(changes, g.replaceLocked(sl, next[k][i]))
			}
		}
	}
	return changes
}

// pauseLocked decides which layers are in the video slots of s, and for which there is no bandwidth.
func (g *Group) pauseLocked(s *Session, d *decision, now time.Time) {
	for _, c := range s.shareLocked(now) {
		p := &c.sl.place
		was := p.why
		p.why = wire.WhyNone
		if c.goal.layer == nil {
			p.why = wire.WhyBandwidth
		}
		if p.why == was && c.goal == p.goal {
			continue
		}
		attached := p.goal.layer != nil
		p.goal = c.goal
		switch i := slices.IndexFunc(d.changes[s], func(x change) bool { return x.sl == c.sl }); {
		case p.why == wire.WhyBandwidth:
			if was != wire.WhyBandwidth {
				s.count.inc(Pauses)
			}
			c.sl.detach()
			if i < 0 {
				d.changes[s] = append(d.changes[s], change{sl: c.sl, state: c.sl.stateLocked()})
			} else {
				d.changes[s][i] = change{sl: c.sl, state: c.sl.stateLocked()}
			}
		case i >= 0: // it is put in with what is new
		case !attached:
			d.changes[s] = append(d.changes[s], change{sl: c.sl, src: p.next, state: c.sl.stateLocked()})
		default:
			c.sl.subscribeLocked(c.goal.layer)
			c.sl.aim(c.goal)
			if c.sl.needsKey(c.goal.layer) {
				d.keys = append(d.keys, c.goal.layer)
			}
		}
	}
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
		if g.members[sl.place.held.Member] != nil && g.sourceLocked(sl.place.held) == nil {
			why = wire.WhyMuted
		}
	}
	sl.emptyLocked(why)
	sl.place.held, sl.place.next = next, g.sourceLocked(next)
	if src := sl.place.next; src != nil && sl.kind == wire.Audio {
		sl.place.goal = target{layer: src.layers[0]}
	}
	return change{sl: sl, src: sl.place.next, state: sl.stateLocked()}
}

// emptyLocked takes out what is in sl. The caller holds Group.mu.
func (sl *slot) emptyLocked(why wire.Why) {
	sl.detach()
	for _, l := range sl.place.layers {
		l.leaveLocked(sl)
	}
	sl.place = place{why: why, layers: sl.place.layers[:0]}
}

// subscribeLocked has the packets of l come to sl. The caller holds Group.mu.
func (sl *slot) subscribeLocked(l *layer) {
	if slices.Contains(sl.place.layers, l) {
		return
	}
	sl.place.layers = append(sl.place.layers, l)
	subs := append(slices.Clone(*l.subs.Load()), sl)
	l.subs.Store(&subs)
}

// leaveLocked takes sl off the layer's subscribers. The caller holds Group.mu.
func (l *layer) leaveLocked(sl *slot) {
	subs := slices.DeleteFunc(slices.Clone(*l.subs.Load()), func(x *slot) bool { return x == sl })
	l.subs.Store(&subs)
}

// settleLocked takes slots off the layers that they have left.
func (g *Group) settleLocked() {
	for _, s := range g.members {
		for _, sl := range s.control.slots {
			p := &sl.place
			if len(p.layers) == 0 || len(p.layers) == 1 && p.layers[0] == p.goal.layer {
				continue
			}
			flows := sl.flowing()
			p.layers = slices.DeleteFunc(p.layers, func(l *layer) bool {
				left := l != p.goal.layer && l != flows
				if left {
					l.leaveLocked(sl)
				}
				return left
			})
		}
	}
}

// putIn is the second half of the changes, and returns the layers of which key frames are needed. What is not true any
// more is left for the next time.
func (g *Group) putIn(changes []change) (keys []*layer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range changes {
		goal := c.sl.place.goal
		if c.src == nil || c.sl.place.next != c.src || goal.layer == nil || c.sl.s.ended.Load() || c.src.s.ended.Load() {
			continue
		}
		c.sl.attach(goal)
		c.sl.subscribeLocked(goal.layer)
		c.sl.s.count.inc(Switches)
		if c.sl.needsKey(goal.layer) {
			keys = append(keys, goal.layer)
		}
	}
	return keys
}

// encode adds to list what members are to send anew.
func (g *Group) encode(now time.Time, list map[*Session][]wire.Encoding) map[*Session][]wire.Encoding {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.encodingsLocked(now, list)
}

func (g *Group) encodingsLocked(now time.Time, list map[*Session][]wire.Encoding) map[*Session][]wire.Encoding {
	for _, s := range g.members {
		for _, x := range s.encodingsLocked(now) {
			if list == nil {
				list = map[*Session][]wire.Encoding{}
			}
			i := slices.IndexFunc(list[s], func(y wire.Encoding) bool { return y.Stream == x.Stream })
			if i >= 0 {
				list[s][i] = x
			} else {
				list[s] = append(list[s], x)
			}
		}
	}
	return list
}

// sourceLocked is the source, if it is being sent.
func (g *Group) sourceLocked(x wire.Source) *source {
	s := g.members[x.Member]
	if s == nil || !s.control.sending.Has(x.Stream) {
		return nil
	}
	return s.sources[x.Stream]
}

// voicesLocked are the audio sources that are being sent, in the order of package assign.
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
	assign.Sort(all) // once for all receivers
	return all
}
