package bidi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"sync"
)

// Kind is a browser's make.
type Kind string

// The two makes the driver knows.
const (
	Chromium Kind = "chromium"
	Firefox  Kind = "firefox"
)

// Options of a launch. The zero value is a headless browser with fake devices,
// which connects media over loopback and talks to nobody by itself.
type Options struct {
	Args  []string       // further arguments of the browser's own command line
	Prefs map[string]any // Firefox: further preferences (string, bool or int)

	// Through is a command that starts the browser, whose own command line is
	// appended, such as ["nsenter", "--net=FILE"]. Chromium only: its driver
	// stays outside. Firefox listens for the test, so it must be near it.
	Through []string
}

// ErrMissing says that a program is not installed.
var ErrMissing = errors.New("not installed")

// Browser is one running browser. Close ends it.
type Browser struct {
	// constant after Launch
	kind    Kind
	rpc     *rpc
	process *process
	profile string                      // temporary folder
	bye     func(context.Context) error // asks the browser to end

	mu    sync.Mutex
	pages map[string]*Page // guarded by mu: by browsing context
	stray []Request        // guarded by mu: of workers and closed pages
}

// Launch starts a browser with a fresh profile. ctx bounds the start only.
// It returns ErrMissing, wrapped, where a program is not installed.
func Launch(ctx context.Context, kind Kind, opts Options) (*Browser, error) {
	profile, err := os.MkdirTemp("", "conclave-"+string(kind)+"-")
	if err != nil {
		return nil, err
	}
	b := &Browser{kind: kind, profile: profile, pages: map[string]*Page{}}
	switch kind {
	case Chromium:
		err = b.launchChromium(ctx, opts)
	case Firefox:
		err = b.launchFirefox(ctx, opts)
	default:
		err = fmt.Errorf("unknown kind %q", kind)
	}
	if err == nil {
		err = b.rpc.call(ctx, "session.subscribe", object{"events": []string{"log.entryAdded", "network.beforeRequestSent"}}, nil)
	}
	if err != nil {
		b.Close()
		return nil, fmt.Errorf("launch %s: %w", kind, err)
	}
	return b, nil
}

// program finds the first of names that is installed.
func program(names ...string) (string, error) {
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("%s: %w", names[0], ErrMissing)
}

// Kind returns the browser's make.
func (b *Browser) Kind() Kind { return b.kind }

// Profile returns the browser's profile folder, which ends with it.
func (b *Browser) Profile() string { return b.profile }

// Output returns the last lines that the browser's programs wrote.
func (b *Browser) Output() string {
	if b.process == nil {
		return ""
	}
	return b.process.output()
}

// Close ends the browser and everything it started, and removes its profile.
// It may be called twice.
func (b *Browser) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), quitPatience)
	defer cancel()
	if b.rpc != nil {
		_ = b.bye(ctx) // it may be gone already; quit makes sure
		b.rpc.close()
	}
	if b.process != nil {
		b.process.quit()
	}
	os.RemoveAll(b.profile)
}

// Pages returns the open pages in no order.
func (b *Browser) Pages() []*Page {
	b.mu.Lock()
	defer b.mu.Unlock()
	pages := make([]*Page, 0, len(b.pages))
	for _, p := range b.pages {
		pages = append(pages, p)
	}
	return pages
}

// Stray returns the requests that belong to no open page: those of workers,
// and of pages closed since.
func (b *Browser) Stray() []Request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.stray)
}

// Foreign returns all requests so far, of pages and workers, that went
// anywhere else than to origin ("http://localhost:8080").
func (b *Browser) Foreign(origin string) []Request {
	requests := b.Stray()
	for _, p := range b.Pages() {
		requests = append(requests, p.Network()...)
	}
	return slices.DeleteFunc(requests, func(r Request) bool {
		u, err := url.Parse(r.URL)
		if err != nil {
			return false
		}
		local := u.Scheme != "http" && u.Scheme != "https" // data:, blob:, about:
		return local || u.Scheme+"://"+u.Host == origin
	})
}

func (b *Browser) page(context string) *Page {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pages[context]
}

// onEvent runs in the read loop: it files the event and returns.
func (b *Browser) onEvent(method string, params json.RawMessage) {
	switch method {
	case "log.entryAdded":
		context, entry, err := decodeEntry(params)
		if page := b.page(context); err == nil && page != nil {
			page.addEntry(entry)
		}
	case "network.beforeRequestSent":
		context, request, err := decodeRequest(params)
		if err != nil {
			return
		}
		if page := b.page(context); page != nil {
			page.addRequest(request)
			return
		}
		b.mu.Lock()
		b.stray = append(b.stray, request)
		b.mu.Unlock()
	}
}
