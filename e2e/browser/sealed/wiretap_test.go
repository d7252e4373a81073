package sealed

import (
	"context"
	"crypto/rand"
	"io"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/link"
	"github.com/conclave-meet/conclave/wasm/sdp"
)

// wiretap is a member without a passphrase who keeps all that the relay forwards to it: RTP without SRTP, and messages. It
// announces an identity, as everybody must, and never answers anybody's handshake.
type wiretap struct {
	t    testing.TB
	conn link.Conn
	pc   *webrtc.PeerConnection
	wg   sync.WaitGroup

	// owned by listen
	members map[wire.MemberIndex]bool

	mu       sync.Mutex
	packets  []*rtp.Packet // guarded by mu; media only, in the order in which they came
	messages [][]byte      // guarded by mu
}

// slotsOfTap is how many slots of each kind the wiretap has.
const slotsOfTap = 3

// listensIn puts a wiretap into the room, until the end of the test.
func listensIn(t testing.TB, r *harness.Relay, room string, encrypted bool) *wiretap {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &wiretap{t: t, members: map[wire.MemberIndex]bool{}}
	var err error
	w.conn, err = link.DialWebSocket(r.WebSocket(), nil)(ctx)
	require.NoError(t, err)
	w.pc = tapConnection(t)
	t.Cleanup(func() {
		cancel()
		_ = w.conn.Close(1000, "")
		assert.NoError(t, w.pc.Close())
		w.wg.Wait()
	})
	w.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { w.wg.Go(func() { w.read(track) }) })
	offer, err := w.pc.CreateOffer(nil)
	require.NoError(t, err)
	require.NoError(t, w.pc.SetLocalDescription(offer))
	hello := &wire.Hello{Version: wire.Version, Room: room}
	hello.Offer, err = sdp.Describe(offer.SDP, nil, true)
	require.NoError(t, err)
	slices.SortFunc(hello.Offer.Exts, func(a, b wire.Ext) int { return int(a.ID) - int(b.ID) })
	if encrypted {
		id, err := handshake.NewIdentity(rand.Reader)
		require.NoError(t, err)
		hello.E2EE = &wire.E2EE{Announce: id.Announce([handshake.NonceSize]byte{1})}
	} else {
		hello.Name = "Mallory"
	}
	w.say(ctx, hello)
	in := make(chan struct{})
	w.wg.Go(func() { w.listen(ctx, offer.SDP, in) })
	w.wg.Go(func() { w.ping(ctx) })
	select {
	case <-in:
	case <-time.After(20 * time.Second):
		require.Fail(t, "the wiretap is not let in")
	}
	return w
}

// tapConnection is a peer connection with slots, which can receive every codec.
func tapConnection(t testing.TB) *webrtc.PeerConnection {
	t.Helper()
	m := &webrtc.MediaEngine{}
	feedback := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	add := func(kind webrtc.RTPCodecType, pt webrtc.PayloadType, c webrtc.RTPCodecCapability) {
		require.NoError(t, m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: pt}, kind))
	}
	add(webrtc.RTPCodecTypeAudio, 111, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2})
	for pt, c := range map[webrtc.PayloadType]webrtc.RTPCodecCapability{
		96: {MimeType: webrtc.MimeTypeVP8},
		98: {MimeType: webrtc.MimeTypeVP9, SDPFmtpLine: "profile-id=0"},
		45: {MimeType: webrtc.MimeTypeAV1, SDPFmtpLine: "level-idx=5;profile=0;tier=0"},
	} {
		c.ClockRate, c.RTCPFeedback = 90000, feedback
		add(webrtc.RTPCodecTypeVideo, pt, c)
		add(webrtc.RTPCodecTypeVideo, pt+1, webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=" + strconv.Itoa(int(pt)),
		})
	}
	for _, x := range []struct {
		uri  string
		kind webrtc.RTPCodecType
	}{
		{wire.ExtMid, webrtc.RTPCodecTypeAudio}, {wire.ExtMid, webrtc.RTPCodecTypeVideo},
		{wire.ExtLevel, webrtc.RTPCodecTypeAudio}, {wire.ExtDependency, webrtc.RTPCodecTypeVideo},
	} {
		require.NoError(t, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: x.uri}, x.kind))
	}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.Writer, quiet.DefaultLogLevel = io.Discard, logging.LogLevelDisabled
	set := webrtc.SettingEngine{LoggerFactory: quiet}
	set.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	set.SetIncludeLoopbackCandidate(true)
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	api := webrtc.NewAPI(webrtc.WithSettingEngine(set), webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		for range slotsOfTap {
			_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
			require.NoError(t, err)
		}
	}
	return pc
}

func (w *wiretap) say(ctx context.Context, m wire.ClientMessage) {
	b, err := wire.EncodeClient(m, 0)
	require.NoError(w.t, err)
	_ = w.conn.Write(ctx, b) // it may be over
}

// ping tells the relay that the wiretap is alive.
func (w *wiretap) ping(ctx context.Context) {
	tick := time.NewTicker(wire.PingInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			w.say(ctx, new(wire.Ping))
		case <-ctx.Done():
			return
		}
	}
}

// listen keeps what the relay says, and wants everybody's video. It closes in when the wiretap is in the room.
func (w *wiretap) listen(ctx context.Context, offer string, in chan<- struct{}) {
	for {
		b, err := w.conn.Read(ctx)
		if err != nil {
			return
		}
		w.mu.Lock()
		w.messages = append(w.messages, slices.Clone(b))
		w.mu.Unlock()
		m, _, err := wire.DecodeServer(b)
		if err != nil {
			w.t.Errorf("the relay says %q: %v", b, err)
			return
		}
		switch m := m.(type) {
		case *wire.Welcome:
			if !w.answered(offer, m) {
				return
			}
			for _, x := range m.Members {
				w.members[x.Index] = x.Index != m.You
			}
			close(in)
		case *wire.Joined:
			w.members[m.Member.Index] = true
		case *wire.Left:
			delete(w.members, m.Member)
		case *wire.Failure:
			w.t.Errorf("the relay refuses the wiretap: %v", m.Error)
		case *wire.Bye:
			w.t.Errorf("the relay ends the wiretap: %v", m.Error)
		default:
			continue
		}
		w.want(ctx)
	}
}

func (w *wiretap) answered(offer string, m *wire.Welcome) bool {
	answer, err := sdp.Build(offer, m.Answer)
	if err == nil {
		err = w.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
	}
	return assert.NoError(w.t, err)
}

// want asks for the largest pictures of those who came last.
func (w *wiretap) want(ctx context.Context) {
	var list []wire.Want
	for m, other := range w.members {
		for _, s := range []wire.Stream{wire.Cam, wire.Screen} {
			if other {
				list = append(list, wire.Want{Source: wire.Source{Member: m, Stream: s}, Height: 1080})
			}
		}
	}
	w.say(ctx, &wire.SetWants{Wants: list})
}

func (w *wiretap) read(track *webrtc.TrackRemote) {
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		w.mu.Lock()
		w.packets = append(w.packets, p.Clone())
		w.mu.Unlock()
	}
}

// asks for a key frame in every slot of video.
func (w *wiretap) asks() {
	for _, t := range w.pc.GetTransceivers() {
		if track := t.Receiver().Track(); track != nil && track.Kind() == webrtc.RTPCodecTypeVideo {
			_ = w.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}})
		}
	}
}

// media are the packets so far.
func (w *wiretap) media() []*rtp.Packet {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.packets)
}

// heard are the messages so far.
func (w *wiretap) heard() [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.messages)
}
