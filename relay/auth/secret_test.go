package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSecretAndPersonalValuesPrintAsHidden(t *testing.T) {
	const secret = "annabel"
	values := map[string]any{
		"a token":                Token(secret),
		"a password":             Password(secret),
		"a name":                 Name(secret),
		"an account":             Account{Name: secret},
		"a pointer to a session": &Session{Token: secret, Account: Account{Name: secret}},
		"a list of names":        []Name{secret},
		"a link":                 Link{Name: secret},
		"credentials":            Credentials{Name: secret, Password: secret, From: home},
	}
	for name, v := range values {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&out, verb+"\n", v)
			}
			slog.New(slog.NewTextHandler(&out, nil)).Info("seen", "value", v)
			slog.New(slog.NewJSONHandler(&out, nil)).Info("seen", "value", v)
			for _, told := range []string{secret, fmt.Sprintf("%x", secret), home.String()} {
				assert.NotContains(t, out.String(), told)
			}
			assert.Contains(t, out.String(), hidden)
		})
	}
}

func TestOnlyAWholeTokenHasADigest(t *testing.T) {
	token, want, err := newToken(bytes.NewReader(bytes.Repeat([]byte{0xff}, tokenSize)))
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("_", 42)+"8", string(token))
	got, ok := token.digest()
	require.True(t, ok)
	assert.Equal(t, want, got)

	for name, s := range map[string]string{
		"padded":                    string(token) + "=",
		"with a line end":           string(token) + "\n",
		"in the other alphabet":     strings.ReplaceAll(string(token), "_", "/"),
		"with unused bits set":      string(token[:42]) + "9",
		"with a line end in place":  string(token[:42]) + "\n",
		"with bytes that are no 64": strings.Repeat("ä", 21) + "a",
	} {
		t.Run(name, func(t *testing.T) {
			_, ok := Token(s).digest()
			assert.False(t, ok)
		})
	}
	for n := range token {
		_, ok := token[:n].digest()
		assert.False(t, ok, "the first %d characters", n)
	}
}

func TestATokenIsNotMadeWithoutRandomness(t *testing.T) {
	_, _, err := newToken(iotest.ErrReader(errors.New("no entropy")))
	require.ErrorContains(t, err, "no entropy")
}

func TestWhatMayBeAPassword(t *testing.T) {
	tests := []struct {
		name string
		p    Password
		ok   bool
	}{
		{"nothing is too short", "", false},
		{"seven code points are too short", "1234567", false},
		{"eight are enough", "12345678", true},
		{"eight of four bytes are enough", "🔑🔑🔑🔑🔑🔑🔑🔑", true},
		{"seven of four bytes are too short", "🔑🔑🔑🔑🔑🔑🔑", false},
		{"256 code points are allowed", Password(strings.Repeat("🔑", 256)), true},
		{"257 are too long", Password(strings.Repeat("a", 257)), false},
		{"256 after normalisation are allowed", Password(strings.Repeat("a\u0308", 256)), true},
		{"seven after normalisation are too short", Password(strings.Repeat("a\u0308", 7)), false},
		{"256 that need four code points each before it are allowed", Password(strings.Repeat("α\u0313\u0300\u0345", 256)), true},
		{"spaces count", "        ", true},
		{"what is not UTF-8 is no text", "12345678\xff", false},
		{"a megabyte is too long", Password(strings.Repeat("a", 1<<20)), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, ok := tt.p.acceptable()
			assert.Equal(t, tt.ok, ok)
		})
	}
}

func TestRefusalsCompareByCode(t *testing.T) {
	wrapped := fmt.Errorf("enter: %w", waitError(1200*time.Millisecond))
	require.ErrorIs(t, wrapped, ErrRate)
	require.NotErrorIs(t, wrapped, ErrBusy)
	var e *Error
	require.ErrorAs(t, wrapped, &e)
	assert.Equal(t, 2*time.Second, e.RetryAfter, "rounded up: a countdown must not end early")
	assert.Equal(t, "auth.rate: wait 2s", e.Error())
	assert.Equal(t, "auth.bad", ErrBad.Error())
	b, err := json.Marshal(Token("x"))
	require.NoError(t, err)
	assert.Equal(t, `"[hidden]"`, string(b))
}
