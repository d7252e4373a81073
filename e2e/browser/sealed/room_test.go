package sealed

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/browser/people"
	"github.com/conclave-meet/conclave/e2e/harness"
)

// Four people that can be told apart, with small pictures: four browsers share a machine.
var (
	red    = hooks.Participant{Colour: "#ff0000", Tone: 440, ScreenColour: "#ffff00", Width: 320, Height: 180}
	green  = hooks.Participant{Colour: "#00ff00", Tone: 660, ScreenColour: "#ff00ff", Width: 320, Height: 180}
	blue   = hooks.Participant{Colour: "#0000ff", Tone: 880, ScreenColour: "#00ffff", Width: 320, Height: 180}
	yellow = hooks.Participant{Colour: "#ffff00", Tone: 550, Width: 320, Height: 180}
)

const (
	right = "lagoon marble anthem tulip"
	wrong = "lagoon marble anthem tulips"
)

// room is where people meet, on a relay of its own.
type room struct {
	t     *testing.T
	relay *harness.Relay
	url   string
}

// opens starts a relay for meetings.
func opens(t *testing.T, o harness.Options) *room {
	t.Helper()
	o.Open = "anyone"
	r := harness.Start(t, o)
	return &room{t, r, strings.Replace(r.URL(), "127.0.0.1", "localhost", 1)}
}

// comes lets somebody open a window, with what the tests look at.
func (r *room) comes(b *bidi.Browser, name string, devices hooks.Participant) *people.Person {
	r.t.Helper()
	p := people.New(r.t, b, r.url, name, devices)
	require.NoError(r.t, p.Page.Preload(r.t.Context(), pageScript))
	return p
}

// Paths of the room: encrypted, without and with the passphrase in the link.
var (
	encrypted  = "/" + people.Room + "#e2ee"
	withPhrase = encrypted + "&k=" + url.QueryEscape(right)
)

const phraseField = `form .passphrase input`

// joins enters the encrypted room as people do: name, passphrase, Join.
func joins(p *people.Person, phrase string) {
	p.T.Helper()
	asks(p, phrase)
	p.Waits(people.InCall)
}

func asks(p *people.Person, phrase string) {
	p.T.Helper()
	p.Goes(encrypted)
	p.Types(people.NameField, p.Name)
	p.Types(phraseField, phrase)
	p.Waits(people.CameraRuns)
	p.Clicks(people.JoinButton)
}

// follows enters by a link that has the passphrase in it.
func follows(p *people.Person) {
	p.T.Helper()
	p.Goes(strings.ReplaceAll(withPhrase, "+", "%20"))
	p.Types(people.NameField, p.Name)
	p.Waits(people.CameraRuns)
	p.Clicks(people.JoinButton)
	p.Waits(people.InCall)
}

// agree waits until all are up with each other, and holds the codes in their security panels against each other.
func agree(all ...*people.Person) (code string) {
	for i, p := range all {
		p.T.Helper()
		p.Waits(fmt.Sprintf(`view.crypto.phase === 'up' && view.crypto.agreement === 'same' &&
			view.peers.filter(p => p.crypto === 'up').length === %d`, len(all)-1))
		p.Clicks(`[data-id=security]`)
		p.Waits(`document.querySelectorAll('.security-code ol:not([aria-hidden]) li').length === 6 && document.querySelector('.security-code .tag.same')`)
		var own string
		p.Eval(`[...document.querySelectorAll('.security-code li [aria-hidden]')].map(e => e.textContent.trim()).join(' ')`, &own)
		p.Shot("code-" + p.Name)
		require.NoError(p.T, p.Page.Press(p.Ctx(), "Escape"))
		p.Waits(`!document.querySelector('dialog[open]')`)
		require.Regexp(p.T, `^\d{5}( \d{5}){5}$`, own)
		if i == 0 {
			code = own
		}
		require.Equal(p.T, code, own, "%s's security code, and %s's", p.Name, all[0].Name)
	}
	return code
}

// nothing fails the test when anything of anybody's was decoded at p's.
func nothing(p *people.Person) {
	p.T.Helper()
	var got []struct {
		Kind             string
		FramesDecoded    int
		TotalAudioEnergy float64
	}
	p.Eval(`probe.stats('inbound-rtp').then(all => all.map(s => ({kind: s.kind, framesDecoded: s.framesDecoded ?? 0, totalAudioEnergy: s.totalAudioEnergy ?? 0})))`, &got)
	for _, x := range got {
		require.Zero(p.T, x.FramesDecoded, "frames of others that %s's browser decoded", p.Name)
		require.Less(p.T, x.TotalAudioEnergy, 1e-6, "sound of others at %s's", p.Name)
	}
}
