package e2ee_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
)

// session returns a session with randomness of its own number.
func session(t testing.TB, number byte) *e2ee.Session {
	t.Helper()
	s, err := e2ee.NewSession(e2ee.Config{Realm: "meet.example", Room: "fuzz", PRS: [32]byte{1}, Rand: rand.NewChaCha8([32]byte{number})})
	require.NoError(t, err)
	return s
}

// couple returns the members 1 and 2 of a room, up with each other.
func couple(t testing.TB) [3]*e2ee.Session {
	t.Helper()
	all := [3]*e2ee.Session{nil, session(t, 1), session(t, 2)}
	all[1].Welcome(0, 1, []e2ee.Member{{Index: 2, Announce: all[2].Announce()}, {Index: 3}})
	all[2].Welcome(0, 2, []e2ee.Member{{Index: 1, Announce: all[1].Announce()}})
	exchange(all, 0)
	exchange(all, time.Second)
	return all
}

// exchange carries items until none is left.
func exchange(all [3]*e2ee.Session, now time.Duration) {
	for _, s := range all[1:] {
		s.Tick(now)
	}
	for more := true; more; {
		more = false
		for _, s := range all[1:] {
			for _, item := range s.Take().Items {
				all[item.To].Receive(now, item)
				more = true
			}
		}
	}
}

func FuzzNothingFromTheRelayStopsASession(f *testing.F) {
	f.Add(uint16(2), []byte{e2ee.KindRecord, 3, 'a', 'b', 'c', e2ee.KindAbort, 2, 4, 0})
	f.Add(uint16(3), []byte{e2ee.KindHS1, 1, 0, e2ee.KindHS3, 40, 1, 2, 3})
	f.Add(uint16(2), []byte{e2ee.KindAbort, 2, 4, 0, e2ee.KindHS1, 2, 0, 0, e2ee.KindHS2, 1, 1, e2ee.KindHS3, 0})
	f.Fuzz(func(t *testing.T, from uint16, items []byte) {
		all := couple(t)
		now := time.Second
		for len(items) >= 2 {
			n := min(int(items[1]), len(items)-2)
			now += time.Duration(n) * 20 * time.Millisecond
			all[1].Receive(now, e2ee.Item{Kind: items[0], From: from, To: 1, Data: items[2 : 2+n]})
			items = items[2+n:]
			for _, out := range all[1].Take().Items {
				require.LessOrEqual(t, len(out.Data), 4096)
			}
		}
		if at, ok := all[1].Deadline(); ok {
			all[1].Tick(at)
		}
	})
}
