//go:build js && wasm

package main

import (
	"errors"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/e2ee/seat"
	"github.com/conclave-meet/conclave/shared/e2ee/stretch"
)

// errMalformed says that a command cannot be read, or has no passphrase to derive.
var errMalformed = errors.New("malformed command")

// latest is the last time there is, in ms: it fits a Duration.
const latest = 1e12 // 31 years

// member is the seat of this program with JavaScript's numbers and bytes.
type member struct {
	*seat.Seat
	now time.Duration
}

func newMember() member { return member{Seat: seat.New(random{})} }

// tick takes the time in ms. What is no time is passed over.
func (m *member) tick(ms float64) {
	if ms > 0 && ms <= latest {
		m.now = max(m.now, time.Duration(ms*float64(time.Millisecond)))
	}
	m.Tick(m.now)
}

// deadline is when tick is due, in ms; -1 when there is no session.
func (m *member) deadline() float64 {
	due, ok := m.Deadline()
	if !ok {
		return -1
	}
	return float64(due) / float64(time.Millisecond)
}

// report appends the next report to dst, nothing when there is none.
func (m *member) report(dst []byte) []byte {
	if next, ok := m.Next(); ok {
		return port.AppendReport(dst, next)
	}
	return dst
}

// command carries out what the page wants.
func (m *member) command(b []byte) error {
	c, err := port.DecodeCommand(b)
	if err != nil {
		return errMalformed
	}
	return m.Do(m.now, c)
}

// secretOf makes what a command says into its PRS.
func secretOf(b []byte) ([32]byte, error) {
	c, err := port.DecodeCommand(b)
	if err != nil {
		return [32]byte{}, errMalformed
	}
	secret := seat.SecretIn(c)
	if secret == nil {
		return [32]byte{}, errMalformed
	}
	return stretch.PRS(secret.Passphrase, secret.Room), nil
}
