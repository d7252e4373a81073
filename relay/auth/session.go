package auth

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// How long a session lives (ASVS 5.0, 7.3).
const (
	sessionIdle = 12 * time.Hour      // without being used
	sessionLife = 30 * 24 * time.Hour // at all

	// seenEvery is how exactly the last use is kept: each keeping is a write to
	// the disk. An idle session may so end this much before its 12 hours.
	seenEvery = 10 * time.Minute

	// sessionsPerAccount bounds the store; beyond it the one unused longest ends.
	sessionsPerAccount = 64
)

// Session is what a signed-in browser holds.
type Session struct {
	Token   Token // for the cookie
	Account Account
	Expires time.Time // when it ends even if it is used
}

// sessionRecord is a session in the store.
type sessionRecord struct {
	Account   string    `json:"account"`    // name
	AccountID string    `json:"account_id"` // a later namesake is another account
	Gen       uint64    `json:"gen"`        // the account's when the session began
	Created   time.Time `json:"created"`
	Seen      time.Time `json:"seen"` // last use, to seenEvery
}

func (s sessionRecord) expired(now time.Time) bool {
	return now.Sub(s.Seen) >= sessionIdle || now.Sub(s.Created) >= sessionLife
}

// Session returns the account that is signed in with token. It returns
// ErrSession when the session is unknown, ended or expired. Called for every
// request that needs a host; it writes to the disk at most every 10 minutes.
func (a *Auth) Session(token Token) (Account, error) {
	d, ok := token.digest()
	if !ok {
		return Account{}, ErrSession
	}
	return a.session(d)
}

func (a *Auth) session(d digest) (Account, error) {
	now := a.clock()
	var account Account
	var seen time.Time
	err := a.store.View(func(tx Tx) error {
		s, r, err := liveSession(tx, d, now)
		account, seen = r.account(Name(s.Account), d), s.Seen
		return err
	})
	if err != nil {
		return Account{}, err
	}
	if now.Sub(seen) >= seenEvery {
		err = a.store.Update(func(tx Tx) error {
			s, _, err := liveSession(tx, d, now)
			if err != nil {
				return err
			}
			s.Seen = now
			return save(tx, tableSessions, d.String(), s)
		})
		if errors.Is(err, ErrSession) {
			return Account{}, err
		}
		if err != nil { // a full disk is no reason to turn a host away
			a.log.Error("use of a session not kept", "error", err)
		}
	}
	return account, nil
}

// liveSession returns a session that has not ended, and its account; else ErrSession.
func liveSession(tx Tx, d digest, now time.Time) (sessionRecord, accountRecord, error) {
	s, ok, err := load[sessionRecord](tx, tableSessions, d.String())
	if err != nil {
		return s, accountRecord{}, err
	}
	if !ok || s.expired(now) {
		return s, accountRecord{}, ErrSession
	}
	r, ok, err := load[accountRecord](tx, tableAccounts, s.Account)
	if err != nil {
		return s, r, err
	}
	if !ok || r.ID != s.AccountID || r.Gen != s.Gen || r.state() != Active {
		return s, r, ErrSession
	}
	return s, r, nil
}

// begin makes a session for the account r of that name, in the update that tx is.
func (a *Auth) begin(tx Tx, n Name, r accountRecord) (Session, error) {
	token, d, err := newToken(a.random)
	if err != nil {
		return Session{}, err
	}
	now := a.clock()
	if err := sweepSessions(tx, r.ID, now); err != nil {
		return Session{}, err
	}
	err = save(tx, tableSessions, d.String(), sessionRecord{
		Account: string(n), AccountID: r.ID, Gen: r.Gen, Created: now, Seen: now,
	})
	if err != nil {
		return Session{}, err
	}
	return Session{Token: token, Account: r.account(n, d), Expires: now.Add(sessionLife)}, nil
}

// sweepSessions deletes all expired sessions, and makes room for one more of
// the account with that id.
func sweepSessions(tx Tx, id string, now time.Time) error {
	type use struct {
		key  string
		seen time.Time
	}
	var own []use
	err := remove(tx, tableSessions, func(key string, s sessionRecord) bool {
		if !s.expired(now) && s.AccountID == id {
			own = append(own, use{key, s.Seen})
		}
		return s.expired(now)
	})
	if err != nil || len(own) < sessionsPerAccount {
		return err
	}
	slices.SortFunc(own, func(a, b use) int {
		return cmp.Or(a.seen.Compare(b.seen), cmp.Compare(a.key, b.key))
	})
	for _, u := range own[:len(own)-sessionsPerAccount+1] {
		if err := tx.Delete(tableSessions, u.key); err != nil {
			return err
		}
	}
	return nil
}

// SignOut ends a session. Ending one that is not there is no error.
func (a *Auth) SignOut(token Token) error {
	d, ok := token.digest()
	if !ok {
		return nil
	}
	return a.store.Update(func(tx Tx) error {
		return tx.Delete(tableSessions, d.String())
	})
}

// SignOutEverywhere ends all sessions of an account, the one it was asked with
// too. It returns ErrSession when that one has ended already.
func (a *Auth) SignOutEverywhere(account Account) error {
	now := a.clock()
	err := a.store.Update(func(tx Tx) error {
		s, r, err := liveSession(tx, account.session, now)
		if err != nil {
			return err
		}
		r.Gen++
		if err := save(tx, tableAccounts, s.Account, r); err != nil {
			return err
		}
		return remove(tx, tableSessions, func(_ string, s sessionRecord) bool { return s.AccountID == r.ID })
	})
	if err == nil {
		a.note(account.Name, "sign-out-everywhere", account.Name)
	}
	return err
}

// ChangePassword gives an account a new password and ends its other sessions.
// It returns ErrSession when the session behind account has ended, ErrBad when
// the old password is wrong, ErrRate after five wrong ones in a minute,
// ErrPassword when the new one may not be one, and ErrBusy.
func (a *Auth) ChangePassword(ctx context.Context, account Account, old, chosen Password) error {
	password, ok := chosen.acceptable()
	if !ok {
		return ErrPassword
	}
	if _, err := a.session(account.session); err != nil {
		return err
	}
	if err := a.confirm(ctx, account, old); err != nil {
		return err
	}
	made, err := a.hash.make(ctx, password)
	if err != nil {
		return err
	}
	now := a.clock()
	err = a.store.Update(func(tx Tx) error {
		s, r, err := liveSession(tx, account.session, now)
		if err != nil {
			return err
		}
		r.Password = made.String()
		r.Gen++
		s.Gen = r.Gen
		if err := save(tx, tableAccounts, s.Account, r); err != nil {
			return err
		}
		// A reset link that lies about would undo the change.
		if err := dropLinks(tx, s.Account); err != nil {
			return err
		}
		err = remove(tx, tableSessions, func(_ string, s sessionRecord) bool { return s.AccountID == r.ID })
		if err != nil {
			return err
		}
		return save(tx, tableSessions, account.session.String(), s)
	})
	if err == nil {
		a.note(account.Name, "change-password", account.Name)
	}
	return err
}
