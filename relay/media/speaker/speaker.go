// Package speaker tells from audio levels (RFC 6464) who is speaking, and who of them is the dominant speaker. It is
// pure: time comes in from outside.
package speaker

import (
	"cmp"
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Tunables. Levels are in -dBov: 0 is the loudest, 127 silence.
const (
	Silence = 127

	// onLevel begins speech and offLevel ends it; rooms hum at 60 and more, speech is at 15 to 45. Closer together they
	// would flap at each syllable.
	onLevel, offLevel = 50, 58
	// hang is how long speech goes on in a pause between words.
	hang = 400 * time.Millisecond
	// rise is how long somebody speaks before becoming dominant: longer than a cough.
	rise = 400 * time.Millisecond
	// yield is how long the dominant speaker is silent before another one follows.
	yield = 600 * time.Millisecond
	// bin is the difference in loudness that changes the order of those who speak. A smaller one would reorder them
	// all the time.
	bin = 8
)

type voice struct {
	level    int // smoothed
	speaking bool
	since    time.Time // when speaking began
	spoke    time.Time // when it was last loud
}

// Detector follows the members of one room. The zero value is ready. It is not safe for concurrent use.
type Detector struct {
	voices   map[wire.MemberIndex]*voice
	dominant wire.MemberIndex
}

// Hear notes the loudest level of m's microphone since the last call; [Silence] when nothing came. It wants to be called
// for every microphone about ten times a second.
func (d *Detector) Hear(m wire.MemberIndex, level uint8, now time.Time) {
	v := d.voices[m]
	if v == nil {
		if d.voices == nil {
			d.voices = make(map[wire.MemberIndex]*voice)
		}
		v = &voice{level: Silence}
		d.voices[m] = v
	}
	// Up fast, down slowly: the first syllable counts.
	if l := int(level); l < v.level {
		v.level = (v.level + 3*l) / 4
	} else {
		v.level = (3*v.level + l) / 4
	}
	limit := onLevel
	if v.speaking {
		limit = offLevel
	}
	switch {
	case int(level) <= limit:
		if !v.speaking {
			v.speaking, v.since = true, now
		}
		v.spoke = now
	case v.speaking && now.Sub(v.spoke) >= hang:
		v.speaking = false
	}
}

// Forget drops m, who left or is muted.
func (d *Detector) Forget(m wire.MemberIndex) { delete(d.voices, m) }

// Gone drops m for good: m is no longer dominant either.
func (d *Detector) Gone(m wire.MemberIndex) {
	d.Forget(m)
	if d.dominant == m {
		d.dominant = 0
	}
}

// Voice says when m was last heard, whether m is speaking, and how loud.
func (d *Detector) Voice(m wire.MemberIndex) (spoke time.Time, speaking bool, level uint8) {
	if v := d.voices[m]; v != nil {
		return v.spoke, v.speaking, uint8(v.level)
	}
	return time.Time{}, false, Silence
}

// Speakers says who is speaking at now, loudest first, and who is dominant: somebody who has spoken for a moment when
// nobody is, or when the one before has fallen silent. The dominant speaker stays when all are silent.
func (d *Detector) Speakers(now time.Time) wire.Speakers {
	speaking := []wire.MemberIndex{}
	for m, v := range d.voices {
		if v.speaking {
			speaking = append(speaking, m)
		}
	}
	slices.SortFunc(speaking, func(a, b wire.MemberIndex) int {
		return cmp.Or(cmp.Compare(d.voices[a].level/bin, d.voices[b].level/bin), cmp.Compare(a, b))
	})
	if v := d.voices[d.dominant]; v == nil || !v.speaking && now.Sub(v.spoke) >= yield {
		for _, m := range speaking {
			if now.Sub(d.voices[m].since) >= rise {
				d.dominant = m
				break
			}
		}
	}
	return wire.Speakers{Speaking: speaking, Dominant: d.dominant}
}
