package bot

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/conclave-meet/conclave/shared/wire"
)

// feedbackEvery is how often a bot says which packets came when, as browsers do on a link of some Mbit/s.
const feedbackEvery = 50 * time.Millisecond

// arrivals is when the packets of one peer connection came through the network, by transport-wide sequence number, and
// tells the relay. pion's own feedback has the time at which a goroutine got to a packet: a busy machine would look like a
// queue in the network.
//
// It is an interceptor, and the factory of it. Any goroutine may use it.
type arrivals struct {
	interceptor.NoOp
	start time.Time // constant; without a monotonic reading, as the kernel's times

	id atomic.Uint32 // of the header extension; 0: not agreed on (yet)

	end     chan struct{}
	once    sync.Once
	telling sync.WaitGroup

	mu     sync.Mutex
	seen   *twcc.Recorder          // guarded by mu, as all below
	unsaid int                     // packets since the last report
	due    []rtcp.Packet           // reports that were made before their time
	ring   [remembered]transported // by sequence number
}

// mostReported is how many packets one report tells of: more would not fit into a packet of the network.
const mostReported = 400

// remembered is how many packets can be looked up: what may be on its way through pion.
const remembered = 1 << 12

type transported struct {
	seq uint16
	at  time.Time
}

func newArrivals() *arrivals {
	return &arrivals{start: time.Now().Round(0), end: make(chan struct{}), seen: twcc.NewRecorder(reporter)}
}

// note takes an encrypted packet that came at a time.
func (a *arrivals) note(b []byte, at time.Time) {
	seq, ok := transportNumber(b, uint8(a.id.Load()))
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen.Record(binary.BigEndian.Uint32(b[8:]), seq, at.Sub(a.start).Microseconds())
	a.ring[seq%remembered] = transported{seq, at}
	if a.unsaid++; a.unsaid >= mostReported {
		a.due, a.unsaid = append(a.due, a.seen.BuildFeedbackPacket()...), 0
	}
}

// of is when a packet came; now where that is not known.
func (a *arrivals) of(h *rtp.Header, now time.Time) time.Time {
	id := uint8(a.id.Load())
	if id == 0 {
		return now
	}
	x := h.GetExtension(id)
	if len(x) < 2 {
		return now
	}
	seq := binary.BigEndian.Uint16(x)
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.ring[seq%remembered]; t.seq == seq && !t.at.IsZero() {
		return t.at
	}
	return now
}

// transportNumber finds the transport-wide sequence number in a packet, whose header SRTP leaves in the clear (RFC 3711,
// section 3.1), in extension id of one byte (RFC 8285, section 4.2). ok is false where there is none, as in RTCP, STUN and
// DTLS.
func transportNumber(b []byte, id uint8) (seq uint16, ok bool) {
	const (
		fixed    = 12     // bytes of the header, without sources (RFC 3550, section 5.1)
		extended = 0x10   // the X bit
		oneByte  = 0xbede // what extensions of one byte begin with
		word     = 4
		size     = 2
	)
	if id == 0 || len(b) < fixed || b[0]>>6 != 2 || b[0]&extended == 0 || b[1] >= 192 && b[1] <= 223 {
		return 0, false
	}
	at := fixed + word*int(b[0]&15)
	if len(b) < at+word || binary.BigEndian.Uint16(b[at:]) != oneByte {
		return 0, false
	}
	end := at + word + word*int(binary.BigEndian.Uint16(b[at+2:]))
	if len(b) < end {
		return 0, false
	}
	for at += word; at < end; {
		if b[at] == 0 { // padding
			at++
			continue
		}
		n := int(b[at]&15) + 1
		if b[at]>>4 == id && n == size && at+size < end {
			return binary.BigEndian.Uint16(b[at+1:]), true
		}
		at += 1 + n
	}
	return 0, false
}

// NewInterceptor implements interceptor.Factory.
func (a *arrivals) NewInterceptor(string) (interceptor.Interceptor, error) { return a, nil }

// BindRemoteStream implements interceptor.Interceptor. It learns what was agreed on.
func (a *arrivals) BindRemoteStream(s *interceptor.StreamInfo, r interceptor.RTPReader) interceptor.RTPReader {
	for _, x := range s.RTPHeaderExtensions {
		if x.URI == wire.ExtTransport {
			a.id.Store(uint32(x.ID))
		}
	}
	return r
}

// BindRTCPWriter implements interceptor.Interceptor. It begins to tell the relay.
func (a *arrivals) BindRTCPWriter(w interceptor.RTCPWriter) interceptor.RTCPWriter {
	a.telling.Go(func() { a.tell(w) })
	return w
}

func (a *arrivals) tell(w interceptor.RTCPWriter) {
	t := time.NewTicker(feedbackEvery)
	defer t.Stop()
	for {
		select {
		case <-a.end:
			return
		case <-t.C:
		}
		for _, p := range a.report() {
			_, _ = w.Write([]rtcp.Packet{p}, nil) // the peer connection may have ended
		}
	}
}

// report is what the relay was not told yet.
func (a *arrivals) report() []rtcp.Packet {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := append(a.due, a.seen.BuildFeedbackPacket()...)
	a.due, a.unsaid = nil, 0
	return list
}

// Close implements interceptor.Interceptor.
func (a *arrivals) Close() error {
	a.once.Do(func() { close(a.end) })
	a.telling.Wait()
	return nil
}
