package wycheproof

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe/suites"
)

// The cipher of frames and of records.
func TestChaCha20Poly1305(t *testing.T) {
	each(t, "chacha20_poly1305_test.json", 325, checkCipher)
}

func checkCipher(t *testing.T, v vector) {
	aead, err := sframe.ChaCha20Poly1305().AEAD(v.Key)
	require.NoError(t, err)
	if len(v.IV) != aead.NonceSize() {
		// Ours are arrays of the right size; the function itself panics.
		assert.False(t, v.valid())
		assert.Panics(t, func() { aead.Seal(nil, v.IV, v.Msg, v.AAD) })
		return
	}
	checkAEAD(t, aead, v)
}

func checkAEAD(t *testing.T, aead cipher.AEAD, v vector) {
	sealed := append(append([]byte(nil), v.CT...), v.Tag...)
	opened, err := aead.Open(nil, v.IV, sealed, v.AAD)
	if !v.valid() {
		assert.Error(t, err)
		assert.Empty(t, opened)
		return
	}
	require.NoError(t, err)
	assert.Equal(t, string(v.Msg), string(opened))
	assert.Equal(t, sealed, aead.Seal(nil, v.IV, v.Msg, v.AAD))
	for n := range sealed {
		_, err := aead.Open(nil, v.IV, sealed[:n], v.AAD)
		assert.Error(t, err, "%d bytes", n)
	}
}

// The cipher of the registered suites 4 and 5, which only tests use: keys of 128 and 256 bits, nonces of 96. The
// published cases of other sizes are not for them.
func TestAESGCM(t *testing.T) {
	ran := 0
	each(t, "aes_gcm_test.json", 316, func(t *testing.T, v vector) {
		i := slices.IndexFunc(suites.Registered(), func(s sframe.Suite) bool {
			return s.KeySize == len(v.Key) && (s.ID == 4 || s.ID == 5)
		})
		if i < 0 || len(v.IV) != 12 {
			return
		}
		ran++
		aead, err := suites.Registered()[i].AEAD(v.Key)
		require.NoError(t, err)
		checkAEAD(t, aead, v)
	})
	assert.Equal(t, 67+66, ran)
	t.Logf("%d cases have sizes that SFrame uses", ran)
}

func TestHKDF(t *testing.T) {
	each(t, "hkdf_sha256_test.json", 86, func(t *testing.T, v vector) { checkHKDF(t, sha256.New, v) })
	each(t, "hkdf_sha512_test.json", 83, func(t *testing.T, v vector) { checkHKDF(t, sha512.New, v) })
}

func checkHKDF[H hash.Hash](t *testing.T, h func() H, v vector) {
	prk, err := hkdf.Extract(h, v.IKM, v.Salt)
	require.NoError(t, err)
	got, err := hkdf.Expand(h, prk, string(v.Info), v.Size)
	if !v.valid() {
		assert.Error(t, err)
		return
	}
	require.NoError(t, err)
	assert.Equal(t, []byte(v.OKM), got)
}

func TestHMAC(t *testing.T) {
	each(t, "hmac_sha256_test.json", 174, checkHMAC)
}

// Some published tags are the first 16 bytes of one.
func checkHMAC(t *testing.T, v vector) {
	m := hmac.New(sha256.New, v.Key)
	m.Write(v.Msg)
	assert.Equal(t, v.valid(), hmac.Equal(v.Tag, m.Sum(nil)[:len(v.Tag)]))
}

func TestMLKEM768(t *testing.T) {
	t.Run("keys from seeds", func(t *testing.T) {
		each(t, "mlkem_768_keygen_seed_test.json", 100, func(t *testing.T, v vector) {
			key, err := mlkem.NewDecapsulationKey768(v.Seed)
			require.NoError(t, err)
			assert.Equal(t, []byte(v.EK), key.EncapsulationKey().Bytes())
			assert.Equal(t, []byte(v.Seed), key.Bytes())
		})
	})
	t.Run("encapsulation", func(t *testing.T) {
		each(t, "mlkem_768_encaps_test.json", 265, checkEncapsulation)
	})
	t.Run("decapsulation", func(t *testing.T) {
		each(t, "mlkem_768_test.json", 193, checkDecapsulation)
	})
}

// What a handshake does with the key of the one who joins: a bad one is refused when it is read.
func checkEncapsulation(t *testing.T, v vector) {
	key, err := mlkem.NewEncapsulationKey768(v.EK)
	if !v.valid() {
		assert.Error(t, err)
		return
	}
	require.NoError(t, err)
	shared, ciphertext, err := mlkemtest.Encapsulate768(key, v.M)
	require.NoError(t, err)
	assert.Equal(t, []byte(v.C), ciphertext)
	assert.Equal(t, []byte(v.K), shared)
}

func checkDecapsulation(t *testing.T, v vector) {
	key, err := mlkem.NewDecapsulationKey768(v.Seed)
	if err != nil {
		assert.False(t, v.valid())
		return
	}
	shared, err := key.Decapsulate(v.C)
	if !v.valid() {
		assert.Error(t, err)
		return
	}
	require.NoError(t, err)
	assert.Equal(t, []byte(v.EK), key.EncapsulationKey().Bytes())
	assert.Equal(t, []byte(v.K), shared)
}
