package speaker

import (
	"math"
	"time"
)

// The three scales of the paper. A frame is an audio packet of 20 ms; a block is five frames; the long view is ten
// blocks, one second.
const (
	frame     = 20 * time.Millisecond
	perBlock  = 5  // N2: frames
	blocks    = 10 // N3: blocks
	bands     = 13 // N1: bands of loudness in a frame
	bandWidth = 10 // dB
)

// What counts as activity.
const (
	// activeBand is the band from which a frame is active: -57 dBov. Speech is at -15 to -45, breath and rooms at -60 and
	// less. A lower one hears rooms, a higher one misses people who sit far from the microphone.
	activeBand = 7
	// activeFrames of a block's five make it active. More would take a block with the end of a word for silence.
	activeFrames = 3
	// aboveFloor is by how many dB speech is louder than what a microphone always hears.
	aboveFloor = 15
	// floorTime is over how long the quietest frame is looked for: twice this after a fan was switched on it is not
	// taken for speech any more. Nobody speaks for so long without a breath.
	floorTime = 3 * time.Second
	// hang is how long speech goes on in a pause between words.
	hang = 400 * time.Millisecond
)

// voice follows one microphone.
type voice struct {
	heard    time.Time // frames are known up to here
	frames   [perBlock]uint8
	next     int // where the next frame goes
	blocks   [blocks]uint8
	block    int // where the next block goes
	level    int // smoothed, RFC 6464
	speaking bool
	spoke    time.Time // the last active frame

	floor, lowest int // loudness: 127 is the loudest
	lowestSince   time.Time
}

func newVoice(now time.Time) *voice {
	return &voice{heard: now, level: Silence, lowest: Silence, lowestSince: now}
}

// hear takes the levels of the packets that came since the last call. Where packets are missing there was silence: a
// sender need not send it (RFC 7587, section 3.1.3).
func (v *voice) hear(l Levels, now time.Time) {
	elapsed := min(now.Sub(v.heard), time.Second)
	want := max(int((elapsed+frame/2)/frame), 0)
	v.heard = now
	for range want - l.Len() {
		v.frame(Silence, now)
	}
	for i := range l.Len() {
		v.frame(l.At(i), now)
	}
	v.judge(now)
}

// frame takes one level.
func (v *voice) frame(level uint8, now time.Time) {
	// Up fast, down slowly: the first syllable counts.
	const fast, slow = 4, 16
	rate := slow
	if int(level) < v.level {
		rate = fast
	}
	v.level += (int(level) - v.level) / rate
	loud := Silence - int(level)
	v.follow(loud, now)
	band := min(loud/bandWidth, bands-1)
	if loud < v.floor+aboveFloor {
		band = 0
	}
	if band >= activeBand {
		v.spoke = now
	}
	v.frames[v.next] = uint8(band)
	if v.next++; v.next == perBlock {
		v.next = 0
		v.blocks[v.block] = v.active()
		v.block = (v.block + 1) % blocks
	}
}

// follow keeps the loudness that is never gone below.
func (v *voice) follow(loud int, now time.Time) {
	v.lowest = min(v.lowest, loud)
	v.floor = min(v.floor, loud)
	if now.Sub(v.lowestSince) >= floorTime {
		v.floor, v.lowest, v.lowestSince = v.lowest, Silence, now
	}
}

// active is how many of the last five frames are.
func (v *voice) active() (n uint8) {
	for _, b := range v.frames {
		if b >= activeBand {
			n++
		}
	}
	return n
}

// judge decides whether there is speech.
func (v *voice) judge(now time.Time) {
	switch {
	case v.active() >= activeFrames:
		v.speaking = true
	case v.speaking && now.Sub(v.spoke) >= hang:
		v.speaking = false
	}
}

// scores are the speech activity in the last frame, the last block and the last second.
type scores [3]float64

func (v *voice) scores() scores {
	last := v.frames[(v.next+perBlock-1)%perBlock]
	return scores{
		score(int(last), bands, lambdaFrame), score(int(v.active()), perBlock, lambdaBlock), score(v.long(), blocks, lambdaLong),
	}
}

// long is how many blocks of the last second are active.
func (v *voice) long() (n int) {
	for _, b := range v.blocks {
		if b >= activeFrames {
			n++
		}
	}
	return n
}

// Parameters of the paper's models: activity among n parts is binomial with probability ½ in speech, and falls off
// exponentially in silence.
const (
	lambdaFrame = 0.78
	lambdaBlock = 24
	lambdaLong  = 47
	leastScore  = 1e-10
)

// score is the logarithm of how much more likely v active parts of n are in speech than in silence (the paper, section
// 3.1), at least leastScore.
func score(v, n int, lambda float64) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(v + 1))
	c, _ := math.Lgamma(float64(n - v + 1))
	x := a - b - c - float64(n)*math.Ln2 - math.Log(lambda) + lambda*float64(v)
	return max(x, leastScore)
}
