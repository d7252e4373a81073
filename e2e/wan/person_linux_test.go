package wan_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/wan"
)

// patience is for what should happen soon, on a machine that may be busy.
const patience = 30 * time.Second

// room is where everybody meets.
const room = "quiet-otters-paint-lanterns"

// person is somebody at a browser.
type person struct {
	t    *testing.T
	page *bidi.Page
	url  string
	name string
}

// size is that of a window, in CSS pixels, which are the screen's too.
type size struct{ width, height int }

// enters opens a window and joins the call, with a camera and a microphone.
func enters(t *testing.T, n *wan.Network, b *bidi.Browser, name string, window size, devices hooks.Participant) *person {
	t.Helper()
	page, err := b.NewPage(t.Context())
	require.NoError(t, err)
	p := &person{t: t, page: page, url: n.URL(), name: name}
	p.resizes(window)
	for _, script := range []string{hooks.Media(devices), hooks.Probe(), watchScript} {
		require.NoError(t, page.Preload(t.Context(), script))
	}
	require.NoError(t, page.Navigate(p.ctx(), p.url+"/"+room))
	p.waits(`document.querySelector('input[name=name]')`)
	require.NoError(t, page.Fill(p.ctx(), `input[name=name]`, name))
	p.waits(`document.querySelector('video')?.videoWidth > 0`)
	require.NoError(t, page.Click(p.ctx(), `form .submit button[type=submit]`))
	p.waits(`document.querySelector('[data-member=me]')`)
	return p
}

func (p *person) ctx() context.Context {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	p.t.Cleanup(cancel)
	return ctx
}

func (p *person) resizes(s size) {
	p.t.Helper()
	require.NoError(p.t, p.page.SetViewport(p.t.Context(), s.width, s.height))
}

func (p *person) eval(expr string, out any) {
	p.t.Helper()
	require.NoError(p.t, p.page.Eval(p.ctx(), expr, out))
}

func (p *person) waits(expr string) {
	p.t.Helper()
	p.waitsFor(patience, expr)
}

func (p *person) waitsFor(d time.Duration, expr string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), d)
	defer cancel()
	require.NoError(p.t, p.page.WaitFor(ctx, expr), "%s waits", p.name)
}

// sees waits until the pictures of all others play.
func (p *person) sees(others ...string) {
	p.t.Helper()
	for _, name := range others {
		p.waits(fmt.Sprintf(`watch.video(%q)?.videoWidth > 0`, name))
	}
}
