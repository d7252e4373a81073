package wan

import (
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/netns"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/e2e/wan/linkem"
)

// Network is a relay and the places around it.
type Network struct {
	Relay *harness.Relay

	t      testing.TB
	port   string // of the site, the same on every place's localhost
	places int
}

// Run runs test in a private network with a relay where anyone may open
// rooms. It skips with one line where the system allows no namespaces, or
// fails there if browsers are required.
func Run(t *testing.T, test func(t *testing.T, n *Network)) {
	t.Helper()
	netns.Run(t, bidi.Required(), func(t *testing.T) {
		// A link must not wait until the relay lets one of the two processors
		// of a small machine go; the kernel shares them better.
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4 * runtime.NumCPU()))
		r := harness.Start(t, harness.Options{Open: "anyone", Media: netns.Address})
		site, err := url.Parse(r.URL())
		require.NoError(t, err)
		test(t, &Network{Relay: r, t: t, port: site.Port()})
	})
}

// URL is the address of the site in every place, and beside the relay.
func (n *Network) URL() string { return "http://localhost:" + n.port }

// Place is a network namespace at the end of a link to the relay.
type Place struct {
	Link    *linkem.Link // Up leads to the relay
	Address netip.Addr

	space *netns.Space
	t     testing.TB
}

// Place adds a place, for the length of the test.
func (n *Network) Place(o linkem.Options) *Place {
	n.t.Helper()
	n.places++
	device := "wan" + strconv.Itoa(n.places)
	o.Seed += uint64(n.places)
	// TEST-NET-3 of RFC 5737, which is nobody's.
	p := &Place{Address: netip.AddrFrom4([4]byte{203, 0, 113, byte(n.places)}), t: n.t}

	var err error
	p.space, err = netns.New()
	require.NoError(n.t, err)
	n.t.Cleanup(p.space.Close)
	near, err := linkem.Tun(device)
	require.NoError(n.t, err)
	var far linkem.Device
	p.space.Do(func() { far, err = linkem.Tun(device) })
	require.NoError(n.t, err)
	require.NoError(n.t, netns.Plug(device, p.Address))
	require.NoError(n.t, p.space.Plug(device, p.Address))
	p.Link, err = linkem.Join(near, far, o)
	require.NoError(n.t, err)
	n.t.Cleanup(func() { require.NoError(n.t, p.Link.Close()) })

	ln, err := p.space.Listen("tcp4", "127.0.0.1:"+n.port)
	require.NoError(n.t, err)
	front := &http.Server{Handler: n.Relay.Server.Handler()}
	served := make(chan error, 1)
	go func() { served <- front.Serve(ln) }()
	n.t.Cleanup(func() {
		require.NoError(n.t, front.Close())
		require.ErrorIs(n.t, <-served, http.ErrServerClosed)
	})
	return p
}

// Browser starts a Chromium in the place, for the length of the test. It skips
// the test where there is none, or fails it if browsers are required.
func (p *Place) Browser(o bidi.Options) *bidi.Browser {
	p.t.Helper()
	o.Through = []string{"nsenter", "--net=" + p.space.Path(), "--"}
	return bidi.Start(p.t, bidi.Chromium, o)
}
