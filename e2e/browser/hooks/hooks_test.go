package hooks_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/hooks"
)

// The page sends its devices to itself over a peer connection, so that what is
// probed has been encoded, sent and decoded.
const page = `<!doctype html><title>loop</title>
<button id="share">Share</button>
<video id="seen" autoplay playsinline muted></video><audio id="heard" autoplay></audio>
<script>
async function loop() {
	const own = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
	const a = new RTCPeerConnection(), b = new RTCPeerConnection();
	const gathered = p => new Promise(done => { p.onicegatheringstatechange = () => p.iceGatheringState == "complete" && done(); });
	b.ontrack = e => { document.querySelector(e.track.kind == "video" ? "video" : "audio").srcObject = new MediaStream([e.track]); };
	own.getTracks().forEach(t => a.addTrack(t, own));
	const both = [gathered(a), gathered(b)];
	await a.setLocalDescription();
	await both[0];
	await b.setRemoteDescription(a.localDescription);
	await b.setLocalDescription();
	await both[1];
	await a.setRemoteDescription(b.localDescription);
	return own.getTracks().map(t => t.label);
}
navigator.mediaDevices.getDisplayMedia({video: true}).catch(e => { globalThis.early = e.name; });
share.onclick = async () => { globalThis.shared = await navigator.mediaDevices.getDisplayMedia({video: true, audio: true}); };
</script>`

func open(t *testing.T, b *bidi.Browser, who hooks.Participant) *bidi.Page {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	}))
	t.Cleanup(server.Close)
	p, err := b.NewPage(t.Context())
	require.NoError(t, err)
	require.NoError(t, p.Preload(t.Context(), hooks.Media(who)))
	require.NoError(t, p.Preload(t.Context(), hooks.Probe()))
	require.NoError(t, p.Navigate(t.Context(), server.URL))
	return p
}

// sees waits until the decoded picture has the colour, and says what it was.
func sees(t *testing.T, p *bidi.Page, colour string) {
	t.Helper()
	require.NoError(t, p.WaitFor(t.Context(), fmt.Sprintf(`probe.near("#seen", %q)`, colour)))
	var got []int
	require.NoError(t, p.Eval(t.Context(), `probe.colour("#seen")`, &got))
	t.Logf("%s arrives as %v", colour, got)
}

func TestChromiumParticipantsDifferInColourAndTone(t *testing.T) {
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	for _, who := range []hooks.Participant{
		{Colour: "#ff0000", Tone: 440},
		{Colour: "#0000ff", Tone: 880},
	} {
		t.Run(who.Colour, func(t *testing.T) {
			ctx, p := t.Context(), open(t, b, who)
			var labels []string
			require.NoError(t, p.Eval(ctx, `loop()`, &labels))
			assert.ElementsMatch(t, []string{"Test camera", "Test microphone"}, labels)
			sees(t, p, who.Colour)
			require.NoError(t, p.WaitFor(ctx, `probe.frames("#seen") > 5`))
			require.NoError(t, p.WaitFor(ctx, fmt.Sprintf(`probe.tone("#heard").then(t => Math.abs(t.hz - %g) < 8)`, who.Tone)))

			assert.Empty(t, p.Errors())
			var made struct {
				Peers, Negotiations int
				Sockets             []string
			}
			require.NoError(t, p.Eval(ctx, `(new WebSocket("ws://127.0.0.1:9/x"), {sockets: probe.sockets, peers: probe.peers.length, negotiations: probe.negotiations()})`, &made))
			assert.Equal(t, []string{"ws://127.0.0.1:9/x"}, made.Sockets)
			assert.Equal(t, 2, made.Peers)
			assert.Equal(t, 4, made.Negotiations)
			assert.NoError(t, p.WaitFor(ctx, `probe.stats("inbound-rtp").then(s => s.length == 2 && s.every(r => r.packetsReceived > 0))`))
		})
	}
}

func TestChromiumHearsEveryToneOfAMix(t *testing.T) {
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	p := open(t, b, hooks.Participant{Tone: 440})
	const mix = `(async () => {
		const c = new AudioContext(), out = c.createMediaStreamDestination();
		for (const hz of [440, 660, 880]) { const o = c.createOscillator(); o.frequency.value = hz; o.connect(out); o.start(); }
		globalThis.mixed = out.stream;
	})()`
	require.NoError(t, p.Eval(t.Context(), mix, nil))
	require.NoError(t, p.WaitFor(t.Context(),
		`probe.tones(mixed).then(l => [440, 660, 880].every(hz => l.some(p => Math.abs(p.hz - hz) < 8)) && l.length == 3)`))
}

func TestChromiumMeasuresSilence(t *testing.T) {
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	p := open(t, b, hooks.Participant{})
	require.NoError(t, p.Eval(t.Context(), `loop()`, nil))
	require.NoError(t, p.WaitFor(t.Context(), `probe.stats("inbound-rtp").then(s => s.some(r => r.kind == "audio" && r.packetsReceived > 20))`))
	var heard []any
	require.NoError(t, p.Eval(t.Context(), `probe.tones("#heard")`, &heard))
	assert.Empty(t, heard)
}

// Headless Firefox has no running AudioContext without a sound card, so its
// microphone is its own, and what it hears is proved by energy.
func TestFirefoxSendsItsColourAndSound(t *testing.T) {
	b := bidi.Start(t, bidi.Firefox, bidi.Options{Prefs: map[string]any{"media.navigator.audio.fake_frequency": 660}})
	ctx, p := t.Context(), open(t, b, hooks.Participant{Colour: "#00ff00", OwnMicrophone: true})
	require.NoError(t, p.Eval(ctx, `loop()`, nil))
	sees(t, p, "#00ff00")
	require.NoError(t, p.WaitFor(ctx, `probe.stats("inbound-rtp").then(s => s.some(r => r.framesDecoded > 5))`))
	require.NoError(t, p.WaitFor(ctx, `probe.stats("inbound-rtp").then(s => s.some(r => r.kind == "audio" && r.totalAudioEnergy > 0.001))`))
}

func TestAScreenIsSharedAfterAClickOnly(t *testing.T) {
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ctx, p := t.Context(), open(t, b, hooks.Participant{ScreenColour: "#ff00ff", ScreenTone: 550})
	require.NoError(t, p.WaitFor(ctx, `early == "InvalidStateError"`))
	require.NoError(t, p.Click(ctx, "#share"))
	require.NoError(t, p.WaitFor(ctx, `shared.getTracks().length == 2`))
	require.NoError(t, p.Eval(ctx, `(seen.srcObject = shared, 1)`, nil))
	sees(t, p, "#ff00ff")
	require.NoError(t, p.WaitFor(ctx, `probe.tone(shared).then(t => Math.abs(t.hz - 550) < 8)`))

}

func TestDevicesAreListedOrRefused(t *testing.T) {
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	for _, row := range []struct {
		name string
		who  hooks.Participant
		want string
	}{
		{"devices with labels", hooks.Participant{}, "videoinput,audioinput,audiooutput"},
		{"a refusal by its name", hooks.Participant{Refuse: "NotAllowedError"}, "NotAllowedError"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := open(t, b, row.who)
			var got string
			require.NoError(t, p.Eval(t.Context(), `navigator.mediaDevices.getUserMedia({audio: true})
				.then(() => navigator.mediaDevices.enumerateDevices()).then(l => l.map(d => d.kind).join(), e => e.name)`, &got))
			assert.Equal(t, row.want, got)
		})
	}
}
