//go:build js

package browser

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// sender is a transceiver whose sender keeps parameters as browsers do. With keepsCodec it passes over a codec, with
// modes it knows scalabilityMode; set counts setParameters.
const sender = `(keepsCodec, modes) => ({ set: 0, sender: {
	now: {
		codecs: ['VP8', 'VP9', 'rtx'].map(n => ({ mimeType: 'video/' + n })),
		encodings: ['q', 'h', 'f'].map(rid => ({ rid, active: true, ...(modes ? { scalabilityMode: 'L1T3' } : {}) })),
	},
	getParameters() { return structuredClone(this.now); },
	async setParameters(p) {
		if (p.refuse) throw new DOMException('no', 'InvalidModificationError');
		if (keepsCodec) p.encodings.forEach(e => delete e.codec);
		this.now = p;
		this.count = (this.count ?? 0) + 1;
	},
} })`

// shaped gives a sender a shape and returns what its encodings are then, as JSON of the named fields.
func shaped(t *testing.T, p *peer, x shape, fields ...any) string {
	t.Helper()
	require.NoError(t, p.shape(x))
	list := p.senders[x.stream].Get("sender").Get("now").Get("encodings")
	return js.Global().Get("JSON").Call("stringify", list, array(fields...)).String()
}

func peerWith(t *testing.T, keepsCodec, modes bool) *peer {
	p := &peer{w: window(t)}
	p.senders[wire.Cam] = eval(sender).Invoke(keepsCodec, modes)
	return p
}

func asked(codec string, layers ...int) shape {
	x := wants(size{1280, 720}, layers...)
	x.wanted.Codec = codec
	return x
}

func TestShapeSetsLayersOnce(t *testing.T) {
	p := peerWith(t, false, true)
	assert.Equal(t, `[{"rid":"q","active":true,"scaleResolutionDownBy":4},{"rid":"h","active":false,"scaleResolutionDownBy":2},{"rid":"f","active":true,"scaleResolutionDownBy":1}]`,
		shaped(t, p, asked("VP8", 0, 2), "rid", "active", "scaleResolutionDownBy"))
	shaped(t, p, asked("VP8", 0, 2))
	assert.Equal(t, 1, p.senders[wire.Cam].Get("sender").Get("count").Int(), "what is so already is not set again")
}

func TestShapeSwitchesTheCodec(t *testing.T) {
	p := peerWith(t, false, true)
	vp9 := `[{"active":true,"scalabilityMode":"L3T3_KEY","codec":{"mimeType":"video/VP9"}},{"active":false,"scalabilityMode":"L1T3","codec":{"mimeType":"video/VP9"}},{"active":false,"scalabilityMode":"L1T3","codec":{"mimeType":"video/VP9"}}]`
	assert.Equal(t, vp9, shaped(t, p, asked("vp9", 0, 1, 2), "active", "scalabilityMode", "codec", "mimeType"))
	shaped(t, p, asked("VP9", 0, 1, 2))
	assert.Equal(t, 1, p.senders[wire.Cam].Get("sender").Get("count").Int(), "it is VP9 already")
	vp8 := `[{"active":true,"codec":{"mimeType":"video/VP8"}},{"active":true,"codec":{"mimeType":"video/VP8"}},{"active":false,"codec":{"mimeType":"video/VP8"}}]`
	assert.Equal(t, vp8, shaped(t, p, asked("VP8", 0, 1), "active", "codec", "mimeType"), "and back")
}

func TestWhoCannotSwitchKeepsTheCodec(t *testing.T) {
	for _, c := range []struct {
		name              string
		keepsCodec, modes bool
		codec             string
	}{
		{"a browser that passes over the codec", true, true, "VP9"},
		{"a browser without modes", false, false, "VP9"},
		{"a codec that is not negotiated", false, true, "AV1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := peerWith(t, c.keepsCodec, c.modes)
			want := `[{"active":true,"scaleResolutionDownBy":4},{"active":true,"scaleResolutionDownBy":2},{"active":false,"scaleResolutionDownBy":1}]`
			assert.Equal(t, want, shaped(t, p, asked(c.codec, 0, 1), "active", "scaleResolutionDownBy", "codec"))
		})
	}
}

func TestShapeSaysWhatTheBrowserRefuses(t *testing.T) {
	p := peerWith(t, false, true)
	p.senders[wire.Cam].Get("sender").Get("now").Set("refuse", true)
	assert.Equal(t, "InvalidModificationError", NameOf(p.shape(asked("VP8", 0))))
	assert.Equal(t, "TypeError", NameOf((&peer{w: window(t), senders: [4]js.Value{wire.Cam: eval(`({})`)}}).shape(asked("VP8"))))
}
