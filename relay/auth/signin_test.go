package auth

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// assertNotInFolder looks for text in all files of dir.
func assertNotInFolder(t *testing.T, dir, text string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		assert.NotContains(t, string(b), text)
	}
}

func TestWhoSignsInWithWhat(t *testing.T) {
	tests := []struct {
		name, typed string
		password    Password
		want        error
	}{
		{"the right password", "ann", right, nil},
		{"the name in capitals and with spaces", " ANN ", right, nil},
		{"a wrong password", "ann", wrong, ErrBad},
		{"no password", "ann", "", ErrBad},
		{"a password too long to be one", "ann", Password(make([]byte, 5000)), ErrBad},
		{"a password that is no text", "ann", right + "\xff", ErrBad},
		{"somebody else's password", "bob", right, ErrBad},
		{"an unknown name", "carol", right, ErrBad},
		{"what is no name", "no name", right, ErrBad},
		{"an invited account", "ivy", right, ErrBad},
		{"an invited account with no password", "ivy", "", ErrBad},
		{"a disabled account", "dan", right, ErrBad},
	}
	d := newDesk(t)
	d.host("ann")
	d.host("dan")
	require.NoError(t, d.Disable("dan"))
	_, err := d.Invite("ivy")
	require.NoError(t, err)
	link, err := d.Invite("bob")
	require.NoError(t, err)
	_, err = d.Enrol(t.Context(), link, "", "the password of bob")
	require.NoError(t, err)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d.passes(time.Minute)
			s, err := d.signIn(tt.typed, tt.password, home)
			if tt.want != nil {
				require.ErrorIs(t, err, tt.want)
				assert.Empty(t, s)
				return
			}
			require.NoError(t, err)
			d.sessionLives(s)
		})
	}
}

func TestAPasswordIsTheSameTypedOnTwoSystems(t *testing.T) {
	d := newDesk(t)
	link, err := d.Invite("ann")
	require.NoError(t, err)
	_, err = d.Enrol(t.Context(), link, "", "schöner Tag heute") // ö as one code point
	require.NoError(t, err)
	_, err = d.signIn("ann", "scho\u0308ner Tag heute", home) // and as two
	require.NoError(t, err)
}

// That the answers take the same time follows from the same work, which counts
// better than time.
func TestEveryNameCostsOneHash(t *testing.T) {
	d := newDesk(t)
	d.host("ann")
	d.host("dan")
	require.NoError(t, d.Disable("dan"))
	_, err := d.Invite("ivy")
	require.NoError(t, err)
	for name, typed := range map[string]string{
		"a known one": "ann", "an unknown one": "carol", "an invited one": "ivy",
		"a disabled one": "dan", "what is no name": "no name",
	} {
		before := d.Stats().Hashes
		_, err := d.signIn(typed, wrong, away)
		require.ErrorIs(t, err, ErrBad, name)
		assert.Equal(t, before+1, d.Stats().Hashes, name)
	}
	assert.Equal(t, d.hash.want, d.hash.dummy.Params)
	assert.Len(t, d.hash.dummy.sum, sumSize)
}

func TestGuessingIsSlowedDownAndTheHostGetsIn(t *testing.T) {
	d := newDesk(t)
	d.host("ann")
	d.enters("ann", home)
	for range triesPerAccount {
		_, err := d.signIn("ann", wrong, away)
		require.ErrorIs(t, err, ErrBad)
	}
	hashes := d.Stats().Hashes
	_, err := d.signIn("ann", right, away)
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "auth.rate", e.Code, "the right password is not even looked at")
	assert.Equal(t, time.Minute, e.RetryAfter)
	assert.Equal(t, hashes, d.Stats().Hashes)
	assert.EqualValues(t, 1, d.Stats().Throttled)

	d.enters("ann", home) // a familiar place
	d.passes(e.RetryAfter)
	d.enters("ann", away)
}

func TestUnknownNamesAreSlowedDownLikeKnownOnes(t *testing.T) {
	d := newDesk(t)
	d.host("ann")
	for _, name := range []string{"ann", "carol"} {
		for range triesPerAccount {
			_, err := d.signIn(name, wrong, home)
			require.ErrorIs(t, err, ErrBad)
		}
		_, err := d.signIn(name, wrong, home)
		require.ErrorIs(t, err, ErrRate)
	}
}

func TestWhoIsTurnedAwayForTheQueueHasNotTried(t *testing.T) {
	d := newDesk(t)
	d.host("ann")
	for range cap(d.hash.queue) { // a full queue
		d.hash.queue <- struct{}{}
	}
	for range 2 * triesPerAccount {
		_, err := d.signIn("ann", wrong, home)
		require.ErrorIs(t, err, ErrBusy)
	}
	for range cap(d.hash.queue) {
		<-d.hash.queue
	}
	d.enters("ann", home)
	assert.EqualValues(t, 2*triesPerAccount, d.Stats().Busy)
}

func TestWhoGivesUpWaitingHasNotTried(t *testing.T) {
	d := newDesk(t)
	d.host("ann")
	for range cap(d.hash.slots) {
		d.hash.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 * triesPerAccount {
		_, err := d.SignIn(ctx, Credentials{Name: "ann", Password: wrong, From: home})
		require.ErrorIs(t, err, context.Canceled)
	}
	for range cap(d.hash.slots) {
		<-d.hash.slots
	}
	d.enters("ann", home)
}

func TestManySignInAtOnce(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"ann", "bob", "carol"} {
		d.host(name)
	}
	var in, refused atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		for _, name := range []string{"ann", "bob", "carol", "mallory"} {
			all.Go(func() {
				s, err := d.signIn(name, right, home)
				switch {
				case err == nil:
					d.sessionLives(s)
					in.Add(1)
				case errors.Is(err, ErrBad):
					refused.Add(1)
				}
			})
		}
	}
	all.Wait()
	assert.EqualValues(t, 12, in.Load())
	assert.EqualValues(t, 4, refused.Load())
}

func TestThePasswordIsHashedAnewWhenItsCostChanges(t *testing.T) {
	d := newDesk(t)
	d.host("ann")
	dearer := cheap
	dearer.Memory *= 2
	d.restarts(dearer)
	stored := func() string {
		var r accountRecord
		require.NoError(t, d.store.View(func(tx Tx) (err error) {
			r, _, err = load[accountRecord](tx, tableAccounts, "ann")
			return err
		}))
		return r.Password
	}
	before := stored()
	_, err := d.signIn("ann", wrong, home)
	require.ErrorIs(t, err, ErrBad)
	assert.Equal(t, before, stored())
	d.enters("ann", home)
	h, err := parsePHC(stored())
	require.NoError(t, err)
	assert.Equal(t, dearer, h.Params)
	after := stored()
	d.enters("ann", home)
	assert.Equal(t, after, stored())
}

func TestTheAuditLogSaysWhoDidWhat(t *testing.T) {
	d := newDesk(t)
	_, err := d.EnsureFirstHost()
	require.NoError(t, err)
	s := d.host("ann")
	for range 3 {
		_, err := d.signIn("ann", wrong, home)
		require.ErrorIs(t, err, ErrBad)
	}
	_, err = d.signIn("my-password-in-the-wrong-field", wrong, home)
	require.ErrorIs(t, err, ErrBad)
	d.enters("ann", home)
	require.NoError(t, d.ChangePassword(t.Context(), s.Account, right, "another password"))
	require.NoError(t, d.SignOutEverywhere(s.Account))
	_, err = d.Reset("ann")
	require.NoError(t, err)
	d.restarts(cheap)
	require.NoError(t, d.Disable("ann"))
	require.NoError(t, d.Enable("ann"))
	assert.Equal(t, []string{
		"(operator) first-host",
		"(operator) invite ann",
		"ann enrol ann",
		"ann sign-in-refused ann", // once for three
		"ann sign-in ann",
		"ann change-password ann",
		"ann sign-out-everywhere ann",
		"(operator) reset ann",
		"(operator) disable ann",
		"(operator) enable ann",
	}, d.audited())
	for _, personal := range []string{"ann", home.String(), "192.0.2", string(s.Token)} {
		assert.NotContains(t, d.log.String(), personal)
	}
	assertNotInFolder(t, d.dir, home.String())
}

func TestTheRelayGoesOnWithoutItsAuditLogAndSaysSo(t *testing.T) {
	d := newDesk(t)
	d.Auth.audit = brokenWriter{}
	d.host("ann")
	d.enters("ann", home)
	assert.Contains(t, d.log.String(), "audit log not written")
	assert.NotContains(t, d.log.String(), "ann")
}

// brokenWriter is a disk that is gone.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errFull }
