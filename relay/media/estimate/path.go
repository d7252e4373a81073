package estimate

import "time"

// meter is a rate over the last window.
type meter struct {
	cells [meterCells]int // bytes
	at    int64           // the newest cell's number
	first int64           // the first one's since the beginning or a pause
	begun bool
}

// A shorter window follows the rate of single frames, a longer one sees a shortage later.
const (
	meterCells = 20
	meterCell  = 25 * time.Millisecond
	meterLeast = 6 // cells before it says anything
)

// add counts size bytes at a time that may be a little before the newest.
func (m *meter) add(at time.Duration, size int) {
	n := int64(at / meterCell)
	switch {
	case !m.begun || n-m.at >= meterCells || m.at-n >= 10*meterCells:
		*m = meter{at: n, first: n, begun: true} // a pause, or another clock
	case m.at-n >= meterCells:
		return
	}
	for m.at < n {
		m.at++
		m.cells[cell(m.at)] = 0
	}
	m.cells[cell(n)] += size
}

func cell(n int64) int { return int((n%meterCells + meterCells) % meterCells) }

// rate is that of the window's whole cells. ok is false while there are too few.
func (m *meter) rate() (r Bitrate, ok bool) {
	cells := min(m.at-m.first, meterCells-1)
	if !m.begun || cells < meterLeast {
		return 0, false
	}
	sum := 0
	for n := m.at - cells; n < m.at; n++ {
		sum += m.cells[cell(n)]
	}
	return Bitrate(sum) * 8 * Bitrate(time.Second) / Bitrate(time.Duration(cells)*meterCell), true
}

// floor is the least value of the last while: the delay of the path without queues, as long as they are empty at times.
type floor struct {
	spans [floorSpans]time.Duration
	at    int64
	begun bool
}

// A longer memory takes longer to learn that the path has become another one; a shorter one takes a standing queue for
// the path.
const (
	floorSpans = 4
	floorSpan  = 8 * time.Second
)

const never = time.Duration(1<<63 - 1)

// add takes a value at a time of our clock.
func (f *floor) add(at, value time.Duration) {
	n := int64(at / floorSpan)
	if !f.begun {
		*f = floor{at: n, begun: true, spans: [floorSpans]time.Duration{never, never, never, never}}
	}
	for f.at < n {
		f.at++
		f.spans[f.at%floorSpans] = never
		if n-f.at > floorSpans {
			f.at = n - floorSpans
		}
	}
	i := f.at % floorSpans
	f.spans[i] = min(f.spans[i], value)
}

// value is the floor; never if there is none.
func (f *floor) value() time.Duration {
	v := never
	for _, x := range f.spans {
		if f.begun {
			v = min(v, x)
		}
	}
	return v
}
