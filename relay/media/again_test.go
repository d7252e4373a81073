package media

import (
	"slices"
	"testing"
	"time"

	"github.com/conclave-meet/conclave/relay/media/layers"
	"github.com/conclave-meet/conclave/shared/wire"
)

// What a probe finds is often more than all that is wanted. Nothing else changes then.
func TestABudgetThatLeapsIsUsed(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, describe(1, 1), nothing)
	cid := c.join(3, describe(1, 1), nothing) // for whom all of ann's layers go on
	ann.opensStudio(never)
	v, other := bob.watches(bob.slot("v0")), cid.watches(cid.slot("v0"))
	bob.wants(1, 720)
	cid.wants(1, 720)
	v.sees(2)
	other.sees(2)
	bob.carries(1000)
	c.until("bob is told", func() bool { return c.slots[2]["v0"].Why == wire.WhyBandwidth })
	c.until("ann sends one layer", func() bool { return slices.Equal(c.encoded[1][wire.Cam].Layers, []int{2}) })
	v.drain(behind + 3*beatEvery) // until the group has seen that, and is at rest

	bob.s.down.known.Store(&layers.Budget{Rate: layers.Unlimited}) // as the estimator does: it tells nobody
	c.until("bob is told again", func() bool { return c.slots[2]["v0"] == wire.SlotState{Mid: "v0", Source: cam(1)} })
	v.layer = -1
	v.sees(2)
}

// The sender's network became worse while its larger layers were off.
func TestALayerThatDoesNotComeBackIsReplaced(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, describe(1, 1), nothing)
	st := ann.opensStudio(never)
	v := bob.watches(bob.slot("v0"))
	bob.wants(1, 720)
	v.sees(2)
	bob.wants(1, 180)
	v.sees(0)
	c.until("the lowest is on alone", func() bool { return slices.Equal(c.encoded[1][wire.Cam].Layers, []int{0}) })
	v.drain(behind + 3*beatEvery)
	st.only.Store(&[]int{0, 1})
	bob.wants(1, 720)
	v.drain(waking + time.Second)
	v.sees(1)
}
