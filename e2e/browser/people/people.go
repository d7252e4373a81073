// Package people is the people of browser tests: each sits at a window with a camera and a microphone that tell them from
// the others, does what people do with mouse and keyboard, and says what is to be seen and heard there.
//
// What does not come true within [Patience] fails the test; with CONCLAVE_SHOTS, a folder, a picture of the window is
// left there then.
package people

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

// Room is where people meet.
const Room = "quiet-otters-paint-lanterns"

// Patience is for what should happen soon, on a machine that may be busy.
const Patience = 20 * time.Second

// Person is somebody at a browser, told from the others by the colour of the camera and the tone of the microphone.
type Person struct {
	T    *testing.T
	Page *bidi.Page
	Kind bidi.Kind
	URL  string // of the site, without a slash at the end
	Name string
	hooks.Participant
}

// New opens a browser window with its own camera and microphone, on no page yet.
func New(t *testing.T, b *bidi.Browser, url, name string, p hooks.Participant) *Person {
	t.Helper()
	page, err := b.NewPage(t.Context())
	require.NoError(t, err)
	require.NoError(t, page.SetViewport(t.Context(), 1280, 800))
	// Headless Firefox has no sound card, so its AudioContext does not run: the browser's own microphone must do.
	p.OwnMicrophone = b.Kind() == bidi.Firefox
	require.NoError(t, page.Preload(t.Context(), hooks.Media(p)))
	require.NoError(t, page.Preload(t.Context(), hooks.Probe()))
	return &Person{T: t, Page: page, Kind: b.Kind(), URL: url, Name: name, Participant: p}
}

// Ctx ends when patience does.
func (p *Person) Ctx() context.Context {
	ctx, cancel := context.WithTimeout(p.T.Context(), Patience)
	p.T.Cleanup(cancel)
	return ctx
}

// Goes opens a path of the site.
func (p *Person) Goes(path string) {
	p.T.Helper()
	require.NoError(p.T, p.Page.Navigate(p.Ctx(), p.URL+path))
}

// Eval evaluates JavaScript in the page, as [bidi.Page.Eval] does.
func (p *Person) Eval(expr string, out any) {
	p.T.Helper()
	require.NoError(p.T, p.Page.Eval(p.Ctx(), expr, out))
}

// Waits waits until JavaScript is truthy.
func (p *Person) Waits(expr string) {
	p.T.Helper()
	if err := p.Page.WaitFor(p.Ctx(), expr); err != nil {
		p.Shot("failed-" + p.Name)
		require.NoError(p.T, err, "%s waits", p.Name)
	}
}

// Clicks clicks the element of a CSS selector with the mouse.
func (p *Person) Clicks(selector string) {
	p.T.Helper()
	if err := p.Page.Click(p.Ctx(), selector); err != nil {
		p.Shot("failed-" + p.Name)
		require.NoError(p.T, err, "%s clicks", p.Name)
	}
}

// Types puts text into a field, in place of what is there.
func (p *Person) Types(selector, text string) {
	p.T.Helper()
	p.Waits(fmt.Sprintf(`document.querySelector(%q)`, selector))
	require.NoError(p.T, p.Page.Fill(p.Ctx(), selector, text))
}

// Shot keeps a screenshot where CONCLAVE_SHOTS says, for people to look at.
func (p *Person) Shot(name string) {
	if dir := os.Getenv("CONCLAVE_SHOTS"); dir != "" {
		assert.NoError(p.T, p.Page.Screenshot(context.WithoutCancel(p.T.Context()), filepath.Join(dir, name+".png")))
	}
}

// Asks goes to the room and asks to enter it.
func (p *Person) Asks() {
	p.T.Helper()
	p.Goes("/" + Room)
	p.Types(NameField, p.Name)
	p.Waits(CameraRuns)
	p.Clicks(JoinButton)
}

// What people do and see on the way into a call.
const (
	NameField  = `input[name=name]`
	JoinButton = `form .submit button[type=submit]`
	CameraRuns = `document.querySelector('video')?.videoWidth > 0`
	InCall     = `document.querySelector('[data-member=me]')`
)

// Joins goes to the room and enters it.
func (p *Person) Joins() {
	p.T.Helper()
	p.Asks()
	p.Waits(InCall)
}

// Tile is the JavaScript for the tile of somebody, by the name on it.
func Tile(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('[data-member]')].find(t => t.querySelector('[data-name]')?.textContent === %q)`, name)
}

// SeesExactly waits until the tiles are those of myself and of others, each with the right colour under the right name.
func (p *Person) SeesExactly(others ...*Person) {
	p.T.Helper()
	want := map[string]string{"You": p.Colour}
	for _, o := range others {
		want[o.Name] = o.Colour
	}
	names, err := json.Marshal(slices.Sorted(maps.Keys(want)))
	require.NoError(p.T, err)
	colours, err := json.Marshal(want)
	require.NoError(p.T, err)
	p.Waits(fmt.Sprintf(`(() => {
		const tiles = [...document.querySelectorAll('[data-member]')], name = t => t.querySelector('[data-name]')?.textContent ?? '';
		return JSON.stringify(tiles.map(name).sort()) === %q &&
			tiles.every(t => t.querySelector('video') && probe.near(t.querySelector('video'), (%s)[name(t)]));
	})()`, names, colours))
}

// Hears waits until the tone of each of others comes out of that person's own sound.
func (p *Person) Hears(others ...*Person) {
	p.T.Helper()
	for _, o := range others {
		if p.Kind == bidi.Firefox || o.Kind == bidi.Firefox {
			continue // HearsSomething
		}
		p.Waits(fmt.Sprintf(`(async () => {
			const member = (%s)?.dataset.member;
			const sound = document.querySelector('audio[data-sound="' + member + '/mic"]');
			return sound && !sound.paused && Math.abs((await probe.tone(sound)).hz - %s) < 15;
		})()`, Tile(o.Name), strconv.FormatFloat(o.Tone, 'f', -1, 64)))
	}
}

// HearsSomething waits until sound with energy arrives in as many streams as there are others: all that can be said
// where one side's AudioContext does not run.
func (p *Person) HearsSomething(others int) {
	p.T.Helper()
	p.Waits(fmt.Sprintf(`(async () => (await probe.stats('inbound-rtp')).filter(s => s.kind === 'audio' && s.totalAudioEnergy > 0.001).length >= %d)()`, others))
}

// Negotiations is how often descriptions were set in the page.
func (p *Person) Negotiations() (n int) {
	p.T.Helper()
	p.Eval(`probe.negotiations()`, &n)
	return n
}

// Quiet fails the test when the page complained.
func (p *Person) Quiet() {
	p.T.Helper()
	for _, e := range p.Page.Errors() {
		p.T.Errorf("%s's page says: %v", p.Name, e)
	}
}
