package assign

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// meeting is people who begin and stop to speak, come, go and share sound, seen by one who has some slots.
type meeting struct {
	r      *rand.Rand
	now    time.Time
	voices []Voice
	held   []wire.Source
	most   int  // how many speak at once
	steady bool // nobody comes, goes, or shares sound
}

func newMeeting(seed uint64, people, slots int) *meeting {
	m := &meeting{r: rand.New(rand.NewPCG(seed, seed)), now: now, held: make([]wire.Source, slots), most: people}
	for i := range people {
		m.voices = append(m.voices, Voice{Source: mic(wire.MemberIndex(i + 1)), Level: 127})
	}
	return m
}

// passes lets a tenth of a second pass.
func (m *meeting) passes() {
	m.now = m.now.Add(100 * time.Millisecond)
	speaking := 0
	for _, v := range m.voices {
		if v.Speaking {
			speaking++
		}
	}
	for i := range m.voices {
		v := &m.voices[i]
		switch {
		case v.Stream == wire.ScreenAudio:
			continue
		case v.Speaking:
			v.Speaking = m.r.IntN(30) > 0
		case speaking < m.most && m.r.IntN(100) == 0:
			v.Speaking = true
			speaking++
		}
		if v.Level = 127; v.Speaking {
			v.Level, v.Spoke = uint8(10+m.r.IntN(50)), m.now
		}
	}
	if m.steady {
		return
	}
	switch i := m.r.IntN(len(m.voices)); m.r.IntN(40) {
	case 0: // somebody goes, or mutes
		if len(m.voices) > 1 {
			m.voices = slices.Delete(m.voices, i, i+1)
		}
	case 1: // somebody comes
		member := wire.MemberIndex(1 + m.r.IntN(200))
		v := Voice{Source: mic(member), Level: 127}
		if m.r.IntN(10) == 0 {
			v.Source = tab(member)
		}
		if !slices.ContainsFunc(m.voices, func(o Voice) bool { return o.Source == v.Source }) {
			m.voices = append(m.voices, v)
		}
	}
	slices.SortFunc(m.voices, func(a, b Voice) int {
		return cmp.Or(cmp.Compare(a.Member, b.Member), cmp.Compare(a.Stream, b.Stream))
	})
}

func (m *meeting) voice(s wire.Source) (Voice, bool) {
	i := slices.IndexFunc(m.voices, func(v Voice) bool { return v.Source == s })
	if i < 0 {
		return Voice{}, false
	}
	return m.voices[i], true
}

func TestWhateverHappensInAMeeting(t *testing.T) {
	for _, people := range []int{1, 3, 5, 6, 12, 40} {
		for _, slots := range []int{1, 3, 5} {
			t.Run(fmt.Sprintf("%d people and %d slots", people, slots), func(t *testing.T) {
				m := newMeeting(uint64(people*10+slots), people, slots)
				for range 3000 {
					m.passes()
					next := Audio(m.held, m.voices, m.now)
					m.check(t, next)
					m.held = next
				}
			})
		}
	}
}

// check requires what must be true of every choice.
func (m *meeting) check(t *testing.T, next []wire.Source) {
	t.Helper()
	require.Len(t, next, len(m.held))
	require.Equal(t, next, Audio(m.held, m.voices, m.now), "the same again")
	require.Equal(t, next, Audio(next, m.voices, m.now), "and nothing more to change")
	seen := map[wire.Source]bool{}
	shares, free := 0, 0
	for _, v := range m.voices {
		if v.Stream == wire.ScreenAudio {
			shares++
		}
	}
	for i, src := range next {
		if src.Member == 0 {
			free++
			continue
		}
		require.False(t, seen[src], "nobody is in two slots")
		seen[src] = true
		_, there := m.voice(src)
		require.True(t, there, "nobody is in a slot who is not there")
		if at := slices.Index(m.held, src); at >= 0 {
			require.Equal(t, at, i, "who stays keeps the slot")
		}
	}
	require.Equal(t, max(0, len(next)-len(m.voices)), free, "no slot is empty while somebody is left")
	for _, src := range m.held {
		v, there := m.voice(src)
		if !there || seen[src] {
			continue
		}
		require.NotEqual(t, wire.ScreenAudio, src.Stream, "shared sound is not cut")
		if shares == 0 {
			require.False(t, v.Speaking, "nobody is cut in mid-sentence")
			require.GreaterOrEqual(t, m.now.Sub(v.Spoke), KeepVoice)
		}
	}
	m.checkFair(t, seen)
}

// checkFair requires that a talker is left out only where all slots are needed as much.
func (m *meeting) checkFair(t *testing.T, seen map[wire.Source]bool) {
	t.Helper()
	for _, v := range m.voices {
		if !v.Speaking || seen[v.Source] {
			continue
		}
		for src := range seen {
			other, _ := m.voice(src)
			require.True(t, src.Stream == wire.ScreenAudio || m.now.Sub(other.Spoke) < KeepVoice,
				"member %d speaks and has no slot, while member %d is silent and has one", v.Member, src.Member)
		}
	}
}

// Five slots are enough where two people speak at once, though a turn takes only three seconds and slots are kept for
// KeepVoice.
func TestTalkersSeldomWait(t *testing.T) {
	m := newMeeting(7, 30, 5)
	m.most, m.steady = 2, true
	waits, talks := 0, 0
	for range 36_000 { // an hour
		m.passes()
		m.held = Audio(m.held, m.voices, m.now)
		for _, v := range m.voices {
			if v.Speaking && v.Stream == wire.Mic {
				talks++
				if !slices.Contains(m.held, v.Source) {
					waits++
				}
			}
		}
	}
	t.Logf("%d of %d tenths of a second of speech without a slot, %d people", waits, talks, len(m.voices))
	require.Greater(t, talks, 18_000)
	require.Less(t, waits, talks/50)
}

func BenchmarkAudio(b *testing.B) {
	for _, people := range []int{10, 100} {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) {
			m := newMeeting(1, people, 5)
			for range 100 {
				m.passes()
				m.held = Audio(m.held, m.voices, m.now)
			}
			Sort(m.voices)
			b.ReportAllocs()
			for b.Loop() {
				m.held = Audio(m.held, m.voices, m.now)
			}
		})
	}
}
