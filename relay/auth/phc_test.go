package auth

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Made by the reference implementation in C (P-H-C/phc-winner-argon2, src/test.c).
var foreignHashes = []string{
	"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
	"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
}

func TestHashesOfTheReferenceImplementationAreUnderstood(t *testing.T) {
	for _, s := range foreignHashes {
		h, err := parsePHC(s)
		require.NoError(t, err)
		assert.True(t, h.matches(argon2id, []byte("password")), s)
		assert.False(t, h.matches(argon2id, []byte("passwore")), s)
	}
}

func TestAHashReadsBackAsItWasWritten(t *testing.T) {
	h, err := makePHC(argon2id, rand.Reader, cheap, []byte(right))
	require.NoError(t, err)
	back, err := parsePHC(h.String())
	require.NoError(t, err)
	assert.Equal(t, h, back)
	assert.True(t, back.matches(argon2id, []byte(right)))
}

func TestTwoHashesOfOnePasswordDiffer(t *testing.T) {
	a, err := makePHC(argon2id, rand.Reader, cheap, []byte(right))
	require.NoError(t, err)
	b, err := makePHC(argon2id, rand.Reader, cheap, []byte(right))
	require.NoError(t, err)
	assert.NotEqual(t, a.salt, b.salt)
	assert.NotEqual(t, a.sum, b.sum)
}

func TestWhatIsNotAHashIsRefused(t *testing.T) {
	good := foreignHashes[1]
	swap := func(old, new string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, new, 1)
	}
	for name, s := range map[string]string{
		"another algorithm":            swap("argon2id", "argon2i"),
		"an older version":             swap("v=19", "v=16"),
		"parameters in another order":  swap("m=256,t=2", "t=2,m=256"),
		"a leading zero":               swap("t=2", "t=02"),
		"a sign":                       swap("t=2", "t=+2"),
		"a negative number":            swap("t=2", "t=-2"),
		"no passes":                    swap("t=2", "t=0"),
		"no threads":                   swap("p=1", "p=0"),
		"more passes than we would do": swap("t=2", "t=65"),
		"more memory than we would":    swap("m=256", "m=1048577"),
		"less memory than threads":     swap("m=256", "m=7"),
		"a number that overflows":      swap("m=256", "m=4294967552"),
		"a fourth parameter":           swap("p=1", "p=1,keyid=AA"),
		"padding":                      swap("c29tZXNhbHQ", "c29tZXNhbHQ=="),
		"unused bits":                  swap("c29tZXNhbHQ", "c29tZXNhbHR"),
		"a line end in the salt":       swap("c29tZXNhbHQ", "c29tZX\nNhbHQ"),
		"a short salt":                 swap("c29tZXNhbHQ", "c29t"),
		"a short sum":                  swap("nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "nf65"),
		"a long salt":                  swap("c29tZXNhbHQ", strings.Repeat("c29t", 22)),
		"one field more":               good + "$",
		"a line end":                   good + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parsePHC(s)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "nf65", "an error must not repeat the hash")
		})
	}
	for n := range good[:len(good)-22] { // with a sum of half the length it is a hash again
		_, err := parsePHC(good[:n])
		require.Error(t, err, "the first %d characters", n)
	}
}

func TestNewHashesCostWhatOWASPAsks(t *testing.T) {
	h, err := makePHC(argon2id, rand.Reader, defaultParams, []byte(right))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(h.String(), "$argon2id$v=19$m=19456,t=2,p=1$"), h.String())
}

func FuzzParsePHC(f *testing.F) {
	for _, s := range foreignHashes {
		f.Add(s)
	}
	f.Add("$argon2id$v=19$m=64,t=1,p=1$$")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parsePHC(s)
		if err != nil {
			return
		}
		assert.Equal(t, s, h.String(), "a hash has one spelling")
		assert.NoError(t, h.check())
	})
}
