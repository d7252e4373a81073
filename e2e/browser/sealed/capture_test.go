package sealed

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
	"github.com/conclave-meet/conclave/e2e/browser/people"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/wire"
)

// noisy is somebody whose frames are large, as the encoder cannot foresee them.
var noisy = hooks.Participant{Colour: "#ff0000", Tone: 440, ScreenColour: "#ffff00", Grain: true}

// videoCodecs are those of encrypted rooms, and how a decoder is told.
var videoCodecs = []struct {
	name, decoder string
	codec         envelope.Codec
}{
	{"VP8", "vp8", envelope.VP8},
	{"VP9", "vp09.00.31.08", envelope.VP9},
	{"AV1", "av01.0.05M.08", envelope.AV1},
}

// How much of a camera is looked at.
const (
	enoughPieces = 60
	enoughBytes  = 60_000
	mostSizes    = 4 // of sound
)

// amount is how much of a member came at the wiretap.
type amount struct{ pieces, bytes, sounds int }

func amountOf(all []piece, member wire.MemberIndex, codec envelope.Codec) (a amount) {
	for _, p := range all {
		switch {
		case p.source.Member != member:
		case p.codec == codec && p.source.Stream == wire.Cam:
			a.pieces++
			a.bytes += len(p.data)
		case p.codec == envelope.Opus:
			a.sounds++
		}
	}
	return a
}

// collect waits until enough of a member's camera in a codec, and of its microphone, was forwarded.
func collect(w *wiretap, member wire.MemberIndex, codec envelope.Codec) (all []piece) {
	w.t.Helper()
	var a amount
	enough := assert.Eventually(w.t, func() bool {
		w.asks()
		var err error
		all, err = depacketise(w.media())
		if !assert.NoError(w.t, err) {
			return true
		}
		a = amountOf(all, member, codec)
		return a.pieces >= enoughPieces && a.bytes >= enoughBytes && a.sounds >= enoughPieces
	}, 2*people.Patience, 500*time.Millisecond)
	require.True(w.t, enough, "of member %d came %+v", member, a)
	return all
}

// me is p's number in the room.
func me(p *people.Person) (m wire.MemberIndex) {
	p.T.Helper()
	p.Eval(`view.me.index`, &m)
	return m
}

func TestTheRelayForwardsNothingThatItCouldRead(t *testing.T) {
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	for _, c := range videoCodecs {
		t.Run(c.name, func(t *testing.T) {
			r := opens(t, harness.Options{Site: tappedSite(t), Codecs: []string{c.name}})
			ann, bob := r.comes(b, "Ann Lovelace", noisy), r.comes(b, "Bob Müller", green)
			joins(ann, right)
			w := listensIn(t, r.relay, people.Room, true)
			joins(bob, right)
			bob.Waits(fmt.Sprintf(`(() => { const v = (%s)?.querySelector('video'); return v && probe.near(v, %q); })()`, people.Tile(ann.Name), ann.Colour))
			writes(ann, bob, "the otters sleep at noon")
			src := wire.Source{Member: me(ann), Stream: wire.Cam}
			all := collect(w, src.Member, c.codec)
			k := knownOf(frames(ann), frames(bob))
			unreadable(t, k, all)
			for _, strip := range []func(piece) []byte{whole, withoutSeal} {
				got := decodes(ann, c.decoder, pictures(all, src, c.codec, strip), ann.Colour)
				t.Logf("a decoder makes of it %+v", got)
				assert.Positive(t, got.Chunks)
				assert.Zero(t, got.Right, "pictures like the camera's")
			}
			silent(t, w, []*people.Person{ann, bob}, "otters sleep", "Lovelace", "Müller", "lagoon", "tulip", right)
			for _, word := range []string{"otters", "Lovelace", "Müller", "lagoon"} {
				assert.NotContains(t, r.relay.Log(), word)
			}
		})
	}
}

// unreadable holds all pieces against table 4.4, and their ciphertext against chance.
func unreadable(t *testing.T, k *known, all []piece) {
	t.Helper()
	bad, bodies := map[string]int{}, []byte{}
	sounds := map[wire.Source]map[int]int{} // sizes of ciphertext, and how often
	for _, p := range all {
		body, err := k.check(p)
		if err != nil {
			bad[fmt.Sprintf("%v, codec %d: %v", p.source, p.codec, err)]++
			continue
		}
		bodies = append(bodies, body...)
		if p.codec == envelope.Opus {
			if sounds[p.source] == nil {
				sounds[p.source] = map[int]int{}
			}
			sounds[p.source][len(body)]++
		}
	}
	for src, sizes := range sounds {
		// It only grows, by the longest so far: after a moment there is one.
		assert.LessOrEqual(t, len(sizes), mostSizes, "sizes of %v: %v", src, sizes)
	}
	assert.Empty(t, bad, "of %d frames", len(all))
	t.Logf("%d frames, %d bytes of ciphertext: chi-square %.0f, compressed to %.4f", len(all), len(bodies), chiSquare(bodies), shrunk(bodies))
	assert.Less(t, chiSquare(bodies), mostChiSquare)
	assert.Greater(t, shrunk(bodies), 0.999)
}

func whole(p piece) []byte { return p.data }

// withoutSeal takes off what is not the encoder's: header, tag and trailer, and of AV1 the OBU's made-up header.
func withoutSeal(p piece) []byte {
	clear, err := clearBytes(p)
	if err != nil {
		return p.data
	}
	const header, tag = 6, 16
	rest := p.data[clear : len(p.data)-1]
	if len(rest) < header+tag {
		return p.data
	}
	out := append([]byte{}, p.data[:clear]...)
	return append(out, rest[header:len(rest)-tag]...)
}

// writes has who say something to everybody, and others read it.
func writes(who, other *people.Person, text string) {
	who.T.Helper()
	who.Clicks(`[data-id=chat]`)
	who.Types(`.composer-box textarea`, text)
	require.NoError(who.T, who.Page.Press(who.Ctx(), "Enter"))
	other.Clicks(`[data-id=chat]`)
	other.Waits(fmt.Sprintf(`[...document.querySelectorAll('.chat-line .chat-text')].some(e => e.textContent === %q)`, text))
	other.Waits(fmt.Sprintf(`document.querySelector('.chat-line .chat-who bdi')?.textContent === %q`, who.Name))
	who.Clicks(`[data-id=chat]`)
	other.Clicks(`[data-id=chat]`)
}

// silent fails the test when one of words is in what the pages told the relay, or in what it told the wiretap.
func silent(t *testing.T, w *wiretap, all []*people.Person, words ...string) {
	t.Helper()
	told := bytes.Join(w.heard(), []byte("\n"))
	for _, p := range all {
		told = append(told, bytes.Join(said(p), []byte("\n"))...)
		for _, q := range p.Page.Network() {
			told = append(told, q.URL...)
		}
	}
	require.Greater(t, len(told), 5000)
	for _, word := range words {
		for shift := range 3 { // in base64, wherever it begins
			coded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + word))
			if inner := coded[4 : len(coded)-3]; len(inner) >= 6 {
				assert.NotContains(t, string(told), inner, word)
			}
		}
		assert.NotContains(t, string(told), word)
	}
}

// The same capture of a meeting in clear: each check finds that it is none.
func TestTheCaptureOfAMeetingInClearIsRead(t *testing.T) {
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	for _, c := range videoCodecs {
		t.Run(c.name, func(t *testing.T) {
			r := opens(t, harness.Options{Site: tappedSite(t), Codecs: []string{c.name}})
			ann := r.comes(b, "Ann Lovelace", noisy)
			require.NoError(t, ann.Page.Preload(t.Context(), fmt.Sprintf(`tapClear(%q)`, clearTap)))
			ann.Joins()
			w := listensIn(t, r.relay, people.Room, false)
			src := wire.Source{Member: me(ann), Stream: wire.Cam}
			all := collect(w, src.Member, c.codec)
			k := knownOf(frames(ann))
			var bodies []byte
			readable := 0
			for _, p := range all {
				_, err := k.check(p)
				assert.Error(t, err)
				if p.source == src && k.runs(p.data) > 0 {
					readable++
				}
				bodies = append(bodies, p.data...)
			}
			t.Logf("%d frames, %d bytes: %d frames with bytes of an encoder's, chi-square %.0f, compressed to %.4f", len(all), len(bodies), readable, chiSquare(bodies), shrunk(bodies))
			assert.Greater(t, readable, enoughPieces/2)
			assert.Less(t, shrunk(bodies), 0.995)
			got := decodes(ann, c.decoder, pictures(all, src, c.codec, whole), ann.Colour)
			t.Logf("a decoder makes of it %+v", got)
			assert.Greater(t, got.Right, enoughPieces/4)
			assert.Contains(t, string(bytes.Join(w.heard(), nil)), "Lovelace")
		})
	}
}
