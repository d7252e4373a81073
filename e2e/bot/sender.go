package bot

import (
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
)

// reporter is the SSRC that all feedback comes from, as Chromium's does of a peer connection that only receives. pion
// takes another one for each stream, and SRTP makes the relay remember all of them.
const reporter = 1

// oneReporter is an interceptor that gives all feedback the same sender.
type oneReporter struct{ interceptor.NoOp }

// NewInterceptor implements interceptor.Factory.
func (*oneReporter) NewInterceptor(string) (interceptor.Interceptor, error) {
	return &oneReporter{}, nil
}

// BindRTCPWriter implements interceptor.Interceptor.
func (*oneReporter) BindRTCPWriter(w interceptor.RTCPWriter) interceptor.RTCPWriter {
	return interceptor.RTCPWriterFunc(func(list []rtcp.Packet, a interceptor.Attributes) (int, error) {
		for _, p := range list {
			switch p := p.(type) {
			case *rtcp.ReceiverReport:
				p.SSRC = reporter
			case *rtcp.TransportLayerCC:
				p.SenderSSRC = reporter
			case *rtcp.TransportLayerNack:
				p.SenderSSRC = reporter
			case *rtcp.PictureLossIndication:
				p.SenderSSRC = reporter
			}
		}
		return w.Write(list, a)
	})
}
