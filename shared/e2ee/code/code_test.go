package code_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/code"
)

// vector is made with OpenSSL by testdata/code.mjs.
type vector struct {
	Realm, Room  string
	IDs          []string
	Digest, Code string
}

func (v vector) ids(t testing.TB) [][32]byte {
	t.Helper()
	ids := make([][32]byte, len(v.IDs))
	for i, digits := range v.IDs {
		b, err := hex.DecodeString(digits)
		require.NoError(t, err)
		require.Len(t, b, code.IDSize)
		ids[i] = [32]byte(b)
	}
	return ids
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/code.json")
	require.NoError(t, err)
	var all []vector
	require.NoError(t, json.Unmarshal(text, &all))
	require.Len(t, all, 11)
	return all
}

func TestCodesByAnotherImplementation(t *testing.T) {
	all := vectors(t)
	t.Logf("%d cases of testdata/code.json", len(all))
	for _, v := range all {
		digest := code.Digest(v.Realm, v.Room, v.ids(t))
		assert.Equal(t, v.Digest, hex.EncodeToString(digest[:]))
		assert.Equal(t, v.Code, code.Digits(v.Realm, v.Room, v.ids(t)))
		assert.Regexp(t, regexp.MustCompile(`^\d{5}( \d{5}){5}$`), v.Code)
	}
}

func TestTheOrderOfMembersDoesNotMatter(t *testing.T) {
	v := vectors(t)[2]
	ids := v.ids(t)
	slices.Reverse(ids)
	before := slices.Clone(ids)
	digest := code.Digest(v.Realm, v.Room, ids)
	assert.Equal(t, v.Digest, hex.EncodeToString(digest[:]))
	assert.Equal(t, v.Code, code.Digits(v.Realm, v.Room, ids))
	assert.Equal(t, before, ids, "the caller's list")
}

func TestEverythingElseDoes(t *testing.T) {
	v := vectors(t)[2]
	ids := v.ids(t)
	other := slices.Clone(ids)
	other[1][31] ^= 0x80
	for _, row := range []struct {
		name, realm, room string
		ids               [][32]byte
	}{
		{"another site", "meet.example.com", v.Room, ids},
		{"another room", v.Realm, "Standup", ids},
		{"a border elsewhere", v.Realm + "s", "tandup", ids},
		{"one key changed", v.Realm, v.Room, other},
		{"one member more", v.Realm, v.Room, append(slices.Clone(ids), [32]byte{1})},
		{"one member less", v.Realm, v.Room, ids[:2]},
		{"one member twice", v.Realm, v.Room, append(slices.Clone(ids), ids[0])},
	} {
		t.Run(row.name, func(t *testing.T) {
			digest := code.Digest(row.realm, row.room, row.ids)
			assert.NotEqual(t, v.Digest, hex.EncodeToString(digest[:]))
			assert.NotEqual(t, v.Code, code.Digits(row.realm, row.room, row.ids))
		})
	}
}

func BenchmarkDigits(b *testing.B) {
	v := vectors(b)[3]
	ids := v.ids(b)
	for b.Loop() {
		_ = code.Digits(v.Realm, v.Room, ids)
	}
}

func BenchmarkDigest(b *testing.B) {
	v := vectors(b)[3]
	ids := v.ids(b)
	for b.Loop() {
		_ = code.Digest(v.Realm, v.Room, ids)
	}
}
