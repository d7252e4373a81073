package auth

import (
	"fmt"
	"time"
)

// Error is a refusal that a person meets. Callers branch on it with
// errors.Is(err, auth.ErrRate) or read it with errors.As.
type Error struct {
	Code       string        // what the interface translates, such as "auth.bad"
	RetryAfter time.Duration // how long to wait before another try; 0 where waiting does not help
}

// The refusals. errors.Is compares codes only, so that an ErrRate with any
// waiting time is ErrRate.
var (
	ErrBad      = &Error{Code: "auth.bad"}      // name and password do not belong together
	ErrRate     = &Error{Code: "auth.rate"}     // too many tries; RetryAfter says how long to wait
	ErrLink     = &Error{Code: "auth.link"}     // enrolment link unknown, used or expired
	ErrName     = &Error{Code: "auth.name"}     // not an account name; to an operator also: no account has it
	ErrPassword = &Error{Code: "auth.password"} // a new password is too short, too long or not text
	ErrTaken    = &Error{Code: "auth.taken"}    // the account name is in use
	ErrSession  = &Error{Code: "auth.session"}  // session unknown, ended or expired
	ErrTicket   = &Error{Code: "auth.ticket"}   // ticket unknown, used or expired
	ErrBusy     = &Error{Code: "srv.busy"}      // too many passwords wait to be hashed
)

// Error implements error. It holds the code and the waiting time, nothing of the person.
func (e *Error) Error() string {
	if e.RetryAfter > 0 {
		return fmt.Sprintf("%s: wait %v", e.Code, e.RetryAfter)
	}
	return e.Code
}

// Is tells errors.Is that two refusals with one code are the same.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// waitError is ErrRate with the time to wait, in whole seconds rounded up:
// a countdown that ends too early leads to one more refusal.
func waitError(wait time.Duration) *Error {
	return &Error{Code: ErrRate.Code, RetryAfter: (wait + time.Second - 1).Truncate(time.Second)}
}
