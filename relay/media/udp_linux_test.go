package media

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func openUDP(t *testing.T) (*udp, *net.UDPAddr) {
	t.Helper()
	s, err := openSocket(netip.MustParseAddr("127.0.0.1"), 0, &shared{})
	require.NoError(t, err)
	return s.udp, s.addr
}

func TestASocketIsClosedWhenNobodyUsesIt(t *testing.T) {
	u, at := openUDP(t)
	err := u.control(func(fd uintptr) {
		require.NoError(t, u.close())
		_, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TYPE)
		require.NoError(t, err, "it is still open for who uses it")
		_, err = net.ListenUDP("udp4", at)
		require.ErrorIs(t, err, errInUse)
	})
	require.NoError(t, err)
	again, err := net.ListenUDP("udp4", at)
	require.NoError(t, err, "its port is free")
	defer again.Close()
	assert.ErrorIs(t, u.control(func(uintptr) { t.Error("it is used after all") }), net.ErrClosed)
	assert.ErrorIs(t, u.close(), net.ErrClosed)
	assert.ErrorIs(t, u.read(func(uintptr) bool { return false }), net.ErrClosed)
}

func TestAClosedSocketEndsItsReader(t *testing.T) {
	u, at := openUDP(t)
	reading, over := make(chan struct{}), make(chan error, 1)
	go func() {
		first := true
		over <- u.read(func(uintptr) bool {
			if first {
				close(reading)
				first = false
			}
			return false
		})
	}()
	<-reading
	require.NoError(t, u.close())
	assert.ErrorIs(t, <-over, net.ErrClosed)
	again, err := net.ListenUDP("udp4", at)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}
