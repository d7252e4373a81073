//go:build js

package browser

import (
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// newConnections gives node peer connections, as far as descriptions and tracks go. Their offers have codecs that cannot
// be sealed.
func newConnections(t *testing.T) {
	newTransforms(t)
	js.Global().Set("RTCPeerConnection", eval(`class extends EventTarget {
		transceivers = [];
		localDescription = null;
		addTransceiver(kind, { direction }) {
			const sender = { track: null, replaceTrack(t) { this.track = t; return Promise.resolve(); } };
			const x = { kind, direction, sender, receiver: { track: {} }, mid: String(this.transceivers.length) };
			this.transceivers.push(x);
			return x;
		}
		createOffer() {
			const codecs = {
				audio: "111 63\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111",
				video: "96 103\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:103 H264/90000\r\n" +
					"a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
			};
			const lines = this.transceivers.map((x) =>
				"m=" + x.kind + " 9 UDP/TLS/RTP/SAVPF " + codecs[x.kind] + "\r\na=mid:" + x.mid + "\r\na=" + x.direction +
				"\r\na=ice-ufrag:abcd\r\na=ice-pwd:" + "p".repeat(22) + "\r\na=fingerprint:sha-256 " + Array(32).fill("AB").join(":") + "\r\n");
			return Promise.resolve({ sdp: "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + lines.join("") });
		}
		setLocalDescription(d) { this.localDescription = d; return Promise.resolve(); }
		close() {}
	}`))
	t.Cleanup(func() { js.Global().Delete("RTCPeerConnection") })
}

// offers has the room make an offer, and returns what it emits.
func (r *room) offers(e conf.MakeOffer) conf.Offered {
	r.makeOffer(e, r.sealer)()
	return r.events[len(r.events)-1].(conf.Offered)
}

func names(o *wire.Offer) (out []string) {
	for _, c := range o.Codecs {
		out = append(out, c.Name)
	}
	return out
}

func TestASealedPeerConnectionLetsNoFrameGoByTheWorker(t *testing.T) {
	newConnections(t)
	r := newRoom(t)
	r.Do(conf.OpenCrypto{Open: &port.Open{}})
	o := r.offers(conf.MakeOffer{Fresh: true, Sealed: true, Audio: 1, Video: 2}).Offer
	require.NotNil(t, o)
	assert.Equal(t, []string{"opus", "VP8"}, names(o), "no codec that cannot be sealed")
	require.Len(t, o.Send, len(wire.Streams))
	require.Len(t, o.Slots, 3)
	ends := make([]js.Value, 0, len(wire.Streams)+3)
	for _, x := range r.peer.senders {
		ends = append(ends, x.Get("sender"))
	}
	for _, s := range append(r.peer.slots[0], r.peer.slots[1]...) {
		ends = append(ends, s.v.Get("receiver"))
	}
	require.Len(t, ends, len(wire.Streams)+3)
	for i, end := range ends {
		require.True(t, end.Get("transform").Truthy(), "end %d", i)
		assert.True(t, end.Get("transform").Get("worker").Equal(r.worker))
	}

	r = newRoom(t)
	o = r.offers(conf.MakeOffer{Fresh: true, Audio: 1, Video: 1}).Offer
	require.NotNil(t, o)
	assert.Equal(t, []string{"opus", "red", "VP8", "H264"}, names(o))
	for _, x := range r.peer.senders {
		assert.False(t, x.Get("sender").Get("transform").Truthy())
	}
}

func TestAPeerConnectionIsNotMadeWithoutTransforms(t *testing.T) {
	newConnections(t)
	js.Global().Delete("RTCRtpScriptTransform")
	r := newRoom(t)
	r.Do(conf.OpenCrypto{Open: &port.Open{}})
	assert.Equal(t, conf.Offered{Err: "media.unsupported"}, r.offers(conf.MakeOffer{Fresh: true, Sealed: true, Audio: 1, Video: 1}))
	assert.Nil(t, r.peer)
}

func TestAPeerConnectionKeepsTheWorkerThatItBeganWith(t *testing.T) {
	newConnections(t)
	more := func(sealed bool) conf.MakeOffer { return conf.MakeOffer{Sealed: sealed, Audio: 1, Video: 4} }
	refused := conf.Offered{Err: string(wire.CodeMedia)}
	r := newRoom(t)
	r.Do(conf.OpenCrypto{Open: &port.Open{}})
	fresh := conf.MakeOffer{Fresh: true, Sealed: true, Audio: 1, Video: 1}
	require.NotNil(t, r.offers(fresh).Offer)
	require.NotNil(t, r.offers(more(true)).Offer)
	assert.Equal(t, refused, r.offers(more(false)), "it does not become an open one")
	r.Do(conf.OpenCrypto{Open: &port.Open{}})
	assert.Equal(t, refused, r.offers(more(true)), "nor that of the next worker")
	require.NotNil(t, r.offers(fresh).Offer)
	r.Do(conf.CloseCrypto{})
	assert.Equal(t, refused, r.offers(fresh), "it has ended meanwhile")

	r = newRoom(t)
	require.NotNil(t, r.offers(conf.MakeOffer{Fresh: true, Audio: 1, Video: 1}).Offer)
	r.Do(conf.OpenCrypto{Open: &port.Open{}})
	assert.Equal(t, refused, r.offers(more(true)), "what began in clear is not sealed later")
}

// TestNoTrackFlowsPastTheWorker: whatever conf says.
func TestNoTrackFlowsPastTheWorker(t *testing.T) {
	newConnections(t)
	microphone := eval(`{}`)
	flows := func(r *room) bool {
		r.Do(conf.Transmit{Stream: wire.Mic, On: true})
		return r.peer.senders[wire.Mic].Get("sender").Get("track").Equal(microphone)
	}
	r := newRoom(t)
	r.own[wire.Mic] = &track{v: microphone, stop: func() {}}
	r.Do(conf.OpenCrypto{Open: &port.Open{}})
	require.NotNil(t, r.offers(conf.MakeOffer{Fresh: true, Sealed: true, Audio: 1, Video: 1}).Offer)
	assert.True(t, flows(r))
	r.Do(conf.OpenCrypto{Open: &port.Open{}})
	assert.True(t, r.peer.senders[wire.Mic].Get("sender").Get("track").IsNull(), "its worker was replaced")
	assert.False(t, flows(r))
	r.Do(conf.CloseCrypto{})
	assert.False(t, flows(r), "there is no worker")

	r = newRoom(t)
	r.own[wire.Mic] = &track{v: microphone, stop: func() {}}
	require.NotNil(t, r.offers(conf.MakeOffer{Fresh: true, Audio: 1, Video: 1}).Offer)
	assert.True(t, flows(r), "the room is open")
	r.Do(conf.OpenCrypto{Open: &port.Open{}})
	assert.False(t, flows(r), "it was encrypted, and this peer connection was not")
}
