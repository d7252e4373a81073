package media

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// delayBuckets is how many buckets a Histogram has: the bounds reach to half a second.
const delayBuckets = 21

// Histogram is how long packets took. Bucket 0 counts those below 1 µs, and bucket i those below [Histogram.Bound](i), but
// not below the bound before; the last one counts all that took longer.
type Histogram struct {
	Buckets [delayBuckets]uint64
	Sum     time.Duration // of all
}

// Bound is the upper bound of bucket i, 1 µs times 2 to the power of i. The last bucket has none.
func (Histogram) Bound(i int) time.Duration { return time.Microsecond << i }

// Count is the number of packets in all buckets.
func (h Histogram) Count() (n uint64) {
	for _, c := range h.Buckets {
		n += c
	}
	return n
}

// Mean is how long a packet took on average, 0 when there was none.
func (h Histogram) Mean() time.Duration {
	return h.Sum / time.Duration(max(h.Count(), 1))
}

// Within is the bound of the bucket up to which the given part of the packets is, 0 … 1. For the last bucket it is twice
// the bound before: nothing better is known. It is 0 when there was none.
func (h Histogram) Within(part float64) time.Duration {
	left := uint64(math.Ceil(part * float64(h.Count())))
	if left == 0 {
		return 0
	}
	for i, n := range h.Buckets {
		if left <= n {
			return h.Bound(i)
		}
		left -= n
	}
	return h.Bound(delayBuckets - 1)
}

// delays is a Histogram that is being counted. Atomic.
type delays struct {
	buckets [delayBuckets]atomic.Uint64
	sum     atomic.Int64 // nanoseconds
}

// observe notes that n packets took d each.
func (x *delays) observe(d time.Duration, n int) {
	d = max(d, 0)
	i := min(bits.Len64(uint64(d/time.Microsecond)), delayBuckets-1)
	x.buckets[i].Add(uint64(n))
	x.sum.Add(int64(d) * int64(n))
}

func (x *delays) histogram() (h Histogram) {
	for i := range x.buckets {
		h.Buckets[i] = x.buckets[i].Load()
	}
	h.Sum = time.Duration(x.sum.Load())
	return h
}

// Delay is how long forwarded packets and retransmissions were in the relay: from the return of the system call that read
// what caused them to the return of the one that sent them. Packets that go out by the clock are not among them.
func (e *Engine) Delay() Histogram { return e.socks.delay.histogram() }
