package auth

import (
	"errors"
	"time"
)

const (
	// ticketLife is how long a ticket may be redeemed (ASVS 5.0, 4.4.4). It has
	// to outlast one round trip between asking for it and opening the socket.
	ticketLife = 30 * time.Second

	// ticketsPerAccount bounds the unused tickets of one account; beyond it the
	// oldest ends. It has to cover the pages one person opens within ticketLife.
	ticketsPerAccount = 16
)

// ticket is a one-use permission to open the signalling socket.
type ticket struct {
	account string // the account's id
	session digest // the session it was bought with, which has to live still
	made    time.Time
}

// tickets are the unused tickets by their digest. Pure: the clock comes in.
type tickets map[digest]ticket

// add keeps a ticket, and drops what is expired or more than one account may have.
func (t tickets) add(d digest, k ticket) {
	var count int
	var first digest
	for other, o := range t {
		if k.made.Sub(o.made) >= ticketLife {
			delete(t, other)
			continue
		}
		if o.account != k.account {
			continue
		}
		if count == 0 || o.made.Before(t[first].made) {
			first = other
		}
		count++
	}
	if count >= ticketsPerAccount {
		delete(t, first)
	}
	t[d] = k
}

// take returns a ticket and ends it; false when there is none or it is expired.
func (t tickets) take(now time.Time, d digest) (ticket, bool) {
	k, ok := t[d]
	delete(t, d)
	return k, ok && now.Sub(k.made) < ticketLife
}

// Ticket makes a one-use ticket for the signalling socket, valid for 30 s and
// as long as the session that account was asked with. It returns ErrSession for
// an account that no session stands behind.
func (a *Auth) Ticket(account Account) (Token, error) {
	if account.session == (digest{}) {
		return "", ErrSession
	}
	token, d, err := newToken(a.random)
	if err != nil {
		return "", err
	}
	k := ticket{account: account.id, session: account.session, made: a.clock()}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tickets.add(d, k)
	return token, nil
}

// Redeem spends a ticket and returns whose it is. It returns ErrTicket when the
// ticket is unknown, used or expired, or its session has ended.
func (a *Auth) Redeem(token Token) (Account, error) {
	d, ok := token.digest()
	if !ok {
		return Account{}, ErrTicket
	}
	now := a.clock()
	a.mu.Lock()
	k, ok := a.tickets.take(now, d)
	a.mu.Unlock()
	if !ok {
		return Account{}, ErrTicket
	}
	account, err := a.session(k.session)
	if errors.Is(err, ErrSession) {
		return Account{}, ErrTicket
	}
	return account, err
}
