package media

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inletOf is where a client's media comes in.
func inletOf(x *client) *inlet {
	x.t.Helper()
	var in *inlet
	require.Eventually(x.t, func() bool {
		in = x.call.engine.socks.routes.find(x.s.peer.Load().addr)
		return in != nil
	}, 5*time.Second, time.Millisecond)
	require.Same(x.t, x.s, in.s)
	return in
}

func TestAFaultOfOnesPacketEndsOnlyTheirSession(t *testing.T) {
	c, ann, bob, k, _ := watches(t)
	eve := c.join(3, describe(1, 1), both)
	in := inletOf(eve)
	in.busy.Store(true)
	in.r = nil // as good a fault as any
	in.busy.Store(false)
	e := eve.camera(9)
	eve.send(e.next(true))
	c.until("it is reported", func() bool { return c.gone[3] != nil })
	_, why := refusal(t, c.gone[3])
	assert.Equal(t, "internal", why)
	k.x.send(k.next(false))
	bob.gets("a frame", bob.slot("v0").SSRC, anything)
	assert.False(t, ann.s.ended.Load())
	assert.Equal(t, uint64(1), eve.s.Stats()[Panics])
}

func TestAnEndedSessionHasNoAddress(t *testing.T) {
	c := newCall(t)
	ann := c.join(1, describe(1, 1), both)
	at := ann.s.peer.Load().addr
	in := inletOf(ann)
	c.group.Close()
	assert.Nil(t, c.engine.socks.routes.find(at))
	c.engine.socks.routes.set(in, at)
	assert.Nil(t, c.engine.socks.routes.find(at), "and gets none any more")
}

func TestAnAddressBelongsToWhoHadItLast(t *testing.T) {
	var r routes
	a, b := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	ann, bob := &inlet{}, &inlet{}
	assert.Nil(t, r.find(a))
	r.set(ann, a)
	assert.Same(t, ann, r.find(a))
	r.set(ann, b)
	assert.Nil(t, r.find(a), "a client has one address")
	assert.Same(t, ann, r.find(b))
	r.set(bob, b)
	assert.Same(t, bob, r.find(b))
	r.drop(ann)
	assert.Same(t, bob, r.find(b), "only one's own is dropped")
	r.drop(bob)
	assert.Nil(t, r.find(b))
}

func TestAPacketThatComesOnTwoWaysAtOnceIsLost(t *testing.T) {
	_, ann, bob, k, _ := watches(t)
	in := inletOf(ann)
	require.Eventually(t, func() bool { return in.busy.CompareAndSwap(false, true) }, time.Second, time.Millisecond)
	k.x.send(k.next(false))
	require.Eventually(t, func() bool { return ann.s.Stats()[DropBusy] == 1 }, 5*time.Second, time.Millisecond)
	in.busy.Store(false)
	k.x.send(k.next(false))
	bob.gets("the next", bob.slot("v0").SSRC, anything)
}

func TestWhatNobodyReadsIsBounded(t *testing.T) {
	var count tally
	q, over := newStrays(), make(chan struct{})
	from := netip.MustParseAddrPort("127.0.0.1:9")
	for i := range maxStrays + 5 {
		q.put([]byte{byte(i), 2, 3}, from, &count)
	}
	assert.Equal(t, uint64(5), count.stats()[DropStrays])
	b := make([]byte, 10)
	for i := range maxStrays {
		n, a, err := q.get(b, over)
		require.NoError(t, err)
		require.Equal(t, []byte{byte(i), 2, 3}, b[:n])
		require.Equal(t, from, a)
	}
	close(over)
	_, _, err := q.get(b, over)
	assert.ErrorIs(t, err, net.ErrClosed)
}

func TestJunkFromAnywhereChangesNothing(t *testing.T) {
	c, ann, bob, k, _ := watches(t)
	stranger, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: c.engine.Port()})
	require.NoError(t, err)
	defer stranger.Close()
	junk := [][]byte{{}, {0}, {22}, {128}, {200, 1}, make([]byte, maxPacket), make([]byte, maxPacket+1), make([]byte, 9000)}
	for first := range 256 {
		b := make([]byte, 60)
		b[0], b[1] = byte(first), byte(first*7)
		junk = append(junk, b)
	}
	for _, b := range junk {
		_, err := stranger.Write(b)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return c.engine.Stats()[DropMalformed] == 2 }, 5*time.Second, time.Millisecond,
		"those that are too large are counted")
	k.x.send(k.next(false))
	bob.gets("a frame", bob.slot("v0").SSRC, anything)
	assert.Empty(t, c.gone)
	assert.False(t, ann.s.ended.Load())
}

func TestTheMembersOwnJunkIsCounted(t *testing.T) {
	_, ann, bob, k, _ := watches(t)
	inletOf(ann)
	for _, b := range [][]byte{{128}, {191, 1, 2}, make([]byte, 40)} {
		b[0] |= 128
		_, err := ann.conn.Write(b)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		x := ann.s.Stats()
		return x[DropMalformed] == 2 && x[DropAuth] == 1
	}, 5*time.Second, time.Millisecond)
	k.x.send(k.next(false))
	bob.gets("a frame", bob.slot("v0").SSRC, anything)
}
