package media

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/conclave-meet/conclave/relay/media/estimate"
	"github.com/conclave-meet/conclave/relay/media/layers"
)

// down is what is known of a session's downlink, and what waits to go there.
type down struct {
	// constant after Join; nil where the client does not take transport-wide sequence numbers: nothing is known then, and
	// nothing limits.
	sent *estimate.History

	// atomic
	bucket estimate.Bucket               // of what goes out while the downlink is known to be narrow
	known  atomic.Pointer[layers.Budget] // nil: nothing limits
	wanted atomic.Int64                  // bit/s that would be put to use, as the allocator last saw it
	fixed  atomic.Uint64                 // bytes of audio, which goes out whatever the budget
	busy   atomic.Bool                   // the pacer knows the session
	frail  atomic.Bool                   // much is lost on the way, but not for want of room

	mu      sync.Mutex
	by      *estimate.Estimator // guarded by mu, as all below
	cluster *estimate.Cluster   // the probe that is being sent, nil: none
	fixedBy usage
	queue   queue
}

// openDown prepares for a session of a client that takes transport-wide sequence numbers.
func (s *Session) openDown(now time.Time) {
	if s.terms.transport == 0 {
		return
	}
	s.down.sent = estimate.NewHistory(now)
	s.down.by = estimate.New(s.down.sent)
	s.down.known.Store(&layers.Budget{Rate: estimate.StartRate})
}

// Down is what is known of a client's downlink.
type Down struct {
	estimate.Snapshot
	Wanted layers.Bitrate // what would be put to use
	Queued int            // packets that wait
}

// Down says what is known of the downlink. It is zero for a client that sends no reports.
func (s *Session) Down() Down {
	d := &s.down
	if d.sent == nil {
		return Down{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return Down{Snapshot: d.by.Snapshot(), Wanted: layers.Bitrate(d.wanted.Load()), Queued: d.queue.len()}
}

// budget is what the session's downlink can take, and how much of it is not the pictures'.
func (s *Session) budget() layers.Budget {
	if b := s.down.known.Load(); b != nil {
		return *b
	}
	return layers.Budget{Rate: layers.Unlimited}
}

// tight reports whether the budget may be less than what is wanted, so that every change of it matters.
func (s *Session) tight() bool {
	const spare = 4 // the fourth part
	wanted := layers.Bitrate(s.down.wanted.Load())
	return s.budget().Rate < wanted+wanted/spare
}

// want notes what the allocator could put to use.
func (d *down) want(r layers.Bitrate) { d.wanted.Store(int64(r)) }

// tickDown does what is due on the downlink by the clock. calm says that there is no hurry to look again.
func (s *Session) tickDown(now time.Time) (calm bool) {
	d := &s.down
	if d.sent == nil {
		return true
	}
	if d.due(now) {
		s.engine.pace.add(s)
		return false
	}
	return !s.tight()
}

// beat keeps the estimator from taking calm for a relay without time to run.
func (d *down) beat(now time.Time) {
	if d.sent == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.by.Beat(now)
}

// due brings the estimate up to date. It reports whether there is a probe to send.
func (d *down) due(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fixedBy.look(now, d.fixed.Load())
	if c := d.by.Tick(now, layers.Bitrate(d.wanted.Load())); c != nil {
		d.cluster = c
	}
	d.publishLocked()
	return d.cluster != nil
}

// publishLocked has the budget known, and sets the rate at which packets go out: none as long as no limit was met, for then
// holding back would only delay.
func (d *down) publishLocked() {
	x := d.by.Snapshot()
	b := layers.Budget{Rate: x.Rate, Audio: d.fixedBy.rate, Proven: x.Limited}
	if x.Deaf {
		b = layers.Budget{Rate: layers.Unlimited}
	}
	if was := d.known.Load(); was == nil || *was != b {
		d.known.Store(&b)
	}
	d.weighLossLocked(&x)
	if x.Limited {
		d.bucket.SetRate(estimate.PaceRate(x.Rate, d.fixedBy.rate))
	} else {
		d.bucket.SetRate(0)
	}
}

// Loss from which on retransmissions are sent twice, and until which: a tenth of them is lost too, and to ask again takes as
// long as a picture may stand still.
const (
	frailFrom  = 0.05
	frailUntil = 0.02
	frailQueue = 15 * time.Millisecond // with a longer one it is congestion, which more would make worse
)

// weighLossLocked notes whether what is sent again is likely to be lost again.
func (d *down) weighLossLocked(x *estimate.Snapshot) {
	least := frailFrom
	if d.frail.Load() {
		least = frailUntil
	}
	if frail := x.Loss >= least && x.Queue < frailQueue; d.frail.Load() != frail {
		d.frail.Store(frail)
	}
}

// usage measures the rate of something that comes and goes.
type usage struct {
	rate  layers.Bitrate
	bytes uint64
	at    time.Time
}

// look takes the bytes since the last time, about twice a second. The rate rises at once and falls slowly: who pauses
// between two words will speak again.
func (u *usage) look(now time.Time, bytes uint64) {
	const window, slow = 500 * time.Millisecond, 8
	dt := now.Sub(u.at)
	if dt < window {
		return
	}
	r := layers.Bitrate(float64(bytes-u.bytes) * 8 / dt.Seconds())
	if u.at.IsZero() {
		r = 0
	}
	u.rate = max(r, u.rate+(r-u.rate)/slow)
	u.bytes, u.at = bytes, now
}
