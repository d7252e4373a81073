package media

import (
	"encoding/binary"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// receiver is a session that is nothing but an address, and the socket there.
type receiver struct {
	s    *Session
	conn *net.UDPConn
}

func newEngine(tb testing.TB, listen string) *Engine {
	tb.Helper()
	e, err := New(Config{Listen: netip.MustParseAddrPort(listen), Loopback: true, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, e.Close()) })
	return e
}

func receivers(tb testing.TB, e *Engine, n int) []receiver {
	tb.Helper()
	all := make([]receiver, n)
	for i := range all {
		all[i].conn = loopback(tb)
		all[i].s = &Session{engine: e}
		all[i].s.peer.Store(newPeer(addrOf(all[i].conn), nil))
	}
	return all
}

// push puts a packet of n bytes in the burst, which begins with its number.
func push(b *burst, s *Session, number uint32, n int) bool {
	binary.BigEndian.PutUint32(b.room()[:], number)
	return b.push(s, n)
}

// gets reads a packet.
func (r receiver) gets(tb testing.TB) (number uint32, n int) {
	tb.Helper()
	var b [2 * bufferSize]byte
	require.NoError(tb, r.conn.SetReadDeadline(time.Now().Add(5*time.Second)))
	n, err := r.conn.Read(b[:])
	require.NoError(tb, err)
	return binary.BigEndian.Uint32(b[:]), n
}

// scatter sends packets of all sizes to receivers in a random order, in one burst after another, and checks that each
// gets its own in theirs.
func scatter(t *testing.T, to []receiver) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	type sent struct {
		number uint32
		n      int
	}
	for range 8 {
		var b burst
		want := make([][]sent, len(to))
		for i := range uint32(full + 60) { // so that it goes out once by itself
			x := random.IntN(len(to))
			n := 1200
			if random.IntN(4) == 0 {
				n = 20 + random.IntN(bufferSize-20)
			}
			require.True(t, push(&b, to[x].s, i, n))
			want[x] = append(want[x], sent{i, n})
		}
		b.flush()
		for x, r := range to {
			for _, w := range want[x] {
				number, n := r.gets(t)
				require.Equal(t, w, sent{number, n})
			}
		}
	}
}

func TestEachReceiverGetsItsPacketsInOrder(t *testing.T) {
	e := newEngine(t, "127.0.0.1:0")
	scatter(t, receivers(t, e, 7))
	assert.Zero(t, e.Stats()[DropSend])
	assert.NotZero(t, e.Stats()[SendCalls])
}

func TestABurstGoesToBothAddressFamilies(t *testing.T) {
	e := newEngine(t, "[::]:0")
	if e.socks.v6 == nil || e.socks.v4 == nil {
		t.Skip("there is only one")
	}
	to := receivers(t, e, 4)
	for i := range to[:2] {
		c, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
		if err != nil {
			t.Skip("no address of the family")
		}
		t.Cleanup(func() { _ = c.Close() })
		to[i].conn = c
		to[i].s.peer.Store(newPeer(addrOf(c), nil))
	}
	scatter(t, to)
}

func TestMoreReceiversThanABurstHolds(t *testing.T) {
	const n = full + 30
	e := newEngine(t, "127.0.0.1:0")
	to := receivers(t, e, n)
	var b burst
	for round := range uint32(3) {
		for _, r := range to {
			require.True(t, push(&b, r.s, round, 100))
		}
	}
	b.flush()
	for _, r := range to {
		for round := range uint32(3) {
			number, _ := r.gets(t)
			require.Equal(t, round, number)
		}
	}
}

func TestABurstKeepsNothing(t *testing.T) {
	e := newEngine(t, "127.0.0.1:0")
	var b burst
	for _, r := range receivers(t, e, 3) {
		push(&b, r.s, 1, 100)
	}
	b.flush()
	for _, p := range b.queue[:cap(b.queue)] {
		assert.Zero(t, p)
	}
	for _, l := range b.lines[:cap(b.lines)] {
		assert.Zero(t, l)
	}
	for _, i := range b.byTo {
		assert.Zero(t, i)
	}
}

func TestNobodyIsSentToWithoutAnAddressOrInSilence(t *testing.T) {
	e := newEngine(t, "127.0.0.1:0")
	r := receivers(t, e, 1)[0]
	var b burst
	r.s.silent.Store(true)
	assert.False(t, push(&b, r.s, 1, 100))
	r.s.silent.Store(false)
	r.s.peer.Store(nil)
	assert.False(t, push(&b, r.s, 1, 100))
	assert.Equal(t, uint64(2), r.s.Stats()[DropSilent])
	b.flush()
	assert.Zero(t, e.Stats()[SendCalls])
}

func TestAPacketThatCannotBeSentHarmsNoOther(t *testing.T) {
	e := newEngine(t, "127.0.0.1:0")
	to := receivers(t, e, 3)
	bad := to[1].s
	bad.peer.Store(newPeer(netip.MustParseAddrPort("127.0.0.1:0"), nil)) // port 0: EINVAL
	for range 2 {
		var b burst
		for i := range uint32(3) {
			for _, r := range to {
				require.True(t, push(&b, r.s, i, 500))
			}
		}
		b.flush()
		for _, r := range []receiver{to[0], to[2]} {
			for i := range uint32(3) {
				number, n := r.gets(t)
				require.Equal(t, i, number)
				require.Equal(t, 500, n)
			}
			assert.Zero(t, r.s.Stats()[DropSend])
		}
	}
	assert.Equal(t, uint64(6), bad.Stats()[DropSend])
}

func TestWhatIsInABurstWhenTheSocketIsClosedIsLost(t *testing.T) {
	e := newEngine(t, "127.0.0.1:0")
	r := receivers(t, e, 1)[0]
	var b burst
	push(&b, r.s, 1, 100)
	push(&b, r.s, 2, 100)
	require.NoError(t, e.Close())
	b.flush()
	assert.Equal(t, uint64(2), r.s.Stats()[DropSend])
}

func TestTheDelayOfEachPacketIsCounted(t *testing.T) {
	e := newEngine(t, "127.0.0.1:0")
	to := receivers(t, e, 2)
	to[1].s.peer.Store(newPeer(netip.MustParseAddrPort("127.0.0.1:0"), nil))
	b := burst{since: time.Now().Add(-time.Hour)}
	for i := range uint32(4) {
		push(&b, to[i%2].s, i, 100)
	}
	b.flush()
	h := e.Delay()
	assert.Equal(t, uint64(2), h.Count(), "those that were sent")
	assert.Equal(t, uint64(2), h.Buckets[delayBuckets-1])
	assert.InDelta(t, (2 * time.Hour).Seconds(), h.Sum.Seconds(), 60)

	b.since = time.Time{}
	push(&b, to[0].s, 4, 100)
	b.flush()
	assert.Equal(t, uint64(2), e.Delay().Count(), "not of what goes out by the clock")
}

func TestBucketsDouble(t *testing.T) {
	for d, want := range map[time.Duration]int{
		-time.Second: 0, 0: 0, 999 * time.Nanosecond: 0, time.Microsecond: 1, 1999 * time.Nanosecond: 1,
		2 * time.Microsecond: 2, 1023 * time.Microsecond: 10, 1024 * time.Microsecond: 11, time.Hour: delayBuckets - 1,
	} {
		var x delays
		x.observe(d, 3)
		h := x.histogram()
		assert.Equal(t, uint64(3), h.Buckets[want], "%v", d)
		assert.Equal(t, uint64(3), h.Count())
		if want < delayBuckets-1 {
			assert.Less(t, d, h.Bound(want))
		}
		if want > 0 {
			assert.GreaterOrEqual(t, d, h.Bound(want-1))
		}
	}
}
