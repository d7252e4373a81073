package netns_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/netns"
)

func TestThePrivateNetworkHasTwoAddressesAndNoWayOut(t *testing.T) {
	netns.Run(t, false, func(t *testing.T) {
		interfaces, err := net.Interfaces()
		require.NoError(t, err)
		require.Len(t, interfaces, 1, "only lo")
		addresses, err := interfaces[0].Addrs()
		require.NoError(t, err)
		var text []string
		for _, a := range addresses {
			if !strings.Contains(a.String(), ":") {
				text = append(text, a.String())
			}
		}
		assert.ElementsMatch(t, []string{"127.0.0.1/8", netns.Address.String() + "/32"}, text)

		server, err := net.ListenPacket("udp4", net.JoinHostPort(netns.Address.String(), "0"))
		require.NoError(t, err)
		defer server.Close()
		client, err := net.Dial("udp4", server.LocalAddr().String())
		require.NoError(t, err)
		defer client.Close()
		_, err = client.Write([]byte("hello"))
		require.NoError(t, err)
		got := make([]byte, 16)
		n, from, err := server.ReadFrom(got)
		require.NoError(t, err)
		assert.Equal(t, "hello", string(got[:n]))
		assert.Equal(t, netns.Address.String(), from.(*net.UDPAddr).IP.String(), "the address a packet to anywhere leaves from")
	})
}

func TestASubtestFindsItsWayInside(t *testing.T) {
	t.Run("with a name of (odd) signs", func(t *testing.T) {
		netns.Run(t, false, func(t *testing.T) {
			_, err := net.Dial("tcp4", netns.Address.String()+":9")
			assert.ErrorContains(t, err, "refused", "there, but nobody listens")
		})
	})
}

// What the package is for: both browsers run in there, and Firefox gathers a
// candidate that it pairs with a relay. Chromium offers its loopback one,
// which reaches Address all the same.
func TestBrowsersRunInsideAndGatherACandidate(t *testing.T) {
	for kind, want := range map[bidi.Kind]string{
		bidi.Chromium: "127.0.0.1",
		bidi.Firefox:  netns.Address.String(),
	} {
		t.Run(string(kind), func(t *testing.T) {
			netns.Run(t, bidi.Required(), func(t *testing.T) {
				server := httptest.NewServer(http.NotFoundHandler())
				defer server.Close()
				b := bidi.Start(t, kind, bidi.Options{})
				p, err := b.NewPage(t.Context())
				require.NoError(t, err)
				require.NoError(t, p.Navigate(t.Context(), server.URL))
				var candidates []string
				require.NoError(t, p.Eval(t.Context(), `(async () => {
					await navigator.mediaDevices.getUserMedia({audio: true}); // else addresses are hidden
					const p = new RTCPeerConnection();
					p.createDataChannel("x");
					const done = new Promise(r => { p.onicecandidate = e => e.candidate || r(); });
					await p.setLocalDescription();
					await done;
					return p.localDescription.sdp.match(/^a=candidate.*/gm);
				})()`, &candidates))
				assert.Contains(t, strings.Join(candidates, "\n"), " "+want+" ")
			})
		})
	}
}
