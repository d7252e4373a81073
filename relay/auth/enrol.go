package auth

import (
	"context"
	"time"
)

// Purpose says what an enrolment link is for.
type Purpose string

// The purposes of a link.
const (
	ForInvite    Purpose = "invite"     // the first password of a named account
	ForReset     Purpose = "reset"      // another password of a named account
	ForFirstHost Purpose = "first-host" // the first account of the relay, its name chosen by the person
)

// How long links live. A reset link stands open beside an account that works,
// so it has to be used while the two talk to each other.
const (
	inviteLife = 72 * time.Hour
	resetLife  = time.Hour
)

// linkRecord is an enrolment link in the store.
type linkRecord struct {
	Purpose   Purpose   `json:"purpose"`
	Account   string    `json:"account,omitempty"` // name; empty for the first host
	AccountID string    `json:"account_id,omitempty"`
	Expires   time.Time `json:"expires"`
}

// Link is what the enrolment page needs to know of a link.
type Link struct {
	Purpose Purpose
	Name    Name // empty when the person chooses it
	Expires time.Time
}

// Invite makes an account, if there is none of that name, and the link with
// which its host chooses a password within 72 hours. Inviting again replaces the
// link. It returns ErrName, and ErrTaken when the account has a password or is
// disabled.
func (a *Auth) Invite(name string) (Token, error) {
	n, err := ParseName(name)
	if err != nil {
		return "", err
	}
	id, err := a.newID()
	if err != nil {
		return "", err
	}
	return a.link(n, ForInvite, func(tx Tx) (accountRecord, error) {
		r, ok, err := load[accountRecord](tx, tableAccounts, string(n))
		if err != nil {
			return r, err
		}
		if !ok {
			r = accountRecord{ID: id, Created: a.clock()}
			return r, save(tx, tableAccounts, string(n), r)
		}
		if r.state() != Invited {
			return r, ErrTaken
		}
		return r, nil
	})
}

// Reset makes the link with which a host chooses another password within an
// hour; it replaces older links. Until it is used the account is as before:
// Disable one that is in wrong hands. Unknown names are ErrName.
func (a *Auth) Reset(name string) (Token, error) {
	n, err := ParseName(name)
	if err != nil {
		return "", err
	}
	return a.link(n, ForReset, func(tx Tx) (accountRecord, error) {
		r, ok, err := load[accountRecord](tx, tableAccounts, string(n))
		if err == nil && !ok {
			err = ErrName
		}
		return r, err
	})
}

// EnsureFirstHost returns a link for the first host while no account has a
// password, and "" otherwise. The link replaces earlier ones of its kind.
// Called when the relay starts, which prints it.
func (a *Auth) EnsureFirstHost() (Token, error) {
	has, err := a.HasAccounts()
	if has || err != nil {
		return "", err
	}
	return a.link("", ForFirstHost, func(tx Tx) (accountRecord, error) {
		return accountRecord{}, nil
	})
}

// link makes a link to the account that find returns, in one update.
func (a *Auth) link(n Name, p Purpose, find func(Tx) (accountRecord, error)) (Token, error) {
	token, d, err := newToken(a.random)
	if err != nil {
		return "", err
	}
	now := a.clock()
	life := inviteLife
	if p == ForReset {
		life = resetLife
	}
	err = a.store.Update(func(tx Tx) error {
		r, err := find(tx)
		if err != nil {
			return err
		}
		err = remove(tx, tableLinks, func(_ string, l linkRecord) bool {
			return l.Account == string(n) || !now.Before(l.Expires)
		})
		if err != nil {
			return err
		}
		return save(tx, tableLinks, d.String(), linkRecord{
			Purpose: p, Account: string(n), AccountID: r.ID, Expires: now.Add(life),
		})
	})
	if err != nil {
		return "", err
	}
	a.note(operator, string(p), n)
	return token, nil
}

// Link tells what a link is for, without spending it. Errors: ErrLink.
func (a *Auth) Link(token Token) (Link, error) {
	d, ok := token.digest()
	if !ok {
		return Link{}, ErrLink
	}
	now := a.clock()
	var l linkRecord
	err := a.store.View(func(tx Tx) (err error) {
		l, _, err = openLink(tx, d, now)
		return err
	})
	if err != nil {
		return Link{}, err
	}
	return Link{Purpose: l.Purpose, Name: Name(l.Account), Expires: l.Expires}, nil
}

// openLink returns a link that may be spent now and the account it is for, an
// empty one for the first host; else ErrLink.
func openLink(tx Tx, d digest, now time.Time) (linkRecord, accountRecord, error) {
	l, ok, err := load[linkRecord](tx, tableLinks, d.String())
	if err != nil {
		return l, accountRecord{}, err
	}
	if !ok || !now.Before(l.Expires) {
		return l, accountRecord{}, ErrLink
	}
	if l.Purpose == ForFirstHost {
		// The link was printed, so it lies in some log: it dies with the first
		// enrolment, by whichever link that was.
		enrolled, err := anyEnrolled(tx)
		if err == nil && enrolled {
			err = ErrLink
		}
		return l, accountRecord{}, err
	}
	r, ok, err := load[accountRecord](tx, tableAccounts, l.Account)
	if err == nil && (!ok || r.ID != l.AccountID || r.Disabled) {
		err = ErrLink
	}
	return l, r, err
}

// dropLinks deletes the links of an account, or with "" those of the first host.
func dropLinks(tx Tx, name string) error {
	return remove(tx, tableLinks, func(_ string, l linkRecord) bool { return l.Account == name })
}

// Enrol spends a link: the account gets the password, its other links and its
// sessions end, and a new session begins. name is needed for the first host,
// and may otherwise be empty. What is refused does not spend the link:
// ErrLink, ErrName (also when the link is for another name), ErrTaken,
// ErrPassword (8 to 256 code points), ErrBusy.
func (a *Auth) Enrol(ctx context.Context, token Token, name string, chosen Password) (Session, error) {
	l, err := a.Link(token)
	if err != nil {
		return Session{}, err
	}
	n, err := l.nameFor(name)
	if err != nil {
		return Session{}, err
	}
	password, ok := chosen.acceptable()
	if !ok {
		return Session{}, ErrPassword
	}
	made, err := a.hash.make(ctx, password)
	if err != nil {
		return Session{}, err
	}
	id, err := a.newID()
	if err != nil {
		return Session{}, err
	}
	d, _ := token.digest() // Link has read it
	now := a.clock()
	var s Session
	err = a.store.Update(func(tx Tx) error {
		_, r, err := openLink(tx, d, now) // once more: somebody may have spent it meanwhile
		if err != nil {
			return err
		}
		if l.Purpose == ForFirstHost {
			if r, err = newAccount(tx, n, id, now); err != nil {
				return err
			}
		}
		r.Password = made.String()
		r.Gen++
		s, err = a.spend(tx, n, r)
		return err
	})
	if err != nil {
		return Session{}, err
	}
	a.note(n, "enrol", n)
	return s, nil
}

// nameFor returns the name to enrol, typed being what the person gave.
func (l Link) nameFor(typed string) (Name, error) {
	if typed == "" && l.Name != "" {
		return l.Name, nil
	}
	n, err := ParseName(typed)
	if err == nil && l.Name != "" && n != l.Name {
		err = ErrName
	}
	return n, err
}

// newAccount returns the record of an account that is not there yet, else ErrTaken.
func newAccount(tx Tx, n Name, id string, now time.Time) (accountRecord, error) {
	_, ok, err := load[accountRecord](tx, tableAccounts, string(n))
	if err == nil && ok {
		err = ErrTaken
	}
	return accountRecord{ID: id, Created: now}, err
}

// spend is the end of Enrol's update: r has its new password.
func (a *Auth) spend(tx Tx, n Name, r accountRecord) (Session, error) {
	if err := save(tx, tableAccounts, string(n), r); err != nil {
		return Session{}, err
	}
	err := remove(tx, tableLinks, func(_ string, l linkRecord) bool {
		return l.Account == string(n) || l.Purpose == ForFirstHost
	})
	if err != nil {
		return Session{}, err
	}
	err = remove(tx, tableSessions, func(_ string, s sessionRecord) bool { return s.AccountID == r.ID })
	if err != nil {
		return Session{}, err
	}
	return a.begin(tx, n, r)
}
