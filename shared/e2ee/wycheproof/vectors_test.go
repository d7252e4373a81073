package wycheproof

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/shared/published"
)

// bin is bytes that JSON holds as hexadecimal digits.
type bin []byte

func (b *bin) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// vector is one test of any of the files, which name their fields alike.
type vector struct {
	ID      int `json:"tcId"`
	Comment string
	Result  string // "valid", "invalid" or "acceptable"

	Key, IV, AAD, Msg, CT, Tag bin // ciphers and message authentication
	IKM, Salt, Info, OKM       bin // key derivation
	Size                       int
	Seed, EK, DK, M, C, K      bin // key encapsulation
	Public, Private, Shared    bin // agreement
}

func (v vector) valid() bool { return v.Result == "valid" }

// each runs check on all vectors of a published file, of which there are want; a message says which one it was.
func each(t *testing.T, name string, want int, check func(t *testing.T, v vector)) {
	t.Helper()
	var all struct {
		TestGroups []struct{ Tests []vector }
	}
	published.Read(t, "wycheproof/"+name, &all)
	count := 0
	for _, group := range all.TestGroups {
		for _, v := range group.Tests {
			check(t, v)
			if t.Failed() {
				t.Fatalf("%s: test %d (%s, %s)", name, v.ID, v.Comment, v.Result)
			}
			count++
		}
	}
	assert.Equal(t, want, count, "tests in %s", name)
	t.Logf("%d cases of %s", count, name)
}
