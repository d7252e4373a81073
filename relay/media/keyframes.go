package media

import (
	"sync"
	"time"
)

// keyFrameEvery is the least time between two key-frame requests to one source. A key frame is some ten times as large as
// another one: more often would cost the picture its quality, more seldom keeps newcomers waiting.
const keyFrameEvery = 500 * time.Millisecond

// keyFrames holds a source's key-frame requests together: one goes out at most each keyFrameEvery, and a key frame that
// comes satisfies all who asked before it. The layers share the time, because browsers answer a request for one layer of
// VP8 with key frames in all.
type keyFrames struct {
	mu     sync.Mutex
	asked  time.Time       // guarded by mu
	wanted [maxLayers]bool // and not asked for yet, by layer; guarded by mu
}

// ask notes that somebody needs a key frame of a layer. It reports whether to request it now; never while it cannot be.
func (k *keyFrames) ask(layer int, now time.Time, can bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted[layer] = true
	return k.dueLocked(layer, now, can)
}

// due reports whether to request now what was put off.
func (k *keyFrames) due(layer int, now time.Time, can bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dueLocked(layer, now, can)
}

func (k *keyFrames) dueLocked(layer int, now time.Time, can bool) bool {
	if !can || !k.wanted[layer] || now.Sub(k.asked) < keyFrameEvery {
		return false
	}
	k.asked, k.wanted[layer] = now, false
	return true
}

// came notes a key frame of a layer.
func (k *keyFrames) came(layer int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted[layer] = false
}

// patience bounds how many key frames one receiver can have a source make, which all others pay for with the quality of
// the picture. The zero value is full. It is owned by the receiver's reader.
type patience struct {
	wish time.Time // when the last wish was granted
	full time.Time // when all wishes are there again
}

const (
	// maxWishes are granted at once: as many as a bad network explains.
	maxWishes = 8
	// wishEvery is how often one more is granted. Less would let one receiver spoil the picture of the others; more would
	// keep one with constant loss from seeing anything.
	wishEvery = 2 * time.Second
)

// grants reports whether to pass a request on. All within keyFrameEvery are one wish.
func (p *patience) grants(now time.Time) bool {
	if now.Sub(p.wish) < keyFrameEvery {
		return true
	}
	if p.full.Before(now) {
		p.full = now
	}
	if p.full.Sub(now) > (maxWishes-1)*wishEvery {
		return false
	}
	p.wish, p.full = now, p.full.Add(wishEvery)
	return true
}
