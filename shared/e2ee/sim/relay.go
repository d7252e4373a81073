// Package sim is a relay and its members without network or clock: sessions of end-to-end encryption talk to each other
// in virtual time, over lines that delay, lose and reorder, through a relay that a test may make hostile. It serves tests
// and benchmarks only.
package sim

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee"
)

// Config is how the lines are. The zero value delivers everything at once.
type Config struct {
	Seed    uint64
	Latency time.Duration // of one way, from a member to another, on average
	Jitter  time.Duration // that it is more or less at most; pairs overtake each other, the items of one pair do not
	Loss    float64       // chance of an item to be dropped by the relay
}

// Relay is a room and its time.
type Relay struct {
	// Bend, if set, is what a hostile relay makes of an item: what is delivered in its place, to whomever.
	Bend func(e2ee.Item) []e2ee.Item
	// Admit, if set, is what the relay takes of the items that a member sends at once; the others are lost.
	Admit func(m *Member, items []e2ee.Item) []e2ee.Item
	// Name, if set, is what a hostile relay says of a member to another one: false: nothing.
	Name func(to *Member, m e2ee.Member) (e2ee.Member, bool)
	// Busy, if set, is told what each call of a session took, by Clock.
	Busy func(m *Member, took time.Duration)
	// Clock is real time, or a processor's; it only serves Busy.
	Clock func() time.Duration

	config  Config
	rand    *rand.Rand
	now     time.Duration
	members []*Member // ever
	events  queue
	number  int // of events so far
	lanes   map[[2]uint16]time.Duration
	lost    map[[2]uint16]time.Duration
}

// event is something that happens to a member.
type event struct {
	at   time.Duration
	nth  int // of all that were scheduled: those of the same time happen in this order
	to   *Member
	line int // that it travels on; another by then: it is lost. -1: on none
	do   func(*Member)
}

// New returns an empty room at time zero.
func New(c Config) *Relay {
	return &Relay{
		config: c, rand: rand.New(rand.NewPCG(c.Seed, 1)),
		lanes: map[[2]uint16]time.Duration{}, lost: map[[2]uint16]time.Duration{},
	}
}

// Now returns the time.
func (r *Relay) Now() time.Duration { return r.now }

// Rand returns the randomness of the schedule.
func (r *Relay) Rand() *rand.Rand { return r.rand }

// Members returns who has a seat, by index.
func (r *Relay) Members() []*Member {
	return slices.DeleteFunc(slices.Clone(r.members), func(m *Member) bool { return m.Gone })
}

// Everybody returns who has or had a seat.
func (r *Relay) Everybody() []*Member { return r.members }

// Lost returns when an item between two members was dropped last; false: never.
func (r *Relay) Lost(a, b *Member) (time.Duration, bool) {
	at, ok := r.lost[pairOf(a.Index, b.Index)]
	return at, ok
}

func pairOf(a, b uint16) [2]uint16 { return [2]uint16{min(a, b), max(a, b)} }

// queue is a heap of events: container/heap, first what happens next.
type queue []event

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].nth < q[j].nth
}

func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *queue) Push(e any) { *q = append(*q, e.(event)) }

func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = event{}
	*q = (*q)[:last]
	return e
}

// schedule lets something happen after some time.
func (r *Relay) schedule(e event) {
	r.number++
	e.nth = r.number
	heap.Push(&r.events, e)
}

// After calls do once d has passed.
func (r *Relay) After(d time.Duration, do func()) {
	r.schedule(event{at: r.now + d, line: -1, do: func(*Member) { do() }})
}

// deliver lets something reach m that from caused, behind everything that from caused before. It returns when.
func (r *Relay) deliver(from uint16, m *Member, do func(*Member)) time.Duration {
	lane := [2]uint16{from, m.Index}
	delay := r.config.Latency
	if j := r.config.Jitter; j > 0 {
		delay += time.Duration(r.rand.Int64N(int64(2*j))) - j
	}
	at := max(r.now+delay, r.lanes[lane], m.welcomed)
	r.lanes[lane] = at
	r.schedule(event{at: at, to: m, line: m.line, do: do})
	return at
}

// Run lets time pass until d from now.
func (r *Relay) Run(d time.Duration) {
	end := r.now + d
	for {
		at, tick := r.due()
		if at > end {
			break
		}
		r.now = max(r.now, at)
		if tick != nil {
			tick.call(func(s *e2ee.Session, now time.Duration) { s.Tick(now) })
			continue
		}
		e := heap.Pop(&r.events).(event)
		switch {
		case e.line < 0:
			e.do(nil)
		case !e.to.Gone && e.to.line == e.line && e.to.online:
			e.do(e.to)
		}
	}
	r.now = end
}

const never = time.Duration(1<<63 - 1)

// due returns when something happens next: a session wakes up, or else the first event is due.
func (r *Relay) due() (time.Duration, *Member) {
	at, who := never, (*Member)(nil)
	if len(r.events) > 0 {
		at = r.events[0].at
	}
	for _, m := range r.members {
		if m.wakes && m.wake < at {
			at, who = m.wake, m
		}
	}
	return at, who
}

// carry takes items of m to whom they are for.
func (r *Relay) carry(m *Member, items []e2ee.Item) {
	if r.Admit != nil {
		items = r.Admit(m, items)
	}
	for _, item := range items {
		item.From = m.Index
		out := []e2ee.Item{item}
		if r.Bend != nil {
			out = r.Bend(item)
		}
		for _, item := range out {
			r.forward(item)
		}
	}
}

func (r *Relay) forward(item e2ee.Item) {
	to := r.member(item.To)
	if to == nil || to.Gone {
		return
	}
	if !to.online || r.config.Loss > 0 && r.rand.Float64() < r.config.Loss {
		r.lost[pairOf(item.From, item.To)] = r.now
		return
	}
	r.deliver(item.From, to, func(m *Member) {
		m.call(func(s *e2ee.Session, now time.Duration) { s.Receive(now, item) })
	})
}

func (r *Relay) member(index uint16) *Member {
	if index == 0 || int(index) > len(r.members) {
		return nil
	}
	return r.members[index-1]
}

// Inject delivers items that no member sent, as a hostile relay can.
func (r *Relay) Inject(items ...e2ee.Item) {
	for _, item := range items {
		r.forward(item)
	}
}
