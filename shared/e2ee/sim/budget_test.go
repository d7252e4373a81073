package sim_test

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

// answers counts the handshakes that a member answers: each lets somebody test one passphrase.
func answers(r *sim.Relay, of *sim.Member) *int {
	n := new(int)
	r.Bend = func(i e2ee.Item) []e2ee.Item {
		if i.From == of.Index && i.Kind == e2ee.KindHS2 {
			*n++
		}
		return []e2ee.Item{i}
	}
	return n
}

func TestOfThirtyGuessersAtOnceFiveAreAnsweredInAMinute(t *testing.T) {
	r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
	ann := r.Join(right)
	r.Run(time.Second)
	n := answers(r, ann)
	for range 30 {
		r.Join(wrong)
	}
	r.Run(59 * time.Second)
	assert.Equal(t, 5, *n, "those that are open may all fail")
	r.Run(time.Minute)
	assert.LessOrEqual(t, *n, 10)
}

func TestNewcomersThatComeAtOnceAllGetIn(t *testing.T) {
	r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
	for range 20 {
		r.Join(right)
	}
	r.Run(5 * time.Second)
	for _, a := range r.Members() {
		assert.Zero(t, a.State.Attempts)
		for _, b := range r.Members() {
			assert.True(t, a == b || sim.Up(a, b), "%d and %d", a.Index, b.Index)
		}
	}
}

func TestWhoGuessesDoesNotKeepMembersApart(t *testing.T) {
	for name, guesses := range map[string]int{"until others wait": 6, "until nobody is answered": 26} {
		t.Run(name, func(t *testing.T) {
			r, all := room(t, 2)
			ann, bob := all[0], all[1]
			eve := r.Join(wrong)
			for i := range guesses {
				if i > 5 {
					r.Run(21 * time.Second)
				}
				eve.Do(func(s *e2ee.Session, now time.Duration) { s.Retry(now, sim.PRS(byte(20+i))) })
				r.Run(300 * time.Millisecond)
			}
			before := ann.State.Attempts
			require.GreaterOrEqual(t, before, 5)
			for i := range uint64(3) { // a line breaks for a moment, with something on it
				say(ann, 2*i+1, "hello")
				bob.Disconnect(100 * time.Millisecond)
				r.Run(2 * time.Second)
				say(ann, 2*i+2, "are you there?")
				bob.Reconnect()
				r.Run(12 * time.Second)
				require.True(t, sim.Up(ann, bob))
				require.True(t, hears(t, ann, bob))
			}
			assert.Equal(t, before, ann.State.Attempts)
		})
	}
}

func TestForgedHandshakesInTheNameOfAMemberAreAnsweredOnceASecond(t *testing.T) {
	r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
	ann := r.Join(right)
	r.Run(time.Second)
	var hs1 e2ee.Item
	r.Bend = func(i e2ee.Item) []e2ee.Item {
		if i.Kind == e2ee.KindHS1 {
			hs1 = i
		}
		return []e2ee.Item{i}
	}
	bob := r.Join(right)
	r.Run(2 * time.Second)
	require.True(t, sim.Up(ann, bob))
	n := answers(r, ann)
	for i := range 100 {
		r.Inject(e2ee.Item{Kind: e2ee.KindAbort, From: bob.Index, To: ann.Index, Data: []byte{4, 0}})
		for j := range 10 {
			forged := hs1
			forged.Data = slices.Clone(hs1.Data)
			binary.BigEndian.PutUint16(forged.Data, uint16(100*j+i))
			r.Inject(forged)
		}
		r.Run(300 * time.Millisecond)
	}
	assert.Greater(t, *n, 50)
	assert.LessOrEqual(t, *n, 65, "each costs 1.5 ms, in which no frame is sealed")
	assert.Zero(t, ann.State.Attempts, "they are no guesses")
	r.Run(2 * time.Minute)
	assert.True(t, sim.Up(ann, bob))
	assert.True(t, hears(t, ann, bob))
}

func TestAnIdentityThatAnotherHasProvedIsNotAsked(t *testing.T) {
	r, all := room(t, 3)
	ann, bob, cleo := all[0], all[1], all[2]
	bob.Leave()
	r.Run(3 * time.Second)
	asked := 0
	r.Bend = func(i e2ee.Item) []e2ee.Item {
		if i.From == cleo.Index && i.To == bob.Index {
			asked++
		}
		return []e2ee.Item{i}
	}
	cleo.Do(func(s *e2ee.Session, now time.Duration) {
		s.Joined(now, e2ee.Member{Index: bob.Index, Announce: ann.Session.Announce()})
	})
	r.Run(time.Minute)
	assert.Zero(t, asked)
	assert.Equal(t, e2ee.StatusWaiting, status(t, cleo, bob))
	assert.True(t, sim.Up(ann, cleo))
}

func TestOneIdentityIsUpInOneSeatOnly(t *testing.T) {
	twin := func() *e2ee.Session {
		s, err := e2ee.NewSession(e2ee.Config{Realm: "meet.example", Room: sim.Room, PRS: sim.PRS(right), Rand: &countRand{4}})
		require.NoError(t, err)
		return s
	}
	ann, err := e2ee.NewSession(e2ee.Config{Realm: "meet.example", Room: sim.Room, PRS: sim.PRS(right), Rand: &countRand{5}})
	require.NoError(t, err)
	h := &hall{t: t}
	h.give(map[uint16]*e2ee.Session{9: ann, 1: twin(), 2: twin()})
	ann.TryOthers(0) // both are asked before either has proved anything
	h.run(time.Minute)
	heard := 0
	for _, seat := range []uint16{1, 2} {
		sealed, err := h.seats[seat].Seal(nil, e2ee.Frame{Stream: senderkey.Mic, Codec: envelope.Opus}, []byte("sound"))
		require.NoError(t, err)
		if _, _, err := ann.Open(nil, true, sealed); err == nil {
			heard++
		}
	}
	assert.Equal(t, 1, heard)
}
