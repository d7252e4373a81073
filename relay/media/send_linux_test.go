package media

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestPacketsToOneReceiverAreSegmented(t *testing.T) {
	e := newEngine(t, "127.0.0.1:0")
	if !e.socks.v4.offload.segments.Load() {
		t.Skip("the system does not segment")
	}
	to := receivers(t, e, 3)
	var b burst
	for i := range uint32(4) {
		for _, r := range to {
			push(&b, r.s, i, 1200-int(i/3)) // the last one is smaller
		}
	}
	b.flush()
	assert.Equal(t, uint64(12), e.Stats()[Segments])
	assert.Equal(t, uint64(1), e.Stats()[SendCalls])
	push(&b, to[0].s, 1, 500)
	push(&b, to[0].s, 2, 501) // a larger one begins a message of its own
	b.flush()
	assert.Equal(t, uint64(12), e.Stats()[Segments])
}

func TestSystemsThatKnowLess(t *testing.T) {
	for name, less := range map[string]func(*offload){
		"no segments":              func(o *offload) { o.segments.Store(false) },
		"no sendmmsg":              func(o *offload) { o.alone.Store(true) },
		"no segments, no sendmmsg": func(o *offload) { o.segments.Store(false); o.alone.Store(true) },
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, "127.0.0.1:0")
			less(&e.socks.v4.offload)
			scatter(t, receivers(t, e, 7))
			assert.Zero(t, e.Stats()[DropSend])
		})
	}
}

func TestAPathTooNarrowForSegmentsGetsSinglePackets(t *testing.T) {
	e := newEngine(t, "127.0.0.1:0")
	r := receivers(t, e, 1)[0]
	// No path is too narrow on loopback. Port 0 makes the kernel refuse the message with the same error.
	good := r.s.peer.Load()
	bad := newPeer(good.addr, nil)
	bad.name.v4().Port = 0
	r.s.peer.Store(bad)
	var b burst
	push(&b, r.s, 1, 100)
	push(&b, r.s, 2, 100)
	b.flush()
	if e.socks.v4.offload.segments.Load() {
		assert.True(t, bad.single.Load(), "it is not tried again")
	}
	bad.name.v4().Port = bigEndian(good.addr.Port())
	push(&b, r.s, 3, 100)
	push(&b, r.s, 4, 100)
	b.flush()
	for _, want := range []uint32{3, 4} {
		number, _ := r.gets(t)
		require.Equal(t, want, number)
	}
	assert.Equal(t, uint64(2), r.s.Stats()[DropSend])
	assert.Zero(t, e.Stats()[Segments])
}

func TestPacketsMayBeFragmentedOnceAPathIsTooNarrow(t *testing.T) {
	s, err := openSocket(netip.MustParseAddr("127.0.0.1"), 0, &shared{})
	require.NoError(t, err)
	defer s.udp.close()
	discovery := func(fd uintptr) int {
		n, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MTU_DISCOVER)
		require.NoError(t, err)
		return n
	}
	// A datagram can have 65,507 bytes: a larger one is refused whatever is allowed, with the error of a narrow path.
	huge := make([]byte, 66_000)
	err = s.udp.control(func(fd uintptr) { assert.Equal(t, unix.IP_PMTUDISC_DO, discovery(fd)) })
	require.NoError(t, err)
	require.ErrorIs(t, s.sendNow(huge, s.addr.AddrPort()), unix.EMSGSIZE)
	err = s.udp.control(func(fd uintptr) {
		assert.Equal(t, unix.IP_PMTUDISC_WANT, discovery(fd))
		assert.False(t, s.fragment(fd), "it is allowed already")
	})
	require.NoError(t, err)
	require.ErrorIs(t, s.sendNow(huge, s.addr.AddrPort()), unix.EMSGSIZE)
	require.NoError(t, s.sendNow(huge[:1200], s.addr.AddrPort()))
}

func TestWhatFollowsAFailedSend(t *testing.T) {
	for _, x := range []struct {
		errno          unix.Errno
		segmented, one step
	}{
		{unix.EINTR, again, again},
		{unix.EAGAIN, stop, stop}, // the socket's buffer is full
		{unix.ENOBUFS, stop, stop},
		{unix.ENOSYS, onebyone, onebyone},
		{unix.EIO, split, skip}, // the device cannot
		{unix.EINVAL, split, skip},
		{unix.EMSGSIZE, split, whole},
		{unix.ECONNREFUSED, skip, skip},
		{unix.EPERM, skip, skip}, // a firewall
		{unix.ENETUNREACH, skip, skip},
	} {
		assert.Equal(t, x.segmented, after(x.errno, true), "%v", x.errno)
		assert.Equal(t, x.one, after(x.errno, false), "%v", x.errno)
	}
}

func TestReadingWithoutBatches(t *testing.T) {
	f := newFanOut(t, 2, gcm)
	f.in.in.alone = true
	before := f.ann.s.Stats()[PacketsIn]
	f.send(t, f.packets(t, 3))
	for range 3 {
		require.NoError(t, f.turn())
	}
	assert.Equal(t, uint64(3), f.ann.s.Stats()[PacketsIn]-before)
}
