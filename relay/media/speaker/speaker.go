// Package speaker tells from audio levels (RFC 6464) who is speaking, and who of them is the dominant speaker, after
// I. Volfin and I. Cohen, "Dominant speaker identification for multipoint videoconferencing", Computer Speech and
// Language 27 (2013). It is pure: time comes in from outside.
//
// A microphone's activity is looked at on three scales: the last packet, the last tenth of a second, the last second. A
// challenger becomes dominant when it beats the dominant speaker on all three: so a cough, a click or an "mhm" does not
// win against somebody who speaks, and a pause for breath loses nothing.
package speaker

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Silence is the level of silence; 0 is the loudest (-dBov).
const Silence = 127

// By how much a challenger must beat the dominant speaker on each scale: the paper's C1, C2 and C3. Lower ones switch
// sooner, and back again. The paper's C3 is 0: two who speak at once then change 27 times a minute, with 0.5 eight times,
// and who begins after somebody else follows a tenth of a second later.
const (
	beatFrame = 3.0
	beatBlock = 2.0
	beatLong  = 0.5
)

const (
	// enough is how many tenths of the last second somebody must have spoken to be dominant: longer than a cough, which
	// takes 0.3 s, and well within the second that people wait for a picture to change.
	enough = 4
	// bin is the difference in loudness that changes the order of those who speak. A smaller one would reorder them
	// all the time.
	bin = 8
)

// Detector follows the members of one room. The zero value is ready. It is not safe for concurrent use.
type Detector struct {
	voices   map[wire.MemberIndex]*voice
	dominant wire.MemberIndex
}

// Hear notes the levels of m's packets since the last call. It wants to be called for every microphone about ten times a
// second, also when nothing came.
func (d *Detector) Hear(m wire.MemberIndex, l Levels, now time.Time) {
	v := d.voices[m]
	if v == nil {
		if d.voices == nil {
			d.voices = make(map[wire.MemberIndex]*voice)
		}
		v = newVoice(now)
		d.voices[m] = v
	}
	v.hear(l, now)
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

// Speakers says who is speaking, loudest first, and who is dominant. The dominant speaker stays when all are silent.
func (d *Detector) Speakers() wire.Speakers {
	speaking := []wire.MemberIndex{}
	for m, v := range d.voices {
		if v.speaking {
			speaking = append(speaking, m)
		}
	}
	slices.SortFunc(speaking, func(a, b wire.MemberIndex) int {
		return cmp.Or(cmp.Compare(d.voices[a].level/bin, d.voices[b].level/bin), cmp.Compare(a, b))
	})
	d.compete(speaking)
	return wire.Speakers{Speaking: speaking, Dominant: d.dominant}
}

// compete lets those who speak challenge the dominant speaker. Of several who win, the one with the most activity in the
// last tenth of a second follows, then the louder one.
func (d *Detector) compete(speaking []wire.MemberIndex) {
	held := scores{leastScore, leastScore, leastScore}
	if v := d.voices[d.dominant]; v != nil {
		held = v.scores()
	}
	next, best := d.dominant, 0.0
	for _, m := range speaking {
		v := d.voices[m]
		if m == d.dominant || v.long() < enough {
			continue
		}
		s := v.scores()
		block := math.Log(s[1] / held[1])
		if math.Log(s[0]/held[0]) > beatFrame && block > beatBlock && math.Log(s[2]/held[2]) > beatLong && block > best {
			next, best = m, block
		}
	}
	d.dominant = next
}
