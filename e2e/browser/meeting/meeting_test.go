package meeting

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/browser/netns"
)

// Three people that can be told apart.
var (
	red   = hooks.Participant{Colour: "#ff0000", Tone: 440, ScreenColour: "#ffff00"}
	green = hooks.Participant{Colour: "#00ff00", Tone: 660, ScreenColour: "#ff00ff"}
	blue  = hooks.Participant{Colour: "#0000ff", Tone: 880, ScreenColour: "#00ffff"}
)

// callOfThree is a host and two guests in one room.
func callOfThree(t *testing.T, b, third *bidi.Browser, r *relay) (ann, bob, cleo *person) {
	t.Helper()
	ann = newPerson(t, b, r, "Ann", red)
	bob = newPerson(t, b, r, "Bob Müller", green)
	cleo = newPerson(t, third, r, "Клео", blue)
	ann.becomesHost(r)
	ann.joins()
	bob.joins()
	cleo.joins()
	return ann, bob, cleo
}

func TestThreePeopleMeet(t *testing.T) {
	r := startRelay(t, netip.Addr{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann, bob, cleo := callOfThree(t, b, b, r)
	everybody := []*person{ann, bob, cleo}

	t.Run("everybody sees everybody in the right colour under the right name", func(t *testing.T) {
		ann.seesExactly(bob, cleo)
		bob.seesExactly(ann, cleo)
		cleo.seesExactly(ann, bob)
		ann.shot("three")
	})
	t.Run("everybody hears everybody", func(t *testing.T) {
		ann.hears(bob, cleo)
		bob.hears(ann, cleo)
		cleo.hears(ann, bob)
	})
	t.Run("the connection is encrypted with AES-GCM", func(t *testing.T) {
		for _, p := range everybody {
			p.waits(`(async () => (await probe.stats('transport')).some(s => s.srtpCipher === 'AEAD_AES_128_GCM' || s.srtpCipher === 'SRTP_AEAD_AES_128_GCM'))()`)
		}
	})
	t.Run("who speaks is shown", func(t *testing.T) {
		bob.waits(fmt.Sprintf(`(%s).classList.contains('speaks')`, tile("Ann")))
	})
	t.Run("a shared screen arrives, and goes when it is ended", func(t *testing.T) { shares(t, bob, ann, cleo) })
	t.Run("what somebody writes arrives", func(t *testing.T) { chats(t, ann, bob, cleo) })
	t.Run("a camera that is switched off shows a face no longer, and comes back", func(t *testing.T) {
		bob.clicks(`[data-id=cam]`)
		ann.waits(fmt.Sprintf(`!(%s).querySelector('video')`, tile(bob.name)))
		bob.clicks(`[data-id=cam]`)
		ann.seesExactly(bob, cleo)
	})
	t.Run("a muted microphone is heard no longer, and again", func(t *testing.T) {
		bob.clicks(`[data-id=mic]`)
		ann.waits(fmt.Sprintf(`(() => { const t = %s; return !document.querySelector('audio[data-sound="' + t.dataset.member + '/mic"]'); })()`, tile(bob.name)))
		bob.clicks(`[data-id=mic]`)
		ann.hears(bob)
	})
	t.Run("somebody joining and leaving makes nobody else negotiate", func(t *testing.T) {
		negotiatesNothing(t, r, newPerson(t, b, r, "Dan", hooks.Participant{Colour: "#ffffff", Tone: 550}), everybody)
	})
	t.Run("who leaves is gone everywhere within a second", func(t *testing.T) { leaves(t, cleo, ann, bob) })
	t.Run("who closes the window is gone everywhere within a second", func(t *testing.T) {
		at := watchTile(ann, bob.name)
		began := time.Now()
		require.NoError(t, bob.page.Close(t.Context()))
		assert.Less(t, goneAfter(ann, at, began), time.Second)
	})
	for _, p := range everybody[:1] {
		p.quiet()
	}
	r.logged(t, "Ann", "Müller", "Клео", "otters", "127.0.0.1", "[::1]", "Hello")
}

// shares has who share a screen until the others saw it.
func shares(t *testing.T, who *person, others ...*person) {
	before := make([]int, len(others))
	for i, o := range others {
		before[i] = o.negotiations()
	}
	who.clicks(`[data-id=share]`)
	for i, o := range others {
		o.waits(fmt.Sprintf(`probe.near('[data-screen] video', %q)`, who.ScreenColour))
		o.waits(fmt.Sprintf(`document.querySelector('[data-screen]').dataset.screen === (%s).dataset.member`, tile(who.name)))
		assert.Equal(t, before[i], o.negotiations(), "negotiations of who watches")
	}
	others[0].shot("share")
	who.clicks(`[data-id=share]`)
	for _, o := range others {
		o.waits(`!document.querySelector('[data-screen]')`)
	}
}

// chats has who write to everybody.
func chats(_ *testing.T, who *person, others ...*person) {
	const text = `Hello <b>all</b> & "you" 😀`
	who.clicks(`[data-id=chat]`)
	who.types(`.composer-box textarea`, text)
	if err := who.page.Press(who.ctx(), "Enter"); err != nil {
		who.t.Fatal(err)
	}
	for _, o := range others {
		o.waits(`document.querySelector('[data-id=chat] .badge')?.textContent === '1'`)
		o.clicks(`[data-id=chat]`)
		o.waits(fmt.Sprintf(`[...document.querySelectorAll('.chat-line .chat-text')].some(e => e.textContent === %q)`, text))
		o.waits(fmt.Sprintf(`document.querySelector('.chat-line .chat-who bdi')?.textContent === %q`, who.name))
	}
	others[0].shot("chat")
	for _, p := range append(others, who) {
		p.clicks(`[data-id=chat]`)
	}
}

// negotiatesNothing has a newcomer come and go, and counts descriptions in the pages and at the relay.
func negotiatesNothing(t *testing.T, r *relay, dan *person, others []*person) {
	before, answers := make([]int, len(others)), r.Stats().Answers
	require.Len(t, answers, len(others))
	for i, p := range others {
		before[i] = p.negotiations()
	}
	dan.joins()
	dan.seesExactly(others...)
	for _, p := range others {
		p.waits(fmt.Sprintf(`probe.near((%s)?.querySelector('video'), %q)`, tile(dan.name), dan.Colour))
	}
	assert.Greater(t, dan.negotiations(), 0, "the counter counts")
	assert.Len(t, r.Stats().Answers, len(others)+1)
	leaves(t, dan, others...)
	for i, p := range others {
		assert.Equal(t, before[i], p.negotiations(), "descriptions set by %s", p.name)
	}
	assert.Equal(t, answers, r.Stats().Answers, "answers of the relay to those who were there")
}

// leaves has who leave, and times how long the tiles stay.
func leaves(t *testing.T, who *person, others ...*person) {
	watches := make([]string, len(others))
	for i, o := range others {
		watches[i] = watchTile(o, who.name)
	}
	began := time.Now()
	who.clicks(`[data-id=leave]`)
	for i, o := range others {
		assert.Less(t, goneAfter(o, watches[i], began), time.Second, "%s's tile at %s's", who.name, o.name)
	}
	who.waits(`!document.querySelector('[data-member]')`)
}

// watchTile notes in a global of the page when somebody's tile goes away, and returns the global's name.
func watchTile(p *person, name string) string {
	p.t.Helper()
	p.eval(fmt.Sprintf(`(() => {
		globalThis.goneAt = 0;
		const watch = new MutationObserver(() => { if (!(%s)) { goneAt ||= Date.now(); watch.disconnect(); } });
		watch.observe(document.body, {subtree: true, childList: true, characterData: true});
	})()`, tile(name)), nil)
	return "goneAt"
}

// goneAfter waits for watchTile's moment. Browser and test share the machine's clock.
func goneAfter(p *person, global string, began time.Time) time.Duration {
	p.t.Helper()
	p.waits(global)
	var at int64
	p.eval(global, &at)
	return time.UnixMilli(at).Sub(began)
}

func TestFirefoxMeetsChromium(t *testing.T) {
	// Firefox does not reach a lite relay on 127.0.0.1.
	netns.Run(t, bidi.Required(), func(t *testing.T) {
		r := startRelay(t, netns.Address)
		b, fox := bidi.Start(t, bidi.Chromium, bidi.Options{}), bidi.Start(t, bidi.Firefox, bidi.Options{})
		ann, bob, cleo := callOfThree(t, b, fox, r)
		ann.seesExactly(bob, cleo)
		bob.seesExactly(ann, cleo)
		cleo.seesExactly(ann, bob)
		cleo.shot("firefox")
		ann.hears(bob)
		bob.hears(ann)
		ann.hearsSomething(2)
		cleo.hearsSomething(2)
		shares(t, bob, ann, cleo)
		chats(t, cleo, ann, bob)
		leaves(t, cleo, ann, bob)
		for _, p := range []*person{ann, bob, cleo} {
			p.quiet()
		}
	})
}
