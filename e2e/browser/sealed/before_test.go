package sealed

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/people"
	"github.com/conclave-meet/conclave/e2e/harness"
)

// What stands on the page before a meeting.
const (
	roomField   = `input[name=room]`
	goesOn      = `form button[type=submit]`
	encryptIt   = `form .switch input`
	makesPhrase = `document.querySelector('form .passphrase [data-id=suggest]')`
)

// chooses types a room's name on the start page and goes on.
func chooses(p *people.Person, room string) {
	p.T.Helper()
	p.Types(roomField, room)
	p.Clicks(goesOn)
	p.Waits(fmt.Sprintf(`view.room.name === %q && document.querySelector('input[name=name]')`, room))
}

func TestWhoTypesTheNameOfAnEncryptedRoomIsAskedForItsPassphrase(t *testing.T) {
	r := opens(t, harness.Options{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann, bob := r.comes(b, "Ann", red), r.comes(b, "Bob", green)
	joins(ann, right)
	bob.Goes("/")
	chooses(bob, people.Room)
	bob.Types(people.NameField, bob.Name)
	bob.Waits(people.CameraRuns)
	bob.Clicks(people.JoinButton)
	// The field gets the focus after all that could have been made up for it.
	bob.Waits(`view.crypto.on && document.activeElement?.matches('form .passphrase input')`)
	bob.Waits(`view.crypto.problem.code === 'e2ee.required' && document.querySelector('form .notice')`)
	bob.Shot("typed-the-name")
	var field struct {
		Value, Type, Autocomplete, Phrase string
		Makes, Free                       bool
	}
	bob.Eval(fmt.Sprintf(`(() => { const {value, type, autocomplete} = document.querySelector(%q);
		return {value, type, autocomplete, phrase: core.passphrase(), makes: !!%s, free: !!document.querySelector(%q)}; })()`,
		phraseField, makesPhrase, encryptIt), &field)
	assert.Empty(t, field.Value, "a passphrase that somebody else chose")
	assert.Empty(t, field.Phrase)
	assert.False(t, field.Makes, "a button that makes one up")
	assert.False(t, field.Free, "a switch for what is decided")
	assert.Equal(t, "password", field.Type)
	assert.Equal(t, "new-password", field.Autocomplete, "else it is filled with an account's")
	bob.Types(phraseField, right)
	bob.Clicks(people.JoinButton)
	meet(t, ann, bob)
}

func TestWhatIsTypedForOneRoomIsNotForTheNext(t *testing.T) {
	r := opens(t, harness.Options{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann := r.comes(b, "Ann", red)
	ann.Goes(encrypted)
	ann.Waits(`view.crypto?.on && document.querySelector('form .passphrase input')`)
	// To the start page without a load, as from the end of a meeting.
	ann.Eval(`(history.pushState(null, '', '/'), dispatchEvent(new PopStateEvent('popstate')), null)`, nil)
	const own = "first-otters-paint-lanterns"
	chooses(ann, own)
	ann.Clicks(encryptIt)
	ann.Waits(`core.passphrase() && ` + makesPhrase)
	ann.Types(phraseField, right)

	ann.Eval(`(history.go(-2), null)`, nil)
	ann.Waits(fmt.Sprintf(`view.room.name === %q && view.crypto.on`, people.Room))
	ann.Waits(fmt.Sprintf(`document.querySelector(%q)?.type === 'password'`, phraseField))
	ann.Shot("the-next-room")
	var next struct {
		Value, Phrase string
		Makes, Free   bool
	}
	ann.Eval(fmt.Sprintf(`{value: document.querySelector(%q).value, phrase: core.passphrase(), makes: !!%s, free: !!document.querySelector(%q)}`,
		phraseField, makesPhrase, encryptIt), &next)
	assert.Zero(t, next, "what stands there of the room before, and what only its maker has")

	ann.Eval(`(history.go(2), null)`, nil)
	ann.Waits(fmt.Sprintf(`view.room.name === %q && document.querySelector(%q)`, own, encryptIt))
}

func TestWhileJoiningNothingIsChosen(t *testing.T) {
	r := opens(t, harness.Options{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann, bob := r.comes(b, "Ann", red), r.comes(b, "Bob", green)
	waits := func(p *people.Person) {
		p.Types(people.NameField, p.Name)
		p.Waits(people.CameraRuns)
		p.Eval(`(WebSocket.prototype.send = () => {}, null)`, nil) // the relay hears nothing of it
		p.Clicks(people.JoinButton)
		p.Waits(`view.app.screen === 'joining'`)
	}
	ann.Goes("/")
	chooses(ann, people.Room)
	waits(ann)
	ann.Waits(fmt.Sprintf(`document.querySelector(%q).getAttribute('aria-disabled') === 'true'`, encryptIt))
	ann.Clicks(encryptIt)
	var on bool
	ann.Eval(fmt.Sprintf(`document.querySelector(%q).checked`, encryptIt), &on)
	assert.False(t, on, "the switch of a room that is entered in clear")

	bob.Goes(encrypted)
	bob.Types(phraseField, right)
	waits(bob)
	bob.Waits(fmt.Sprintf(`document.querySelector(%q).readOnly`, phraseField))
}

func TestADamagedLinkOfAnEncryptedRoomLetsNobodyInInClear(t *testing.T) {
	r := opens(t, harness.Options{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann := r.comes(b, "Ann", red)
	for _, link := range []string{"#e2ee.", "#e2ee%26k=lagoon%20marble%20anthem%20tulip", "#%65%32ee", "#e2ee?utm=1"} {
		ann.Goes("/")
		ann.Waits(`view.app?.screen === 'home'`)
		ann.Goes("/" + people.Room + link)
		ann.Waits(`view.crypto?.on && document.querySelector('form .passphrase input')`)
		var address string
		ann.Eval(`location.href`, &address)
		assert.Equal(t, r.url+encrypted, address, link)
	}
}
