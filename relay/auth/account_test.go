package auth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatMayBeAnAccountName(t *testing.T) {
	tests := []struct{ name, typed, want string }{
		{"a word", "ann", "ann"},
		{"one character", "a", "a"},
		{"a digit first", "7of9", "7of9"},
		{"dots, underscores and hyphens", "ann.b_c-d", "ann.b_c-d"},
		{"capitals become small", "AnnB", "annb"},
		{"white space around it is dropped", " ann\t", "ann"},
		{"32 characters", strings.Repeat("a", 32), strings.Repeat("a", 32)},
		{"33 characters are too long", strings.Repeat("a", 33), ""},
		{"nothing", "", ""},
		{"only white space", "  ", ""},
		{"white space inside", "ann b", ""},
		{"a dot first", ".ann", ""},
		{"a hyphen first", "-ann", ""},
		{"a letter that looks like another", "аnn", ""}, // Cyrillic a
		{"a letter that lower-cases into ASCII", "\u212ael", ""},
		{"an accent", "zoë", ""},
		{"a slash", "ann/bob", ""},
		{"the audit log's operator", string(operator), ""},
		{"a null byte", "ann\x00", ""},
		{"a line end inside", "ann\nbob", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseName(tt.typed)
			assert.Equal(t, tt.want, string(got))
			if tt.want == "" {
				require.ErrorIs(t, err, ErrName)
				return
			}
			require.NoError(t, err)
			again, err := ParseName(string(got))
			require.NoError(t, err)
			assert.Equal(t, string(got), string(again))
		})
	}
}

func TestADisabledAccountIsOutUntilItIsEnabled(t *testing.T) {
	d := newDesk(t)
	s := d.host("ann")
	reset, err := d.Reset("ann")
	require.NoError(t, err)
	require.NoError(t, d.Disable("ann"))
	d.sessionIsOver(s)
	_, err = d.signIn("ann", right, home)
	require.ErrorIs(t, err, ErrBad)
	_, err = d.Enrol(t.Context(), reset, "", right)
	require.ErrorIs(t, err, ErrLink, "a link does not enable it")
	_, err = d.Invite("ann")
	require.ErrorIs(t, err, ErrTaken)
	has, err := d.HasAccounts()
	require.NoError(t, err)
	assert.True(t, has)

	require.NoError(t, d.Enable("ann"))
	d.sessionIsOver(s)
	d.sessionLives(d.enters("ann", home))
}

func TestWhatTheOperatorNamesHasToBeAnAccount(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"nobody", "no name"} {
		require.ErrorIs(t, d.Disable(name), ErrName)
		require.ErrorIs(t, d.Enable(name), ErrName)
		_, err := d.Reset(name)
		require.ErrorIs(t, err, ErrName)
	}
	_, err := d.Invite("no name")
	require.ErrorIs(t, err, ErrName)
}

func TestStatesPrintAsWords(t *testing.T) {
	assert.Equal(t, "invited active disabled State(9)",
		strings.Join([]string{Invited.String(), Active.String(), Disabled.String(), State(9).String()}, " "))
}

func TestAnImpossibleConfigIsRefused(t *testing.T) {
	store := openFile(t, t.TempDir())
	for name, cfg := range map[string]Config{
		"without a store":                  {},
		"with less memory than threads":    {Store: store, Params: Params{Memory: 1, Time: 1, Threads: 1}},
		"with a negative number of hashes": {Store: store, Hashes: -1},
	} {
		_, err := New(cfg)
		require.Error(t, err, name)
	}
	require.NoError(t, store.Close())
}
