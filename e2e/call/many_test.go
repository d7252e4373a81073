package call

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/shared/wire"
)

func TestTwentyFivePeopleSeeOneAnotherAndHearThoseWhoSpeak(t *testing.T) {
	const crowd, speakers = 25, 3
	begun := time.Now()
	c := newCall(t)
	// Enough slots from the beginning, so that what is counted is what coming and going costs.
	how := []with{slots(25), fps(4)}
	people := []*person{c.host("ann", how...)}
	for i := 1; i < crowd; i++ {
		people = append(people, c.start(fmt.Sprintf("guest-%02d", i), how...))
	}
	for i, p := range people {
		p.Hush(i >= speakers)
		p.isIn()
	}
	t.Logf("%d people are in after %.1f s", crowd, time.Since(begun).Seconds())
	c.everybodyGets(wire.Cam, people, people)
	c.everybodyGets(wire.Mic, people[:speakers], people)
	t.Logf("all see one another and hear the speakers after %.1f s", time.Since(begun).Seconds())

	// Somebody else begins to speak; one leaves and another comes.
	before := c.negotiations(people...)
	last, gone := people[crowd-1], people[crowd-2]
	people[0].Hush(true)
	last.Hush(false)
	people[1].hears(last)
	gone.leaves()
	gone.ends(wire.CodeLeft)
	rest := slices.Delete(slices.Clone(people), crowd-2, crowd-1)
	for _, p := range rest {
		p.knows(slices.DeleteFunc(slices.Clone(rest), func(o *person) bool { return o == p })...)
	}
	late := c.join("late", how...)
	c.everybodyGets(wire.Cam, []*person{late}, rest)
	late.sees(rest...)

	delete(before, gone.Name())
	for name, n := range before {
		assert.Equal(t, [2]int{1, 1}, n, "negotiations of %s, as counted at both ends", name)
	}
	assert.Equal(t, before, c.negotiations(rest...), "coming and going costs the others nothing")
	t.Logf("all of it took %.1f s", time.Since(begun).Seconds())
}

func TestSlotsGrowWithTheRoomInSteps(t *testing.T) {
	c := newCall(t)
	ann := c.host("ann")
	people := []*person{ann}
	for i := range 6 {
		people = append(people, c.join(fmt.Sprintf("guest-%d", i)))
	}
	ann.sees(people...)
	assert.Equal(t, [2]int{2, 2}, c.negotiations(ann)["ann"], "4 slots, then 9")
	for i := range 3 {
		people = append(people, c.join(fmt.Sprintf("more-%d", i)))
	}
	ann.sees(people...)
	assert.Equal(t, [2]int{2, 2}, c.negotiations(ann)["ann"], "9 are enough for 9")
	last := c.join("tenth")
	ann.sees(append(people, last)...)
	assert.Equal(t, [2]int{3, 3}, c.negotiations(ann)["ann"])
}

// everybodyGets waits until a stream of each of from reaches each of to.
func (c *call) everybodyGets(s wire.Stream, from, to []*person) {
	c.t.Helper()
	var flows []flow
	for _, p := range to {
		for _, o := range from {
			if o != p {
				flows = append(flows, flow{o, s, p})
			}
		}
	}
	c.arrives(flows...)
}
