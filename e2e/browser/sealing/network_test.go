package sealing

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/people"
)

// Who meets without a passphrase waits for nothing of it.
func TestAMeetingWithoutAPassphraseLoadsNoSealer(t *testing.T) {
	b, url := bidi.Start(t, bidi.Chromium, bidi.Options{}), site(t)
	ann, bob := people.New(t, b, url, "Ann", red), people.New(t, b, url, "Bob", blue)
	ann.Joins()
	bob.Joins()
	ann.SeesExactly(bob)
	bob.SeesExactly(ann)
	assert.NotEmpty(t, requests(b, "core-"), "the list has what pages load")
	assert.Empty(t, requests(b, "sealer"))

	other := &member{t: t, page: plainPage(t, b, url), name: "eve"}
	other.eval(nil, `sealing.start("eve")`)
	require.Eventually(t, func() bool { return len(requests(b, "sealer-")) >= 2 }, patience, 20*time.Millisecond, "and would have what workers load")
}

// requests are the addresses with part in them that pages and workers have asked for.
func requests(b *bidi.Browser, part string) (found []string) {
	all := b.Stray()
	for _, p := range b.Pages() {
		all = append(all, p.Network()...)
	}
	for _, r := range all {
		if strings.Contains(r.URL, part) {
			found = append(found, r.URL)
		}
	}
	return found
}
