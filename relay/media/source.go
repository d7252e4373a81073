package media

import (
	"sync/atomic"
	"time"

	"github.com/conclave-meet/conclave/relay/media/cache"
	"github.com/conclave-meet/conclave/relay/media/gaps"
	"github.com/conclave-meet/conclave/relay/media/speaker"
	"github.com/conclave-meet/conclave/shared/wire"
)

// source is one stream that a member publishes, for the life of the session, whether or not it is being sent.
type source struct {
	// constant
	s    *Session
	id   wire.Source
	mid  string
	ring *cache.Ring

	// atomic
	subs  atomic.Pointer[[]*slot] // who gets it; replaced whole under Group.mu
	on    atomic.Bool             // the member says that it is being sent
	ssrc  atomic.Uint32           // 0: not known yet
	meter speaker.Meter           // levels since they were last looked at

	keys keyFrames

	// guarded by s.recv.mu
	track  gaps.Tracker
	last   time.Time // when the last packet came
	jitter jitter
	report senderReport
}

// senderReport is what of the sender's last report goes back in ours (RFC 3550, section 6.4.1).
type senderReport struct {
	middle uint32 // of its NTP time
	at     time.Time
}

func newSource(s *Session, id wire.Source, mid string) *source {
	size := cache.Audio
	if id.Stream.Kind() == wire.Video {
		size = cache.Video
	}
	src := &source{s: s, id: id, mid: mid, ring: cache.New(size)}
	src.subs.Store(&[]*slot{})
	return src
}

// needKey asks the member for a key frame, now or as soon as it can be asked for.
func (src *source) needKey(now time.Time) {
	if src.keys.ask(now, src.canAsk()) {
		src.s.sendPLI(src.ssrc.Load())
	}
}

// retryKey asks for a key frame that was put off, or that did not come to a slot which waits for it.
func (src *source) retryKey(now time.Time) {
	for _, sl := range *src.subs.Load() {
		if sl.needsKey() {
			src.needKey(now)
			return
		}
	}
	if src.keys.due(now, src.canAsk()) {
		src.s.sendPLI(src.ssrc.Load())
	}
}

// canAsk reports whether there is somebody to ask, and a stream to name.
func (src *source) canAsk() bool {
	return src.ssrc.Load() != 0 && src.on.Load() && src.s.keys.Load() != nil
}

// jitter is the interarrival jitter of RFC 3550, section 6.4.1 and appendix A.8.
type jitter struct {
	at    time.Time // when the last packet came
	ts    uint32    // of it
	value float64   // in clock units
}

func (j *jitter) note(ts uint32, clock uint32, now time.Time) {
	if !j.at.IsZero() {
		d := now.Sub(j.at).Seconds()*float64(clock) - float64(int32(ts-j.ts))
		// What is off by seconds is a pause or a new beginning, and says nothing of the network.
		if d = max(d, -d); d < float64(2*clock) {
			j.value += (d - j.value) / 16
		}
	}
	j.at, j.ts = now, ts
}
