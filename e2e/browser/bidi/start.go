package bidi

import (
	"errors"
	"os"
	"testing"
)

// Required tells whether a browser that is not installed fails the tests
// instead of skipping them: in CI, or with CONCLAVE_BROWSERS=required.
func Required() bool {
	return os.Getenv("CI") == "true" || os.Getenv("CONCLAVE_BROWSERS") == "required"
}

// Start launches a browser for the length of a test. Where the browser is not
// installed it skips the test with one line, or fails it if Required. A failed
// test gets the browser's last output and the consoles of its open pages.
func Start(t testing.TB, kind Kind, opts Options) *Browser {
	t.Helper()
	b, err := Launch(t.Context(), kind, opts)
	if errors.Is(err, ErrMissing) && !Required() {
		t.Skipf("%v (make browsers)", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, page := range b.Pages() {
				for _, entry := range page.Console() {
					t.Logf("page %.8s: %v", page.context, entry)
				}
			}
			t.Logf("%s says:\n%s", kind, b.Output())
		}
		b.Close()
	})
	return b
}
