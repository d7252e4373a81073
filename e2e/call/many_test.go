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
	done := func(what string) { t.Helper(); t.Logf("%s after %.1f s", what, time.Since(begun).Seconds()) }
	c := newCall(t)
	// Enough slots from the beginning, so that what is counted is what coming and going costs. Who sees whom is what this
	// is about, on a machine that may be busy, not how much a downlink takes: the relay is told of none. Each frame goes
	// six hundred times through the bots, and so does each packet of a speaker, fifty times a second: so little is sent, and
	// people speak only while somebody listens.
	how := []with{slots(25), fps(2), mute}
	people := []*person{c.host("ann", how...)}
	for i := 1; i < crowd; i++ {
		people = append(people, c.start(fmt.Sprintf("guest-%02d", i), how...))
	}
	for _, p := range people {
		p.Hush(true)
		p.isIn()
	}
	done("all are in")
	c.everybodyGets(wire.Cam, people, people)
	done("all see one another")
	for _, p := range people[:speakers] {
		p.Hush(false)
	}
	c.everybodyGets(wire.Mic, people[:speakers], people)
	done("all hear the speakers")

	// Somebody else begins to speak; one leaves and another comes.
	before := c.negotiations(people...)
	last, gone := people[crowd-1], people[crowd-2]
	people[0].Hush(true)
	last.Hush(false)
	people[1].hears(last)
	done("one hears the next speaker")
	for _, p := range people {
		p.Hush(true)
	}
	gone.leaves()
	gone.ends(wire.CodeLeft)
	rest := slices.Delete(slices.Clone(people), crowd-2, crowd-1)
	for _, p := range rest {
		p.knows(slices.DeleteFunc(slices.Clone(rest), func(o *person) bool { return o == p })...)
	}
	done("all know that one left")
	late := c.join("late", how...)
	c.everybodyGets(wire.Cam, []*person{late}, rest)
	done("all see the one who came")
	late.sees(rest...)
	done("who sees all")

	delete(before, gone.Name())
	for name, n := range before {
		assert.Equal(t, [2]int{1, 1}, n, "negotiations of %s, as counted at both ends", name)
	}
	assert.Equal(t, before, c.negotiations(rest...), "coming and going costs the others nothing")
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
