package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/channel"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
	"github.com/conclave-meet/conclave/shared/wire"
)

// bucket is a token bucket. The zero value is full.
type bucket struct {
	used float64
	at   time.Duration
}

func (b *bucket) left(now time.Duration, rate, burst float64) float64 {
	b.used = max(0, b.used-rate*(now-b.at).Seconds())
	b.at = now
	return burst - b.used
}

// limited is a relay that takes as much of each member as the real one does (wire, "Limits"): a message that is too much
// is dropped whole, and so is what one member has waiting for another beyond its share.
type limited struct {
	r                 *sim.Relay
	items, bytes      map[uint16]*bucket
	pairs             map[[2]uint16]*bucket
	dropped, messages int
	carried           int // bytes
}

func limit(r *sim.Relay) *limited {
	l := &limited{r: r, items: map[uint16]*bucket{}, bytes: map[uint16]*bucket{}, pairs: map[[2]uint16]*bucket{}}
	r.Admit = l.admit
	return l
}

func of[K comparable](m map[K]*bucket, k K) *bucket {
	if m[k] == nil {
		m[k] = &bucket{}
	}
	return m[k]
}

func (l *limited) admit(m *sim.Member, items []e2ee.Item) (out []e2ee.Item) {
	var all []wire.Item
	for _, x := range items {
		all = append(all, wire.Item{Kind: x.Kind, To: wire.MemberIndex(x.To), Data: x.Data})
	}
	now := l.r.Now()
	for _, message := range wire.Pack(all) {
		n, size := len(message.Items), 0
		for _, x := range message.Items {
			size += x.Size()
		}
		items, bytes := of(l.items, m.Index), of(l.bytes, m.Index)
		l.messages++
		if items.left(now, wire.ItemRate, wire.ItemBurst) < float64(n) || bytes.left(now, wire.SealedRate, wire.SealedBurst) < float64(size) {
			l.dropped += n
			continue
		}
		items.used += float64(n)
		bytes.used += float64(size)
		l.carried += size
		for _, x := range message.Items {
			// A receiver that reads as slowly as one member may send to it for long.
			pair := of(l.pairs, [2]uint16{m.Index, uint16(x.To)})
			if pair.left(now, wire.SealedRate/4, wire.MaxShare) < float64(x.Size()) {
				l.dropped++
				continue
			}
			pair.used += float64(x.Size())
			out = append(out, e2ee.Item{Kind: x.Kind, To: uint16(x.To), Data: x.Data})
		}
	}
	return out
}

// hundred is a room of a hundred of whom each knows only ann and is up with her, so that what she sends is all that there
// is. They do not see the same people: half a minute after she came she would send nothing any more.
func hundred(t *testing.T) (r *sim.Relay, l *limited, ann *sim.Member, others []*sim.Member) {
	t.Helper()
	r = sim.New(sim.Config{Latency: 30 * time.Millisecond, Jitter: 10 * time.Millisecond})
	r.Name = func(to *sim.Member, m e2ee.Member) (e2ee.Member, bool) {
		return m, to.Index == e2ee.MaxMembers || m.Index == e2ee.MaxMembers
	}
	l = limit(r)
	for range e2ee.MaxMembers - 1 {
		others = append(others, r.Join(right))
	}
	ann = r.Join(right)
	r.Run(5 * time.Second)
	for _, m := range others {
		require.True(t, sim.Up(ann, m), "member %d", m.Index)
	}
	require.Zero(t, l.dropped)
	return r, l, ann, others
}

// long is the n-th of the longest messages there are.
func long(n int) string { return fmt.Sprintf("%04d", n) + strings.Repeat("x", channel.MaxText-4) }

func tells(t *testing.T, m *sim.Member, id uint64, to uint16, text string) {
	t.Helper()
	m.Do(func(s *e2ee.Session, now time.Duration) { require.NoError(t, s.Say(now, id, to, text)) })
}

// heard is the numbers of the messages that m has of others, in order.
func heard(m *sim.Member) (ids []uint64) {
	for _, e := range m.Events {
		if said, ok := e.(e2ee.Said); ok && said.From != m.Index {
			ids = append(ids, said.ID)
		}
	}
	return ids
}

func haveAll(members []*sim.Member, n int) bool {
	for _, m := range members {
		if len(heard(m)) < n {
			return false
		}
	}
	return true
}

func TestLongMessagesToNinetyNineArriveWithoutOneThatIsDropped(t *testing.T) {
	r, l, ann, others := hundred(t)
	const messages = 3
	begun, before := r.Now(), l.carried
	for i := range messages {
		tells(t, ann, uint64(i+1), 0, long(i))
		assert.Contains(t, ann.Events, e2ee.Said{From: ann.Index, ID: uint64(i + 1), Text: long(i)}, "she sees it at once")
	}
	for !haveAll(others, messages) {
		require.Less(t, r.Now()-begun, time.Minute)
		r.Run(10 * time.Millisecond)
	}
	took, bytes := r.Now()-begun, l.carried-before
	demanded := time.Duration(float64(bytes-wire.SealedBurst) / wire.SealedRate * float64(time.Second))
	t.Logf("%d bytes in %v; the relay's rate demands %v", bytes, took, demanded)
	assert.Greater(t, bytes, messages*len(others)*channel.MaxText)
	assert.Less(t, took, demanded*115/100+2*time.Second)
	assert.Zero(t, l.dropped)
	for _, m := range others {
		assert.Equal(t, []uint64{1, 2, 3}, heard(m), "member %d", m.Index)
	}
}

func TestShortMessagesToNinetyNineStayBelowTheNumberOfItems(t *testing.T) {
	r, l, ann, others := hundred(t)
	const messages = 12
	begun := r.Now()
	for i := range messages {
		tells(t, ann, uint64(i+1), 0, "hello")
	}
	for !haveAll(others, messages) {
		require.Less(t, r.Now()-begun, 10*time.Second)
		r.Run(10 * time.Millisecond)
	}
	t.Logf("%d items in %v", messages*len(others), r.Now()-begun)
	assert.Zero(t, l.dropped)
	r.Run(time.Second)
	for _, m := range others {
		assert.Len(t, heard(m), messages)
	}
}

func TestKeysOvertakeChat(t *testing.T) {
	r, l, ann, others := hundred(t)
	for i := range 3 {
		tells(t, ann, uint64(i+1), 0, long(i))
	}
	r.Run(500 * time.Millisecond)
	require.False(t, haveAll(others, 2), "much of it waits")
	gone, rest := others[0], others[1:]
	gone.Leave()
	r.Run(2 * time.Second)
	require.False(t, haveAll(rest, 3))
	frame := []byte("what is said now")
	sealed, err := ann.Session.Seal(nil, e2ee.Frame{Stream: senderkey.Mic, Codec: envelope.Opus}, frame)
	require.NoError(t, err)
	for _, m := range rest {
		got, _, err := m.Session.Open(nil, true, sealed)
		require.NoError(t, err, "member %d", m.Index)
		assert.Equal(t, frame, got)
	}
	_, _, err = gone.Session.Open(nil, true, sealed)
	require.Error(t, err)
	r.Run(17 * time.Second)
	for _, m := range rest {
		assert.Equal(t, []uint64{1, 2, 3}, heard(m))
	}
	assert.Zero(t, l.dropped)
}

func TestWhoeverSaysTooMuchIsToldAndMaySayMoreLater(t *testing.T) {
	r, l, ann, others := hundred(t)
	said := 0
	for {
		var err error
		ann.Do(func(s *e2ee.Session, now time.Duration) {
			err = s.Say(now, uint64(said+1), 0, strings.Repeat("x", 100))
		})
		if err != nil {
			require.ErrorIs(t, err, e2ee.ErrBusy)
			break
		}
		said++
		require.Less(t, said, 100)
	}
	assert.GreaterOrEqual(t, said, 32)
	ann.Do(func(s *e2ee.Session, now time.Duration) { require.ErrorIs(t, s.React(now, "clap"), e2ee.ErrBusy) })
	r.Run(10 * time.Second)
	tells(t, ann, 1000, 0, "and once more")
	r.Run(10 * time.Second)
	for _, m := range others {
		ids := heard(m)
		require.Len(t, ids, said+1, "member %d", m.Index)
		assert.EqualValues(t, 1000, ids[said])
	}
	assert.Zero(t, l.dropped)
}

func TestMuchThatIsSaidToOneIsNotMoreThanTheRelayKeepsForIt(t *testing.T) {
	r, all := room(t, 2)
	l := limit(r)
	ann, bob := all[0], all[1]
	for i := range 20 {
		to := uint16(0)
		if i%2 == 1 {
			to = bob.Index
		}
		tells(t, ann, uint64(i+1), to, long(i))
	}
	r.Run(10 * time.Second)
	assert.Len(t, heard(bob), 20)
	assert.Zero(t, l.dropped)
}

func TestWhatWaitsForOneWhoseLineIsLostComesWithTheNext(t *testing.T) {
	r, all := room(t, 3)
	l := limit(r)
	ann, bob, cleo := all[0], all[1], all[2]
	for i := range 12 {
		tells(t, ann, uint64(i+1), 0, long(i))
	}
	r.Run(200 * time.Millisecond)
	require.Less(t, len(heard(bob)), 12)
	bob.Disconnect(0)
	r.Run(5 * time.Second)
	assert.Len(t, heard(cleo), 12, "others do not wait for bob")
	bob.Reconnect()
	r.Run(10 * time.Second)
	var want []uint64
	for i := range 12 {
		want = append(want, uint64(i+1))
	}
	assert.ElementsMatch(t, want, heard(bob))
	assert.Zero(t, l.dropped)
}

func TestWhatWaitsIsNotForWhoeverComesLater(t *testing.T) {
	r, all := room(t, 2)
	ann, bob := all[0], all[1]
	for i := range 12 {
		tells(t, ann, uint64(i+1), 0, long(i))
	}
	r.Run(100 * time.Millisecond)
	before := len(heard(bob))
	require.Less(t, before, 12)
	late := r.Join(right)
	r.Run(3 * time.Second)
	assert.Len(t, heard(bob), 12)
	assert.Empty(t, heard(late), "what was said before it came is not for it")
}
