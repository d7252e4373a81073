package meeting

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
)

const room = "quiet-otters-paint-lanterns"

// patience is for what should happen soon, on a machine that may be busy.
const patience = 20 * time.Second

// person is somebody at a browser, told from the others by the colour of the camera and the tone of the microphone.
type person struct {
	t    *testing.T
	page *bidi.Page
	kind bidi.Kind
	url  string
	name string
	hooks.Participant
}

// newPerson opens a browser window with its own camera and microphone, on no page yet.
func newPerson(t *testing.T, b *bidi.Browser, r *relay, name string, p hooks.Participant) *person {
	t.Helper()
	page, err := b.NewPage(t.Context())
	require.NoError(t, err)
	require.NoError(t, page.SetViewport(t.Context(), 1280, 800))
	// Headless Firefox has no sound card, so its AudioContext does not run: the browser's own microphone must do.
	p.OwnMicrophone = b.Kind() == bidi.Firefox
	require.NoError(t, page.Preload(t.Context(), hooks.Media(p)))
	require.NoError(t, page.Preload(t.Context(), hooks.Probe()))
	return &person{t: t, page: page, kind: b.Kind(), url: r.url, name: name, Participant: p}
}

func (p *person) ctx() context.Context {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	p.t.Cleanup(cancel)
	return ctx
}

// becomesHost makes the first host account and signs in, as the enrolment page does.
func (p *person) becomesHost(r *relay) {
	p.t.Helper()
	token, err := r.FirstHost()
	require.NoError(p.t, err)
	p.goes("/")
	var status int
	p.eval(fmt.Sprintf(`fetch('/_/api/enrol', {method: 'POST', headers: {'Content-Type': 'application/json'},
		body: JSON.stringify({token: %q, name: 'host', password: %q})}).then(r => r.status)`, token, password), &status)
	require.Equal(p.t, 200, status)
}

const password = "correct horse battery"

func (p *person) goes(path string) {
	p.t.Helper()
	require.NoError(p.t, p.page.Navigate(p.ctx(), p.url+path))
}

func (p *person) eval(expr string, out any) {
	p.t.Helper()
	require.NoError(p.t, p.page.Eval(p.ctx(), expr, out))
}

func (p *person) waits(expr string) {
	p.t.Helper()
	if err := p.page.WaitFor(p.ctx(), expr); err != nil {
		p.shot("failed-" + p.name)
		require.NoError(p.t, err, "%s waits", p.name)
	}
}

func (p *person) clicks(selector string) {
	p.t.Helper()
	if err := p.page.Click(p.ctx(), selector); err != nil {
		p.shot("failed-" + p.name)
		require.NoError(p.t, err, "%s clicks", p.name)
	}
}

func (p *person) types(selector, text string) {
	p.t.Helper()
	p.waits(fmt.Sprintf(`document.querySelector(%q)`, selector))
	require.NoError(p.t, p.page.Fill(p.ctx(), selector, text))
}

// shot keeps a screenshot where CONCLAVE_SHOTS says, for people to look at.
func (p *person) shot(name string) {
	if dir := os.Getenv("CONCLAVE_SHOTS"); dir != "" {
		assert.NoError(p.t, p.page.Screenshot(context.WithoutCancel(p.t.Context()), filepath.Join(dir, name+".png")))
	}
}

// asks goes to the room and asks to enter it.
func (p *person) asks() {
	p.t.Helper()
	p.goes("/" + room)
	p.types(nameField, p.name)
	p.waits(cameraRuns)
	p.clicks(joinButton)
}

const (
	nameField  = `input[name=name]`
	joinButton = `form .submit button[type=submit]`
	cameraRuns = `document.querySelector('video')?.videoWidth > 0`
	inCall     = `document.querySelector('[data-member=me]')`
)

// joins goes to the room and enters it.
func (p *person) joins() {
	p.t.Helper()
	p.asks()
	p.waits(inCall)
}

// tile is the JavaScript for the tile of somebody, by the name on it.
func tile(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('[data-member]')].find(t => t.querySelector('[data-name]')?.textContent === %q)`, name)
}

// seesExactly waits until the tiles are those of myself and of others, each with the right colour under the right name.
func (p *person) seesExactly(others ...*person) {
	p.t.Helper()
	want := map[string]string{"You": p.Colour}
	for _, o := range others {
		want[o.name] = o.Colour
	}
	names, err := json.Marshal(slices.Sorted(maps.Keys(want)))
	require.NoError(p.t, err)
	colours, err := json.Marshal(want)
	require.NoError(p.t, err)
	p.waits(fmt.Sprintf(`(() => {
		const tiles = [...document.querySelectorAll('[data-member]')], name = t => t.querySelector('[data-name]').textContent;
		return JSON.stringify(tiles.map(name).sort()) === %q &&
			tiles.every(t => t.querySelector('video') && probe.near(t.querySelector('video'), (%s)[name(t)]));
	})()`, names, colours))
}

// hears waits until the tone of each of others comes out of that person's own sound.
func (p *person) hears(others ...*person) {
	p.t.Helper()
	for _, o := range others {
		if p.kind == bidi.Firefox || o.kind == bidi.Firefox {
			continue // hearsSomething
		}
		p.waits(fmt.Sprintf(`(async () => {
			const member = (%s)?.dataset.member;
			const sound = document.querySelector('audio[data-sound="' + member + '/mic"]');
			return sound && !sound.paused && Math.abs((await probe.tone(sound)).hz - %s) < 15;
		})()`, tile(o.name), strconv.FormatFloat(o.Tone, 'f', -1, 64)))
	}
}

// hearsSomething waits until sound with energy arrives in as many streams as there are others: all that can be said
// where one side's AudioContext does not run.
func (p *person) hearsSomething(others int) {
	p.t.Helper()
	p.waits(fmt.Sprintf(`(async () => (await probe.stats('inbound-rtp')).filter(s => s.kind === 'audio' && s.totalAudioEnergy > 0.001).length >= %d)()`, others))
}

// negotiations is how often descriptions were set in the page.
func (p *person) negotiations() (n int) {
	p.t.Helper()
	p.eval(`probe.negotiations()`, &n)
	return n
}

// quiet fails the test when the page complained.
func (p *person) quiet() {
	p.t.Helper()
	for _, e := range p.page.Errors() {
		p.t.Errorf("%s's page says: %v", p.name, e)
	}
}
