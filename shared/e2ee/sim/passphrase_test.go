package sim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

func TestAWrongPassphraseIsToldAndRetried(t *testing.T) {
	r, all := room(t, 2)
	ann, bob := all[0], all[1]
	cleo := r.Join(wrong)
	r.Run(2 * time.Second)
	assert.Equal(t, e2ee.PhaseMismatch, cleo.State.Phase)
	assert.Equal(t, ann.Index, cleo.State.With)
	assert.Equal(t, e2ee.StatusDifferent, status(t, ann, cleo))
	assert.Equal(t, e2ee.StatusWaiting, status(t, bob, cleo), "it was not asked")
	assert.Equal(t, 1, ann.State.Attempts)
	assert.False(t, hears(t, ann, cleo))

	cleo.Do(func(s *e2ee.Session, now time.Duration) { s.Retry(now, sim.PRS(right)) })
	r.Run(2 * time.Second)
	assert.Equal(t, e2ee.PhaseUp, cleo.State.Phase)
	assert.True(t, sim.Up(bob, cleo))
	assert.True(t, hears(t, ann, cleo))
	assert.True(t, hears(t, cleo, bob))
	assert.Equal(t, ann.Code(), cleo.Code())
	assert.Zero(t, cleo.State.Attempts)
}

// TestNoOtherPassphraseIsTriedWhenOneIsRight: deriving takes a while, and somebody may be up by the time it is done.
func TestNoOtherPassphraseIsTriedWhenOneIsRight(t *testing.T) {
	r, all := room(t, 2)
	for _, m := range all {
		m.Do(func(s *e2ee.Session, now time.Duration) {
			require.ErrorIs(t, s.Retry(now, sim.PRS(wrong)), e2ee.ErrProven)
		})
	}
	cleo := r.Join(right)
	r.Run(2 * time.Second)
	assert.Equal(t, e2ee.PhaseUp, cleo.State.Phase)
	for _, m := range all {
		assert.True(t, sim.Up(cleo, m))
	}
	assert.True(t, sim.Up(all[0], all[1]))
}

func TestWhoeverTriesTheOthersFindsThem(t *testing.T) {
	r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
	odd := r.Join(wrong)
	r.Run(time.Second)
	bob := r.Join(right)
	r.Run(time.Second)
	require.Equal(t, e2ee.PhaseMismatch, bob.State.Phase)
	cleo := r.Join(right)
	r.Run(2 * time.Second)
	require.Equal(t, e2ee.PhaseMismatch, cleo.State.Phase)
	assert.Equal(t, odd.Index, cleo.State.With)

	cleo.Do(func(s *e2ee.Session, now time.Duration) { s.TryOthers(now) })
	r.Run(2 * time.Second)
	assert.Equal(t, e2ee.PhaseUp, cleo.State.Phase)
	assert.Equal(t, e2ee.PhaseUp, bob.State.Phase, "somebody has its passphrase")
	assert.Equal(t, e2ee.StatusDifferent, status(t, cleo, odd))
	assert.Equal(t, bob.Code(), cleo.Code())

	// The first member finds out who was wrong: those whom it could not answer ask again.
	odd.Do(func(s *e2ee.Session, now time.Duration) { s.Retry(now, sim.PRS(right)) })
	r.Run(5 * time.Second)
	assert.True(t, sim.Up(odd, bob))
	assert.True(t, sim.Up(odd, cleo))
	assert.Equal(t, odd.Code(), cleo.Code())
}

// offers returns what m was told of changes of the passphrase.
func offers(m *sim.Member) (out []e2ee.PassphraseOffered) {
	for _, e := range m.Events {
		if p, ok := e.(e2ee.PassphraseOffered); ok {
			out = append(out, p)
		}
	}
	return out
}

// adopt answers the last of them.
func adopt(t *testing.T, m *sim.Member, prs [32]byte) {
	t.Helper()
	all := offers(m)
	require.NotEmpty(t, all)
	last := all[len(all)-1]
	m.Do(func(s *e2ee.Session, now time.Duration) { require.NoError(t, s.Adopt(now, last.Epoch, last.Text, prs)) })
	assert.Contains(t, m.Events, e2ee.PassphraseChanged(last))
}

func TestAChangedPassphraseLocksOutWhoeverHasTheOldOne(t *testing.T) {
	const newer = 3
	r, all := room(t, 3)
	ann, bob, ex := all[0], all[1], all[2]
	ex.Leave()
	r.Run(time.Second)
	ann.Do(func(s *e2ee.Session, now time.Duration) {
		require.NoError(t, s.Change(now, sim.PRS(newer), "a newer one"))
	})
	r.Run(time.Second)
	require.Contains(t, bob.Events, e2ee.Event(e2ee.PassphraseOffered{By: ann.Index, Epoch: 1, Text: "a newer one"}))
	adopt(t, bob, sim.PRS(newer))
	assert.True(t, hears(t, ann, bob), "nobody types anything")

	old := r.Join(right)
	r.Run(5 * time.Second)
	assert.Equal(t, e2ee.PhaseMismatch, old.State.Phase)
	assert.False(t, hears(t, ann, old))
	late := r.Join(newer)
	r.Run(5 * time.Second)
	assert.True(t, sim.Up(ann, late), "who has the new one need not know how often it was changed")
	assert.True(t, sim.Up(bob, late))
}

func TestAMemberThatMissedTheChangeComesBackAndGetsIt(t *testing.T) {
	const newer = 3
	r, all := room(t, 3)
	ann, bob, cleo := all[0], all[1], all[2]
	for _, lost := range []*sim.Member{ann, cleo} { // the lowest index and the highest: either role
		lost.Disconnect(0)
		r.Run(time.Second)
		before := len(offers(lost))
		bob.Do(func(s *e2ee.Session, now time.Duration) {
			require.NoError(t, s.Change(now, sim.PRS(newer), "a newer one"))
		})
		say(bob, uint64(lost.Index), "did you hear?")
		r.Run(time.Second)
		other := ann
		if lost == ann {
			other = cleo
		}
		adopt(t, other, sim.PRS(newer))
		lost.Reconnect()
		r.Run(8 * time.Second)
		assert.True(t, sim.Up(bob, lost))
		require.Len(t, offers(lost), before+1)
		adopt(t, lost, sim.PRS(newer))
		assert.Contains(t, said(lost), e2ee.Said{From: bob.Index, ID: uint64(lost.Index), Text: "did you hear?"})
		r.Run(20 * time.Second)
		for _, m := range all {
			assert.Equal(t, e2ee.AgreementSame, m.State.Agreement)
		}
	}
}

func TestOfTwoChangesAtOnceOneHoldsForAll(t *testing.T) {
	r, all := room(t, 3)
	for i, m := range all[:2] {
		m.Do(func(s *e2ee.Session, now time.Duration) {
			require.NoError(t, s.Change(now, sim.PRS(byte(10+i)), []string{"one", "two"}[i]))
		})
	}
	r.Run(time.Second)
	adopt(t, all[1], sim.PRS(10))
	adopt(t, all[2], sim.PRS(10))
	late := r.Join(10)
	r.Run(5 * time.Second)
	for _, m := range all {
		assert.True(t, sim.Up(m, late))
	}
}
