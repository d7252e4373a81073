package conf

import (
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

const (
	// wantPause is the least time between two lists of wants. Less would tell the relay about each frame of a layout
	// that moves, more would be seen as a delay of pictures.
	wantPause = 100 * time.Millisecond
	// guessHeight is what is asked of each camera before the view has said what it shows, and by those without a view.
	guessHeight = 360
)

// wanting is which video is wanted, and what the relay knows of that.
type wanting struct {
	watch []Watch // the last Viewport
	shown bool    // there was one
	stale bool    // watch or members changed since the list was made
	told  bool    // the relay has list
	list  []wire.Want
	at    time.Time // no list before this time
}

// settleWants tells the relay what is wanted, and has more slots opened when they are too few.
func (s *State) settleWants() {
	w := &s.wants
	if w.told && !w.stale || !w.at.IsZero() {
		return
	}
	w.stale = false
	list, live := s.wantList()
	if !w.told && len(list) > 0 || w.told && !slices.Equal(list, w.list) {
		s.send(&wire.SetWants{Wants: list})
		w.at = s.now.Add(wantPause)
	}
	w.told, w.list = true, list
	for _, step := range steps {
		if s.neg.wantVideo = max(s.neg.wantVideo, step); s.neg.wantVideo >= live {
			break
		}
	}
	s.neg.wantVideo = min(s.neg.wantVideo, s.cfg.MaxVideo)
	s.negotiate()
}

// wantList makes the list for the relay; live is how many of its sources are being sent.
func (s *State) wantList() (list []wire.Want, live int) {
	watch := s.wants.watch
	if s.cfg.WantAll || !s.wants.shown {
		watch = s.guess()
	}
	list = make([]wire.Want, 0, len(watch))
	seen := make(map[wire.Source]bool, len(watch))
	for _, x := range watch {
		if len(list) == wire.MaxWants {
			break
		}
		if x.Source.Member == 0 || x.Source.Member == s.view.Me.Index || x.Source.Stream.Kind() != wire.Video || seen[x.Source] {
			continue
		}
		seen[x.Source] = true
		list = append(list, wire.Want{Source: x.Source, Height: min(max(x.Height, 1), 4320), Prio: min(max(x.Prio, 0), 9)})
		if at, ok := s.crowd.find(x.Source.Member); ok && s.crowd.members[at].State.Has(x.Source.Stream) {
			live++
		}
	}
	return list, live
}

// guess is everybody's video, shares first: for bots, and for the time until the view has drawn its first tiles, so that
// the first picture need not wait for them.
func (s *State) guess() (watch []Watch) {
	most := len(s.crowd.members)
	if !s.cfg.WantAll {
		most = s.cfg.FirstVideo
	}
	for _, st := range [...]wire.Stream{wire.Screen, wire.Cam} {
		for i := range s.crowd.members {
			m := &s.crowd.members[i]
			if m.Index != s.view.Me.Index && m.State.Has(st) && (s.cfg.WantAll || len(watch) < most) {
				watch = append(watch, Watch{Source: wire.Source{Member: m.Index, Stream: st}, Height: guessHeight})
			}
		}
	}
	return watch
}
