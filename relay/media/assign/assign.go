// Package assign decides which source is in which of a client's slots. It is pure; a source that stays wanted always
// keeps the slot that it has.
package assign

import (
	"cmp"
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// KeepVoice is how long a microphone keeps its slot after it was last heard, when there are more microphones than slots.
// Less would cut people between two sentences; more would make newcomers wait.
const KeepVoice = 2 * time.Second

// Video says what is in each video slot from now on. held is what is in them now (a zero Member: nothing). Wanted sources
// that exist get slots by priority, then by their order in wants; others leave theirs.
func Video(held []wire.Source, wants []wire.Want, exists func(wire.Source) bool) []wire.Source {
	wanted := make([]wire.Want, 0, len(wants))
	for _, w := range wants {
		if exists(w.Source) {
			wanted = append(wanted, w)
		}
	}
	slices.SortStableFunc(wanted, func(a, b wire.Want) int { return cmp.Compare(b.Prio, a.Prio) })
	wanted = wanted[:min(len(wanted), len(held))]
	there := make([]wire.Source, len(wanted))
	for i, w := range wanted {
		there[i] = w.Source
	}
	next, missing := keep(held, there)
	return fill(next, missing)
}

// Voice is an audio source as the choice sees it.
type Voice struct {
	wire.Source
	Spoke    time.Time // when it was last heard speaking; zero: never
	Speaking bool
	Level    uint8 // RFC 6464: 0 loudest … 127 silent
}

// Audio says what is in each audio slot from now on. All voices are there while they fit. Otherwise screen audio goes
// first, and a microphone that begins to speak takes the slot of the one that was silent longest, but never within
// [KeepVoice] of its last word. It is cheapest with voices in the order of [Sort].
func Audio(held []wire.Source, voices []Voice, now time.Time) []wire.Source {
	if !slices.IsSortedFunc(voices, before) {
		voices = slices.Clone(voices)
		Sort(voices)
	}
	next, in := make([]wire.Source, len(held)), make([]Voice, len(held))
	for _, v := range voices {
		if i := slices.Index(held, v.Source); i >= 0 {
			next[i], in[i] = v.Source, v
		}
	}
	for _, v := range voices {
		if slices.Contains(next, v.Source) {
			continue
		}
		at := slices.Index(next, wire.Source{})
		if at < 0 {
			if !v.Speaking && v.Stream != wire.ScreenAudio {
				break // nor does anybody after it
			}
			at = victim(in, v, now)
		}
		if at >= 0 {
			next[at], in[at] = v.Source, v
		}
	}
	return next
}

// Sort puts voices in the order in which they get slots.
func Sort(voices []Voice) { slices.SortStableFunc(voices, before) }

// before is the order in which voices get slots.
func before(a, b Voice) int {
	first := func(yes, no bool) int {
		switch {
		case yes == no:
			return 0
		case yes:
			return -1
		}
		return 1
	}
	return cmp.Or(
		first(a.Stream == wire.ScreenAudio, b.Stream == wire.ScreenAudio),
		first(a.Speaking, b.Speaking),
		cmp.Compare(a.Level/10, b.Level/10),
		b.Spoke.Compare(a.Spoke),
		cmp.Compare(a.Member, b.Member),
	)
}

// victim finds the slot whose microphone makes room for v, or -1. in is what is in the slots.
func victim(in []Voice, v Voice, now time.Time) int {
	at := -1
	for i, x := range in {
		if x.Stream == wire.ScreenAudio {
			continue
		}
		if at < 0 || x.Spoke.Before(in[at].Spoke) {
			at = i
		}
	}
	switch {
	case at < 0:
		return -1
	case v.Stream == wire.ScreenAudio:
		return at
	case now.Sub(in[at].Spoke) < KeepVoice:
		return -1
	}
	return at
}

// keep returns what of held is also in there, in its slots, and what of there has none.
func keep(held, there []wire.Source) (next, missing []wire.Source) {
	next = make([]wire.Source, len(held))
	for _, src := range there {
		if i := slices.Index(held, src); i >= 0 {
			next[i] = src
		} else {
			missing = append(missing, src)
		}
	}
	return next, missing
}

// fill puts sources into the empty slots, as far as there are any.
func fill(next, missing []wire.Source) []wire.Source {
	for i := range next {
		if len(missing) == 0 {
			break
		}
		if next[i].Member == 0 {
			next[i], missing = missing[0], missing[1:]
		}
	}
	return next
}
