package layers

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Bitrate is in bits per second, with everything that goes over IP: RTP header, extensions, payload and tag.
type Bitrate int64

// Unlimited is the budget of a receiver of which nothing is known that would limit it.
const Unlimited Bitrate = math.MaxInt64

// Paused is the index of no point: nothing of the source is sent.
const Paused = -1

// Point is one way to forward a source: an operating point of its encoding.
type Point struct {
	Height            int     // lines
	Rate              Bitrate // as measured, or a guess as long as nothing was; never 0
	Layer             int     // simulcast layer, 0 the lowest; 0 with SVC
	Spatial, Temporal int     // highest ids that are forwarded within the layer
}

// same reports whether a and b forward the same, whatever it costs at the moment.
func (p Point) same(o Point) bool {
	return p.Layer == o.Layer && p.Spatial == o.Spatial && p.Temporal == o.Temporal
}

// Ask is one source that a receiver wants, and could be sent.
type Ask struct {
	Source wire.Source
	Height int     // lines that can be shown
	Prio   int     // 0 … 9; 9 is served first (wire.Want)
	Points []Point // in rising rate and height. Without any the source is paused
}

// top is the index of the point that fills the asked height, or of the best that there is. Of several points with
// that height it is the last: all frames of it.
func (k *Ask) top() int {
	fills := math.MaxInt
	for _, p := range k.Points {
		if p.Height*nearly >= k.Height*(nearly-1) {
			fills = min(fills, p.Height)
		}
	}
	for i := len(k.Points) - 1; i >= 0; i-- {
		if k.Points[i].Height <= fills {
			return i
		}
	}
	return Paused
}

// nearly is the part of the height that nobody misses: a picture that is a tenth smaller than its tile fills it, as
// tiles seldom have just the height of a layer. More would blur, less would fetch four times the pixels for a border.
const nearly = 10

// Budget is what a receiver's downlink can take.
type Budget struct {
	Rate  Bitrate // of everything; Unlimited if there is no limit
	Audio Bitrate // of the audio that is sent in any case
	// Proven says that more than Rate did not fit lately. Else Rate is only what is known to fit, and nothing is paused:
	// each source gets its lowest point at least, for what was never sent cannot show that it fits.
	Proven bool
}

// Choice is what a source gets.
type Choice struct {
	Source wire.Source
	Point  int // index in the ask's Points, or Paused
}

// Times and room of rises.
const (
	// A rise must fit in 7/8 of the budget. Less room to spare would make a rise the cause of the next fall; more would
	// leave bandwidth unused.
	roomNum, roomDen = 7, 8

	// Where more did not fit lately, a rise takes a quarter more than all that is sent, for others may share the path, and
	// who leaps takes it from them until both fall. Less would be slow after a cap that was lifted.
	roomRise = 4

	// The last picture may take so much more than there is: a quarter. More would keep one that hurts the sound.
	tolerance = 4

	// The only picture stays for so long, whoever else is to be seen: each one that comes needs a key frame, and where there
	// is room for one picture alone that takes most of a second. Less would show first frames and no motion when people
	// talk in turns, more would show somebody who is silent.
	stay = 6 * time.Second

	// How long there must have been room before a rise: at once as long as all is calm, firstPatience after a fall, and
	// doubled by each fall after a rise that did not last, up to mostPatience. Less makes pictures flap on networks whose
	// bandwidth does. More keeps them small after a short shortage: a cap that was lifted must not be felt 15 s later
	// (media.md), and finding out that it was takes most of these.
	firstPatience = 500 * time.Millisecond
	mostPatience  = 4 * time.Second

	lasting = 10 * time.Second // a rise that held for so long was right
	calm    = 30 * time.Second // without a fall for so long, all is forgotten
)

// Allocator chooses for one receiver, and remembers what it chose. The zero value is ready. Not for concurrent use.
type Allocator struct {
	held     map[wire.Source]holding
	patience time.Duration // before a rise
	room     time.Time     // since when there has been room for a rise; zero: there is none
	rose     time.Time     // the last rise
	fell     time.Time     // the last fall; zero: none
	wanted   Bitrate
	turn     uint // counts calls

	places  []place  // used again
	choices []Choice // used again
}

// holding is what a source got last.
type holding struct {
	point        Point // zero if it is paused
	paused       bool
	shown        time.Time // since when it is not
	height, prio int       // as asked for then
	turn         uint      // then
}

// place is one ask while it is being served.
type place struct {
	ask   *Ask
	at    int  // index in asks
	top   int  // the point that is asked for
	held  int  // the point that it has
	fresh bool // it was not asked for before, or not so
	shown time.Time
	alone bool // it is the only picture, and was not for long
	limit int  // it gets no more
	was   int  // the limit without a rise
	got   int
}

// Wanted is the rate, with the audio's, that the last asks would need to be fulfilled whole. It says whether looking for
// more bandwidth is worth while.
func (a *Allocator) Wanted() Bitrate { return a.wanted }

// Again is when Allocate should be called even if nothing changes until then: there is room for a rise that takes
// patience. ok is false if there is nothing to wait for.
func (a *Allocator) Again() (at time.Time, ok bool) {
	return a.room.Add(a.patience), !a.room.IsZero()
}

// Allocate chooses a point for each ask. The choices are in the order of asks, and valid until the next call. A source
// may be in asks once; one that is not is forgotten.
func (a *Allocator) Allocate(now time.Time, b Budget, asks []Ask) []Choice {
	a.turn++
	if !a.fell.IsZero() && now.Sub(a.fell) > calm {
		a.patience, a.fell = 0, time.Time{}
	}
	a.line(now, b.Audio, asks)
	rising := a.mayRise(now, b)
	fill(a.places, b, b.Rate)
	keepOne(a.places, b)
	a.settle(now, rising)

	a.choices = slices.Grow(a.choices[:0], len(asks))[:len(asks)]
	for i := range a.places {
		p := &a.places[i]
		a.choices[p.at] = Choice{Source: p.ask.Source, Point: p.got}
	}
	return a.choices
}

// line puts the asks in the order of service, and finds what each of them has and may have.
func (a *Allocator) line(now time.Time, audio Bitrate, asks []Ask) {
	a.places, a.wanted = a.places[:0], audio
	for i := range asks {
		k := &asks[i]
		p := place{ask: k, at: i, top: k.top(), held: Paused}
		if p.top >= 0 {
			a.wanted += k.Points[p.top].Rate
		}
		h, ok := a.held[k.Source]
		p.fresh = !ok || h.height != k.Height || h.prio != k.Prio
		if ok && !h.paused {
			p.held, p.shown = k.find(h.point), h.shown
		}
		p.limit = p.top
		if !p.fresh {
			p.limit = min(p.held, p.top)
		}
		a.places = append(a.places, p)
	}
	slices.SortStableFunc(a.places, func(x, y place) int { return cmp.Compare(y.rank(), x.rank()) })
	held := func(p place) bool { return p.held >= 0 }
	if i := slices.IndexFunc(a.places, held); i >= 0 && !slices.ContainsFunc(a.places[i+1:], held) {
		a.places[i].alone = now.Sub(a.places[i].shown) < stay
	}
}

// rank is higher for who is served first.
func (p *place) rank() int {
	r := 2 * p.ask.Prio
	if p.ask.Source.Stream == wire.Screen {
		r++
	}
	return r
}

// find is the index of a point that forwards the same as p, or of the best one that is no higher.
func (k *Ask) find(p Point) int {
	best := Paused
	for i, o := range k.Points {
		if o.same(p) {
			return i
		}
		if o.Height <= p.Height {
			best = i
		}
	}
	return best
}

// mayRise lifts the limits, if there has been room for that long enough.
func (a *Allocator) mayRise(now time.Time, b Budget) bool {
	seen := false
	for i := range a.places {
		p := &a.places[i]
		seen = seen || p.limit >= 0
		p.was, p.limit = p.limit, p.top
	}
	rate := b.Rate
	if seen { // a first picture needs no room to spare
		rate = rate / roomDen * roomNum
	}
	if b.Proven {
		rate = min(rate, a.oneRise(b.Audio))
	}
	fill(a.places, b, rate)
	room := false
	for i := range a.places {
		room = room || a.places[i].got > a.places[i].was
	}
	switch {
	case !room:
		a.room = time.Time{}
	case a.room.IsZero():
		a.room = now
	}
	rise := room && now.Sub(a.room) >= a.patience
	for i := range a.places {
		p := &a.places[i]
		p.limit = p.was
		if rise {
			p.limit = max(p.was, p.got)
		}
	}
	if rise {
		a.room = time.Time{}
	}
	return rise
}

// oneRise is how much a rise may take that could prove too much: a part more than all that is sent, or one step.
func (a *Allocator) oneRise(audio Bitrate) Bitrate {
	used, step := audio, Unlimited
	for i := range a.places {
		p := &a.places[i]
		used += p.cost(p.was)
		if p.was < p.top {
			step = min(step, p.cost(p.was+1)-p.cost(p.was))
		}
	}
	if step == Unlimited {
		return used
	}
	return used + max(step, used/roomRise)
}

// fill gives points up to the limits, as long as they fit in rate.
func fill(places []place, b Budget, rate Bitrate) {
	left := rate - b.Audio
	for i := range places {
		p := &places[i]
		p.got = Paused
		if p.limit >= 0 && (!b.Proven || p.alone && p.cost(0) <= left) {
			p.got = 0
			left -= p.cost(0)
		}
	}
	for len(places) > 0 {
		n := 1
		for n < len(places) && places[n].rank() == places[0].rank() {
			n++
		}
		left = fillEvenly(places[:n], left)
		places = places[n:]
	}
}

// keepOne keeps the lowest point of the first picture that was there, where there would be none at all, as long as that
// is not much too much: budgets waver, and one that goes and comes needs a key frame each time.
func keepOne(places []place, b Budget) {
	kept := -1
	for i := range places {
		p := &places[i]
		if p.got >= 0 {
			return
		}
		if kept < 0 && min(p.held, p.limit) >= 0 && p.cost(0)+b.Audio <= b.Rate+b.Rate/tolerance {
			kept = i
		}
	}
	if kept >= 0 {
		places[kept].got = 0
	}
}

// fillEvenly serves places of one rank from the bottom up, and returns what is left.
func fillEvenly(places []place, left Bitrate) Bitrate {
	for more := true; more; {
		more = false
		for i := range places {
			p := &places[i]
			if p.got >= p.limit {
				continue
			}
			if step := p.cost(p.got+1) - p.cost(p.got); step <= left {
				left -= step
				p.got++
				more = true
			}
		}
	}
	return left
}

func (p *place) cost(point int) Bitrate {
	if point < 0 {
		return 0
	}
	return p.ask.Points[point].Rate
}

// settle remembers what was chosen.
func (a *Allocator) settle(now time.Time, rising bool) {
	fresh, fell := false, false
	if a.held == nil {
		a.held = map[wire.Source]holding{}
	}
	for i := range a.places {
		p := &a.places[i]
		if len(p.ask.Points) == 0 {
			continue // not held: what comes of it is no rise
		}
		fresh = fresh || p.fresh
		fell = fell || p.got < min(p.held, p.top)
		h := holding{paused: p.got < 0, height: p.ask.Height, prio: p.ask.Prio, turn: a.turn}
		if p.got >= 0 {
			h.point, h.shown = p.ask.Points[p.got], p.shown
			if p.held < 0 {
				h.shown = now
			}
		}
		a.held[p.ask.Source] = h
	}
	for src, h := range a.held {
		if h.turn != a.turn {
			delete(a.held, src)
		}
	}
	switch {
	case rising:
		a.rose = now
	case fell && !fresh: // and so because of the budget, or of rates that grew
		if now.Sub(a.rose) < lasting {
			a.patience = min(2*a.patience, mostPatience)
		}
		a.patience, a.fell = max(a.patience, firstPatience), now
	}
}
