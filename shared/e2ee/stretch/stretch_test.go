package stretch_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/conclave-meet/conclave/shared/e2ee/passphrase"
	"github.com/conclave-meet/conclave/shared/e2ee/stretch"
	"github.com/conclave-meet/conclave/shared/published"
)

type vector struct{ Room, Passphrase, Salt, PRS string }

func (v vector) check(t *testing.T) {
	t.Helper()
	clean, err := passphrase.Clean(v.Passphrase, norm.NFC.String)
	require.NoError(t, err)
	require.Equal(t, v.Passphrase, clean)
	assert.Equal(t, v.Salt, hex.EncodeToString(stretch.Salt(v.Room)))
	prs := stretch.PRS(clean, v.Room)
	assert.Equal(t, v.PRS, hex.EncodeToString(prs[:]))
}

// The reference implementation's own tests, of the function that PRS calls.
func TestPublishedHashes(t *testing.T) {
	var v struct {
		Cases []struct {
			T, P           int
			Log2           int `json:"log2_m_kib"`
			Password, Salt string
			Hash           string
		}
	}
	published.Read(t, "argon2/phc-argon2id-v19.json", &v)
	require.Len(t, v.Cases, 8)
	ran := 0
	for _, c := range v.Cases {
		if testing.Short() && c.Log2 > 16 {
			continue // 256 MiB
		}
		got := argon2.IDKey([]byte(c.Password), []byte(c.Salt), uint32(c.T), 1<<c.Log2, uint8(c.P), 32)
		assert.Equal(t, c.Hash, hex.EncodeToString(got), "%+v", c)
		ran++
	}
	assert.GreaterOrEqual(t, ran, 7)
	t.Logf("%d of %d cases of phc-argon2id-v19.json", ran, len(v.Cases))
}

func TestSecretsByTheReferenceImplementation(t *testing.T) {
	var v struct{ Cases []vector }
	published.Read(t, "argon2/conclave-prs-oracle.json", &v)
	require.Len(t, v.Cases, 4)
	t.Logf("%d cases of conclave-prs-oracle.json", len(v.Cases))
	for _, c := range v.Cases {
		c.check(t)
	}
}

// Ours were made with OpenSSL by testdata/prs.py.
func TestSecretsByOpenSSL(t *testing.T) {
	text, err := os.ReadFile("testdata/prs.json")
	require.NoError(t, err)
	var all []vector
	require.NoError(t, json.Unmarshal(text, &all))
	require.Len(t, all, 5)
	t.Logf("%d cases of testdata/prs.json", len(all))
	for _, v := range all {
		v.check(t)
	}
}

func BenchmarkPRS(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = stretch.PRS("violin cactus harbor mitten", "standup")
	}
}
