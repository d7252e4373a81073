// Package seat is one member's place in an encrypted room, behind the language of package port: commands go in, reports
// come out, and in between is a session (package e2ee). The browsers' encryption worker and native programs both sit on it.
//
// It is pure: randomness and time come from outside, and nothing here waits. Argon2id is the caller's, who has time for
// it: [SecretIn] says which commands need it.
package seat

import (
	"errors"
	"io"
	"math"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
)

// ErrCommand says that a command does not fit: no session was opened before it, or a second one would be.
var ErrCommand = errors.New("command does not fit")

const (
	// Pulse is the time between two ticks at most. An old key ends after a frame of a newer one came, about which nobody
	// is told: more would let it live longer than it should, less would wake the owner more often.
	Pulse = time.Second
	// dropsEvery is the time between two reports of drops.
	dropsEvery = 5 * time.Second
)

// Seat is a session and what it has to tell. It has one owner: it is not safe for several goroutines. Times are since any
// moment, and never go back: an earlier one counts as the last.
type Seat struct {
	rand    io.Reader     // constant after New
	session *e2ee.Session // nil before Open
	now     time.Duration
	reports []port.Report

	drops     [1 - math.MinInt8]uint32 // by the negated reason
	dropsTold time.Duration
}

// New returns a seat without a session. rand is a cryptographic source of randomness.
func New(rand io.Reader) *Seat { return &Seat{rand: rand} }

// Opened reports whether there is a session.
func (s *Seat) Opened() bool { return s.session != nil }

// Tick says what time it is. It is due at [Seat.Deadline]; earlier or later does no harm.
func (s *Seat) Tick(now time.Duration) {
	s.now = max(s.now, now)
	if s.session == nil {
		return
	}
	s.session.Tick(s.now)
	s.take()
	if s.now-s.dropsTold >= dropsEvery {
		s.tellDrops()
	}
}

// Deadline returns when [Seat.Tick] is due, at most [Pulse] away; false: there is no session.
func (s *Seat) Deadline() (at time.Duration, ok bool) {
	if s.session == nil {
		return 0, false
	}
	due := s.now + Pulse
	if at, ok := s.session.Deadline(); ok {
		due = min(due, at)
	}
	return due, true
}

// Next takes out the next report; false: there is none. It is asked after each command and tick until there is none.
func (s *Seat) Next() (port.Report, bool) {
	if len(s.reports) == 0 {
		return nil, false
	}
	next := s.reports[0]
	s.reports = s.reports[1:]
	return next, true
}

// Seal appends the envelope of a frame of ours to dst, as [e2ee.Session.Seal] does.
func (s *Seat) Seal(dst []byte, what e2ee.Frame, frame []byte) ([]byte, error) {
	if s.session == nil {
		return nil, e2ee.ErrNoKey
	}
	return s.session.Seal(dst, what, frame)
}

// Unseal appends the frame in an envelope to dst and tells whose it is, as [e2ee.Session.Open] does.
func (s *Seat) Unseal(dst []byte, audio bool, sealed []byte) ([]byte, senderkey.ID, error) {
	if s.session == nil {
		return nil, senderkey.ID{}, e2ee.ErrNoKey
	}
	return s.session.Open(dst, audio, sealed)
}

// Drop counts a frame that was not passed on, for those who look for a fault. reason is a negative code of the owner's;
// others count nothing.
func (s *Seat) Drop(reason int8) {
	if reason < 0 {
		s.drops[-int(reason)]++
	}
}

// tellDrops reports what was dropped since the last time.
func (s *Seat) tellDrops() {
	s.dropsTold = s.now
	var counts []port.Drop
	for i, n := range s.drops {
		if n > 0 {
			counts = append(counts, port.Drop{Reason: int8(-i), Count: n})
		}
	}
	if len(counts) > 0 {
		clear(s.drops[:])
		s.tell(&port.Drops{Counts: counts})
	}
}

// Wipe ends the session and overwrites what it can of its secrets. The seat is empty then, and has nothing to report.
func (s *Seat) Wipe() {
	if s.session != nil {
		s.session.Wipe()
	}
	s.session, s.reports = nil, nil
}
