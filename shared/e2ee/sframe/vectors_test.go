package sframe_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe/suites"
	"github.com/conclave-meet/conclave/shared/published"
)

// bin is bytes that JSON holds as hexadecimal digits.
type bin []byte

func (b *bin) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

type headerVector struct {
	KID     sframe.KeyID
	CTR     sframe.Counter
	Encoded bin
}

type frameVector struct {
	Suite    uint16 `json:"cipher_suite"`
	KID      sframe.KeyID
	CTR      sframe.Counter
	Base     bin `json:"base_key"`
	Salt     bin `json:"sframe_salt"`
	Metadata bin
	Nonce    bin
	PT       bin
	CT       bin
}

type cipherVector struct {
	Suite uint16 `json:"cipher_suite"`
	Key   bin
	Nonce bin
	AAD   bin
	PT    bin
	CT    bin
}

type ratchetVector struct {
	Base bin `json:"base_key"`
	Next bin `json:"next_base_key"`
}

type vectors struct {
	Header    []headerVector
	Frames    []frameVector   `json:"sframe"`
	Frames256 []frameVector   `json:"sframe_aes_256_ctr_hmac"`
	CTR       []cipherVector  `json:"aes_ctr_hmac"`
	CTR256    []cipherVector  `json:"aes_256_ctr_hmac"`
	Ratchet   []ratchetVector `json:"ratchet"`
}

// others returns the vectors of a file by other implementations.
func others(t *testing.T, name string) (v vectors) {
	t.Helper()
	published.Read(t, "sframe/"+name, &v)
	return v
}

// own returns the vectors of a file of ours.
func own(t *testing.T, path string) (v vectors) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &v))
	return v
}

// suite returns the suite with this number.
func suite(t *testing.T, id uint16) sframe.Suite {
	t.Helper()
	for _, s := range append(suites.Registered(), sframe.ChaCha20Poly1305()) {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("no suite %#x", id)
	return sframe.Suite{}
}

func TestPublishedHeaders(t *testing.T) {
	all := others(t, "test-vectors.json").Header
	require.Len(t, all, 289)
	t.Logf("%d headers of RFC 9605", len(all))
	for _, v := range all {
		want := sframe.Header{KID: v.KID, Counter: v.CTR}
		assert.Equal(t, []byte(v.Encoded), want.Append(nil))
		got, n, err := sframe.ParseHeader(v.Encoded)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, len(v.Encoded), n)
	}
}

func TestPublishedFrames(t *testing.T) {
	for _, row := range []struct {
		name, file string
		want       int
		suites     []uint16
	}{
		{"suites 1 to 5 of RFC 9605", "test-vectors.json", 5, []uint16{1, 2, 3, 4, 5}},
		{"suites 6 to 8 of the draft", "test-vectors-aes256.json", 3, []uint16{6, 7, 8}},
		{"the private suite, by another implementation", "chacha20poly1305-private-suite-f001.json", 5, []uint16{0xf001}},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := others(t, row.file)
			all := append(v.Frames, v.Frames256...)
			require.Len(t, all, row.want)
			t.Logf("%d frames of %s", len(all), row.file)
			seen := map[uint16]bool{}
			for _, v := range all {
				checkFrame(t, v)
				seen[v.Suite] = true
			}
			assert.ElementsMatch(t, row.suites, slices.Collect(maps.Keys(seen)))
		})
	}
}

// Ours were made with OpenSSL by testdata/f001.mjs.
func TestFramesOfThePrivateSuite(t *testing.T) {
	all := own(t, "testdata/f001.json").Frames
	require.Len(t, all, 12)
	t.Logf("%d frames of testdata/f001.json", len(all))
	for _, v := range all {
		checkFrame(t, v)
	}
}

func TestTheRatchet(t *testing.T) {
	all := own(t, "testdata/f001.json").Ratchet
	require.Len(t, all, 3)
	t.Logf("%d steps of testdata/f001.json", len(all))
	for _, v := range all {
		next, err := sframe.Ratchet(sframe.ChaCha20Poly1305(), v.Base)
		require.NoError(t, err)
		assert.Equal(t, []byte(v.Next), next)
	}
	_, err := sframe.Ratchet(sframe.ChaCha20Poly1305(), nil)
	assert.ErrorIs(t, err, sframe.ErrKey)
}

// checkFrame seals and opens one vector, and sees that no byte of it can be another.
func checkFrame(t *testing.T, v frameVector) {
	t.Helper()
	s := suite(t, v.Suite)
	sealer, err := sframe.NewSealer(s, v.KID, v.Base)
	require.NoError(t, err)
	assert.Equal(t, []byte(v.Salt), sealer.Salt())
	assert.Equal(t, []byte(v.CT), sealer.SealAt(v.CTR, v.Metadata, v.PT))

	opener, err := sframe.NewOpener(s, v.KID, v.Base)
	require.NoError(t, err)
	pt, err := opener.OpenAny(v.Metadata, v.CT)
	require.NoError(t, err)
	assert.Equal(t, string(v.PT), string(pt))

	for i := range v.CT {
		v.CT[i] ^= 1
		_, err := opener.OpenAny(v.Metadata, v.CT)
		assert.Error(t, err, "byte %d", i)
		v.CT[i] ^= 1
	}
}

func TestPublishedCiphersInCounterMode(t *testing.T) {
	v := others(t, "test-vectors.json")
	all := append(v.CTR, v.CTR256...)
	require.Len(t, all, 6)
	t.Logf("%d cases in counter mode", len(all))
	for _, v := range all {
		t.Run(fmt.Sprintf("suite %d", v.Suite), func(t *testing.T) {
			aead, err := suite(t, v.Suite).AEAD(v.Key)
			require.NoError(t, err)
			assert.Equal(t, 12, aead.NonceSize())
			assert.Equal(t, len(v.CT)-len(v.PT), aead.Overhead())
			assert.Equal(t, []byte(v.CT), aead.Seal(nil, v.Nonce, v.PT, v.AAD))
			pt, err := aead.Open(nil, v.Nonce, v.CT, v.AAD)
			require.NoError(t, err)
			assert.Equal(t, []byte(v.PT), pt)
			for n := range v.CT {
				_, err := aead.Open(nil, v.Nonce, v.CT[:n], v.AAD)
				assert.Error(t, err)
			}
		})
	}
}

func TestSuitesRefuseShortKeys(t *testing.T) {
	for _, s := range append(suites.Registered(), sframe.ChaCha20Poly1305()) {
		_, err := s.AEAD(make([]byte, s.KeySize))
		assert.NoError(t, err, "suite %d", s.ID)
		_, err = s.AEAD(make([]byte, 7))
		assert.Error(t, err, "suite %d", s.ID)
	}
}
