package sim_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

// promise is within what time members that are up decrypt each other, and those that left do no more (issue 4).
const promise = 2 * time.Second

// watch looks at every pair and at every frame.
type watch struct {
	t          *testing.T
	relay      *sim.Relay
	upSince    map[[2]*sim.Member]time.Duration
	online     map[*sim.Member]time.Duration // since when
	passphrase map[*sim.Member]byte
	number     uint32
	opened     int // frames that had to be opened, and were
	refused    int // frames that must not be, and were not
}

func newWatch(t *testing.T, r *sim.Relay) *watch {
	return &watch{
		t: t, relay: r, upSince: map[[2]*sim.Member]time.Duration{},
		online: map[*sim.Member]time.Duration{}, passphrase: map[*sim.Member]byte{},
	}
}

// run lets time pass; every 50 ms everybody sends a frame to everybody there ever was.
func (w *watch) run(d time.Duration) {
	for end := w.relay.Now() + d; w.relay.Now() < end; {
		w.relay.Run(50 * time.Millisecond)
		w.note()
		for _, from := range w.relay.Members() {
			if from.Online() {
				w.frame(from)
			}
		}
	}
}

// note keeps since when pairs are up and members have a connection.
func (w *watch) note() {
	now := w.relay.Now()
	for _, a := range w.relay.Everybody() {
		if _, known := w.online[a]; !a.Online() {
			delete(w.online, a)
		} else if !known {
			w.online[a] = now
		}
		for _, b := range w.relay.Everybody() {
			pair := [2]*sim.Member{a, b}
			if _, known := w.upSince[pair]; a == b || !sim.Up(a, b) || a.Gone || b.Gone {
				delete(w.upSince, pair)
			} else if !known {
				w.upSince[pair] = now
			}
		}
	}
}

// steady tells whether two members have been up for the promised time with nothing lost between them.
func (w *watch) steady(a, b *sim.Member) bool {
	since, up := w.upSince[[2]*sim.Member{a, b}]
	since1, on1 := w.online[a]
	since2, on2 := w.online[b]
	lost, _ := w.relay.Lost(a, b)
	return up && on1 && on2 && w.relay.Now() >= max(since, since1, since2, lost)+promise
}

func (w *watch) frame(from *sim.Member) {
	w.number++
	plain := binary.BigEndian.AppendUint32([]byte(fmt.Sprintf("frame of %05d number ", from.Index)), w.number)
	sealed, err := from.Session.Seal(nil, e2ee.Frame{Stream: senderkey.Mic, Codec: envelope.Opus}, plain)
	if err != nil {
		require.ErrorIs(w.t, err, e2ee.ErrPaused)
		return
	}
	require.NotContains(w.t, string(sealed), "frame of")
	for _, to := range w.relay.Everybody() {
		if to == from {
			continue
		}
		must := w.steady(from, to)
		mustNot := w.passphrase[from] != w.passphrase[to] ||
			to.Gone && w.relay.Now() >= max(to.LeftAt, w.online[from])+promise
		w.relay.After(30*time.Millisecond, func() {
			must := must && sim.Up(from, to) && !from.Gone && !to.Gone
			got, id, err := to.Session.Open(nil, true, sealed)
			switch {
			case mustNot:
				require.Error(w.t, err, "%d opens what %d sent at %v", to.Index, from.Index, w.relay.Now())
				w.refused++
			case must:
				require.NoError(w.t, err, "%d of %d at %v", to.Index, from.Index, w.relay.Now())
				w.opened++
			}
			if err == nil {
				require.Equal(w.t, string(plain), string(got))
				require.Equal(w.t, senderkey.ID{
					Index: from.Index, Stream: senderkey.Mic, Generation: id.Generation, Step: id.Step,
				}, id)
			}
		})
	}
}

// act is one thing that happens in a room.
func (w *watch) act() {
	r := w.relay
	members := r.Members()
	dice := r.Rand().IntN(100)
	switch {
	case len(members) < 3 || dice < 25 && len(members) < 8:
		passphrase := byte(right)
		if r.Rand().IntN(12) == 0 && len(members) > 2 {
			passphrase = wrong
		}
		w.passphrase[r.Join(passphrase)] = passphrase
	case dice < 40:
		members[r.Rand().IntN(len(members))].Leave()
	case dice < 70:
		m := members[r.Rand().IntN(len(members))]
		if !m.Online() {
			return
		}
		notice := time.Duration(r.Rand().IntN(6000)) * time.Millisecond
		m.Disconnect(notice)
		back := time.Duration(r.Rand().IntN(12_000)) * time.Millisecond
		if back > 10*time.Second { // the relay gives its seat up
			r.After(10*time.Second, m.Leave)
			return
		}
		r.After(back, m.Reconnect)
	}
}

func (w *watch) play(length time.Duration) {
	for end := w.relay.Now() + length; w.relay.Now() < end; {
		w.act()
		w.run(time.Duration(1+w.relay.Rand().IntN(20)) * 50 * time.Millisecond)
	}
}

// settled checks that everybody with the passphrase is up with everybody else who has it.
func (w *watch) settled() {
	members := w.relay.Members()
	for _, a := range members {
		if w.passphrase[a] != right {
			continue
		}
		assert.True(w.t, a.State.Sending, "%d: %+v", a.Index, a.State)
		for _, b := range members {
			if a == b {
				continue
			}
			status, known := a.Sees(b)
			assert.True(w.t, known)
			if w.passphrase[b] != right {
				assert.NotEqual(w.t, e2ee.StatusUp, status)
				continue
			}
			assert.True(w.t, sim.Up(a, b), "%d sees %d as %d", a.Index, b.Index, status)
			assert.Len(w.t, a.Code(), 35)
			assert.Equal(w.t, a.Code(), b.Code())
			assert.Equal(w.t, e2ee.AgreementSame, a.State.Agreement)
		}
	}
}

// neverSplit checks that nobody was told of a split that was only news under way. Where five handshakes fail within a
// minute the next wait, whoever they are with, and then people really do not see the same for longer than that takes.
func (w *watch) neverSplit() {
	const perMinute = 5
	for _, m := range w.relay.Everybody() {
		if slices.ContainsFunc(m.States, func(s e2ee.State) bool { return s.Attempts >= perMinute }) {
			return
		}
	}
	for _, m := range w.relay.Everybody() {
		for _, s := range m.States {
			assert.NotEqual(w.t, e2ee.PhaseSplit, s.Phase, "%d", m.Index)
		}
	}
}

// seeds are the schedules that are played: as many as the environment says, for those who look for a rare fault, or a few
// that are always the same. In the last three a line breaks that nobody has noticed yet, just when a key goes over it.
func seeds(t *testing.T) (out []uint64) {
	if text := os.Getenv("CONCLAVE_SCHEDULES"); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		require.NoError(t, err)
		for seed := range n {
			out = append(out, seed)
		}
		return out
	}
	if testing.Short() {
		return []uint64{0, 1, 114}
	}
	return []uint64{0, 1, 2, 109, 114, 199}
}

func TestWhoIsUpDecryptsAndWhoLeftDoesNot(t *testing.T) {
	for _, seed := range seeds(t) {
		t.Run(fmt.Sprintf("schedule %d", seed), func(t *testing.T) {
			r := sim.New(sim.Config{Seed: seed, Latency: 50 * time.Millisecond, Jitter: 40 * time.Millisecond, Loss: 0.002 * float64(seed%3)})
			w := newWatch(t, r)
			w.play(40 * time.Second)
			for _, m := range r.Members() { // whoever is away comes back
				m.Reconnect()
			}
			w.run(60 * time.Second)
			for _, m := range r.Members() { // whoever asked somebody with another passphrase first goes on to the others
				if m.State.Phase == e2ee.PhaseMismatch {
					m.Do(func(s *e2ee.Session, now time.Duration) { s.TryOthers(now) })
				}
			}
			w.run(30 * time.Second)
			w.settled()
			w.neverSplit()
			assert.Greater(t, w.opened, 100)
			t.Logf("%d members, %d frames opened as promised, %d refused as promised", len(r.Everybody()), w.opened, w.refused)
		})
	}
}
