package adapter

import (
	"context"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/bench/load"
	"github.com/conclave-meet/conclave/relay/web"
)

// startRelay starts a relay in this process and returns the address of its site.
func startRelay(t *testing.T, open string) string {
	t.Helper()
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	srv, err := web.New(web.Config{Data: t.TempDir(), Open: open, Loopback: true, UDP: netip.AddrPortFrom(loopback, 0)})
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		assert.NoError(t, srv.Close(ctx))
		assert.NoError(t, <-served)
	})
	return "http://" + ln.Addr().String()
}

func spec(url string, p load.Pattern, profile string) load.Spec {
	return load.Spec{
		Server: Conclave, URL: url, PID: os.Getpid(), Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}),
		Pattern: p, Profile: profile, Rate: 100, Size: 1200, Frame: 4, Audio: true, Sample: 4,
		Warm: 200 * time.Millisecond, Measure: 500 * time.Millisecond,
	}
}

func TestARoomIsPlayedAgainstOurRelay(t *testing.T) {
	url := startRelay(t, "anyone")
	for _, c := range []struct {
		name    string
		pattern load.Pattern
		profile string
	}{
		{"one publisher, AES-GCM", load.Pattern{Publishers: 1, Receivers: 3}, load.GCM},
		{"all to all, AES-CM", load.Pattern{Publishers: 3, Mesh: true}, load.CM},
	} {
		t.Run(c.name, func(t *testing.T) {
			via, err := For(Conclave, url)
			require.NoError(t, err)
			var got []load.Result
			require.NoError(t, load.Play(t.Context(), spec(url, c.pattern, c.profile), via, func(r load.Result) { got = append(got, r) }))
			require.Len(t, got, 1)
			assert.Positive(t, got[0].Sent)
			assert.Greater(t, got[0].Forwarded, got[0].Sent, "each packet has two receivers or more")
			assert.Positive(t, got[0].Micros)
			assert.Positive(t, got[0].Samples)
			assert.Positive(t, got[0].P50)
			assert.Less(t, got[0].P50, got[0].P99+1)
			assert.Less(t, got[0].Loss, 0.5)
		})
	}
}

func TestARelayThatLetsNobodyOpenRoomsIsSaidToBeOne(t *testing.T) {
	url := startRelay(t, "hosts")
	via, err := For(Conclave, url)
	require.NoError(t, err)
	err = load.Play(t.Context(), spec(url, load.Pattern{Publishers: 1, Receivers: 1}, load.GCM), via, func(load.Result) {})
	assert.ErrorContains(t, err, "the room is not open")
}

func TestAServerThatNobodyKnows(t *testing.T) {
	_, err := For("Nothing", "")
	assert.Error(t, err)
	_, err = For(LiveKit, "ws://127.0.0.1:1")
	assert.ErrorContains(t, err, "no key")
}
