package speaker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/shared/wire"
)

// room hears levels each 100 ms.
type room struct {
	Detector
	now time.Time
}

func (r *room) hears(d time.Duration, levels map[wire.MemberIndex]uint8) {
	for end := r.now.Add(d); r.now.Before(end); {
		r.now = r.now.Add(100 * time.Millisecond)
		for m, l := range levels {
			r.Hear(m, l, r.now)
		}
	}
}

func (r *room) says(t *testing.T, dominant wire.MemberIndex, speaking ...wire.MemberIndex) {
	t.Helper()
	if speaking == nil {
		speaking = []wire.MemberIndex{}
	}
	assert.Equal(t, wire.Speakers{Speaking: speaking, Dominant: dominant}, r.Speakers(r.now))
}

const talk, hum = 25, 70

func TestSpeakers(t *testing.T) {
	r := &room{now: time.Unix(1000, 0)}
	r.hears(time.Second, map[wire.MemberIndex]uint8{1: hum, 2: Silence})
	r.says(t, 0)

	r.hears(100*time.Millisecond, map[wire.MemberIndex]uint8{1: talk, 2: hum})
	r.says(t, 0, 1) // it may be a cough
	r.hears(900*time.Millisecond, map[wire.MemberIndex]uint8{1: talk, 2: hum})
	r.says(t, 1, 1) // within a second

	r.hears(200*time.Millisecond, map[wire.MemberIndex]uint8{1: hum, 2: hum})
	r.says(t, 1, 1) // between two words
	r.hears(time.Second, map[wire.MemberIndex]uint8{1: hum, 2: hum})
	r.says(t, 1) // stays when it is quiet

	r.hears(300*time.Millisecond, map[wire.MemberIndex]uint8{1: hum, 2: talk})
	r.hears(time.Second, map[wire.MemberIndex]uint8{1: hum, 2: hum})
	r.says(t, 1) // a cough
	r.hears(time.Second, map[wire.MemberIndex]uint8{1: hum, 2: talk})
	r.says(t, 2, 2)

	r.hears(time.Second, map[wire.MemberIndex]uint8{1: 10, 2: 45})
	r.says(t, 2, 1, 2) // loudest first; who is in the middle of it stays dominant

	r.Forget(2)
	r.says(t, 1, 1) // muted
	r.Gone(1)
	r.says(t, 0)
}
