package wan

import (
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

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
// rooms, which is beside that as o says. It skips with one line where the
// system allows no namespaces, or fails there if browsers are required.
func Run(t *testing.T, o harness.Options, test func(t *testing.T, n *Network)) {
	t.Helper()
	netns.Run(t, bidi.Required(), func(t *testing.T) {
		goFirst(t)
		if load, err := os.ReadFile("/proc/loadavg"); err == nil {
			t.Logf("load of the machine before the call: %s on %d processors", strings.Fields(string(load))[0], runtime.NumCPU())
		}
		o.Open, o.Media = "anyone", netns.Address
		r := harness.Start(t, o)
		site, err := url.Parse(r.URL())
		require.NoError(t, err)
		n := &Network{Relay: r, t: t, port: site.Port()}
		defer func() { t.Logf("the relay counted: %s", n.Counted()) }()
		test(t, n)
	})
}

// ahead is how much this process goes before the browsers, in steps of nice.
const ahead = 10

// goFirst lets the relay and the links have the processor before the browsers
// do: those stand for machines of their own, and what they use up here must
// not look like a slow relay. Without root everybody is alike.
func goFirst(t testing.TB) {
	// A link must not wait until the relay lets one of the two processors of a
	// small machine go, either; the kernel shares them better than the runtime.
	runtime.GOMAXPROCS(4 * runtime.NumCPU())
	threads, err := os.ReadDir("/proc/self/task")
	require.NoError(t, err)
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		require.NoError(t, err)
		_ = unix.Setpriority(unix.PRIO_PROCESS, id, -ahead) // later threads inherit it
	}
}

// Browser starts a Chromium beside the relay, for the length of the test. It
// skips the test where there is none, or fails it if browsers are required.
func (n *Network) Browser(o bidi.Options) *bidi.Browser {
	n.t.Helper()
	o.Through = append([]string{"nice", "-n", strconv.Itoa(ahead)}, o.Through...)
	return bidi.Start(n.t, bidi.Chromium, o)
}

// Counted is what the relay has counted since the start, in words.
func (n *Network) Counted() string {
	counts := n.Relay.Server.Report().Media
	var words []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > 0 {
			words = append(words, fmt.Sprintf("%s %d", name, counts[name]))
		}
	}
	return strings.Join(words, ", ")
}

// URL is the address of the site in every place, and beside the relay.
func (n *Network) URL() string { return "http://localhost:" + n.port }

// Place is a network namespace at the end of a link to the relay.
type Place struct {
	Link    *linkem.Link // Up leads to the relay
	Address netip.Addr

	space *netns.Space
	n     *Network
}

// Place adds a place, for the length of the test.
func (n *Network) Place(o linkem.Options) *Place {
	n.t.Helper()
	n.places++
	device := "wan" + strconv.Itoa(n.places)
	o.Seed += uint64(n.places)
	// TEST-NET-3 of RFC 5737, which is nobody's.
	p := &Place{Address: netip.AddrFrom4([4]byte{203, 0, 113, byte(n.places)}), n: n}

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

// Browser is Network.Browser in the place.
func (p *Place) Browser(o bidi.Options) *bidi.Browser {
	p.n.t.Helper()
	o.Through = append([]string{"nsenter", "--net=" + p.space.Path(), "--"}, o.Through...)
	return p.n.Browser(o)
}
