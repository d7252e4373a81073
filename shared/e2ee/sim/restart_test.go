package sim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

// hall is sessions in seats that can be given anew, as a relay does that has been started again.
type hall struct {
	t     *testing.T
	now   time.Duration
	seats map[uint16]*e2ee.Session
}

// give lets each session into a seat, beside the others, and tells it first which of its old neighbours are gone.
func (h *hall) give(seats map[uint16]*e2ee.Session) {
	old := h.seats
	h.seats = seats
	for index, s := range seats {
		var others []e2ee.Member
		for i, other := range seats {
			if i == index {
				continue
			}
			if was := old[i]; was != nil && was != other {
				s.Left(h.now, i)
			}
			others = append(others, e2ee.Member{Index: i, Announce: other.Announce()})
		}
		s.Welcome(h.now, index, others)
	}
}

// run lets time pass.
func (h *hall) run(d time.Duration) {
	for end := h.now + d; h.now < end; h.now += 50 * time.Millisecond {
		var items []e2ee.Item
		for index, s := range h.seats {
			s.Tick(h.now)
			for _, i := range s.Take().Items {
				require.Equal(h.t, index, i.From)
				items = append(items, i)
			}
		}
		for _, i := range items {
			h.seats[i.To].Receive(h.now, i)
		}
	}
}

// allHear checks that everybody hears everybody, under the present indices.
func (h *hall) allHear(when string) {
	h.t.Helper()
	for from, a := range h.seats {
		for to, b := range h.seats {
			if from == to {
				continue
			}
			sealed, err := a.Seal(nil, e2ee.Frame{Stream: senderkey.Mic, Codec: envelope.Opus}, []byte("sound"))
			require.NoError(h.t, err, when)
			_, id, err := b.Open(nil, true, sealed)
			if assert.NoError(h.t, err, "%s: %d of %d", when, to, from) {
				assert.Equal(h.t, from, id.Index)
			}
		}
	}
}

func TestSeatsThatARestartedRelayGivesAnewAreHeardLikeTheFirst(t *testing.T) {
	session := func(seed byte) *e2ee.Session {
		s, err := e2ee.NewSession(e2ee.Config{Realm: "meet.example", Room: sim.Room, PRS: sim.PRS(right), Rand: &countRand{seed}})
		require.NoError(t, err)
		return s
	}
	all := []*e2ee.Session{session(1), session(2), session(3)}
	h := &hall{t: t}
	for n, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 2, 0}, {1, 0, 2}, {0, 1, 2}, {2, 1, 0}} {
		seats := map[uint16]*e2ee.Session{}
		for i, who := range order {
			seats[uint16(i+1)] = all[who]
		}
		h.give(seats)
		h.run(20 * time.Second)
		h.allHear([]string{"first", "second", "third", "fourth", "fifth", "sixth"}[n])
	}
	// And somebody new in the seat of one that was heard, whose keys had come further.
	h.give(map[uint16]*e2ee.Session{1: all[2], 2: session(4), 3: all[0]})
	h.run(20 * time.Second)
	h.allHear("somebody new")
}
