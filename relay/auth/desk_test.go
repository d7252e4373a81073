package auth

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cheap is what a password hash costs in tests.
var cheap = Params{Memory: 64, Time: 1, Threads: 1}

const right, wrong = Password("correct horse battery"), Password("correct horse buttery")

var (
	home  = netip.MustParseAddr("192.0.2.7")
	away  = netip.MustParseAddr("198.51.100.9")
	start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// desk is an Auth with a folder and a clock that a test moves.
type desk struct {
	*Auth
	t   *testing.T
	dir string
	log *bytes.Buffer

	mu  sync.Mutex
	now time.Time // guarded by mu
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, dir: filepath.Join(t.TempDir(), "data"), log: &bytes.Buffer{}, now: start}
	d.open(cheap)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	return d
}

func (d *desk) open(p Params) {
	var err error
	d.Auth, err = Open(d.dir, Config{
		Clock:  d.clockNow,
		Params: p,
		Logger: slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(d.t, err)
}

// restarts closes the relay and starts it again, with that cost of a hash.
func (d *desk) restarts(p Params) {
	d.t.Helper()
	require.NoError(d.t, d.Close())
	d.open(p)
}

func (d *desk) clockNow() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) passes(t time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(t)
}

// host makes an account with the password right and returns its first session.
func (d *desk) host(name string) Session {
	d.t.Helper()
	token, err := d.Invite(name)
	require.NoError(d.t, err)
	s, err := d.Enrol(context.Background(), token, "", right)
	require.NoError(d.t, err)
	return s
}

func (d *desk) signIn(name string, p Password, from netip.Addr) (Session, error) {
	return d.SignIn(context.Background(), Credentials{Name: name, Password: p, From: from})
}

// enters is signIn that has to succeed.
func (d *desk) enters(name string, from netip.Addr) Session {
	d.t.Helper()
	s, err := d.signIn(name, right, from)
	require.NoError(d.t, err)
	return s
}

func (d *desk) sessionLives(s Session) {
	d.t.Helper()
	a, err := d.Session(s.Token)
	require.NoError(d.t, err)
	assert.Equal(d.t, string(s.Account.Name), string(a.Name))
}

func (d *desk) sessionIsOver(s Session) {
	d.t.Helper()
	_, err := d.Session(s.Token)
	require.ErrorIs(d.t, err, ErrSession)
}

// audited returns the audit log as lines "who what account".
func (d *desk) audited() []string {
	d.t.Helper()
	b, err := os.ReadFile(filepath.Join(d.dir, auditName))
	require.NoError(d.t, err)
	var lines []string
	for line := range strings.Lines(string(b)) {
		e, err := decode[event]("audit", []byte(line))
		require.NoError(d.t, err)
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Who, e.What, e.Account)))
	}
	return lines
}
