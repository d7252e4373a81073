package sim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

const right, wrong = 1, 2

func phases(members ...*sim.Member) (out []e2ee.Phase) {
	for _, m := range members {
		out = append(out, m.State.Phase)
	}
	return out
}

func TestThreeWithOnePassphraseAreUpWithOneCode(t *testing.T) {
	r := sim.New(sim.Config{Latency: 50 * time.Millisecond})
	ann := r.Join(right)
	r.Run(time.Second)
	assert.Equal(t, e2ee.PhaseAlone, ann.State.Phase)
	assert.Empty(t, ann.Code())
	bob := r.Join(right)
	r.Run(time.Second)
	cleo := r.Join(right)
	r.Run(2 * time.Second)
	require.Equal(t, []e2ee.Phase{e2ee.PhaseUp, e2ee.PhaseUp, e2ee.PhaseUp}, phases(ann, bob, cleo))
	for _, m := range []*sim.Member{ann, bob, cleo} {
		assert.Equal(t, e2ee.AgreementSame, m.State.Agreement)
		assert.Equal(t, ann.Code(), m.Code())
		assert.Len(t, m.Code(), 35)
		assert.True(t, m.State.Sending)
		assert.NotZero(t, m.Frames)
	}
}

func TestTheCodeIsMadeOnlyWhileSomebodyLooks(t *testing.T) {
	r, all := room(t, 3)
	ann, bob := all[0], all[1]
	r.Run(time.Minute)
	for _, m := range all {
		for _, s := range m.States {
			require.Empty(t, s.Code)
		}
		assert.Equal(t, e2ee.AgreementSame, m.State.Agreement, "the programs compare all the same")
	}
	before := ann.Code()
	require.Len(t, before, 35)

	late := r.Join(right)
	r.Run(5 * time.Second)
	assert.Len(t, ann.State.Code, 35)
	assert.NotEqual(t, before, ann.State.Code, "it follows the roster")
	assert.Empty(t, bob.State.Code)
	for _, m := range []*sim.Member{bob, late} {
		assert.Equal(t, ann.State.Code, m.Code(), "whenever one looks")
	}

	ann.Do(func(s *e2ee.Session, now time.Duration) { s.ShowCode(now, false) })
	assert.Empty(t, ann.State.Code)
	late.Leave()
	r.Run(5 * time.Second)
	assert.Empty(t, ann.State.Code)
	assert.Equal(t, before, ann.Code(), "the same people, the same code")
}

func TestWhatIsSaidToOneIsForOne(t *testing.T) {
	r, all := room(t, 3)
	ann, bob, cleo := all[0], all[1], all[2]
	tells(t, ann, 1, bob.Index, "only you")
	tells(t, ann, 2, 0, "all of you")
	r.Run(time.Second)
	one := e2ee.Said{From: ann.Index, To: bob.Index, ID: 1, Text: "only you"}
	two := e2ee.Said{From: ann.Index, ID: 2, Text: "all of you"}
	assert.Equal(t, []e2ee.Event{one, two}, ann.Events)
	assert.Equal(t, []e2ee.Event{one, two}, bob.Events)
	assert.Equal(t, []e2ee.Event{two}, cleo.Events)
}
