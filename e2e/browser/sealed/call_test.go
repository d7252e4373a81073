package sealed

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/people"
	"github.com/conclave-meet/conclave/e2e/harness"
)

func TestWhoHasThePassphraseMeetsAndWhoHasNotDoesNot(t *testing.T) {
	r := opens(t, harness.Options{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann, bob, cleo := r.comes(b, "Ann", red), r.comes(b, "Bob Müller", green), r.comes(b, "Клео", blue)
	dan := r.comes(b, "Dan", yellow)
	joins(ann, right)
	joins(bob, "  "+right+" ")
	follows(cleo)
	meet(t, ann, bob, cleo)
	code := ""
	t.Run("all have one security code", func(t *testing.T) { code = agree(ann, bob, cleo) })
	t.Run("the passphrase of a link is not in the address any more", func(t *testing.T) {
		var address string
		cleo.Eval(`location.href`, &address)
		assert.Equal(t, r.url+encrypted, address)
	})
	t.Run("another passphrase shows nothing, and says so", func(t *testing.T) {
		joins(dan, wrong)
		dan.Waits(`view.crypto.phase === 'mismatch' && document.querySelector('.banner[data-state=mismatch] .passphrase input')`)
		for _, p := range []*people.Person{ann, bob, cleo} {
			p.Waits(`view.peers.length === 3 && view.peers.filter(p => p.crypto === 'up').length === 2`)
		}
		ann.Waits(`document.querySelector('[data-id=security]').dataset.state === 'different'`)
		// Nothing came for as long as somebody else takes to see all.
		bob.Waits(fmt.Sprintf(`probe.near((%s)?.querySelector('video'), %q)`, people.Tile(ann.Name), ann.Colour))
		dan.Shot("mismatch")
		ann.Shot("different")
		nothing(dan)
		dan.Waits(`!view.peers.some(p => p.name) && view.peers.length === 3`)
	})
	t.Run("who corrects a slip of the passphrase is in", func(t *testing.T) {
		corrects(dan, right)
		assert.NotEqual(t, code, agree(ann, bob, cleo, dan), "the code of three")
		dan.SeesExactly(ann, bob, cleo)
		ann.SeesExactly(bob, cleo, dan)
		dan.Hears(ann, bob, cleo)
		cleo.Hears(dan)
		dan.Shot("corrected")
	})
	t.Run("a shared screen arrives", func(t *testing.T) {
		bob.Clicks(`[data-id=share]`)
		for _, o := range []*people.Person{ann, cleo, dan} {
			o.Waits(fmt.Sprintf(`probe.near('[data-screen] video', %q)`, bob.ScreenColour))
		}
		bob.Clicks(`[data-id=share]`)
		ann.Waits(`!document.querySelector('[data-screen]')`)
	})
	t.Run("what somebody writes arrives, and a raised hand", func(t *testing.T) {
		writes(ann, bob, `Hello <b>all</b> & "you" 😀`)
		cleo.Clicks(`[data-id=hand]`)
		bob.Waits(fmt.Sprintf(`view.peers.find(p => p.name === %q).hand > 0`, cleo.Name))
	})
	t.Run("who leaves and comes again is another member", func(t *testing.T) {
		bob.Clicks(`[data-id=leave]`)
		ann.Waits(`view.peers.length === 2`)
		bob.Clicks(`.row button.primary`)
		bob.SeesExactly(ann, cleo, dan)
		ann.SeesExactly(bob, cleo, dan)
	})
	t.Run("a reload asks for the passphrase again", func(t *testing.T) {
		require.NoError(t, cleo.Page.Reload(cleo.Ctx()))
		cleo.Types(people.NameField, cleo.Name)
		cleo.Types(phraseField, right)
		cleo.Clicks(people.JoinButton)
		cleo.Waits(people.InCall)
		cleo.SeesExactly(ann, bob, dan)
		ann.SeesExactly(bob, cleo, dan)
		assert.NotEqual(t, code, agree(ann, bob, cleo, dan))
	})
	for _, p := range []*people.Person{ann, dan} {
		p.Quiet()
	}
	for _, word := range []string{"Ann", "Müller", "Клео", "Dan", "otters", "Hello", "lagoon", "tulip"} {
		assert.NotContains(t, r.relay.Log(), word)
	}
}

// meet waits until all see and hear each other.
func meet(t *testing.T, all ...*people.Person) {
	t.Helper()
	t.Run("everybody sees everybody in the right colour under the right name", func(*testing.T) {
		for i, p := range all {
			p.SeesExactly(without(all, i)...)
		}
	})
	t.Run("everybody hears everybody", func(*testing.T) {
		for i, p := range all {
			p.Hears(without(all, i)...)
		}
	})
}

func without(all []*people.Person, i int) []*people.Person {
	return append(append([]*people.Person{}, all[:i]...), all[i+1:]...)
}

// corrects types another passphrase where the banner asks for it.
func corrects(p *people.Person, phrase string) {
	p.T.Helper()
	p.Types(`.banner .passphrase input`, phrase)
	p.Clicks(`.banner button[type=submit]`)
}

const changed = "violin harbour saffron mosaic"

func TestThePassphraseIsChangedForEverybody(t *testing.T) {
	r := opens(t, harness.Options{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann, bob, cleo := r.comes(b, "Ann", red), r.comes(b, "Bob", green), r.comes(b, "Cleo", blue)
	joins(ann, right)
	joins(bob, right)
	ann.SeesExactly(bob)
	ann.Clicks(`[data-id=security]`)
	ann.Clicks(`dialog .security section.stack > button`)
	ann.Types(`dialog .passphrase-entry .passphrase input`, changed)
	ann.Shot("change")
	ann.Clicks(`dialog .passphrase-entry button[type=submit]`)
	ann.Waits(`document.querySelector('dialog .security').textContent.includes('hanged')`)
	ann.Waits(`document.activeElement.matches('dialog .security input')`)
	ann.Waits(`document.querySelector('.toasts:popover-open .toast')`) // over the dialog
	ann.Shot("changed")
	require.NoError(t, ann.Page.Press(ann.Ctx(), "Escape"))
	bob.Waits(fmt.Sprintf(`core.passphrase() === %q`, changed))
	bob.Shot("changed-by-ann")
	// Nobody types it again, and nothing stops.
	agree(ann, bob)
	bob.SeesExactly(ann)

	joins(cleo, right)
	cleo.Waits(`view.crypto.phase === 'mismatch'`)
	nothing(cleo)
	corrects(cleo, changed)
	meet(t, ann, bob, cleo)
	agree(ann, bob, cleo)
}

func TestAMeetingIsEncryptedWhileItGoesOn(t *testing.T) {
	r := opens(t, harness.Options{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann, bob, cleo := r.comes(b, "Ann", red), r.comes(b, "Bob", green), r.comes(b, "Cleo", blue)
	ann.Joins()
	bob.Joins()
	ann.SeesExactly(bob)
	bob.SeesExactly(ann)
	ann.Clicks(`[data-id=security]`)
	ann.Shot("turn-on")
	ann.Types(`dialog .passphrase-entry .passphrase input`, right)
	bob.Clicks(`[data-id=chat]`)
	bob.Types(`.composer textarea`, "half a sen")
	ann.Clicks(`dialog .passphrase-entry button[type=submit]`)
	bob.Waits(`view.crypto.on && document.querySelector('.banner[data-state=asking] input')`)
	bob.Shot("asking")
	bob.Waits(`document.activeElement.matches('.composer textarea') && document.activeElement.value === 'half a sen'`)
	ann.Waits(`view.crypto.on && document.activeElement.matches('dialog, dialog *')`)
	// On a telephone the conversation does not cover what he is asked for.
	require.NoError(t, bob.Page.SetViewport(t.Context(), 360, 740))
	bob.Waits(`(({left, top, width, height}) => document.elementFromPoint(left + width / 2, top + height / 2).matches('.banner input'))(
		document.querySelector('.banner input').getBoundingClientRect())`)
	bob.Shot("asking-on-a-telephone")
	require.NoError(t, bob.Page.SetViewport(t.Context(), 1280, 800))
	bob.Waits(`![...document.querySelectorAll('[data-member]:not([data-member=me]) video')].length`)
	corrects(bob, right)
	require.NoError(t, ann.Page.Press(ann.Ctx(), "Escape"))
	meet(t, ann, bob)
	agree(ann, bob)
	ann.Shot("turned-on")
	// A link without a word of it leads into the same room, and to the question.
	cleo.Asks()
	cleo.Waits(`view.crypto.on && document.querySelector('form .passphrase input')`)
	cleo.Shot("required")
	cleo.Types(phraseField, right)
	cleo.Clicks(people.JoinButton)
	cleo.Waits(people.InCall)
	meet(t, ann, bob, cleo)
	var address string
	cleo.Eval(`location.href`, &address)
	assert.Equal(t, r.url+encrypted, address)
}
