package sealed

import (
	"fmt"
	"testing"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/people"
	"github.com/conclave-meet/conclave/e2e/harness"
)

// TestAnotherPassphraseOnTheWayIn: a link may be pasted while one joins. The description that hello has was made for the
// worker that ends then.
func TestAnotherPassphraseOnTheWayIn(t *testing.T) {
	r := opens(t, harness.Options{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann, bob := r.comes(b, "Ann", red), r.comes(b, "Bob", green)
	joins(ann, right)
	bob.Goes(encrypted)
	bob.Types(people.NameField, bob.Name)
	bob.Types(phraseField, wrong)
	bob.Waits(people.CameraRuns)
	bob.Eval(`((held, send) => {
		WebSocket.prototype.send = function (m) { held.push(() => send.call(this, m)); };
		window.helloWaits = () => held.length > 0;
		window.helloGoes = () => { WebSocket.prototype.send = send; for (const f of held) f(); };
	})([], WebSocket.prototype.send)`, nil)
	bob.Clicks(people.JoinButton)
	bob.Waits(`helloWaits()`)
	bob.Eval(fmt.Sprintf(`(core.dispatch(JSON.stringify({t: 'crypto.passphrase', text: %q})), helloGoes(), null)`, right), nil)
	bob.Waits(people.InCall)
	meet(t, ann, bob)
}
