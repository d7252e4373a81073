package bidi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
)

// The page's policy is as strict as Conclave's: the driver must not need what
// the product forbids.
const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; worker-src 'self'; require-trusted-types-for 'script'"

const page = `<!doctype html><title>a page</title><link rel="icon" href="data:,"><script src="/page.js"></script>
<input id="name" value="old"><button id="go" disabled>Go</button><p id="out"></p>
<textarea rows="200"></textarea><button id="below">Below</button>`

const script = `
addEventListener('DOMContentLoaded', () => {
	const $ = id => document.getElementById(id);
	$('name').oninput = () => { $('go').disabled = $('name').value !== 'Ann Müller 😀'; };
	$('go').onclick = e => { $('out').textContent = e.isTrusted ? 'clicked' : 'faked'; };
	$('below').onclick = () => { console.warn('below', 7); };
	addEventListener('keydown', e => { if (e.key === 'Escape') setTimeout(() => { throw new Error('escaped'); }); });
	addEventListener('keydown', e => { if (e.ctrlKey && e.shiftKey) document.title = e.key; });
});`

func site(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		fmt.Fprint(w, page)
	})
	mux.HandleFunc("GET /page.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		fmt.Fprint(w, script)
	})
	mux.HandleFunc("GET /answer", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "42") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// Each browser is started once; every test opens pages of its own.
func TestDriver(t *testing.T) {
	for _, kind := range []bidi.Kind{bidi.Chromium, bidi.Firefox} {
		t.Run(string(kind), func(t *testing.T) {
			b, url := bidi.Start(t, kind, bidi.Options{}), site(t)
			for _, row := range []struct {
				name string
				test func(t *testing.T, b *bidi.Browser, url string)
			}{
				{"a person can use a page", usesAPage},
				{"what is not there is said clearly", saysWhatIsMissing},
				{"participants are apart and all visible", keepsParticipantsApart},
				{"requests and pictures are seen", seesRequestsAndPictures},
				{"preloaded scripts run before the page's", preloadsFirst},
				// The last: it closes the browser.
				{"a closed browser refuses and leaves nothing", leavesNothing},
			} {
				t.Run(row.name, func(t *testing.T) { row.test(t, b, url) })
			}
		})
	}
}

func open(t *testing.T, b *bidi.Browser, url string) *bidi.Page {
	t.Helper()
	p, err := b.NewPage(t.Context())
	require.NoError(t, err)
	require.NoError(t, p.Navigate(t.Context(), url))
	t.Cleanup(func() { _ = p.Close(context.Background()) }) // the test may have closed it
	return p
}

func usesAPage(t *testing.T, b *bidi.Browser, url string) {
	ctx, p := t.Context(), open(t, b, url)

	t.Run("typing replaces what is there, in any script", func(t *testing.T) {
		require.NoError(t, p.Fill(ctx, "#name", "Ann"))
		require.NoError(t, p.Type(ctx, "#name", " Müller 😀"))
		var got string
		require.NoError(t, p.Eval(ctx, `document.querySelector("#name").value`, &got))
		assert.Equal(t, "Ann Müller 😀", got)
	})
	t.Run("a click is a real one", func(t *testing.T) {
		require.NoError(t, p.Click(ctx, "#go"))
		require.NoError(t, p.WaitFor(ctx, `document.querySelector("#out").textContent == "clicked"`))
	})
	t.Run("a click scrolls, and the console is heard", func(t *testing.T) {
		require.NoError(t, p.Click(ctx, "#below"))
		entry := waitEntry(t, p, "below 7")
		assert.Equal(t, "warn", entry.Level)
		assert.False(t, entry.Uncaught)
	})
	t.Run("a chord holds its keys together", func(t *testing.T) {
		require.NoError(t, p.Press(ctx, "Control+Shift+ArrowUp"))
		require.NoError(t, p.WaitFor(ctx, `document.title == "ArrowUp"`))
	})
	t.Run("an error nobody caught is heard", func(t *testing.T) {
		require.NoError(t, p.Press(ctx, "Escape"))
		entry := waitEntry(t, p, "escaped")
		assert.True(t, entry.Uncaught)
		assert.Contains(t, entry.Where, "/page.js:")
		assert.Len(t, p.Errors(), 1)
	})
}

func waitEntry(t *testing.T, p *bidi.Page, text string) bidi.Entry {
	t.Helper()
	var found bidi.Entry
	require.Eventually(t, func() bool {
		for _, entry := range p.Console() {
			if strings.Contains(entry.Text, text) {
				found = entry
				return true
			}
		}
		return false
	}, 5*time.Second, 10*time.Millisecond, "no console entry says %q", text)
	return found
}

func saysWhatIsMissing(t *testing.T, b *bidi.Browser, url string) {
	p := open(t, b, url)
	soon := func(t *testing.T) context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		t.Cleanup(cancel)
		return ctx
	}
	t.Run("a condition that never holds, with its last value", func(t *testing.T) {
		err := p.WaitFor(soon(t), `document.querySelector("#out").textContent == "x" && 1 || 0`)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "last value 0")
	})
	t.Run("a condition that throws", func(t *testing.T) {
		err := p.WaitFor(soon(t), `nothing.here`)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "nothing is not defined")
	})
	t.Run("an element that is not there", func(t *testing.T) {
		assert.ErrorContains(t, p.Click(soon(t), "#nobody"), "no such element")
	})
	t.Run("an element that is disabled", func(t *testing.T) {
		assert.ErrorContains(t, p.Click(soon(t), "#go"), "disabled")
	})
	t.Run("an element under another", func(t *testing.T) {
		require.NoError(t, p.Eval(t.Context(), `(() => { const d = document.createElement("dialog");
			document.body.append(d); d.showModal(); d.id = "cover"; d.style.setProperty("width", "100%"); d.style.setProperty("height", "100%"); return 1 })()`, nil))
		assert.ErrorContains(t, p.Click(soon(t), "#below"), "covered by")
	})
	t.Run("a rejected promise", func(t *testing.T) {
		assert.ErrorContains(t, p.Eval(t.Context(), `Promise.reject(new Error("no luck"))`, nil), "no luck")
	})
	t.Run("no value", func(t *testing.T) {
		var v int
		assert.ErrorContains(t, p.Eval(t.Context(), `undefined`, &v), "undefined")
	})
	t.Run("a command with a wrong argument, by its code", func(t *testing.T) {
		var refused *bidi.Error
		require.True(t, errors.As(p.Navigate(t.Context(), "http://["), &refused))
		assert.Equal(t, "invalid argument", refused.Code)
	})
}

func keepsParticipantsApart(t *testing.T, b *bidi.Browser, url string) {
	ctx := t.Context()
	var pages []*bidi.Page
	for range 3 {
		pages = append(pages, open(t, b, url))
	}
	for i, p := range pages {
		var visible string
		require.NoError(t, p.Eval(ctx, `document.visibilityState`, &visible))
		assert.Equal(t, "visible", visible, i)

		// A hidden page would get none: ten frames in a second are few.
		require.NoError(t, p.WaitFor(ctx, `new Promise(r => { let n = 0; const f = () => ++n > 10 ? r(true) : requestAnimationFrame(f); f() })`), i)

		var before []string
		require.NoError(t, p.Eval(ctx, `Object.keys(localStorage)`, &before))
		assert.Empty(t, before, "somebody else's storage")
		require.NoError(t, p.Eval(ctx, `localStorage.setItem("me", "x")`, nil))
	}
	require.NoError(t, pages[0].Close(ctx))
	assert.Error(t, pages[0].Eval(ctx, `1`, nil))
	assert.NoError(t, pages[1].Eval(ctx, `1`, nil))
	assert.Len(t, b.Pages(), 2)
}

func seesRequestsAndPictures(t *testing.T, b *bidi.Browser, url string) {
	ctx, p := t.Context(), open(t, b, url)
	var answer int
	require.NoError(t, p.Eval(ctx, `fetch("/answer").then(r => r.json())`, &answer))
	assert.Equal(t, 42, answer)
	var seen []string
	for _, request := range p.Network() {
		seen = append(seen, strings.TrimPrefix(request.URL, url))
	}
	assert.Subset(t, seen, []string{"/", "/page.js", "/answer"})
	assert.Empty(t, b.Foreign(url))
	assert.Contains(t, b.Foreign("http://localhost:1"), bidi.Request{Method: "GET", URL: url + "/answer"})

	require.NoError(t, p.SetViewport(ctx, 800, 500))
	require.NoError(t, p.WaitFor(ctx, `innerWidth == 800 && innerHeight == 500`))
	file := filepath.Join(t.TempDir(), "shot.png")
	require.NoError(t, p.Screenshot(ctx, file))
	png, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "\x89PNG", string(png[:4]))
}

func preloadsFirst(t *testing.T, b *bidi.Browser, url string) {
	ctx := t.Context()
	p, err := b.NewPage(ctx)
	require.NoError(t, err)
	require.NoError(t, p.Preload(ctx, `globalThis.early = document.scripts.length`))
	require.NoError(t, p.Navigate(ctx, url))
	var scripts int
	require.NoError(t, p.Eval(ctx, `early`, &scripts))
	assert.Zero(t, scripts)
	require.NoError(t, p.Reload(ctx))
	require.NoError(t, p.Eval(ctx, `early`, &scripts))
}

func leavesNothing(t *testing.T, b *bidi.Browser, url string) {
	p := open(t, b, url)
	profile := b.Profile()
	require.DirExists(t, profile)
	b.Close()
	assert.Error(t, p.Eval(t.Context(), `1`, nil))
	assert.NoDirExists(t, profile)
	assert.Empty(t, processesNaming(t, profile))
	b.Close() // again
}

// processesNaming returns the command lines that mention text.
func processesNaming(t *testing.T, text string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	var found []string
	for _, file := range files {
		line, _ := os.ReadFile(file) // it may have ended since
		if strings.Contains(string(line), text) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}
