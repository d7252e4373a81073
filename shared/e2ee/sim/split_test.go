package sim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

// split returns a room of three in which the relay has told the first member that the third left.
func split(t *testing.T) (r *sim.Relay, ann, bob, cleo *sim.Member) {
	t.Helper()
	r, all := room(t, 3)
	r.Run(time.Minute)
	relaySays(all[0], all[2], false)
	return r, all[0], all[1], all[2]
}

// relaySays tells a member, and nobody else, that another left or came.
func relaySays(to, about *sim.Member, there bool) {
	to.Do(func(s *e2ee.Session, now time.Duration) {
		if there {
			s.Joined(now, e2ee.Member{Index: about.Index, Announce: about.Session.Announce()})
		} else {
			s.Left(now, about.Index)
		}
	})
}

// relaySaysAway tells a member, and nobody else, that the line of another is lost or back.
func relaySaysAway(to, about *sim.Member, away bool) {
	to.Do(func(s *e2ee.Session, now time.Duration) { s.Away(now, about.Index, away) })
}

// beginAnew has two members give up their channel, as anybody on the way can.
func beginAnew(r *sim.Relay, a, b *sim.Member) {
	for _, pair := range [][2]*sim.Member{{a, b}, {b, a}} {
		r.Inject(e2ee.Item{Kind: e2ee.KindAbort, From: pair[0].Index, To: pair[1].Index, Data: []byte{4, 0}})
	}
}

// wasSplit tells whether one of them was told so, by the states since a moment.
func wasSplit(since map[*sim.Member]int) bool {
	for m, n := range since {
		for _, s := range m.States[n:] {
			if s.Phase == e2ee.PhaseSplit {
				return true
			}
		}
	}
	return false
}

// states is how many states each of some members had so far.
func states(members ...*sim.Member) map[*sim.Member]int {
	n := map[*sim.Member]int{}
	for _, m := range members {
		n[m] = len(m.States)
	}
	return n
}

func TestNoWordOfTheRelayEndsThePauseOfASplitRoom(t *testing.T) {
	for name, lie := range map[string]func(r *sim.Relay, ann, bob *sim.Member){
		"they are away": func(_ *sim.Relay, ann, bob *sim.Member) {
			relaySaysAway(ann, bob, true)
			relaySaysAway(bob, ann, true)
		},
		"they were away": func(_ *sim.Relay, ann, bob *sim.Member) {
			for _, away := range []bool{true, false} {
				relaySaysAway(ann, bob, away)
				relaySaysAway(bob, ann, away)
			}
		},
		"begin anew": beginAnew,
		"one left and came": func(_ *sim.Relay, ann, bob *sim.Member) {
			relaySays(bob, ann, false)
			relaySays(bob, ann, true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, ann, bob, _ := split(t)
			r.Run(8 * time.Second)
			require.Equal(t, []e2ee.Phase{e2ee.PhaseSplit, e2ee.PhaseSplit}, phases(ann, bob))
			lie(r, ann, bob)
			for range 80 {
				require.False(t, hears(t, ann, bob), "at %v", r.Now())
				require.False(t, hears(t, bob, ann), "at %v", r.Now())
				r.Run(500 * time.Millisecond)
			}
		})
	}
}

func TestARelayCannotHideThatItSplitsTheRoom(t *testing.T) {
	type lie struct {
		every time.Duration
		tell  func(r *sim.Relay, ann, bob, cleo *sim.Member)
	}
	for name, lie := range map[string]lie{
		"channels begin anew": {4 * time.Second, func(r *sim.Relay, ann, bob, cleo *sim.Member) {
			beginAnew(r, ann, bob)
			beginAnew(r, bob, cleo)
		}},
		"lines are lost for a moment": {4 * time.Second, func(_ *sim.Relay, ann, bob, cleo *sim.Member) {
			for _, away := range []bool{true, false} {
				relaySaysAway(ann, bob, away)
				relaySaysAway(bob, ann, away)
				relaySaysAway(cleo, bob, away)
			}
		}},
		"members leave and come": {20 * time.Second, func(_ *sim.Relay, ann, bob, _ *sim.Member) {
			for _, there := range []bool{false, true} {
				relaySays(ann, bob, there)
				relaySays(bob, ann, there)
			}
		}},
		"others are on their way": {time.Hour, func(_ *sim.Relay, ann, bob, cleo *sim.Member) {
			other, err := e2ee.NewSession(e2ee.Config{Rand: slowRand{}})
			require.NoError(t, err)
			for _, m := range []*sim.Member{ann, bob, cleo} {
				m.Do(func(s *e2ee.Session, now time.Duration) {
					s.Joined(now, e2ee.Member{Index: 70, Announce: other.Announce()})
				})
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r, ann, bob, cleo := split(t)
			since := states(ann, bob, cleo)
			for end := r.Now() + 2*time.Minute; r.Now() < end && !wasSplit(since); {
				lie.tell(r, ann, bob, cleo)
				for next := r.Now() + lie.every; r.Now() < next && !wasSplit(since); {
					r.Run(time.Second)
				}
			}
			assert.True(t, wasSplit(since), "two minutes of a split room and nobody was told")
		})
	}
}

func TestTheSplitEndsWhenAllSeeTheSamePeopleAgain(t *testing.T) {
	r, ann, bob, cleo := split(t)
	r.Run(8 * time.Second)
	require.Equal(t, []e2ee.Phase{e2ee.PhaseSplit, e2ee.PhaseSplit}, phases(ann, bob))
	relaySays(cleo, ann, false)
	relaySays(ann, cleo, true)
	relaySays(cleo, ann, true)
	r.Run(5 * time.Second)
	assert.Equal(t, []e2ee.Phase{e2ee.PhaseUp, e2ee.PhaseUp, e2ee.PhaseUp}, phases(ann, bob, cleo))
	assert.True(t, hears(t, ann, bob))
	assert.True(t, hears(t, cleo, ann))
}

func TestTheSplitEndsWithTheLastMember(t *testing.T) {
	r, ann, bob, cleo := split(t)
	r.Run(8 * time.Second)
	require.Equal(t, e2ee.PhaseSplit, bob.State.Phase)
	ann.Leave()
	cleo.Leave()
	r.Run(time.Second)
	assert.Equal(t, e2ee.PhaseAlone, bob.State.Phase)
}

func TestWhatAPersonAcceptedIsNotAskedAgainAfterALoss(t *testing.T) {
	r, ann, bob, _ := split(t)
	r.Run(8 * time.Second)
	for _, m := range []*sim.Member{ann, bob} {
		m.Do(func(s *e2ee.Session, now time.Duration) { s.Accept(now) })
	}
	since := states(ann, bob)
	for range 6 {
		beginAnew(r, ann, bob)
		r.Run(5 * time.Second)
	}
	r.Run(2 * time.Second)
	assert.False(t, wasSplit(since))
	assert.True(t, hears(t, ann, bob))
	assert.Equal(t, e2ee.AgreementDiffer, bob.State.Agreement, "it is said for as long as it is true")
}

func TestALineThatBrokeWhenSomebodyLeftIsNoSplit(t *testing.T) {
	r, all := room(t, 3)
	ann, bob, cleo := all[0], all[1], all[2]
	r.Run(time.Minute)
	since := states(ann, bob)
	bob.Disconnect(9 * time.Second) // the relay notices late
	r.Run(100 * time.Millisecond)
	cleo.Leave()
	r.Run(15 * time.Second)
	bob.Reconnect()
	r.Run(20 * time.Second)
	assert.False(t, wasSplit(since))
	assert.True(t, sim.Up(ann, bob))
	assert.Equal(t, e2ee.AgreementSame, ann.State.Agreement)
}

func TestChatIsNotPlayedAgainByALieAboutWhoLeft(t *testing.T) {
	r, all := room(t, 2)
	ann, bob := all[0], all[1]
	say(bob, 1, "yes")
	r.Run(time.Second)
	require.Len(t, said(ann), 1)
	ghost := uint16(60) // in whose seat the relay shows bob, too
	for range 3 {
		relaySays(ann, bob, false)
		ann.Do(func(s *e2ee.Session, now time.Duration) {
			s.Joined(now, e2ee.Member{Index: ghost, Announce: bob.Session.Announce()})
			s.Left(now, ghost)
		})
		relaySays(ann, bob, true)
		beginAnew(r, ann, bob)
		r.Run(5 * time.Second)
		require.True(t, sim.Up(ann, bob))
	}
	for _, me := range []uint16{9, ann.Index} { // or that ann herself is another
		ann.Do(func(s *e2ee.Session, now time.Duration) {
			s.Welcome(now, me, []e2ee.Member{{Index: bob.Index, Announce: bob.Session.Announce()}})
		})
		beginAnew(r, ann, bob)
		r.Run(5 * time.Second)
	}
	r.Run(10 * time.Second)
	require.True(t, sim.Up(ann, bob))
	say(bob, 2, "no")
	r.Run(time.Second)
	require.True(t, sim.Up(ann, bob))
	assert.Equal(t, []e2ee.Said{{From: 2, ID: 1, Text: "yes"}, {From: 2, ID: 2, Text: "no"}}, said(ann))
}
