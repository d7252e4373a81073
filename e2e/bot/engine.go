package bot

import (
	"io"
	"strconv"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/wire"
)

const (
	typeOpus = 111
	typeVP8  = 96
	typeVP9  = 98
	typeAV1  = 45
)

// connect makes a peer connection on a socket of its own. The caller closes both. log is nil for a bot that does not tell
// the relay when packets come. video are the codecs.
func connect(through *network, log *arrivals, video []envelope.Codec) (*webrtc.PeerConnection, ice.UDPMux, error) {
	sock, err := listen()
	if err != nil {
		return nil, nil, err
	}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.Writer, quiet.DefaultLogLevel = io.Discard, logging.LogLevelDisabled
	mux := webrtc.NewICEUDPMux(quiet.NewLogger("ice"), &path{socket: sock, net: through, log: log})
	set := webrtc.SettingEngine{LoggerFactory: quiet}
	set.SetICEUDPMux(mux)
	set.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	set.SetIncludeLoopbackCandidate(true)
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	set.SetICETimeouts(5*time.Second, 10*time.Second, time.Second)
	set.SetSRTPReplayProtectionWindow(512)
	engine, err := mediaEngine(log != nil, video)
	if err != nil {
		return nil, mux, err
	}
	reports, err := interceptors(quiet, log)
	if err != nil {
		return nil, mux, err
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(set), webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(reports))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	return pc, mux, err
}

// interceptors are those that tell the relay what arrives: receiver reports and transport-wide feedback. Requests for
// retransmission are the recorder's, which knows what was repaired.
func interceptors(quiet logging.LoggerFactory, log *arrivals) (*interceptor.Registry, error) {
	r := &interceptor.Registry{}
	reports, err := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(quiet))
	if err != nil {
		return nil, err
	}
	r.Add(&oneReporter{}) // first: the others write through it
	r.Add(reports)
	if log != nil {
		r.Add(log)
	}
	return r, nil
}

// mediaEngine registers Opus and codecs of video and the header extensions that the relay knows, and without tells not the
// one that transport-wide feedback needs.
func mediaEngine(tells bool, video []envelope.Codec) (*webrtc.MediaEngine, error) {
	feedback := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "transport-cc"}}
	sound := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "transport-cc"}}
	m := &webrtc.MediaEngine{}
	register := func(kind webrtc.RTPCodecType, pt webrtc.PayloadType, c webrtc.RTPCodecCapability) error {
		return m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: pt}, kind)
	}
	opus := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1", RTCPFeedback: sound}
	if err := register(webrtc.RTPCodecTypeAudio, typeOpus, opus); err != nil {
		return nil, err
	}
	for _, c := range video {
		pt := typeOf(c)
		if err := register(webrtc.RTPCodecTypeVideo, pt, webrtc.RTPCodecCapability{MimeType: mimes[c], ClockRate: 90000, SDPFmtpLine: fmtps[c], RTCPFeedback: feedback}); err != nil {
			return nil, err
		}
		rtx := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=" + strconv.Itoa(int(pt))}
		if err := register(webrtc.RTPCodecTypeVideo, pt+1, rtx); err != nil {
			return nil, err
		}
	}
	for _, x := range []struct {
		uri  string
		kind webrtc.RTPCodecType
	}{
		{wire.ExtMid, webrtc.RTPCodecTypeAudio}, {wire.ExtMid, webrtc.RTPCodecTypeVideo},
		{wire.ExtTransport, webrtc.RTPCodecTypeAudio}, {wire.ExtTransport, webrtc.RTPCodecTypeVideo},
		{wire.ExtLevel, webrtc.RTPCodecTypeAudio},
		{wire.ExtRid, webrtc.RTPCodecTypeVideo}, {wire.ExtRepairRid, webrtc.RTPCodecTypeVideo},
	} {
		if x.uri == wire.ExtTransport && !tells {
			continue
		}
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: x.uri}, x.kind); err != nil {
			return nil, err
		}
	}
	return m, nil
}
