package auth

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestATicketIsRedeemedOnce(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	ticket, err := d.Ticket(s.Account)
	require.NoError(t, err)
	a, err := d.Redeem(ticket)
	require.NoError(t, err)
	assert.Equal(t, "ann", string(a.Name))
	_, err = d.Redeem(ticket)
	require.ErrorIs(t, err, ErrTicket)
}

func TestATicketIsRedeemedOnceEvenByManyAtOnce(t *testing.T) {
	d := newDesk(t)
	ticket, err := d.Ticket(d.host("ann").Account)
	require.NoError(t, err)
	var in atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := d.Redeem(ticket); err == nil {
				in.Add(1)
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, in.Load())
}

func TestATicketLivesForThirtySeconds(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	soon, err := d.Ticket(s.Account)
	require.NoError(t, err)
	late, err := d.Ticket(s.Account)
	require.NoError(t, err)
	d.passes(30*time.Second - 1)
	_, err = d.Redeem(soon)
	require.NoError(t, err)
	d.passes(1)
	_, err = d.Redeem(late)
	require.ErrorIs(t, err, ErrTicket)
}

func TestATicketEndsWithItsSession(t *testing.T) {
	ends := map[string]func(*desk, Session) error{
		"signing out":            func(d *desk, s Session) error { return d.SignOut(s.Token) },
		"signing out everywhere": func(d *desk, s Session) error { return d.SignOutEverywhere(s.Account) },
		"being disabled":         func(d *desk, _ Session) error { return d.Disable("ann") },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			s := d.host("ann")
			ticket, err := d.Ticket(s.Account)
			require.NoError(t, err)
			require.NoError(t, end(d, s))
			_, err = d.Redeem(ticket)
			require.ErrorIs(t, err, ErrTicket)
		})
	}
}

func TestWhatIsNotATicketIsRefused(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	for _, token := range []Token{"", "garbage", s.Token} {
		_, err := d.Redeem(token)
		require.ErrorIs(t, err, ErrTicket)
	}
	_, err := d.Ticket(Account{Name: "ann"})
	require.ErrorIs(t, err, ErrSession, "an account made by hand gets none")
}

func TestUnusedTicketsAreBounded(t *testing.T) {
	d := newDesk(t)
	ann, bob := d.host("ann"), d.host("bob")
	kept, err := d.Ticket(bob.Account)
	require.NoError(t, err)
	var got []Token
	for range ticketsPerAccount + 1 {
		ticket, err := d.Ticket(ann.Account)
		require.NoError(t, err)
		got = append(got, ticket)
		d.passes(time.Millisecond)
	}
	assert.Len(t, d.tickets, ticketsPerAccount+1)
	_, err = d.Redeem(got[0])
	require.ErrorIs(t, err, ErrTicket, "the oldest made room")
	for _, ticket := range append(got[1:], kept) {
		_, err = d.Redeem(ticket)
		require.NoError(t, err)
	}

	_, err = d.Ticket(ann.Account)
	require.NoError(t, err)
	d.passes(ticketLife)
	_, err = d.Ticket(bob.Account)
	require.NoError(t, err)
	assert.Len(t, d.tickets, 1, "what is over is swept out")
}
