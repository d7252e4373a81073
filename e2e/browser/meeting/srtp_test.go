package meeting

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/netns"
	"github.com/conclave-meet/conclave/e2e/browser/people"
)

// AES-CM costs the relay 2 µs more for each packet than AES-GCM. Browsers take what the DTLS server prefers, so the
// relay is always that; this shows that both kinds do. `make bench` quotes what it prints.
func TestBrowsersNegotiateAESGCM(t *testing.T) {
	netns.Run(t, bidi.Required(), func(t *testing.T) {
		r := startRelay(t, netns.Address) // Firefox does not reach a lite relay on 127.0.0.1
		b, fox := bidi.Start(t, bidi.Chromium, bidi.Options{}), bidi.Start(t, bidi.Firefox, bidi.Options{})
		ann, bob := people.New(t, b, r.url, "Ann", red), people.New(t, fox, r.url, "Bob", green)
		becomesHost(ann, r)
		ann.Joins()
		bob.Joins()
		for _, p := range []*people.Person{ann, bob} {
			const transport = `probe.stats('transport').then(all => all.find(s => s.srtpCipher))`
			p.Waits(transport)
			var seen struct{ Browser, SRTPCipher, DTLSCipher, TLSVersion, DTLSRole string }
			p.Eval(transport+`.then(s => ({...s, browser: navigator.userAgent.match(/(Chrome|Firefox)\/\d+/)[0]}))`, &seen)
			assert.Contains(t, seen.SRTPCipher, "AEAD_AES_128_GCM") // with and without SRTP_ in front
			t.Logf("srtp: %s: %s; DTLS %s with %s, as %s", seen.Browser, seen.SRTPCipher, seen.TLSVersion, seen.DTLSCipher, seen.DTLSRole)
		}
	})
}
