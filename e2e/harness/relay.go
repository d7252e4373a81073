package harness

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/auth"
	"github.com/conclave-meet/conclave/relay/web"
	"github.com/conclave-meet/conclave/shared/wire"
)

// closeTime is how long a relay may take to say goodbye to everybody.
const closeTime = 10 * time.Second

// Options say what a relay under test is like. The zero value is what most tests need.
type Options struct {
	Open   string     // who may open rooms; "": hosts
	Media  netip.Addr // where media comes in; zero: 127.0.0.1. Firefox needs one outside of 127/8
	Codecs []string   // video codecs of rooms, best first; empty: VP8
	Site   fs.FS      // the site; nil: the embedded one
}

// Relay is a relay in this process.
type Relay struct {
	Server *web.Server
	addr   string
	log    *logs
}

// Start starts a relay for the time of the test. Passwords cost next to nothing there.
func Start(t testing.TB, o Options) *Relay {
	t.Helper()
	if !o.Media.IsValid() {
		o.Media = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	r := &Relay{log: &logs{}}
	var err error
	r.Server, err = web.New(web.Config{
		Data: t.TempDir(), Open: o.Open, Site: o.Site, UDP: netip.AddrPortFrom(o.Media, 0), Loopback: true, Codecs: o.Codecs,
		Auth:   auth.Config{Params: auth.Params{Memory: 8, Time: 1, Threads: 1}},
		Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r.addr = ln.Addr().String()
	var serving sync.WaitGroup
	serving.Go(func() { assert.NoError(t, r.Server.Serve(ln)) })
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		assert.NoError(t, r.Server.Close(ctx))
		serving.Wait()
		if t.Failed() {
			t.Logf("the relay said:\n%s", r.Log())
			t.Logf("and counted: %v", r.Server.Report().Media)
		}
	})
	return r
}

// URL is the address of the site, "http://127.0.0.1:1234".
func (r *Relay) URL() string { return "http://" + r.addr }

// WebSocket is the address of the signalling socket.
func (r *Relay) WebSocket() string { return "ws://" + r.addr + wire.Path }

// Log is what the relay has logged so far.
func (r *Relay) Log() string { return r.log.String() }

// logs collects lines. Safe for concurrent use.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
