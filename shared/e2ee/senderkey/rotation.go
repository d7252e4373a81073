package senderkey

import (
	"errors"
	"io"
	"math"
	"slices"
	"time"
)

// Times of the specification (e2ee.md, 8).
const (
	batchWait  = 200 * time.Millisecond  // newcomers within it share one step
	switchWait = 1500 * time.Millisecond // a new generation waits for acknowledgements no longer than this
	roundGap   = time.Second             // from the start of one round to that of the next, at least
	maxAge     = 15 * time.Minute        // of a generation
)

// Bounds of ours.
const (
	// leaveLimit is when the last key that a departed member may hold is out of use, counted from its departure. One round
	// ends in time by itself; a departure during a round has to wait for the next, and both together would take 3 s. More
	// would break the promise of 2 s (less the time that the news takes); less would switch before slow members have the
	// new key.
	leaveLimit = 1800 * time.Millisecond
	// lastStep is the last step of our own generations. A member whose media is off shows no KID, so that the others stay
	// at the step that they were told; they look 8 ahead (e2ee.md, 4.5), and so it goes no further. More, up to 15, would
	// leave such a member unheard until the next generation.
	lastStep = maxAhead
	// frameGap is the least time between two key frames that are asked for. More would let newcomers wait longer for a
	// picture; less would let fifty of them, who come one after the other, take the stream's quality for everybody.
	frameGap = 500 * time.Millisecond
)

// ErrBroken says that no fresh key could be had. The keys there were are out of use: nothing must be sealed any more.
var ErrBroken = errors.New("no fresh sender key")

// Reason is why a key was given; it is told to who gets it, for diagnosis only.
type Reason uint8

const (
	Joined Reason = iota + 1 // the receivers came
	Left                     // somebody left
	Age                      // the generation was 15 minutes old
	Steps                    // so many came that the generation has no step left
)

// Give is a key that members must be told, over their channels.
type Give struct {
	To     []uint16 // ascending, never empty
	Key    Key
	Reason Reason
}

// Change is what [Rotation.Tick] decided. The zero value is nothing.
type Change struct {
	Gives    []Give
	Switched bool // [Rotation.Current] is another key now; it must seal all frames from now on
	KeyFrame bool // some receivers cannot decode before the next key frame: ask the encoders for one
}

// Rotation decides which key a member seals with and whom it tells. The caller reports what happens, then calls Tick,
// which alone changes keys.
//
// Nobody is told a key that sealed a frame before that member was up. Nobody who was told a key has the present one
// 1.8 s after it left, as long as Tick is called in time.
type Rotation struct {
	rand    io.Reader // constant
	broken  bool
	current Key
	since   time.Duration // when the present generation came into use
	peers   map[uint16]*peer
	round   *round        // nil: none
	began   time.Duration // when the last round began
	stepped time.Duration // when the present key took its last step
	batch   time.Duration // when those who wait are served; never: nobody waits
	left    time.Duration // when the first of those left whom no round takes into account; never: nobody
	wanted  bool          // a key frame
	asked   time.Duration // when one was asked for last
}

// peer is a member that is up.
type peer struct {
	waits bool // to be told a key
	holds bool // was told a key
	blind bool // cannot decode before a key frame that comes after its acknowledgement
}

// round is a generation that was told and is not yet in use.
type round struct {
	key      Key
	switchBy time.Duration
	waiting  map[uint16]struct{} // who has not acknowledged
}

// NewRotation starts with a random key, which nobody was told. It returns what rand returns.
func NewRotation(now time.Duration, rand io.Reader) (*Rotation, error) {
	r := &Rotation{
		rand: rand, since: now, peers: map[uint16]*peer{},
		began: now - roundGap, batch: never, left: never, asked: now - frameGap,
	}
	_, err := io.ReadFull(rand, r.current.Base[:])
	return r, err
}

// Follow makes the first generation one that comes after all of an earlier rotation, for a sender that begins anew under an
// index that it may have had before: to those who know it, its keys would come out of order. Call it before anything else.
// It returns [ErrBroken] when there is no later one.
func (r *Rotation) Follow(earlier *Rotation) error {
	last := earlier.generation()
	if last == math.MaxUint32 {
		return ErrBroken
	}
	r.current.Generation = last + 1
	return nil
}

// generation is the last one that somebody may have been told.
func (r *Rotation) generation() uint32 {
	if r.round != nil {
		return r.round.key.Generation
	}
	return r.current.Generation
}

// Current returns the key to seal with. It reports false when nothing may be sealed ([ErrBroken]).
func (r *Rotation) Current() (Key, bool) { return r.current, !r.broken }

// PeerUp says that a channel to a member has come up, for the first time or anew. It is told a key even if it was told
// one before: it may have missed some. That is a new step, as for a newcomer, and not the present one again: whether the
// channel broke, or the other side took the member for gone meanwhile and forgot what it had opened, is not known here,
// and a key that has sealed nothing leaves nothing to replay.
func (r *Rotation) PeerUp(now time.Duration, index uint16) {
	p := r.peers[index]
	if p == nil {
		p = &peer{}
		r.peers[index] = p
	}
	p.waits = true
	if r.batch == never {
		r.batch = now + batchWait
	}
}

// PeerDown says that a member has left. A member that is not up counts as gone already.
func (r *Rotation) PeerDown(now time.Duration, index uint16) {
	p := r.peers[index]
	if p == nil {
		return
	}
	delete(r.peers, index)
	if p.holds {
		r.left = min(r.left, now)
	}
	if !r.anyWaits() {
		r.batch = never
	}
	r.heard(now, index)
}

func (r *Rotation) anyWaits() bool {
	for _, p := range r.peers {
		if p.waits {
			return true
		}
	}
	return false
}

// Acked says that a member holds the key of a generation. Acknowledgements of others than it was told last count for
// nothing.
func (r *Rotation) Acked(now time.Duration, index uint16, generation uint32) {
	p := r.peers[index]
	switch {
	case p == nil || !p.holds:
	case r.round != nil && generation == r.round.key.Generation:
		r.heard(now, index) // the switch brings a key frame for everybody
		p.blind = false
	case generation == r.current.Generation && p.blind:
		p.blind = false
		r.wanted = true
	}
}

// heard takes a member off the list of those that the round waits for.
func (r *Rotation) heard(now time.Duration, index uint16) {
	if r.round == nil {
		return
	}
	delete(r.round.waiting, index)
	if len(r.round.waiting) == 0 {
		r.round.switchBy = min(r.round.switchBy, now)
	}
}

// Tick does what is due: after each report, and when [Rotation.Deadline] has come. It returns [ErrBroken] when a fresh
// key is due and rand has none, and ever after.
func (r *Rotation) Tick(now time.Duration) (Change, error) {
	var c Change
	if r.broken {
		return c, ErrBroken
	}
	r.finish(now, &c)
	if err := r.renew(now, &c); err != nil {
		r.Wipe()
		return Change{}, err
	}
	r.finish(now, &c) // a round that waits for nobody
	if err := r.serve(now, &c); err != nil {
		r.Wipe()
		return Change{}, err
	}
	if r.wanted && now >= r.asked+frameGap {
		r.wanted, r.asked, c.KeyFrame = false, now, true
	}
	return c, nil
}

// Deadline returns when Tick is due next, which is in the past right after a report. It reports false when it never is.
func (r *Rotation) Deadline() (time.Duration, bool) {
	if r.broken {
		return 0, false
	}
	at := never
	if r.round != nil {
		at = r.round.switchBy
	} else {
		at, _ = r.nextRound()
	}
	if r.round != nil || r.current.Step < lastStep {
		at = min(at, r.batch)
	}
	if r.wanted {
		at = min(at, r.asked+frameGap)
	}
	return at, true
}

// Wipe ends it: the keys are overwritten, and nothing may be sealed any more.
func (r *Rotation) Wipe() {
	last := r.generation()
	if r.round != nil {
		r.round.key = Key{}
	}
	r.current, r.round, r.broken = Key{Generation: last}, nil, true
}

// nextRound is when the next round begins, as things are, and why. There is none under way.
func (r *Rotation) nextRound() (time.Duration, Reason) {
	at, why := r.since+maxAge, Age
	if r.current.Step >= lastStep { // before the next newcomers' time has come, so that they need not wait
		at, why = min(at, r.stepped+batchWait), Steps
	}
	if r.left <= at {
		at, why = r.left, Left
	}
	return max(at, r.began+roundGap), why
}

// renew begins a round when one is due. Who waits is told the new key at once, without a step: it has sealed nothing.
func (r *Rotation) renew(now time.Duration, c *Change) error {
	at, why := r.nextRound()
	if r.round != nil || now < at {
		return nil
	}
	key, err := r.fresh()
	if err != nil {
		return err
	}
	next := &round{key: key, switchBy: now + switchWait, waiting: map[uint16]struct{}{}}
	if r.left != never {
		next.switchBy = min(next.switchBy, r.left+leaveLimit)
	}
	var to []uint16
	for index, p := range r.peers {
		to = append(to, index)
		if p.holds {
			next.waiting[index] = struct{}{}
		} else {
			p.blind = true
		}
		p.waits, p.holds = false, true
	}
	if len(next.waiting) == 0 {
		next.switchBy = now
	}
	c.give(to, key, why)
	r.round, r.began, r.batch, r.left = next, now, never, never
	return nil
}

// fresh makes the key of the next generation.
func (r *Rotation) fresh() (Key, error) {
	if r.current.Generation == math.MaxUint32 {
		return Key{}, ErrBroken
	}
	key := Key{Generation: r.current.Generation + 1}
	if _, err := io.ReadFull(r.rand, key.Base[:]); err != nil {
		return Key{}, ErrBroken
	}
	return key, nil
}

// finish brings the round's key into use when everybody has it or it is time.
func (r *Rotation) finish(now time.Duration, c *Change) {
	if r.round == nil || now < r.round.switchBy {
		return
	}
	for index := range r.round.waiting {
		r.peers[index].blind = true // it misses frames until it gets the key
	}
	r.current, r.since = r.round.key, now
	r.round.key = Key{}
	r.round = nil
	r.wanted, c.Switched = true, true
}

// serve tells those who wait a key that has sealed nothing: the round's, or else the next step of the present one.
func (r *Rotation) serve(now time.Duration, c *Change) error {
	if now < r.batch || r.round == nil && r.current.Step >= lastStep {
		return nil
	}
	r.batch = never
	var to []uint16
	for index, p := range r.peers {
		if p.waits {
			to = append(to, index)
			p.waits, p.holds, p.blind = false, true, true
		}
	}
	if r.round != nil {
		c.give(to, r.round.key, Joined)
		return nil
	}
	if err := ratchet(&r.current); err != nil {
		return err
	}
	r.stepped = now
	c.give(to, r.current, Joined)
	c.Switched = true
	return nil
}

func (c *Change) give(to []uint16, key Key, why Reason) {
	if len(to) == 0 {
		return
	}
	slices.Sort(to)
	c.Gives = append(c.Gives, Give{To: to, Key: key, Reason: why})
}
