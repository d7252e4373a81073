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
	assert.Empty(t, ann.State.Code)
	bob := r.Join(right)
	r.Run(time.Second)
	cleo := r.Join(right)
	r.Run(2 * time.Second)
	require.Equal(t, []e2ee.Phase{e2ee.PhaseUp, e2ee.PhaseUp, e2ee.PhaseUp}, phases(ann, bob, cleo))
	for _, m := range []*sim.Member{ann, bob, cleo} {
		assert.Equal(t, e2ee.AgreementSame, m.State.Agreement)
		assert.Equal(t, ann.State.Code, m.State.Code)
		assert.Len(t, m.State.Code, 35)
		assert.True(t, m.State.Sending)
		assert.NotZero(t, m.Frames)
	}
}
