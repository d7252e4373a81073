package auth

import (
	"fmt"
	"strings"
	"time"
)

// maxName is the length of an account name in characters.
const maxName = 32

// ParseName returns the canonical form of an account name: lower case, 1 to 32
// of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or a digit.
// White space around it is dropped. Anything else is ErrName: a name that is
// changed silently would be somebody else's.
func ParseName(s string) (Name, error) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxName {
		return "", ErrName
	}
	b := []byte(s)
	for i, c := range b {
		switch {
		case 'A' <= c && c <= 'Z': // ASCII only: strings.ToLower would let the Kelvin sign in as k
			b[i] = c - 'A' + 'a'
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
		case i > 0 && (c == '.' || c == '_' || c == '-'):
		default:
			return "", ErrName
		}
	}
	return Name(b), nil
}

// State says what an account may do.
type State uint8

// The states of an account.
const (
	Invited  State = iota // has a link, has no password yet
	Active                // may sign in
	Disabled              // may not sign in; its password is kept
)

// String returns the state as the command line prints it.
func (s State) String() string {
	switch s {
	case Invited:
		return "invited"
	case Active:
		return "active"
	case Disabled:
		return "disabled"
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Account is a host account as seen through the session that it was asked
// with. Those that come from Session, SignIn, Enrol and Redeem can be given to
// Ticket, ChangePassword and SignOutEverywhere; one put together by hand cannot.
type Account struct {
	Name    Name
	State   State
	Created time.Time

	id      string // fixed for the account's life, so that a later namesake is another
	session digest // the session this was asked with
}

// accountRecord is an account in the store; its key is the name.
type accountRecord struct {
	ID       string    `json:"id"`
	Password string    `json:"password,omitempty"` // Argon2id in PHC form, empty until enrolled
	Disabled bool      `json:"disabled,omitempty"`
	Created  time.Time `json:"created"`
	// Gen counts the times all sessions were ended; a session of an older one is over.
	Gen uint64 `json:"gen"`
}

func (r accountRecord) enrolled() bool { return r.Password != "" }

func (r accountRecord) state() State {
	switch {
	case r.Disabled:
		return Disabled
	case r.enrolled():
		return Active
	default:
		return Invited
	}
}

func (r accountRecord) account(n Name, session digest) Account {
	return Account{Name: n, State: r.state(), Created: r.Created, id: r.ID, session: session}
}

// HasAccounts reports whether any account has a password, disabled ones
// included: an operator who disabled the only host meant it.
func (a *Auth) HasAccounts() (bool, error) {
	var found bool
	err := a.store.View(func(tx Tx) (err error) {
		found, err = anyEnrolled(tx)
		return err
	})
	return found, err
}

func anyEnrolled(tx Tx) (bool, error) {
	var found bool
	err := each(tx, tableAccounts, func(_ string, r accountRecord) {
		found = found || r.enrolled()
	})
	return found, err
}

// Disable ends the sessions of an account and lets nobody sign in to it until
// Enable. Unknown names are ErrName.
func (a *Auth) Disable(name string) error {
	return a.change(name, "disable", func(r *accountRecord) {
		r.Disabled = true
		r.Gen++
	})
}

// Enable takes Disable back. Unknown names are ErrName.
func (a *Auth) Enable(name string) error {
	return a.change(name, "enable", func(r *accountRecord) { r.Disabled = false })
}

// change alters the account of that name on the operator's behalf.
func (a *Auth) change(name, what string, alter func(*accountRecord)) error {
	n, err := ParseName(name)
	if err != nil {
		return err
	}
	err = a.store.Update(func(tx Tx) error {
		rec, ok, err := load[accountRecord](tx, tableAccounts, string(n))
		if err != nil {
			return err
		}
		if !ok {
			return ErrName
		}
		alter(&rec)
		return save(tx, tableAccounts, string(n), rec)
	})
	if err == nil {
		a.note(operator, what, n)
	}
	return err
}
