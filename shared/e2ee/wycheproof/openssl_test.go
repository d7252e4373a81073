package wycheproof

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/cpace/x25519"
)

// A few cases by testdata/openssl.py, for checkouts without the published ones.
func TestOpenSSLAgrees(t *testing.T) {
	text, err := os.ReadFile("testdata/openssl.json")
	require.NoError(t, err)
	var all map[string][]vector
	require.NoError(t, json.Unmarshal(text, &all))
	checks := map[string]func(t *testing.T, v vector){
		"chacha20Poly1305": checkCipher,
		"hkdfSHA256":       func(t *testing.T, v vector) { checkHKDF(t, sha256.New, v) },
		"hkdfSHA512":       func(t *testing.T, v vector) { checkHKDF(t, sha512.New, v) },
		"hmacSHA256":       checkHMAC,
		"x25519":           checkX25519,
		"mlkem768":         checkDecapsulation,
	}
	require.Len(t, all, len(checks))
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			require.NotEmpty(t, all[name])
			t.Logf("%d cases of testdata/openssl.json", len(all[name]))
			for _, v := range all[name] {
				require.True(t, v.valid())
				check(t, v)
			}
		})
	}
}

func checkX25519(t *testing.T, v vector) {
	got, err := x25519.Shared((*[32]byte)(v.Private), (*[32]byte)(v.Public))
	require.NoError(t, err)
	assert.Equal(t, []byte(v.Shared), got[:])
}
