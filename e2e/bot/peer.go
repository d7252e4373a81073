package bot

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
	"github.com/conclave-meet/conclave/wasm/sdp"
)

// peer is one peer connection. A nil peer can be closed.
type peer struct {
	b     *Bot
	pc    *webrtc.PeerConnection
	mux   ice.UDPMux
	sends map[*webrtc.RTPTransceiver]wire.Stream
	audio int
	video int
	offer string // the last local description
}

const (
	typeOpus = 111
	typeVP8  = 96
	typeRTX  = 97
)

// newPeer makes a peer connection with four send m-lines, as the page does.
func newPeer(b *Bot) (_ *peer, err error) {
	p := &peer{b: b, sends: map[*webrtc.RTPTransceiver]wire.Stream{}}
	sock, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.Writer, quiet.DefaultLogLevel = io.Discard, logging.LogLevelDisabled
	p.mux = webrtc.NewICEUDPMux(quiet.NewLogger("ice"), &lossy{PacketConn: sock, cut: &b.studio.cut})
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	set := webrtc.SettingEngine{LoggerFactory: quiet}
	set.SetICEUDPMux(p.mux)
	set.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	set.SetIncludeLoopbackCandidate(true)
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	set.SetICETimeouts(5*time.Second, 10*time.Second, time.Second)
	set.SetSRTPReplayProtectionWindow(512)
	engine, err := mediaEngine()
	if err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(set), webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	if p.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return nil, err
	}
	p.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch s {
		case webrtc.PeerConnectionStateConnected, webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed:
			b.post(conf.PeerState{State: s.String()})
		}
	})
	p.pc.OnTrack(p.receive)
	for _, s := range wire.Streams {
		if err := p.addSend(s); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// mediaEngine registers Opus and VP8 and the header extensions that the relay knows.
func mediaEngine() (*webrtc.MediaEngine, error) {
	feedback := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "transport-cc"}}
	m := &webrtc.MediaEngine{}
	for _, c := range []struct {
		kind webrtc.RTPCodecType
		pt   webrtc.PayloadType
		cap  webrtc.RTPCodecCapability
	}{
		{webrtc.RTPCodecTypeAudio, typeOpus, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}},
		{webrtc.RTPCodecTypeVideo, typeVP8, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: feedback}},
		{webrtc.RTPCodecTypeVideo, typeRTX, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=" + strconv.Itoa(typeVP8)}},
	} {
		if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c.cap, PayloadType: c.pt}, c.kind); err != nil {
			return nil, err
		}
	}
	for _, x := range []struct {
		uri  string
		kind webrtc.RTPCodecType
	}{
		{wire.ExtMid, webrtc.RTPCodecTypeAudio}, {wire.ExtMid, webrtc.RTPCodecTypeVideo},
		{wire.ExtLevel, webrtc.RTPCodecTypeAudio},
	} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: x.uri}, x.kind); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// addSend adds the m-line of a stream.
func (p *peer) addSend(s wire.Stream) error {
	c := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
	if s.Kind() == wire.Audio {
		c = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	}
	track, err := webrtc.NewTrackLocalStaticRTP(c, s.String(), s.String())
	if err != nil {
		return err
	}
	t, err := p.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return err
	}
	p.sends[t] = s
	p.b.wg.Go(func() { p.feedback(t.Sender(), s) })
	return nil
}

// feedback obeys the relay's requests for key frames, until the peer connection ends.
func (p *peer) feedback(sender *webrtc.RTPSender, s wire.Stream) {
	for {
		list, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, r := range list {
			switch r.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				p.b.studio.asked[s].Add(1)
				p.b.studio.key[s].Store(true)
			}
		}
	}
}

// addSlots opens slots until there are as many as asked for.
func (p *peer) addSlots(audio, video int) error {
	add := func(kind webrtc.RTPCodecType) error {
		_, err := p.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		return err
	}
	for ; p.audio < audio; p.audio++ {
		if err := add(webrtc.RTPCodecTypeAudio); err != nil {
			return err
		}
	}
	for ; p.video < video; p.video++ {
		if err := add(webrtc.RTPCodecTypeVideo); err != nil {
			return err
		}
	}
	return nil
}

// describe makes the local description and reduces it.
func (p *peer) describe(fresh bool) (*wire.Offer, error) {
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return nil, err
	}
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return nil, err
	}
	p.offer = offer.SDP
	sends := make(map[string]wire.Stream, len(p.sends))
	for t, s := range p.sends {
		sends[t.Mid()] = s
	}
	o, err := sdp.Describe(offer.SDP, sends, fresh)
	if err == nil {
		// pion lists extensions in the order of a map; the relay wants later offers to repeat earlier ones.
		slices.SortFunc(o.Exts, func(a, b wire.Ext) int { return int(a.ID) - int(b.ID) })
	}
	return o, err
}

// makeOffer carries MakeOffer out, on work's goroutine.
func (b *Bot) makeOffer(x conf.MakeOffer) {
	o, err := b.offer(x)
	if err != nil {
		b.post(conf.Offered{Err: string(wire.CodeMedia)})
		b.record.note(fmt.Sprintf("offer: %v", err))
		return
	}
	if b.cfg.Tamper != nil {
		b.cfg.Tamper(o)
	}
	b.post(conf.Offered{Offer: o})
}

func (b *Bot) offer(x conf.MakeOffer) (*wire.Offer, error) {
	if x.Fresh || b.peer == nil {
		b.peer.close()
		var err error
		if b.peer, err = newPeer(b); err != nil {
			return nil, err
		}
	}
	if err := b.peer.addSlots(x.Audio, x.Video); err != nil {
		return nil, err
	}
	return b.peer.describe(x.Fresh)
}

// setAnswer carries SetAnswer out, on work's goroutine.
func (b *Bot) setAnswer(a *wire.Answer) {
	if b.peer == nil {
		b.post(conf.Answered{Err: string(wire.CodeMedia)})
		return
	}
	if err := b.peer.accept(a); err != nil {
		b.record.note(fmt.Sprintf("answer: %v", err))
		b.post(conf.Answered{Err: string(wire.CodeMedia)})
		return
	}
	b.post(conf.Answered{})
}

func (p *peer) accept(a *wire.Answer) error {
	answer, err := sdp.Build(p.offer, a)
	if err != nil {
		return err
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return err
	}
	for t, s := range p.sends {
		track, ok := t.Sender().Track().(*webrtc.TrackLocalStaticRTP)
		if !ok {
			continue
		}
		o := &outlet{track: track}
		for _, x := range t.Sender().GetParameters().HeaderExtensions {
			if x.URI == wire.ExtLevel {
				o.level = uint8(x.ID)
			}
		}
		p.b.studio.key[s].Store(true)
		p.b.studio.to[s].Store(o)
	}
	return nil
}

// receive reads one slot, until the peer connection ends.
func (p *peer) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	x := &slot{kind: wire.Audio}
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		x.kind = wire.Video
	}
	for _, t := range p.pc.GetTransceivers() {
		if t.Receiver() == receiver {
			x.mid = t.Mid()
		}
	}
	for {
		pkt, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		p.b.record.packet(x, pkt)
	}
}

// close ends the peer connection.
func (p *peer) close() {
	if p == nil {
		return
	}
	for i := range p.b.studio.to {
		p.b.studio.to[i].Store(nil)
	}
	if p.pc != nil {
		_ = p.pc.Close()
	}
	if p.mux != nil {
		_ = p.mux.Close()
	}
}
