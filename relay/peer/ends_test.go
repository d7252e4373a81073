package peer

import (
	"testing"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
)

// TestAnOlderConnectionLeavesTheMediaAlone plays what may stand in the queue of a connection that was replaced.
func TestAnOlderConnectionLeavesTheMediaAlone(t *testing.T) {
	play(t, func(r *relay) {
		ann, w := r.join("ann")
		older := r.srv.conn(1)
		tab := r.dial()
		h := hello("ann")
		h.Offer, h.Resume = nil, w.Resume
		tab.send(h)
		assert.Equal(t, wire.MediaKept, hearsOne[*wire.Welcome](tab, 0).Media)
		ann.gone(wire.CodeReplaced)
		r.media.noted()

		older.setOffer(offer(), 1)
		older.setOffer(&wire.Offer{}, 2)
		older.setWants([]wire.Want{{Source: wire.Source{Member: 1, Stream: wire.Cam}, Height: 180}})
		older.setState(wire.Sending{Mic: true})
		assert.Empty(t, r.media.noted())

		tab.send(&wire.SetState{Sending: wire.Sending{Mic: true}})
		assert.Empty(t, tab.hears())
		assert.Equal(t, []string{"sending 1 mic"}, r.media.noted(), "the peer connection goes on")
	})
}

func TestNothingIsDoneForAClientWhoseMediaWasRefused(t *testing.T) {
	play(t, func(r *relay) {
		c := newConn(r.srv, 99, nil)
		defer c.silence.Stop()
		c.seat = &seat{} // admit has run, and wrote no welcome
		done := false
		for _, it := range []item{{text: []byte("joined")}, {task: func() [][]byte { done = true; return nil }}} {
			assert.True(t, c.perform(it))
		}
		assert.False(t, done)
	})
}

// The bubble waits for all goroutines, those of the WebSocket library too.
func TestNothingIsLeftOfAClientThatDoesNotTakeItsBye(t *testing.T) {
	play(t, func(r *relay) {
		c := r.connect(wire.Subprotocol)
		c.binary("x")
		time.Sleep(3 * closeTimeout) // virtual
		assert.Zero(t, r.srv.Stats().Connections)
		c.vanish()
	})
}

func TestAClientThatIsGoneBeforeItsWelcome(t *testing.T) {
	play(t, func(r *relay) {
		ann, w := r.join("ann")
		eve := r.connect(wire.Subprotocol) // reads nothing
		eve.send(hello("eve"))
		eve.vanish()
		assert.Equal(t, 1, r.srv.Stats().Members, "the seat is not kept for nobody")

		ann.vanish()
		again := r.connect(wire.Subprotocol)
		h := hello("ann")
		h.Resume = w.Resume
		again.send(h)
		again.vanish()
		assert.Equal(t, 1, r.srv.Stats().Members, "this one may still come back, with the token it has")
		third := r.dial()
		third.send(h)
		assert.True(t, hearsOne[*wire.Welcome](third, 0).Resumed)
	})
}
