package sealing

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"path"
	"testing"
	"time"

	_ "embed" // the script

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/relay/web"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/www"
)

// assets is the site's folder of what its pages load, as it is when the tests are built: another build of the site meanwhile
// changes nothing.
const assets = "dist/_/assets"

// patience is how long anything that must happen may take.
const patience = 20 * time.Second

//go:embed testdata/members.js
var membersScript string

// asset returns the name of the one built file that matches.
func asset(t testing.TB, pattern string) string {
	t.Helper()
	found, err := fs.Glob(www.Dist, path.Join(assets, pattern))
	require.NoError(t, err)
	if len(found) == 0 && !bidi.Required() {
		t.Skip("the site is not built (make site)")
	}
	require.Len(t, found, 1, pattern)
	return path.Base(found[0])
}

// site serves what the relay does, with its policy, and returns its address.
func site(t testing.TB) string {
	t.Helper()
	return siteBehind(t, func(h http.Handler) http.Handler { return h })
}

// siteBehind puts something between the site and the browsers.
func siteBehind(t testing.TB, between func(http.Handler) http.Handler) string {
	t.Helper()
	s, err := web.New(web.Config{Data: t.TempDir(), Open: "anyone", UDP: netip.MustParseAddrPort("127.0.0.1:0"), Loopback: true})
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
	return fmt.Sprintf("http://localhost:%d", ln.Addr().(*net.TCPAddr).Port)
}

// page opens the site in a window of its own, whose members have such devices.
func page(t testing.TB, b *bidi.Browser, url string, devices hooks.Participant) *bidi.Page {
	t.Helper()
	devices.OwnMicrophone = b.Kind() == bidi.Firefox
	return plainPage(t, b, url, hooks.Media(devices), hooks.Probe())
}

// plainPage opens the site with scripts of its own, besides that of the members.
func plainPage(t testing.TB, b *bidi.Browser, url string, scripts ...string) *bidi.Page {
	t.Helper()
	settings, err := json.Marshal(map[string]string{"worker": "/_/assets/" + asset(t, "sealer-*.js")})
	require.NoError(t, err)
	p, err := b.NewPage(t.Context())
	require.NoError(t, err)
	for _, script := range append(scripts, "const settings = "+string(settings)+";\n"+membersScript) {
		require.NoError(t, p.Preload(t.Context(), script))
	}
	require.NoError(t, p.Navigate(t.Context(), url))
	return p
}

// member is one member of a room, in a page. Its name tells the members of a page apart.
type member struct {
	t      testing.TB
	page   *bidi.Page
	kind   bidi.Kind
	name   string
	index  uint16
	colour string

	announce []byte
	state    port.State
	other    []port.Report // neither of those nor sent
}

func (m *member) eval(out any, format string, args ...any) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	require.NoError(m.t, m.page.Eval(ctx, fmt.Sprintf(format, args...), out), m.name)
}

func (m *member) waits(format string, args ...any) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	require.NoError(m.t, m.page.WaitFor(ctx, fmt.Sprintf(format, args...)), m.name)
}

func (m *member) command(c port.Command) {
	m.t.Helper()
	m.eval(nil, `sealing.command(%q, %q)`, m.name, base64.StdEncoding.EncodeToString(port.AppendCommand(nil, c)))
}

// reports takes what the worker has said, and returns what it wants sent.
func (m *member) reports() (sent []port.Item) {
	m.t.Helper()
	var said struct {
		Reports [][]byte // JSON has them in base64
		Ended   string
	}
	m.eval(&said, `sealing.reports(%q)`, m.name)
	require.Empty(m.t, said.Ended, "%s's worker has ended", m.name)
	for _, b := range said.Reports {
		r, err := port.DecodeReport(b)
		require.NoError(m.t, err)
		switch r := r.(type) {
		case *port.Send:
			sent = append(sent, r.Items...)
		case *port.Ready:
			m.announce = r.Announce
		case *port.State:
			m.state = *r
		default:
			m.other = append(m.other, r)
		}
	}
	return sent
}

// room is the relay of some members.
type room struct {
	t       testing.TB
	members []*member
}

// joins lets a member in, who has a passphrase.
func (r *room) joins(p *bidi.Page, kind bidi.Kind, name, colour, passphrase string) *member {
	r.t.Helper()
	m := &member{t: r.t, page: p, kind: kind, name: name, colour: colour, index: uint16(len(r.members) + 1)}
	m.eval(nil, `sealing.start(%q)`, name)
	m.command(&port.Open{Secret: port.Secret{Room: "otters", Passphrase: passphrase}, Realm: "localhost"})
	r.until(func() bool { m.reports(); return m.announce != nil })
	m.command(&port.Profile{Profile: port.About{Name: name}})
	m.command(&port.ShowCode{On: true})
	var others []port.Member
	for _, o := range r.members {
		others = append(others, port.Member{Index: o.index, Announce: o.announce})
		o.command(&port.Joined{Member: port.Member{Index: m.index, Announce: m.announce}})
	}
	m.command(&port.Welcome{Me: m.index, Others: others})
	r.members = append(r.members, m)
	return m
}

// pass gives everybody what the others have sent.
func (r *room) pass() {
	r.t.Helper()
	for _, from := range r.members {
		inboxes := map[uint16][]port.Item{}
		for _, item := range from.reports() {
			item.From = from.index
			inboxes[item.To] = append(inboxes[item.To], item)
		}
		for _, to := range r.members {
			if items := inboxes[to.index]; len(items) > 0 {
				to.command(&port.Receive{Items: items})
			}
		}
	}
}

// until looks again and again whether something has come true.
func (r *room) until(done func() bool) {
	r.t.Helper()
	require.Eventually(r.t, done, patience, 20*time.Millisecond)
}

// meets lets the members talk until all are in a phase.
func (r *room) meets(phase port.Phase) {
	r.t.Helper()
	r.until(func() bool {
		r.pass()
		for _, m := range r.members {
			if m.state.Phase != phase || phase == port.PhaseUp && (m.state.Agreement != port.AgreementSame || m.state.Code == "") {
				return false
			}
		}
		return true
	})
}

// sends connects from with to, who shows nothing of it until it is told whose that is.
func (r *room) sends(from, to *member, codec string) {
	r.t.Helper()
	var offer, answer string
	from.eval(&offer, `sealing.offer(%q, %q, %q)`, from.name, to.name, codec)
	to.eval(&answer, `sealing.answer(%q, %q, %q)`, to.name, from.name, offer)
	from.eval(nil, `sealing.accept(%q, %q, %q)`, from.name, to.name, answer)
}

// shows tells to's worker whose media comes from from.
func (r *room) shows(to, from, source *member) {
	for kind, stream := range map[string]int{"audio": 0, "video": 1} {
		to.eval(nil, `sealing.show(%q, %q, %q, %d)`, to.name, from.name, kind, int(source.index)<<3|stream)
	}
}

func (r *room) hang(a, b *member) {
	a.eval(nil, `sealing.hang(%q, %q)`, a.name, b.name)
	b.eval(nil, `sealing.hang(%q, %q)`, b.name, a.name)
}
