package auth

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnInvitedHostChoosesAPasswordAndIsSignedIn(t *testing.T) {
	d := newDesk(t)
	token, err := d.Invite("Ann")
	require.NoError(t, err)
	_, err = d.signIn("ann", right, home)
	require.ErrorIs(t, err, ErrBad, "an invited account has no password yet")

	link, err := d.Link(token)
	require.NoError(t, err)
	assert.Equal(t, ForInvite, link.Purpose)
	assert.Equal(t, "ann", string(link.Name))
	assert.Equal(t, start.Add(72*time.Hour), link.Expires)

	s, err := d.Enrol(t.Context(), token, "", right)
	require.NoError(t, err)
	assert.Equal(t, "ann", string(s.Account.Name))
	assert.Equal(t, Active, s.Account.State)
	assert.Equal(t, start, s.Account.Created)
	assert.Equal(t, start.Add(30*24*time.Hour), s.Expires)
	d.sessionLives(s)
	d.enters("ann", home)
}

func TestHowLongALinkLives(t *testing.T) {
	tests := []struct {
		name string
		make func(*desk) (Token, error)
		life time.Duration
	}{
		{"an invitation lives for 72 hours", func(d *desk) (Token, error) { return d.Invite("ann") }, 72 * time.Hour},
		{"a first host's link lives for 72 hours", func(d *desk) (Token, error) { return d.EnsureFirstHost() }, 72 * time.Hour},
		{"a reset lives for an hour", func(d *desk) (Token, error) {
			d.host("ann")
			return d.Reset("ann")
		}, time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			token, err := tt.make(d)
			require.NoError(t, err)
			d.passes(tt.life - time.Second)
			_, err = d.Link(token)
			require.NoError(t, err)
			d.passes(time.Second)
			_, err = d.Link(token)
			require.ErrorIs(t, err, ErrLink)
			_, err = d.Enrol(t.Context(), token, "ann", right)
			require.ErrorIs(t, err, ErrLink)
		})
	}
}

func TestALinkThatIsNotOneIsRefused(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	unknown, _, err := newToken(strings.NewReader(strings.Repeat("x", tokenSize)))
	require.NoError(t, err)
	hashes := d.Stats().Hashes
	for name, token := range map[string]Token{
		"nothing": "", "garbage": "garbage", "unknown": unknown, "a session": s.Token,
	} {
		_, err := d.Enrol(t.Context(), token, "ann", right)
		require.ErrorIs(t, err, ErrLink, name)
	}
	assert.Equal(t, hashes, d.Stats().Hashes, "no work for who has no link")
}

func TestALinkIsUsedOnceEvenByManyAtOnce(t *testing.T) {
	d := newDesk(t)
	token, err := d.Invite("ann")
	require.NoError(t, err)
	var in, refused atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := d.Enrol(t.Context(), token, "", right)
			switch {
			case err == nil:
				in.Add(1)
			case errors.Is(err, ErrLink):
				refused.Add(1)
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, in.Load())
	assert.EqualValues(t, 19, refused.Load())
}

func TestWhatIsRefusedDoesNotSpendTheLink(t *testing.T) {
	d := newDesk(t)
	d.host("bob")
	token, err := d.Invite("ann")
	require.NoError(t, err)
	for _, tt := range []struct {
		name     string
		typed    string
		password Password
		want     *Error
	}{
		{"a short password", "", "short", ErrPassword},
		{"a long password", "", Password(strings.Repeat("a", 257)), ErrPassword},
		{"another name than the link's", "bob", right, ErrName},
		{"what is no name", "no name", right, ErrName},
	} {
		_, err := d.Enrol(t.Context(), token, tt.typed, tt.password)
		require.ErrorIs(t, err, tt.want, tt.name)
	}
	_, err = d.Enrol(t.Context(), token, " ANN ", right)
	require.NoError(t, err, "the link's own name may be typed")
}

func TestInvitingAgainReplacesTheLink(t *testing.T) {
	d := newDesk(t)
	first, err := d.Invite("ann")
	require.NoError(t, err)
	second, err := d.Invite("ann")
	require.NoError(t, err)
	_, err = d.Enrol(t.Context(), first, "", right)
	require.ErrorIs(t, err, ErrLink)
	_, err = d.Enrol(t.Context(), second, "", right)
	require.NoError(t, err)
	_, err = d.Invite("ann")
	require.ErrorIs(t, err, ErrTaken)
}

func TestAResetGivesAnotherPasswordAndEndsTheSessions(t *testing.T) {
	d := newDesk(t)
	old := d.host("ann")
	token, err := d.Reset("ann")
	require.NoError(t, err)
	d.sessionLives(d.enters("ann", home))

	s, err := d.Enrol(t.Context(), token, "", "another password")
	require.NoError(t, err)
	d.sessionIsOver(old)
	d.sessionLives(s)
	_, err = d.signIn("ann", right, home)
	require.ErrorIs(t, err, ErrBad)
	_, err = d.signIn("ann", "another password", home)
	require.NoError(t, err)
	_, err = d.Enrol(t.Context(), token, "", right)
	require.ErrorIs(t, err, ErrLink)
}

func TestTheFirstHostChoosesTheName(t *testing.T) {
	d := newDesk(t)
	has, err := d.HasAccounts()
	require.NoError(t, err)
	assert.False(t, has)
	earlier, err := d.EnsureFirstHost()
	require.NoError(t, err)
	d.restarts(cheap)
	token, err := d.EnsureFirstHost()
	require.NoError(t, err)
	_, err = d.Link(earlier)
	require.ErrorIs(t, err, ErrLink, "each start replaces the link")

	link, err := d.Link(token)
	require.NoError(t, err)
	assert.Equal(t, ForFirstHost, link.Purpose)
	assert.Empty(t, string(link.Name))
	_, err = d.Enrol(t.Context(), token, "", right)
	require.ErrorIs(t, err, ErrName)
	s, err := d.Enrol(t.Context(), token, "Ann", right)
	require.NoError(t, err)
	assert.Equal(t, "ann", string(s.Account.Name))

	has, err = d.HasAccounts()
	require.NoError(t, err)
	assert.True(t, has)
	d.restarts(cheap)
	token, err = d.EnsureFirstHost()
	require.NoError(t, err)
	assert.Empty(t, string(token), "there is a host now")
	d.sessionLives(s)
}

func TestAFirstHostCannotTakeAnInvitedName(t *testing.T) {
	d := newDesk(t)
	_, err := d.Invite("ann")
	require.NoError(t, err)
	token, err := d.EnsureFirstHost()
	require.NoError(t, err)
	_, err = d.Enrol(t.Context(), token, "ann", right)
	require.ErrorIs(t, err, ErrTaken)
	_, err = d.Enrol(t.Context(), token, "bob", right)
	require.NoError(t, err)
}

func TestAFirstHostsLinkDiesWithTheFirstEnrolment(t *testing.T) {
	d := newDesk(t)
	token, err := d.EnsureFirstHost()
	require.NoError(t, err)
	d.host("bob")
	_, err = d.Enrol(t.Context(), token, "mallory", right)
	require.ErrorIs(t, err, ErrLink)
}

func TestNoSecretIsOnTheDisk(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	link, err := d.Reset("ann")
	require.NoError(t, err)
	for _, secret := range []string{string(s.Token), string(link), string(right)} {
		assertNotInFolder(t, d.dir, secret)
	}
}
