package auth

import (
	"container/list"
	"net/netip"
	"slices"
	"time"
)

// How often somebody may try a password (product.md, "Limits"). Fewer tries
// stop guessers no better and people who mistype sooner.
const (
	tryPeriod       = time.Minute
	triesPerAccount = 5
	triesPerPlace   = 20
)

// maxTracked bounds each table of the throttle: with all of them full about 3 MB.
// To push a chosen account out of its table somebody has to try that many other
// names within tryPeriod, from 205 places.
const maxTracked = 4096

// familiarFor is how long a place from which somebody signed in stays familiar.
const familiarFor = 30 * 24 * time.Hour

// place is the part of an address that one person is likely to hold: /24 of
// IPv4, /64 of IPv6. The zero address has a place of its own, the zero one.
func place(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, _ := a.Prefix(bits) // fails for the zero address only
	return p
}

// who is an account at a place.
type who struct {
	name Name
	from netip.Prefix
}

// throttle decides who may try a password now. It is pure: it reads no clock,
// and knows names and places only as keys. Everything is forgotten with the
// process, nothing is forbidden for good, and its memory is bounded.
//
// A try counts for its place, and for its account. An account whose name is
// known to a guesser would so be closed to its owner as long as the guesser goes
// on; therefore a place from which somebody signed in to an account lately has
// tries of its own for it.
type throttle struct {
	places   tally[netip.Prefix]
	accounts tally[Name]
	familiar tally[who]        // tries from familiar places
	since    map[who]time.Time // when somebody last signed in from there
}

func newThrottle() *throttle {
	return &throttle{
		places:   newTally[netip.Prefix](triesPerPlace),
		accounts: newTally[Name](triesPerAccount),
		familiar: newTally[who](triesPerAccount),
		since:    map[who]time.Time{},
	}
}

// try is one counted try.
type try struct {
	who
	at       time.Time
	familiar bool // counted as one from a familiar place
}

// take counts a try and returns it with 0, or returns how long w has to wait and
// counts nothing: what is refused must not drain the tries of an account.
func (t *throttle) take(now time.Time, w who) (try, time.Duration) {
	y := try{who: w, at: now, familiar: t.isFamiliar(now, w)}
	wait := t.places.wait(now, w.from)
	if y.familiar {
		wait = max(wait, t.familiar.wait(now, w))
	} else {
		wait = max(wait, t.accounts.wait(now, w.name))
	}
	if wait > 0 {
		return try{}, wait
	}
	t.places.add(now, w.from)
	if y.familiar {
		t.familiar.add(now, w)
	} else {
		t.accounts.add(now, w.name)
	}
	return y, 0
}

// giveBack takes back a try that was not a wrong one.
func (t *throttle) giveBack(y try) {
	t.places.undo(y.at, y.from)
	if y.familiar {
		t.familiar.undo(y.at, y.who)
	} else {
		t.accounts.undo(y.at, y.name)
	}
}

// welcome makes the place of a try familiar: somebody signed in with it.
func (t *throttle) welcome(y try) {
	if _, ok := t.since[y.who]; !ok && len(t.since) >= maxTracked {
		delete(t.since, oldest(t.since))
	}
	t.since[y.who] = y.at
}

func (t *throttle) isFamiliar(now time.Time, w who) bool {
	at, ok := t.since[w]
	return ok && now.Sub(at) < familiarFor
}

// tally counts the tries of each key over the last tryPeriod, up to a limit.
type tally[K comparable] struct {
	limit int
	keys  map[K]*list.Element
	order *list.List // of *tries[K], the key tried last at the back
}

// tries are those of one key.
type tries[K comparable] struct {
	key   K
	times []time.Time // oldest first, at least one and at most the limit
}

func (y *tries[K]) newest() time.Time { return y.times[len(y.times)-1] }

func newTally[K comparable](limit int) tally[K] {
	return tally[K]{limit: limit, keys: map[K]*list.Element{}, order: list.New()}
}

// find returns the tries of k, nil if there are none.
func (t *tally[K]) find(k K) *tries[K] {
	if e, ok := t.keys[k]; ok {
		return e.Value.(*tries[K])
	}
	return nil
}

// wait returns how long k has to wait before the next try, 0 for not at all.
func (t *tally[K]) wait(now time.Time, k K) time.Duration {
	y := t.find(k)
	if y == nil || len(y.times) < t.limit {
		return 0
	}
	// A clock that was set back must not close an account for as long as it went back.
	return min(max(0, y.times[0].Add(tryPeriod).Sub(now)), tryPeriod)
}

// add counts a try. It drops the keys without one in the last tryPeriod, and
// where the table is full then, the key whose last try is the oldest.
func (t *tally[K]) add(now time.Time, k K) {
	y := t.find(k)
	if y == nil {
		t.makeRoom(now)
		y = &tries[K]{key: k}
		t.keys[k] = t.order.PushBack(y)
	}
	if len(y.times) == t.limit {
		y.times = append(y.times[:0], y.times[1:]...)
	}
	y.times = append(y.times, now)
	t.order.MoveToBack(t.keys[k])
}

func (t *tally[K]) makeRoom(now time.Time) {
	for e := t.order.Front(); e != nil; e = t.order.Front() {
		y := e.Value.(*tries[K])
		if now.Sub(y.newest()) < tryPeriod && len(t.keys) < maxTracked {
			return
		}
		t.drop(y.key)
	}
}

func (t *tally[K]) drop(k K) {
	t.order.Remove(t.keys[k])
	delete(t.keys, k)
}

// undo takes the try of the time at back, if it is there.
func (t *tally[K]) undo(at time.Time, k K) {
	y := t.find(k)
	if y == nil {
		return
	}
	if i := slices.IndexFunc(y.times, at.Equal); i >= 0 {
		y.times = slices.Delete(y.times, i, i+1)
	}
	if len(y.times) == 0 {
		t.drop(k)
	}
}

// oldest returns the key with the earliest time. m is not empty.
func oldest[K comparable](m map[K]time.Time) K {
	var key K
	var first time.Time
	for k, at := range m {
		if first.IsZero() || at.Before(first) {
			key, first = k, at
		}
	}
	return key
}
