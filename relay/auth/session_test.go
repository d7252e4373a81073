package auth

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASessionEndsAfterTwelveIdleHours(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	for range 5 {
		d.passes(sessionIdle - seenEvery)
		d.sessionLives(s)
	}
	d.passes(sessionIdle)
	d.sessionIsOver(s)
}

func TestASessionEndsAfterThirtyDaysOfUse(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	for d.clockNow().Before(s.Expires.Add(-sessionIdle / 2)) {
		d.passes(sessionIdle / 2)
		d.sessionLives(s)
	}
	d.passes(sessionIdle / 2)
	require.Equal(t, s.Expires, d.clockNow())
	d.sessionIsOver(s)
}

func TestUsingASessionWritesSeldom(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	counted := &countingStore{Store: d.store}
	d.store = counted
	for range 60 { // an hour
		d.passes(time.Minute)
		d.sessionLives(s)
	}
	assert.Equal(t, 6, counted.updates)
}

func TestASessionOutlivesARestart(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	d.restarts(cheap)
	d.sessionLives(s)
}

func TestWhatIsNotASessionIsRefused(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	link, err := d.Invite("bob")
	require.NoError(t, err)
	ticket, err := d.Ticket(s.Account)
	require.NoError(t, err)
	for name, token := range map[string]Token{
		"nothing": "", "garbage": "garbage", "a link": link, "a ticket": ticket,
		"one changed character": "A" + s.Token[1:],
	} {
		if token == s.Token {
			continue
		}
		_, err := d.Session(token)
		require.ErrorIs(t, err, ErrSession, name)
	}
}

func TestSigningOutEndsOneSession(t *testing.T) {
	d := newDesk(t)
	one, other := d.host("ann"), d.enters("ann", home)
	require.NoError(t, d.SignOut(one.Token))
	d.sessionIsOver(one)
	d.sessionLives(other)
	require.NoError(t, d.SignOut(one.Token), "again is no error")
	require.NoError(t, d.SignOut("garbage"))
}

func TestSigningOutEverywhereEndsAllSessionsOfOneAccount(t *testing.T) {
	d := newDesk(t)
	one, other, bob := d.host("ann"), d.enters("ann", home), d.host("bob")
	require.NoError(t, d.SignOutEverywhere(one.Account))
	d.sessionIsOver(one)
	d.sessionIsOver(other)
	d.sessionLives(bob)
	require.ErrorIs(t, d.SignOutEverywhere(one.Account), ErrSession)
	require.ErrorIs(t, d.SignOutEverywhere(Account{Name: "bob"}), ErrSession, "an account made by hand is nobody's")
	d.sessionLives(bob)
}

func TestSigningInEndsTheSessionTheBrowserHeld(t *testing.T) {
	d := newDesk(t)
	planted := d.host("mallory")
	d.host("ann")
	s, err := d.SignIn(t.Context(), Credentials{Name: "ann", Password: right, From: home, Old: planted.Token})
	require.NoError(t, err)
	assert.NotEqual(t, string(planted.Token), string(s.Token))
	d.sessionIsOver(planted)
	d.sessionLives(s)

	_, err = d.SignIn(t.Context(), Credentials{Name: "ann", Password: wrong, From: home, Old: s.Token})
	require.ErrorIs(t, err, ErrBad)
	d.sessionLives(s)
}

func TestAnAccountHasABoundedNumberOfSessions(t *testing.T) {
	d := newDesk(t)
	first := d.host("ann")
	bob := d.host("bob")
	d.passes(time.Second)
	second := d.enters("ann", home)
	d.passes(time.Second)
	for range sessionsPerAccount - 1 {
		d.enters("ann", home)
	}
	d.sessionIsOver(first)
	d.sessionLives(second)
	d.sessionLives(bob)
	assert.Equal(t, sessionsPerAccount+1, d.sessions())

	d.passes(sessionIdle)
	d.enters("ann", home)
	assert.Equal(t, 1, d.sessions(), "what is over is swept out")
}

func TestChangingThePasswordEndsTheOtherSessions(t *testing.T) {
	d := newDesk(t)
	one, other, bob := d.host("ann"), d.enters("ann", home), d.host("bob")
	link, err := d.Reset("ann")
	require.NoError(t, err)
	require.NoError(t, d.ChangePassword(t.Context(), one.Account, right, "another password"))
	d.sessionLives(one)
	d.sessionIsOver(other)
	d.sessionLives(bob)
	_, err = d.Link(link)
	require.ErrorIs(t, err, ErrLink, "a reset link that lies about ends too")
	_, err = d.signIn("ann", right, home)
	require.ErrorIs(t, err, ErrBad)
	_, err = d.signIn("ann", "another password", home)
	require.NoError(t, err)
}

func TestAPasswordIsNotChangedWithoutTheOldOne(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	change := func(a Account, old, chosen Password) error { return d.ChangePassword(t.Context(), a, old, chosen) }
	require.ErrorIs(t, change(s.Account, right, "short"), ErrPassword)
	require.ErrorIs(t, change(Account{Name: "ann"}, right, "another password"), ErrSession)
	for range triesPerAccount {
		require.ErrorIs(t, change(s.Account, wrong, "another password"), ErrBad)
	}
	require.ErrorIs(t, change(s.Account, right, "another password"), ErrRate)
	d.enters("ann", home) // the sign-in is not closed by that
	d.passes(tryPeriod)
	require.NoError(t, d.SignOut(s.Token))
	require.ErrorIs(t, change(s.Account, right, "another password"), ErrSession)
	d.enters("ann", home)
}

func TestAttacksOnTheSignInDoNotKeepAHostFromChangingThePassword(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	for range 2 * triesPerAccount {
		_, err := d.signIn("ann", wrong, away)
		require.Error(t, err)
	}
	require.NoError(t, d.ChangePassword(t.Context(), s.Account, right, "another password"))
}

func TestAFullDiskTurnsNoHostAway(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	d.store = fullStore{d.store}
	d.passes(time.Hour)
	d.sessionLives(s)
	assert.Contains(t, d.log.String(), "use of a session not kept")
	_, err := d.signIn("ann", right, home)
	require.ErrorIs(t, err, errFull)
	_, err = d.Invite("bob")
	require.ErrorIs(t, err, errFull)
}

// sessions is how many the store holds.
func (d *desk) sessions() (n int) {
	require.NoError(d.t, d.store.View(func(tx Tx) error {
		return each(tx, tableSessions, func(string, sessionRecord) { n++ })
	}))
	return n
}

// countingStore counts the updates.
type countingStore struct {
	Store
	updates int
}

func (c *countingStore) Update(f func(Tx) error) error {
	c.updates++
	return c.Store.Update(f)
}

var errFull = errors.New("no space left on device")

// fullStore cannot write.
type fullStore struct{ Store }

func (fullStore) Update(func(Tx) error) error { return errFull }
