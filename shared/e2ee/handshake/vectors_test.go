package handshake_test

import (
	"bytes"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

// bin is bytes that JSON holds as hexadecimal digits.
type bin []byte

func (b *bin) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

type sideVector struct {
	Index    uint16
	Secret   bin
	Nonce    bin
	Scalar   bin
	Announce bin
}

type vector struct {
	Realm, Room string
	Epoch       uint8
	PRS         bin
	KEM         struct{ Seed, M bin }
	I, R        sideVector

	HS1, HS2, Tag        bin
	Transcript           bin
	InitiatorToResponder bin
	ResponderToInitiator bin
}

func (v *vector) room() handshake.Room {
	return handshake.Room{Realm: v.Realm, Name: v.Room, Epoch: v.Epoch, PRS: [32]byte(v.PRS)}
}

// identity returns a side's identity, and the side as its announcement tells it.
func (s *sideVector) identity(t *testing.T) (*handshake.Identity, handshake.Party) {
	t.Helper()
	id, err := handshake.NewIdentity(bytes.NewReader(s.Secret))
	require.NoError(t, err)
	assert.Equal(t, []byte(s.Announce), id.Announce([16]byte(s.Nonce)))
	a, err := handshake.ParseAnnounce(s.Announce)
	require.NoError(t, err)
	return id, a.Party(s.Index)
}

// Whole handshakes by testdata/handshake.mjs, which has X25519, HKDF, HMAC and the hashes of OpenSSL and an Elligator2 of
// its own; ML-KEM is by Wycheproof.
func TestHandshakesByAnotherImplementation(t *testing.T) {
	text, err := os.ReadFile("testdata/handshake.json")
	require.NoError(t, err)
	var all struct{ Handshakes []vector }
	require.NoError(t, json.Unmarshal(text, &all))
	require.Len(t, all.Handshakes, 4)
	t.Logf("%d handshakes of testdata/handshake.json", len(all.Handshakes))
	for _, v := range all.Handshakes {
		checkVector(t, &v)
	}
}

func checkVector(t *testing.T, v *vector) {
	t.Helper()
	idI, i := v.I.identity(t)
	idR, r := v.R.identity(t)
	idR.Encapsulation(func(ek *mlkem.EncapsulationKey768) (secret, ct []byte) {
		secret, ct, err := mlkemtest.Encapsulate768(ek, v.KEM.M)
		require.NoError(t, err)
		return secret, ct
	})

	chance := bytes.NewReader(append(bytes.Clone(v.KEM.Seed), v.I.Scalar...))
	ini, hs1, err := handshake.Initiate(chance, v.room(), idI, i, r)
	require.NoError(t, err)
	assert.Equal(t, []byte(v.HS1), hs1)
	assert.Zero(t, chance.Len(), "all of the randomness was used")

	chance = bytes.NewReader(v.R.Scalar)
	res, hs2, err := handshake.Respond(chance, v.room(), idR, r, i, hs1)
	require.NoError(t, err)
	assert.Equal(t, []byte(v.HS2), hs2)
	assert.Zero(t, chance.Len())

	tag, ki, err := ini.Finish(hs2)
	require.NoError(t, err)
	assert.Equal(t, []byte(v.Tag), tag)
	kr, err := res.Finish(tag)
	require.NoError(t, err)
	there, back := [32]byte(v.InitiatorToResponder), [32]byte(v.ResponderToInitiator)
	th := [32]byte(v.Transcript)
	assert.Equal(t, handshake.Keys{Send: there, Receive: back, Transcript: th}, ki)
	assert.Equal(t, handshake.Keys{Send: back, Receive: there, Transcript: th}, kr)
}
