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
	"github.com/conclave-meet/conclave/e2e/browser/people"
)

// Three people that can be told apart.
var (
	red   = hooks.Participant{Colour: "#ff0000", Tone: 440, ScreenColour: "#ffff00"}
	green = hooks.Participant{Colour: "#00ff00", Tone: 660, ScreenColour: "#ff00ff"}
	blue  = hooks.Participant{Colour: "#0000ff", Tone: 880, ScreenColour: "#00ffff"}
)

// callOfThree is a host and two guests in one room.
func callOfThree(t *testing.T, b, third *bidi.Browser, r *relay) (ann, bob, cleo *people.Person) {
	t.Helper()
	ann = people.New(t, b, r.url, "Ann", red)
	bob = people.New(t, b, r.url, "Bob Müller", green)
	cleo = people.New(t, third, r.url, "Клео", blue)
	becomesHost(ann, r)
	ann.Joins()
	bob.Joins()
	cleo.Joins()
	return ann, bob, cleo
}

func TestThreePeopleMeet(t *testing.T) {
	r := startRelay(t, netip.Addr{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann, bob, cleo := callOfThree(t, b, b, r)
	everybody := []*people.Person{ann, bob, cleo}

	t.Run("everybody sees everybody in the right colour under the right name", func(t *testing.T) {
		ann.SeesExactly(bob, cleo)
		bob.SeesExactly(ann, cleo)
		cleo.SeesExactly(ann, bob)
		ann.Shot("three")
	})
	t.Run("everybody hears everybody", func(t *testing.T) {
		ann.Hears(bob, cleo)
		bob.Hears(ann, cleo)
		cleo.Hears(ann, bob)
	})
	t.Run("the connection is encrypted with AES-GCM", func(t *testing.T) {
		for _, p := range everybody {
			p.Waits(`(async () => (await probe.stats('transport')).some(s => s.srtpCipher === 'AEAD_AES_128_GCM' || s.srtpCipher === 'SRTP_AEAD_AES_128_GCM'))()`)
		}
	})
	t.Run("who speaks is shown", func(t *testing.T) {
		bob.Waits(fmt.Sprintf(`(%s).classList.contains('speaks')`, people.Tile("Ann")))
	})
	t.Run("a shared screen arrives, and goes when it is ended", func(t *testing.T) { shares(t, bob, ann, cleo) })
	t.Run("what somebody writes arrives", func(t *testing.T) { chats(t, ann, bob, cleo) })
	t.Run("a camera that is switched off shows a face no longer, and comes back", func(t *testing.T) {
		bob.Clicks(`[data-id=cam]`)
		ann.Waits(fmt.Sprintf(`!(%s).querySelector('video')`, people.Tile(bob.Name)))
		bob.Clicks(`[data-id=cam]`)
		ann.SeesExactly(bob, cleo)
	})
	t.Run("a muted microphone is heard no longer, and again", func(t *testing.T) {
		bob.Clicks(`[data-id=mic]`)
		ann.Waits(fmt.Sprintf(`(() => { const t = %s; return !document.querySelector('audio[data-sound="' + t.dataset.member + '/mic"]'); })()`, people.Tile(bob.Name)))
		bob.Clicks(`[data-id=mic]`)
		ann.Hears(bob)
	})
	t.Run("somebody joining and leaving makes nobody else negotiate", func(t *testing.T) {
		negotiatesNothing(t, r, people.New(t, b, r.url, "Dan", hooks.Participant{Colour: "#ffffff", Tone: 550}), everybody)
	})
	t.Run("who leaves is gone everywhere within a second", func(t *testing.T) { leaves(t, cleo, ann, bob) })
	t.Run("who closes the window is gone everywhere within a second", func(t *testing.T) {
		at := watchTile(ann, bob.Name)
		began := time.Now()
		require.NoError(t, bob.Page.Close(t.Context()))
		assert.Less(t, goneAfter(ann, at, began), time.Second)
	})
	for _, p := range everybody[:1] {
		p.Quiet()
	}
	r.logged(t, "Ann", "Müller", "Клео", "otters", "127.0.0.1", "[::1]", "Hello")
}

// shares has who share a screen until the others saw it.
func shares(t *testing.T, who *people.Person, others ...*people.Person) {
	before := make([]int, len(others))
	for i, o := range others {
		before[i] = o.Negotiations()
	}
	who.Clicks(`[data-id=share]`)
	for i, o := range others {
		o.Waits(fmt.Sprintf(`probe.near('[data-screen] video', %q)`, who.ScreenColour))
		o.Waits(fmt.Sprintf(`document.querySelector('[data-screen]').dataset.screen === (%s).dataset.member`, people.Tile(who.Name)))
		assert.Equal(t, before[i], o.Negotiations(), "negotiations of who watches")
	}
	others[0].Shot("share")
	who.Clicks(`[data-id=share]`)
	for _, o := range others {
		o.Waits(`!document.querySelector('[data-screen]')`)
	}
}

// chats has who write to everybody.
func chats(_ *testing.T, who *people.Person, others ...*people.Person) {
	const text = `Hello <b>all</b> & "you" 😀`
	who.Clicks(`[data-id=chat]`)
	who.Types(`.composer-box textarea`, text)
	if err := who.Page.Press(who.Ctx(), "Enter"); err != nil {
		who.T.Fatal(err)
	}
	for _, o := range others {
		o.Waits(`document.querySelector('[data-id=chat] .badge')?.textContent === '1'`)
		o.Clicks(`[data-id=chat]`)
		o.Waits(fmt.Sprintf(`[...document.querySelectorAll('.chat-line .chat-text')].some(e => e.textContent === %q)`, text))
		o.Waits(fmt.Sprintf(`document.querySelector('.chat-line .chat-who bdi')?.textContent === %q`, who.Name))
	}
	others[0].Shot("chat")
	for _, p := range append(others, who) {
		p.Clicks(`[data-id=chat]`)
	}
}

// negotiatesNothing has a newcomer come and go, and counts descriptions in the pages and at the relay.
func negotiatesNothing(t *testing.T, r *relay, dan *people.Person, others []*people.Person) {
	before, answers := make([]int, len(others)), r.Stats().Answers
	require.Len(t, answers, len(others))
	for i, p := range others {
		before[i] = p.Negotiations()
	}
	dan.Joins()
	dan.SeesExactly(others...)
	for _, p := range others {
		p.Waits(fmt.Sprintf(`probe.near((%s)?.querySelector('video'), %q)`, people.Tile(dan.Name), dan.Colour))
	}
	assert.Greater(t, dan.Negotiations(), 0, "the counter counts")
	assert.Len(t, r.Stats().Answers, len(others)+1)
	leaves(t, dan, others...)
	for i, p := range others {
		assert.Equal(t, before[i], p.Negotiations(), "descriptions set by %s", p.Name)
	}
	assert.Equal(t, answers, r.Stats().Answers, "answers of the relay to those who were there")
}

// leaves has who leave, and times how long the tiles stay.
func leaves(t *testing.T, who *people.Person, others ...*people.Person) {
	watches := make([]string, len(others))
	for i, o := range others {
		watches[i] = watchTile(o, who.Name)
	}
	began := time.Now()
	who.Clicks(`[data-id=leave]`)
	for i, o := range others {
		assert.Less(t, goneAfter(o, watches[i], began), time.Second, "%s's tile at %s's", who.Name, o.Name)
	}
	who.Waits(`!document.querySelector('[data-member]')`)
}

// watchTile notes in a global of the page when somebody's tile goes away, and returns the global's name.
func watchTile(p *people.Person, name string) string {
	p.T.Helper()
	p.Eval(fmt.Sprintf(`(() => {
		globalThis.goneAt = 0;
		const watch = new MutationObserver(() => { if (!(%s)) { goneAt ||= Date.now(); watch.disconnect(); } });
		watch.observe(document.body, {subtree: true, childList: true, characterData: true});
	})()`, people.Tile(name)), nil)
	return "goneAt"
}

// goneAfter waits for watchTile's moment. Browser and test share the machine's clock.
func goneAfter(p *people.Person, global string, began time.Time) time.Duration {
	p.T.Helper()
	p.Waits(global)
	var at int64
	p.Eval(global, &at)
	return time.UnixMilli(at).Sub(began)
}

func TestFirefoxMeetsChromium(t *testing.T) {
	// Firefox does not reach a lite relay on 127.0.0.1.
	netns.Run(t, bidi.Required(), func(t *testing.T) {
		r := startRelay(t, netns.Address)
		b, fox := bidi.Start(t, bidi.Chromium, bidi.Options{}), bidi.Start(t, bidi.Firefox, bidi.Options{})
		ann, bob, cleo := callOfThree(t, b, fox, r)
		ann.SeesExactly(bob, cleo)
		bob.SeesExactly(ann, cleo)
		cleo.SeesExactly(ann, bob)
		cleo.Shot("firefox")
		ann.Hears(bob)
		bob.Hears(ann)
		ann.HearsSomething(2)
		cleo.HearsSomething(2)
		shares(t, bob, ann, cleo)
		chats(t, cleo, ann, bob)
		leaves(t, cleo, ann, bob)
		for _, p := range []*people.Person{ann, bob, cleo} {
			p.Quiet()
		}
	})
}
