package peer

import (
	"maps"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Stats are counts, for tests and metrics.
type Stats struct {
	Connections int                  // open now
	Rooms       int                  // alive now, those included for which people only wait
	Members     int                  // seats taken now, kept ones included
	Refused     map[wire.Code]uint64 // messages dropped or answered by error, by reason, since the start
	Dropped     map[wire.Code]uint64 // items of encrypted rooms that were not delivered, by reason, since the start
	Ended       map[wire.Code]uint64 // connections ended, by reason, since the start
	Answers     map[Seat]uint64      // descriptions answered, by the seats taken now
}

// Seat names a member of an incarnation, as welcome does.
type Seat struct {
	Incarnation string
	Member      wire.MemberIndex
}

// Stats returns the counts.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	st := Stats{
		Connections: len(s.conns), Refused: maps.Clone(s.stats.Refused), Dropped: maps.Clone(s.stats.Dropped),
		Ended: maps.Clone(s.stats.Ended), Answers: map[Seat]uint64{},
	}
	calls := make([]*call, 0, len(s.calls))
	for _, k := range s.calls {
		calls = append(calls, k)
	}
	s.mu.Unlock()
	st.Rooms = s.hub.Rooms()
	for _, k := range calls {
		for m, n := range k.negotiations() {
			st.Answers[Seat{Incarnation: string(k.life), Member: m}] = n
			st.Members++
		}
	}
	return st
}

// negotiations is how often each member's peer connection was negotiated.
func (c *call) negotiations() map[wire.MemberIndex]uint64 {
	c.mu.Lock()
	seats := make([]*seat, 0, len(c.seats))
	for _, x := range c.seats {
		seats = append(seats, x)
	}
	c.mu.Unlock()
	n := make(map[wire.MemberIndex]uint64, len(seats))
	for _, x := range seats {
		x.mu.Lock()
		n[x.you] = x.answers
		x.mu.Unlock()
	}
	return n
}
