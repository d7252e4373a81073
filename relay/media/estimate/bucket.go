package estimate

import (
	"sync/atomic"
	"time"
)

// Pacing of a path with a known limit.
const (
	// Less than PaceFactor times the estimate would hold back what the path can take, as the estimate lags behind; more
	// would fill the queue in the path that pacing is there to avoid.
	PaceFactor = 2.5
	// paceWide is what a path leaves for video from which on all of PaceFactor holds. Below it the factor falls to 1: at
	// 300 kbit/s the key frame of a small picture is half a second of the path, and audio would stand behind it.
	paceWide = 1_500_000 // bit/s
	// Burst is how much may be sent at once after a pause, in time at the paced rate. Less would delay each frame, more
	// would send a key frame in one go.
	Burst = 40 * time.Millisecond
)

// PaceRate is the rate at which packets may leave for a path of the given rate, fixed of which is taken by what never
// waits.
func PaceRate(rate, fixed Bitrate) Bitrate {
	const least = 8 // the eighth part is for video in any case
	spare := max(rate-fixed, rate/least)
	factor := 1 + (PaceFactor-1)*min(float64(spare)/paceWide, 1)
	return rate - spare + Bitrate(factor*float64(spare))
}

// Bucket says whether more may be sent at once. It is a token bucket, kept as the time until which the rate is used up
// (the generic cell rate algorithm, ITU-T I.371, annex A). The zero value has no limit. Any goroutine may use it; nothing
// in it blocks.
type Bucket struct {
	perByte atomic.Int64 // nanoseconds; 0: no limit
	until   atomic.Int64 // Unix nanoseconds
}

// SetRate sets the rate, on top of which there is no PaceFactor; 0: no limit.
func (b *Bucket) SetRate(r Bitrate) {
	if r <= 0 {
		b.perByte.Store(0)
		return
	}
	b.perByte.Store(max(8*int64(time.Second)/int64(r), 1))
}

// Limited reports whether there is a rate.
func (b *Bucket) Limited() bool { return b.perByte.Load() != 0 }

// Take reports whether something may be sent now, and if so takes size bytes. As long as there is any room at all the
// packet goes, however large.
func (b *Bucket) Take(now time.Time, size int) bool {
	cost := int64(size) * b.perByte.Load()
	if cost == 0 {
		return true
	}
	at := now.UnixNano()
	for {
		was := b.until.Load()
		// A time far ahead is of a rate or a clock that is no more.
		if was > at && was < at+int64(time.Minute) {
			return false
		}
		if b.until.CompareAndSwap(was, min(max(was, at-int64(Burst)), at)+cost) {
			return true
		}
	}
}

// Force takes size bytes for what is sent in any case: audio.
func (b *Bucket) Force(now time.Time, size int) {
	cost := int64(size) * b.perByte.Load()
	if cost == 0 {
		return
	}
	// Debts of audio are bounded: it never keeps video back for longer than this.
	at := now.UnixNano()
	for {
		was := b.until.Load()
		next := min(max(was, at-int64(Burst))+cost, at+int64(Burst))
		if b.until.CompareAndSwap(was, max(next, min(was, at+int64(Burst)))) {
			return
		}
	}
}
