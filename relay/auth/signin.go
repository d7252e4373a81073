package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
)

// Credentials are one try to sign in.
type Credentials struct {
	Name     string // as typed
	Password Password
	From     netip.Addr // where the try comes from, for the throttle only
	Old      Token      // the session the browser held before, which ends; may be empty
}

// Format implements fmt.Formatter: no field of it belongs in a log.
func (Credentials) Format(f fmt.State, _ rune) { hide(f) }

// LogValue implements slog.LogValuer.
func (Credentials) LogValue() slog.Value { return slog.StringValue(hidden) }

// SignIn checks a name and a password and begins a session. The old session of
// the browser ends in the same step, so that a token somebody planted there is
// worth nothing afterwards (session fixation).
//
// It returns ErrBad when they do not belong together, whatever the reason:
// unknown, invited and disabled accounts get the same answer after the same
// work. ErrRate says how long to wait; ErrBusy that too many others sign in.
// Waiting ends with ctx and its error.
func (a *Auth) SignIn(ctx context.Context, c Credentials) (Session, error) {
	n, _ := ParseName(c.Name) // what is no name is an account that nobody has
	w := who{name: n, from: place(c.From)}
	y, err := a.try(w)
	if err != nil {
		return Session{}, err
	}
	rec, fresh, err := a.check(ctx, n, c.Password)
	if err != nil {
		switch {
		case !errors.Is(err, ErrBad): // nobody learnt anything about the password
			a.mu.Lock()
			a.signIns.giveBack(y)
			a.mu.Unlock()
		case rec.ID != "":
			a.noteRefused(n)
		}
		return Session{}, err
	}
	var s Session
	err = a.store.Update(func(tx Tx) (err error) {
		s, err = a.enter(tx, n, rec, fresh, c.Old)
		return err
	})
	if err != nil {
		return Session{}, err
	}
	a.mu.Lock()
	a.signIns.giveBack(y)
	a.signIns.welcome(y)
	a.mu.Unlock()
	a.stats.entered.Add(1)
	a.note(n, "sign-in", n)
	return s, nil
}

// enter is SignIn's update. rec is the account as its password was checked.
func (a *Auth) enter(tx Tx, n Name, rec accountRecord, fresh string, old Token) (Session, error) {
	now, _, err := load[accountRecord](tx, tableAccounts, string(n))
	if err != nil {
		return Session{}, err
	}
	if now.ID != rec.ID || now.Password != rec.Password || now.state() != Active {
		return Session{}, ErrBad // changed while the password was being checked
	}
	if fresh != "" {
		now.Password = fresh
		if err := save(tx, tableAccounts, string(n), now); err != nil {
			return Session{}, err
		}
	}
	if d, ok := old.digest(); ok {
		if err := tx.Delete(tableSessions, d.String()); err != nil {
			return Session{}, err
		}
	}
	return a.begin(tx, n, now)
}

// check compares a password with that of the account n. It does the work of one
// comparison for every account, known or not. It returns the account's record,
// empty when there is none, also with ErrBad; and the hash that should take the
// place of the stored one, see hasher.check.
func (a *Auth) check(ctx context.Context, n Name, p Password) (accountRecord, string, error) {
	var rec accountRecord
	err := a.store.View(func(tx Tx) (err error) {
		rec, _, err = load[accountRecord](tx, tableAccounts, string(n))
		return err
	})
	if err != nil {
		return rec, "", err
	}
	password, ok := p.normal()
	if !ok { // no account has it, and whether this one exists does not show
		a.stats.refused.Add(1)
		return rec, "", ErrBad
	}
	ok, fresh, err := a.hash.check(ctx, rec.Password, password)
	if err != nil {
		return rec, "", err
	}
	if !ok || rec.state() != Active {
		a.stats.refused.Add(1)
		return rec, "", ErrBad
	}
	return rec, fresh, nil
}

// try counts a try to sign in, or returns ErrRate.
func (a *Auth) try(w who) (try, error) {
	a.mu.Lock()
	// The clock is read under the lock, so that tries are counted in the order of their times.
	y, wait := a.signIns.take(a.clock(), w)
	a.mu.Unlock()
	if wait > 0 {
		a.stats.throttled.Add(1)
		return try{}, waitError(wait)
	}
	return y, nil
}

// confirm asks a signed-in host for the password once more. Errors as
// ChangePassword. Tries are counted apart from those at the sign-in, so that
// nobody outside can keep a host from changing a password that leaked.
func (a *Auth) confirm(ctx context.Context, account Account, p Password) error {
	a.mu.Lock()
	now := a.clock()
	wait := a.confirms.wait(now, account.id)
	if wait == 0 {
		a.confirms.add(now, account.id)
	}
	a.mu.Unlock()
	if wait > 0 {
		a.stats.throttled.Add(1)
		return waitError(wait)
	}
	_, _, err := a.check(ctx, account.Name, p)
	if !errors.Is(err, ErrBad) {
		a.mu.Lock()
		a.confirms.undo(now, account.id)
		a.mu.Unlock()
	}
	return err
}
