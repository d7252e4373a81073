package media

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/relay/media/codec"
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

// A sender that is short of time or room leaves a layer out. When it is then told to stop sending it, nobody knows
// whether the layer would come by now.
func TestALayerThatWasSwitchedOffWhileItWasSilentCanBeHadAgain(t *testing.T) {
	now := time.Now()
	src := &source{id: wire.Source{Member: 1, Stream: wire.Cam}, s: &Session{group: &Group{codec: codec.VP8}}}
	for i, rid := range []string{"q", "h", "f"} {
		src.layers = append(src.layers, newLayer(src, i, rid))
	}
	q, f := src.layers[0], src.layers[2]
	src.tellLocked(wire.Encoding{Layers: []int{0, 2}}, now)
	q.heard.Store(now.UnixNano())
	f.heard.Store(now.Add(behind + time.Millisecond).UnixNano())
	now = now.Add(behind + time.Millisecond)
	q.watchLocked(now, f.heard.Load())
	assert.False(t, q.state.available(now), "it does not come")

	src.tellLocked(wire.Encoding{Layers: []int{2}}, now)
	assert.True(t, q.state.available(now), "it can be switched on")
	src.tellLocked(wire.Encoding{Layers: []int{0, 2}}, now)
	assert.True(t, q.state.available(now), "it is on its way")
	assert.False(t, q.state.available(now.Add(waking)), "it does not come")
}
