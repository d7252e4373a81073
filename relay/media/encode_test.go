package media

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/shared/wire"
)

// A sender needs a moment to stop: what comes until then is no reason to forget that the layer could be sent.
func TestALayerThatWasSwitchedOffCanBeHadAgain(t *testing.T) {
	now := time.Now()
	l := newLayer(&source{id: wire.Source{Member: 1, Stream: wire.Cam}}, 0, "q")
	heard := func(at time.Time) { l.heard.Store(at.UnixNano()) }
	look := func(at, newest time.Time) { l.watchLocked(at, newest.UnixNano()) }
	heard(now)
	look(now, now)
	assert.True(t, l.state.available(now), "it comes")

	l.state.on, l.state.asleep = false, l.state.alive
	heard(now.Add(100 * time.Millisecond))
	look(now.Add(200*time.Millisecond), now.Add(200*time.Millisecond))
	later := now.Add(10 * time.Second) // others of its source go on meanwhile
	look(later, later)
	assert.False(t, l.state.alive)
	assert.True(t, l.state.available(later), "it can be switched on")

	l.state.on, l.state.since = true, later
	look(later.Add(time.Second), later.Add(time.Second))
	assert.True(t, l.state.available(later.Add(time.Second)), "it is on its way")
	assert.False(t, l.state.available(later.Add(waking)), "it does not come")
}
