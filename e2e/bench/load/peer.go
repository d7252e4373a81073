package load

import (
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// Header extensions that all clients offer, as browsers do.
const (
	extMid       = "urn:ietf:params:rtp-hdrext:sdes:mid"
	extLevel     = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	extTransport = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
)

// NewPeer makes a peer connection on a tapped socket of its own.
func (c *Client) NewPeer() (*webrtc.PeerConnection, error) {
	t, err := newTap(c.room.spec.Address, c.room.spec.Sample)
	if err != nil {
		return nil, err
	}
	pc, err := newPeer(t, c.room.spec.Profile)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.taps, c.peers = append(c.taps, t), append(c.peers, pc)
	c.mu.Unlock()
	c.room.poller.add(t)
	c.watch(pc, t)
	return pc, nil
}

func newPeer(t *tap, profile string) (*webrtc.PeerConnection, error) {
	quiet := logging.NewDefaultLoggerFactory()
	quiet.Writer, quiet.DefaultLogLevel = io.Discard, logging.LogLevelDisabled
	set := webrtc.SettingEngine{LoggerFactory: quiet}
	set.SetICEUDPMux(webrtc.NewICEUDPMux(quiet.NewLogger("ice"), t))
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	set.SetIncludeLoopbackCandidate(true)
	set.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	set.DisableActiveTCP(true)
	set.DisableSRTPReplayProtection(true) // pion sees one packet in many
	suite := dtls.SRTP_AEAD_AES_128_GCM
	if profile == CM {
		suite = dtls.SRTP_AES128_CM_HMAC_SHA1_80
	}
	set.SetSRTPProtectionProfiles(suite)
	engine, err := mediaEngine()
	if err != nil {
		return nil, err
	}
	chain, err := interceptors()
	if err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(set), webrtc.WithInterceptorRegistry(chain))
	return api.NewPeerConnection(webrtc.Configuration{})
}

// mediaEngine registers what all clients offer to all servers.
func mediaEngine() (*webrtc.MediaEngine, error) {
	feedback := []webrtc.RTCPFeedback{{Type: "goog-remb"}, {Type: "transport-cc"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}}
	m := &webrtc.MediaEngine{}
	for _, c := range []struct {
		kind webrtc.RTPCodecType
		pt   webrtc.PayloadType
		cap  webrtc.RTPCodecCapability
	}{
		{webrtc.RTPCodecTypeVideo, typeVP8, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: feedback}},
		{webrtc.RTPCodecTypeVideo, typeRTX, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=" + strconv.Itoa(typeVP8)}},
		{webrtc.RTPCodecTypeAudio, typeOpus, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
			SDPFmtpLine: "minptime=10;useinbandfec=1", RTCPFeedback: []webrtc.RTCPFeedback{{Type: "transport-cc"}}}},
	} {
		if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c.cap, PayloadType: c.pt}, c.kind); err != nil {
			return nil, err
		}
	}
	for _, x := range []struct {
		uri  string
		kind webrtc.RTPCodecType
	}{
		{extMid, webrtc.RTPCodecTypeAudio}, {extMid, webrtc.RTPCodecTypeVideo},
		{extTransport, webrtc.RTPCodecTypeAudio}, {extTransport, webrtc.RTPCodecTypeVideo},
		{extLevel, webrtc.RTPCodecTypeAudio},
	} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: x.uri}, x.kind); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// interceptors are for what is published: sender reports and transport-wide sequence numbers, as browsers send them.
func interceptors() (*interceptor.Registry, error) {
	r := &interceptor.Registry{}
	reports, err := report.NewSenderInterceptor()
	if err != nil {
		return nil, err
	}
	numbers, err := twcc.NewHeaderExtensionInterceptor()
	if err != nil {
		return nil, err
	}
	r.Add(reports)
	r.Add(numbers)
	return r, nil
}

// watch follows a peer connection: its state, its streams, and its feedback.
func (c *Client) watch(pc *webrtc.PeerConnection, t *tap) {
	heard := &heard{ssrcs: map[uint32]bool{}}
	pc.OnSignalingStateChange(func(s webrtc.SignalingState) {
		if s == webrtc.SignalingStateStable {
			t.transport.Store(uint32(agreed(pc, extTransport)))
		}
	})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch s {
		case webrtc.PeerConnectionStateConnected:
			c.begin(pc)
		case webrtc.PeerConnectionStateFailed:
			c.room.fault(c.ID + ": the peer connection failed")
		}
	})
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		ssrc := uint32(track.SSRC())
		heard.add(ssrc, track.Kind() == webrtc.RTPCodecTypeVideo)
		if track.Kind() == webrtc.RTPCodecTypeVideo {
			_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}})
		}
		c.room.time(track, t)
	})
	go heard.report(c.room, pc, t)
}

// agreed is the id of a header extension in the last answer; 0: it is not used. An answer is either side's.
func agreed(pc *webrtc.PeerConnection, uri string) uint8 {
	for _, d := range []*webrtc.SessionDescription{pc.CurrentLocalDescription(), pc.CurrentRemoteDescription()} {
		if d == nil || d.Type != webrtc.SDPTypeAnswer {
			continue
		}
		for l := range strings.Lines(d.SDP) {
			value, ok := strings.CutPrefix(strings.TrimSpace(l), "a=extmap:")
			if id, name, _ := strings.Cut(value, " "); ok && name == uri {
				id, _, _ = strings.Cut(id, "/") // the direction
				n, _ := strconv.ParseUint(id, 10, 8)
				return uint8(n)
			}
		}
	}
	return 0
}

// time notes the delays of a stream's sampled packets, until the peer connection ends.
func (r *room) time(track *webrtc.TrackRemote, t *tap) {
	const seqAt = 2
	b := make([]byte, packetSize)
	for {
		n, _, err := track.Read(b)
		if err != nil {
			return
		}
		sent, ok := readMark(b[:n])
		if !ok {
			continue
		}
		seq, s := binary.BigEndian.Uint16(b[seqAt:]), t.stream(uint32(track.SSRC()))
		if s == nil || seq%t.sample != 0 {
			continue
		}
		if at, ok := s.cameAt(seq, t.sample); ok {
			r.delayed(time.Duration(at - sent))
		}
	}
}

// heard is what one peer connection receives.
type heard struct {
	mu    sync.Mutex
	ssrcs map[uint32]bool // whether it is video; guarded by mu
}

func (h *heard) add(ssrc uint32, video bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ssrcs[ssrc] = video
}

// report sends what receivers send: transport-wide feedback where it was negotiated, a receiver report without loss and
// a generous REMB each second, until the room ends.
func (h *heard) report(r *room, pc *webrtc.PeerConnection, t *tap) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case list := <-t.reports:
			if len(list) > 0 {
				_ = pc.WriteRTCP(list)
			}
		case <-second.C:
			if list := h.reports(t); len(list) > 0 {
				_ = pc.WriteRTCP(list)
			}
		case <-r.ended:
			return
		}
	}
}

func (h *heard) reports(t *tap) []rtcp.Packet {
	const most = 31 // blocks of one report (RFC 3550, section 6.4.1)
	rr := &rtcp.ReceiverReport{SSRC: 1}
	remb := &rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 1, Bitrate: 2e9}
	h.mu.Lock()
	defer h.mu.Unlock()
	for ssrc, video := range h.ssrcs {
		if s := t.stream(ssrc); s != nil && len(rr.Reports) < most {
			rr.Reports = append(rr.Reports, rtcp.ReceptionReport{SSRC: ssrc, LastSequenceNumber: s.newest.Load() & 0xffff, Jitter: 10})
		}
		if video {
			remb.SSRCs = append(remb.SSRCs, ssrc)
		}
	}
	switch {
	case len(rr.Reports) == 0:
		return nil
	case len(remb.SSRCs) == 0:
		return []rtcp.Packet{rr}
	}
	return []rtcp.Packet{rr, remb}
}
