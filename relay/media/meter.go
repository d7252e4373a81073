package media

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/conclave-meet/conclave/relay/media/layers"
)

// Layers within one SSRC that are told apart. More of them count as the highest.
const (
	maxSpatial  = 3
	maxTemporal = 4
)

// meter measures what a layer sends, by spatial and temporal id.
type meter struct {
	bytes [maxSpatial][maxTemporal]atomic.Uint64 // that came so far, with what a packet costs besides its payload

	// owned by the group's goroutine
	seen  [maxSpatial][maxTemporal]uint64
	rates [maxSpatial][maxTemporal]float64   // bits per second
	came  [maxSpatial][maxTemporal]time.Time // the last look that found something
	at    time.Time                          // when they were last looked at; zero: never
	since time.Time                          // when the layer was heard first, after a silence
}

// overhead is what goes over IP with each payload, in bytes: IPv4 and UDP, RTP with its CSRC and an extension, the tag.
const overhead = 28 + 28 + 16

// note counts a packet. The session's reader calls it.
func (m *meter) note(spatial, temporal uint8, payload int) {
	m.bytes[min(spatial, maxSpatial-1)][min(temporal, maxTemporal-1)].Add(uint64(payload) + overhead)
}

const (
	// meterTime is how long the past counts. Less would take a gesture for another rate; more would see a lower rate too
	// late to use what became free.
	meterTime = time.Second
	// meterSettle is how long after a layer began its rate is taken as it comes.
	meterSettle = 500 * time.Millisecond
	// meterLeap is by how much more may have come since the last frame than what was measured so far. A key frame is ten
	// times as large as another one and says nothing of the rate to come.
	meterLeap = 3
)

// look takes the bytes that came since the last look. The group's goroutine calls it about each 100 ms.
func (m *meter) look(now time.Time) {
	const least = 50 * time.Millisecond // a shorter look would see single frames
	if now.Sub(m.at) < least {
		return
	}
	step := now.Sub(m.at).Seconds()
	fresh := m.at.IsZero() || step <= 0 || step > 10*meterTime.Seconds()
	m.at = now
	settled := !m.since.IsZero() && now.Sub(m.since) > meterSettle
	weight := 1 - math.Exp(-step/meterTime.Seconds())
	if !settled {
		weight = min(1, 3*weight)
	}
	for s := range m.bytes {
		for t := range m.bytes[s] {
			n := m.bytes[s][t].Load()
			came := float64(n-m.seen[s][t]) * 8 / step
			m.seen[s][t] = n
			r := &m.rates[s][t]
			// Frames of a lower temporal layer are further apart than looks: a look that finds one finds all of the time
			// since the one before.
			gap := step
			if at := &m.came[s][t]; came > 0 {
				if !at.IsZero() {
					gap = min(max(step, now.Sub(*at).Seconds()), 2*meterTime.Seconds())
				}
				*at = now
			}
			switch {
			case fresh:
			case *r == 0:
				*r = came
			default:
				if settled {
					came = min(came, meterLeap**r*gap/step)
				}
				*r += (came - *r) * weight
			}
		}
	}
}

// hold leaves the rates as they are over a time in which nothing comes.
func (m *meter) hold(now time.Time) {
	m.at = now
	for s := range m.bytes {
		for t := range m.bytes[s] {
			m.seen[s][t] = m.bytes[s][t].Load()
		}
	}
}

// begin has what comes next taken as it comes: the layer was silent. The rates stay until then.
func (m *meter) begin(now time.Time) { m.since, m.at = now, time.Time{} }

// rate is what all ids up to the given ones take together, 0 where nothing was measured.
func (m *meter) rate(spatial, temporal int) layers.Bitrate {
	sum := 0.0
	for s := range min(spatial+1, maxSpatial) {
		for t := range min(temporal+1, maxTemporal) {
			sum += m.rates[s][t]
		}
	}
	return layers.Bitrate(sum)
}

// top is the highest ids that were measured lately; some is false when there is nothing.
func (m *meter) top() (spatial, temporal int, some bool) {
	const least = 100 // bit/s: what is below is the past fading away
	for s := range m.rates {
		for t := range m.rates[s] {
			if m.rates[s][t] > least {
				spatial, temporal, some = max(spatial, s), max(temporal, t), true
			}
		}
	}
	return spatial, temporal, some
}
