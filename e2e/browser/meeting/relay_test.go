package meeting

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/auth"
	"github.com/conclave-meet/conclave/relay/web"
)

// relay is a whole relay with the built site, for one test.
type relay struct {
	*web.Server
	url   string   // of the site, without a slash at the end
	lines *journal // of its log
}

// startRelay serves the site on localhost, which is a secure context for browsers. ip is where media goes; the zero one
// is loopback.
func startRelay(t *testing.T, ip netip.Addr) *relay {
	t.Helper()
	return startRelayBehind(t, ip, func(h http.Handler) http.Handler { return h })
}

// startRelayBehind puts something between the site and the browsers.
func startRelayBehind(t *testing.T, ip netip.Addr, between func(http.Handler) http.Handler) *relay {
	t.Helper()
	udp := netip.AddrPortFrom(ip, 0)
	if !ip.IsValid() {
		udp = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	}
	lines := &journal{}
	s, err := web.New(web.Config{
		Data: t.TempDir(), UDP: udp, Loopback: true, Logger: lines.logger(),
		// Cheap passwords: the tests are about meetings.
		Auth: auth.Config{Params: auth.Params{Memory: 64, Time: 1, Threads: 1}},
	})
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	front := &http.Server{Handler: between(s.Handler())}
	served := make(chan error, 1)
	go func() { served <- front.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		require.NoError(t, s.Close(ctx))
		require.NoError(t, front.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	port := ln.Addr().(*net.TCPAddr).Port
	return &relay{Server: s, url: fmt.Sprintf("http://localhost:%d", port), lines: lines}
}

// holdBack lets requests for paths with part in them wait for release.
func holdBack(part string, release <-chan struct{}) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, part) {
				select {
				case <-release:
				case <-r.Context().Done():
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// logged fails the test when the relay's log names one of words.
func (r *relay) logged(t *testing.T, words ...string) {
	t.Helper()
	text := r.lines.String()
	for _, w := range words {
		if strings.Contains(text, w) {
			t.Errorf("the log names %q:\n%s", w, text)
		}
	}
}
