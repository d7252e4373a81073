package bidi

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Page is one participant: a user context (own cookies, own storage) with one
// window. Windows are all visible, so timers and animation frames run in full.
type Page struct {
	// constant after NewPage
	browser     *Browser
	context     string // browsing context
	userContext string

	mu       sync.Mutex
	entries  []Entry   // guarded by mu
	requests []Request // guarded by mu
}

// NewPage opens a participant's window, at about:blank.
func (b *Browser) NewPage(ctx context.Context) (*Page, error) {
	var user struct{ UserContext string }
	if err := b.rpc.call(ctx, "browser.createUserContext", object{}, &user); err != nil {
		return nil, err
	}
	// A window each: tabs of one window hide each other, and hidden pages get
	// no animation frames and one timer a second.
	var window struct{ Context string }
	if err := b.rpc.call(ctx, "browsingContext.create", object{"type": "window", "userContext": user.UserContext}, &window); err != nil {
		return nil, err
	}
	p := &Page{browser: b, context: window.Context, userContext: user.UserContext}
	b.mu.Lock()
	b.pages[p.context] = p
	b.mu.Unlock()
	return p, nil
}

func (p *Page) call(ctx context.Context, method string, params object, out any) error {
	params["context"] = p.context
	return p.browser.rpc.call(ctx, method, params, out)
}

// Navigate opens url and returns when its load event has fired.
func (p *Page) Navigate(ctx context.Context, url string) error {
	return p.call(ctx, "browsingContext.navigate", object{"url": url, "wait": "complete"}, nil)
}

// Reload loads the page anew and returns when its load event has fired.
func (p *Page) Reload(ctx context.Context) error {
	return p.call(ctx, "browsingContext.reload", object{"wait": "complete"}, nil)
}

// Preload runs script, the body of a function, in the page's own world before
// any script of each document opened from now on.
func (p *Page) Preload(ctx context.Context, script string) error {
	return p.browser.rpc.call(ctx, "script.addPreloadScript", object{
		"functionDeclaration": "() => {\n" + script + "\n}",
		"contexts":            []string{p.context},
	}, nil)
}

// Eval evaluates expr as if a person had just clicked, awaits it if it is a
// promise and decodes its value, by JSON, into out (nil: not wanted). It
// returns an error with the exception's text if expr throws or rejects.
func (p *Page) Eval(ctx context.Context, expr string, out any) error {
	text, err := p.eval(ctx, "(async () => JSON.stringify(await (\n"+expr+"\n)))()")
	if err != nil {
		return fmt.Errorf("eval %s: %w", short(expr), err)
	}
	if out == nil {
		return nil
	}
	if text == "" { // JSON has no undefined
		return fmt.Errorf("eval %s: undefined", short(expr))
	}
	return json.Unmarshal([]byte(text), out)
}

// eval awaits a script that yields a string or undefined.
func (p *Page) eval(ctx context.Context, script string) (string, error) {
	var answer struct {
		Type             string
		Result           struct{ Value string }
		ExceptionDetails struct{ Text string }
	}
	err := p.browser.rpc.call(ctx, "script.evaluate", object{
		"expression":     script,
		"awaitPromise":   true,
		"userActivation": true,
		"target":         object{"context": p.context},
	}, &answer)
	if err != nil {
		return "", err
	}
	if answer.Type == "exception" {
		return "", errors.New(answer.ExceptionDetails.Text)
	}
	return answer.Result.Value, nil
}

const (
	// One look at the page lasts this long at most, so that a navigation in
	// between costs no more than the rest of it.
	waitSlice = 2 * time.Second

	// waitScript looks every 20 ms (frames stop in a page that is hidden after
	// all, timers do not). It yields "" when expr holds, else the last value.
	waitScript = `(async () => {
	const end = performance.now() + %d;
	for (;;) {
		let last;
		try {
			last = await (%s
);
			if (last) return '';
			last = JSON.stringify(last) ?? 'undefined';
		} catch (e) { last = String(e); }
		if (performance.now() > end) return last;
		await new Promise(again => setTimeout(again, 20));
	}
})()`
)

// WaitFor waits until expr, a JavaScript expression or a promise of one, is
// truthy. An expr that throws counts as not yet; so does a page that is
// navigating. The error tells the last value and the console's last lines.
func (p *Page) WaitFor(ctx context.Context, expr string) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	last := "never evaluated"
	for {
		end, _ := ctx.Deadline()
		slice := min(waitSlice, time.Until(end)-100*time.Millisecond)
		value, err := p.eval(ctx, fmt.Sprintf(waitScript, max(0, slice.Milliseconds()), expr))
		switch {
		case err == nil && value == "":
			return nil
		case err == nil:
			last = value
		case errors.Is(err, errGone):
			return fmt.Errorf("wait for %s: %w", short(expr), err)
		case ctx.Err() == nil:
			last = err.Error()
			select { // the page is on its way somewhere, or expr is no JavaScript
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
		if time.Until(end) < 200*time.Millisecond || ctx.Err() != nil {
			return fmt.Errorf("wait for %s: %w: last value %s%s", short(expr), context.DeadlineExceeded, last, p.lastLines())
		}
	}
}

// lastLines returns the end of the console, for error messages.
func (p *Page) lastLines() string {
	entries := p.Console()
	var text strings.Builder
	for _, entry := range entries[max(0, len(entries)-5):] {
		text.WriteString("\n\tconsole: " + entry.String())
	}
	return text.String()
}

func short(expr string) string {
	const most = 200 // bytes
	expr = strings.Join(strings.Fields(expr), " ")
	if len(expr) > most {
		return expr[:most] + "…"
	}
	return expr
}

// Screenshot writes what the window shows to file, as PNG.
func (p *Page) Screenshot(ctx context.Context, file string) error {
	var shot struct{ Data string }
	if err := p.call(ctx, "browsingContext.captureScreenshot", object{}, &shot); err != nil {
		return err
	}
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		return err
	}
	return os.WriteFile(file, png, 0o600)
}

// SetViewport gives the page a size, in CSS pixels.
func (p *Page) SetViewport(ctx context.Context, width, height int) error {
	return p.call(ctx, "browsingContext.setViewport", object{"viewport": object{"width": width, "height": height}}, nil)
}

// Console returns what the page has logged, oldest first, with the errors
// nobody caught. Entries arrive a moment after the call that made them.
func (p *Page) Console() []Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.entries)
}

// Errors returns the console's entries of level error, uncaught ones included.
func (p *Page) Errors() []Entry {
	return slices.DeleteFunc(p.Console(), func(e Entry) bool { return e.Level != "error" })
}

// Network returns the requests the page was about to send, oldest first. Not
// among them, as seen with Chromium 156 and Firefox 153: fetches that the
// content security policy stopped (both; Chromium does list stopped images);
// WebSockets (Chromium; Firefox lists them as http:); requests of the page's
// workers (Chromium: they are in Browser.Stray). Hook probe.sockets lists
// WebSockets in both.
func (p *Page) Network() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

func (p *Page) addEntry(e Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.entries = append(p.entries, e)
}

func (p *Page) addRequest(r Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r)
}

// Close closes the participant's window at once, as closing a tab does, and
// forgets its cookies and storage.
func (p *Page) Close(ctx context.Context) error {
	p.browser.mu.Lock()
	delete(p.browser.pages, p.context)
	p.browser.stray = append(p.browser.stray, p.Network()...)
	p.browser.mu.Unlock()
	return p.browser.rpc.call(ctx, "browser.removeUserContext", object{"userContext": p.userContext}, nil)
}
