package bot

import (
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
)

// reporter is the SSRC that all feedback comes from, as Chromium's does of a peer connection that only receives. pion
// takes another one for each stream, and SRTP makes the relay remember all of them.
const reporter = 1

const (
	// maxBlocks is how many streams one receiver report can be of (RFC 3550, section 6.4.2).
	maxBlocks = 31
	// gatherTime is how long a report waits for those of other streams, which come right behind it.
	gatherTime = 20 * time.Millisecond
)

// oneReporter is an interceptor that gives all feedback the same sender, and makes one receiver report of many, as browsers
// do: pion sends one for each stream, which in a large room are more packets than the media.
type oneReporter struct{ interceptor.NoOp }

// NewInterceptor implements interceptor.Factory.
func (*oneReporter) NewInterceptor(string) (interceptor.Interceptor, error) {
	return &reports{}, nil
}

// reports is what the reporter of one peer connection has to say.
type reports struct {
	interceptor.NoOp
	next interceptor.RTCPWriter // constant after BindRTCPWriter

	mu     sync.Mutex
	blocks []rtcp.ReceptionReport // guarded by mu
	due    *time.Timer            // guarded by mu
	closed bool                   // guarded by mu
}

// BindRTCPWriter implements interceptor.Interceptor.
func (r *reports) BindRTCPWriter(w interceptor.RTCPWriter) interceptor.RTCPWriter {
	r.next = w
	return interceptor.RTCPWriterFunc(r.write)
}

func (r *reports) write(list []rtcp.Packet, a interceptor.Attributes) (int, error) {
	for _, p := range list {
		switch p := p.(type) {
		case *rtcp.ReceiverReport:
			if len(list) == 1 {
				return 0, r.gather(p.Reports)
			}
			p.SSRC = reporter
		case *rtcp.TransportLayerCC:
			p.SenderSSRC = reporter
		case *rtcp.TransportLayerNack:
			p.SenderSSRC = reporter
		case *rtcp.PictureLossIndication:
			p.SenderSSRC = reporter
		}
	}
	return r.next.Write(list, a)
}

// gather has reports sent with others.
func (r *reports) gather(blocks []rtcp.ReceptionReport) error {
	if full := r.add(blocks); full != nil {
		return r.send(full)
	}
	return nil
}

// add returns what is to be sent at once.
func (r *reports) add(blocks []rtcp.ReceptionReport) (full []rtcp.ReceptionReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.blocks)+len(blocks) > maxBlocks {
		full, r.blocks = r.blocks, nil
	}
	if len(r.blocks) == 0 && !r.closed {
		r.due = time.AfterFunc(gatherTime, func() { _ = r.send(r.take()) }) // the peer connection may have ended
	}
	r.blocks = append(r.blocks, blocks...)
	return full
}

func (r *reports) take() (blocks []rtcp.ReceptionReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	blocks, r.blocks = r.blocks, nil
	return blocks
}

func (r *reports) send(blocks []rtcp.ReceptionReport) error {
	if len(blocks) == 0 {
		return nil
	}
	_, err := r.next.Write([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: reporter, Reports: blocks}}, nil)
	return err
}

// Close implements interceptor.Interceptor.
func (r *reports) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.due != nil {
		r.due.Stop()
	}
	return nil
}
