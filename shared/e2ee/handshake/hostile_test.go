package handshake_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

// What a relay says of who is who, and what each side does when it lies.
func TestARelayCannotLieAboutWhoIsWho(t *testing.T) {
	for _, row := range []struct {
		name  string
		i, r  uint16                      // the real indices
		lie   func(i, r *handshake.Party) // how i is announced to R, and r to I
		want  error
		where string
	}{
		{"I has another index", 7, 2, func(i, _ *handshake.Party) { i.Index = 8 }, handshake.ErrTag, "I"},
		{"R has another index", 7, 2, func(_, r *handshake.Party) { r.Index = 3 }, handshake.ErrTag, "I"},
		{"I came before R", 7, 2, func(i, _ *handshake.Party) { i.Index = 1 }, handshake.ErrRole, "R"},
		{"I has R's index", 7, 2, func(i, _ *handshake.Party) { i.Index = 2 }, handshake.ErrRole, "R"},
		{"R came after I", 7, 2, func(_, r *handshake.Party) { r.Index = 8 }, handshake.ErrRole, "Initiate"},
		{"R has I's index", 7, 2, func(_, r *handshake.Party) { r.Index = 7 }, handshake.ErrRole, "Initiate"},
		{"the roles are turned round", 2, 7, func(_, _ *handshake.Party) {}, handshake.ErrRole, "Initiate"},
		{"I has another nonce", 7, 2, func(i, _ *handshake.Party) { i.Nonce[0] ^= 1 }, handshake.ErrTag, "I"},
		{"R has another nonce", 7, 2, func(_, r *handshake.Party) { r.Nonce[0] ^= 1 }, handshake.ErrTag, "I"},
		{"the nonces are swapped", 7, 2, func(i, r *handshake.Party) { i.Nonce, r.Nonce = r.Nonce, i.Nonce }, handshake.ErrTag, "I"},
	} {
		t.Run(row.name, func(t *testing.T) {
			ann, bob := newMember(t, row.i), newMember(t, row.r)
			i, r := ann.party, bob.party
			row.lie(&i, &r)
			ini, hs1, err := ann.initiate(r)
			where := "Initiate"
			var hs2 []byte
			if err == nil {
				_, hs2, err = bob.respond(i, hs1)
				where = "R"
			}
			if err == nil {
				_, _, err = ini.Finish(hs2)
				where = "I"
			}
			assert.ErrorIs(t, err, row.want)
			assert.Equal(t, row.where, where)
		})
	}
}

// Ann means Bob. The relay lets Carl answer, who knows the passphrase too and sees Ann as she is.
func TestAHandshakeRelayedToAThirdMemberFails(t *testing.T) {
	ann, bob, carl := newMember(t, 7), newMember(t, 2), newMember(t, 3)
	ini, hs1, err := ann.initiate(bob.party)
	require.NoError(t, err)
	_, hs2, err := carl.respond(ann.party, hs1)
	require.NoError(t, err)
	_, _, err = ini.Finish(hs2)
	assert.ErrorIs(t, err, handshake.ErrTag)
}

// Carl answers Ann, and Bob gets the end of it.
func TestTheEndOfAHandshakeIsGoodForTheOneWhoAnswered(t *testing.T) {
	ann, bob, carl := newMember(t, 7), newMember(t, 2), newMember(t, 3)
	withCarl, _, _, hs2 := pause(t, ann, carl)
	_, _, res, _ := pause(t, ann, bob)
	tag, _, err := withCarl.Finish(hs2)
	require.NoError(t, err)
	_, err = res.Finish(tag)
	assert.ErrorIs(t, err, handshake.ErrTag)
}

func TestMessagesOfAnotherHandshakeAreWorthNothing(t *testing.T) {
	ann, bob := newMember(t, 7), newMember(t, 2)
	first, hs1, res, hs2 := pause(t, ann, bob)
	tag, _, err := first.Finish(hs2)
	require.NoError(t, err)

	t.Run("an old HS2", func(t *testing.T) {
		second, _, err := ann.initiate(bob.party)
		require.NoError(t, err)
		_, _, err = second.Finish(hs2)
		assert.ErrorIs(t, err, handshake.ErrTag)
	})
	t.Run("an old HS1 and its old end", func(t *testing.T) {
		again, other, err := bob.respond(ann.party, hs1)
		require.NoError(t, err)
		assert.NotEqual(t, hs2[:32], other[:32], "Y is fresh")
		_, err = again.Finish(tag)
		assert.ErrorIs(t, err, handshake.ErrTag)
	})
	t.Run("our own messages", func(t *testing.T) {
		second, own, err := ann.initiate(bob.party)
		require.NoError(t, err)
		_, _, err = second.Finish(own)
		assert.ErrorIs(t, err, handshake.ErrMalformed)
		_, _, err = bob.respond(ann.party, hs2)
		assert.ErrorIs(t, err, handshake.ErrMalformed)
	})
	_, err = res.Finish(tag)
	assert.NoError(t, err)
}

// A relay that knows the passphrase still cannot be a member whose identity the security code shows.
func TestAnIdentityCannotBeBorrowed(t *testing.T) {
	t.Run("by who answers", func(t *testing.T) {
		ann, bob, mallory := newMember(t, 7), newMember(t, 2), newMember(t, 3)
		mallory.id.Claim(bob.party.ID)
		mallory.party = bob.party
		got := shake(ann, mallory, nil)
		assert.ErrorIs(t, got.err, handshake.ErrTag)
		assert.Equal(t, "Initiator.Finish", got.at)
	})
	t.Run("by who begins", func(t *testing.T) {
		ann, bob, mallory := newMember(t, 7), newMember(t, 2), newMember(t, 8)
		mallory.id.Claim(ann.party.ID)
		mallory.party = ann.party
		got := shake(mallory, bob, nil)
		assert.ErrorIs(t, got.err, handshake.ErrTag)
	})
}

// points are those that give zero, whatever they are multiplied with, in their only form (RFC 7748, section 6.1; CPace
// draft, appendix B.1.10).
var points = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	// and in forms that are refused before anybody multiplies:
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}

func TestIdentitiesThatNobodyHasAreRefused(t *testing.T) {
	ann, bob := newMember(t, 7), newMember(t, 2)
	_, hs1, err := ann.initiate(bob.party)
	require.NoError(t, err)
	refused := func(t *testing.T, id [32]byte) {
		t.Helper()
		_, _, err := ann.initiate(handshake.Party{Index: 2, ID: id})
		assert.ErrorIs(t, err, handshake.ErrKey, "%x", id)
		_, _, err = bob.respond(handshake.Party{Index: 7, ID: id}, hs1)
		assert.ErrorIs(t, err, handshake.ErrKey, "%x", id)
	}
	for _, digits := range points {
		id, err := hex.DecodeString(digits)
		require.NoError(t, err)
		refused(t, [32]byte(id))
	}
	t.Run("a second spelling of an honest one", func(t *testing.T) {
		for _, m := range []*member{ann, bob} {
			id := m.party.ID
			id[31] |= 0x80
			refused(t, id)
		}
	})
	t.Run("our own", func(t *testing.T) {
		_, _, err := ann.initiate(handshake.Party{Index: 2, ID: ann.party.ID})
		assert.ErrorIs(t, err, handshake.ErrKey)
		_, _, err = bob.respond(handshake.Party{Index: 7, ID: bob.party.ID}, hs1)
		assert.ErrorIs(t, err, handshake.ErrKey)
	})
	t.Run("one of ours that we do not have", func(t *testing.T) {
		liar := *ann
		liar.party.ID = bob.party.ID
		_, _, err := liar.initiate(handshake.Party{Index: 2, ID: newMember(t, 9).party.ID})
		assert.ErrorIs(t, err, handshake.ErrKey)
	})
}

func TestALowOrderYIsRefused(t *testing.T) {
	ann, bob := newMember(t, 7), newMember(t, 2)
	ini, hs1, _, hs2 := pause(t, ann, bob)
	for _, digits := range points[:7] { // the next is 18 in another form
		y, err := hex.DecodeString(digits)
		require.NoError(t, err)
		_, _, err = bob.respond(ann.party, append(bytes.Clone(y), hs1[32:]...))
		assert.ErrorIs(t, err, handshake.ErrKey, digits)
		_, _, err = ini.Clone().Finish(append(bytes.Clone(y), hs2[32:]...))
		assert.ErrorIs(t, err, handshake.ErrKey, digits)
	}
}

func TestAHandshakeEndsOnce(t *testing.T) {
	for _, row := range []struct {
		name string
		end  func(ini *handshake.Initiator, res *handshake.Responder, hs2 []byte)
	}{
		{"well", func(ini *handshake.Initiator, res *handshake.Responder, hs2 []byte) {
			tag, _, err := ini.Finish(hs2)
			require.NoError(t, err)
			_, err = res.Finish(tag)
			require.NoError(t, err)
		}},
		{"badly", func(ini *handshake.Initiator, res *handshake.Responder, hs2 []byte) {
			_, _, err := ini.Finish(append(bytes.Clone(hs2[:len(hs2)-1]), hs2[len(hs2)-1]^1))
			require.ErrorIs(t, err, handshake.ErrTag)
			_, err = res.Finish(make([]byte, handshake.TagSize))
			require.ErrorIs(t, err, handshake.ErrTag)
		}},
		{"malformed", func(ini *handshake.Initiator, res *handshake.Responder, _ []byte) {
			_, _, err := ini.Finish(nil)
			require.ErrorIs(t, err, handshake.ErrMalformed)
			_, err = res.Finish(nil)
			require.ErrorIs(t, err, handshake.ErrMalformed)
		}},
		{"given up", func(ini *handshake.Initiator, res *handshake.Responder, _ []byte) {
			ini.Drop()
			res.Drop()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			ini, _, res, hs2 := pause(t, newMember(t, 7), newMember(t, 2))
			tag, _, err := ini.Clone().Finish(hs2)
			require.NoError(t, err)
			row.end(ini, res, hs2)

			_, keys, err := ini.Finish(hs2)
			assert.ErrorIs(t, err, handshake.ErrDone)
			assert.Zero(t, keys)
			keys, err = res.Finish(tag)
			assert.ErrorIs(t, err, handshake.ErrDone)
			assert.Zero(t, keys)
			ini.Drop()
			res.Drop()

			assert.Equal(t, make([]byte, 32), ini.Secrets(), "secrets are wiped")
			for _, b := range res.Secrets() {
				assert.Zero(t, b)
			}
		})
	}
}

func TestAnIdentityEnds(t *testing.T) {
	ann, bob := newMember(t, 7), newMember(t, 2)
	_, hs1, err := ann.initiate(bob.party)
	require.NoError(t, err)
	for _, m := range []*member{ann, bob} {
		m.id.Wipe()
		assert.Equal(t, make([]byte, 32), m.id.Secret())
		assert.False(t, m.id.HasRound())
		_, _, err := m.initiate(handshake.Party{Index: 0, ID: newMember(t, 0).party.ID})
		assert.ErrorIs(t, err, handshake.ErrKey)
		m.party.ID = m.id.Public()
		_, _, err = m.initiate(handshake.Party{Index: 0, ID: newMember(t, 0).party.ID})
		assert.ErrorIs(t, err, handshake.ErrKey, "nor as nobody")
	}
	_, _, err = bob.respond(ann.party, hs1)
	assert.ErrorIs(t, err, handshake.ErrKey)
}

func TestARoundHasOneKeyForAll(t *testing.T) {
	ann, bob, carl := newMember(t, 7), newMember(t, 2), newMember(t, 3)
	assert.False(t, ann.id.HasRound(), "who only answers needs none")
	withBob, toBob, res, hs2 := pause(t, ann, bob)
	_, toCarl, _, _ := pause(t, ann, carl)
	assert.Equal(t, toBob[atKEM:], toCarl[atKEM:])
	assert.NotEqual(t, toBob[:32], toCarl[:32], "but a fresh Y each")
	assert.False(t, bob.id.HasRound())

	ann.id.EndRound()
	_, later, _, _ := pause(t, ann, carl)
	assert.NotEqual(t, toBob[atKEM:], later[atKEM:])
	tag, _, err := withBob.Finish(hs2)
	require.NoError(t, err, "what was under way goes on")
	_, err = res.Finish(tag)
	assert.NoError(t, err)
}

// failing gives n bytes of randomness, and then an error.
func failing(n int64, err error) io.Reader {
	return io.MultiReader(io.LimitReader(seeded(1), n), brokenReader{err})
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

func TestNothingBeginsWithoutRandomness(t *testing.T) {
	broken := errors.New("no randomness")
	ann, bob := newMember(t, 7), newMember(t, 2)
	for _, n := range []int64{0, 31} {
		_, err := handshake.NewIdentity(failing(n, broken))
		assert.ErrorIs(t, err, broken, "%d bytes", n)
	}
	for _, n := range []int64{0, 63, 64, 95} {
		ann.rand = failing(n, broken)
		ann.id.EndRound()
		_, hs1, err := ann.initiate(bob.party)
		assert.ErrorIs(t, err, broken, "%d bytes", n)
		assert.Nil(t, hs1)
	}
	ann.rand = seeded(3)
	_, hs1, err := ann.initiate(bob.party)
	require.NoError(t, err)
	for _, n := range []int64{0, 31} {
		bob.rand = failing(n, broken)
		_, hs2, err := bob.respond(ann.party, hs1)
		assert.ErrorIs(t, err, broken, "%d bytes", n)
		assert.Nil(t, hs2)
	}
}

func TestSecretsArePrintedByNothing(t *testing.T) {
	ann, bob := newMember(t, 7), newMember(t, 2)
	ini, _, res, hs2 := pause(t, ann, bob)
	_, keys, err := ini.Clone().Finish(hs2)
	require.NoError(t, err)
	for _, secret := range []any{ann.room, ann.id, ini, res, keys} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			assert.Equal(t, "[hidden]", fmt.Sprintf(verb, secret))
		}
	}
}
