package handshake_test

import (
	"bytes"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

// Fuzz with -fuzzminimizetime 20x, here and in all of shared/e2ee: by default go shortens each new input for up to a minute,
// says "0/sec" and tries nothing else meanwhile.

func FuzzParseAnnounce(f *testing.F) {
	ann := newMember(f, 7)
	f.Add(ann.id.Announce(ann.party.Nonce))
	f.Add(append([]byte{1, 2, 0, 4, 0xF0, 1}, make([]byte, 48)...))
	f.Add([]byte{1, 255})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := handshake.ParseAnnounce(b)
		if err != nil {
			assert.Zero(t, a)
			return
		}
		again := []byte{handshake.Version, byte(len(a.Suites))}
		for _, s := range a.Suites {
			again = binary.BigEndian.AppendUint16(again, s)
		}
		again = append(append(again, a.ID[:]...), a.Nonce[:]...)
		assert.True(t, bytes.Equal(b, again), "there is one way to say it")
		assert.LessOrEqual(t, len(b), 256)
	})
}

// withoutChance makes m answer the same HS1 with the same HS2, so that all of a fuzzer's processes see one handshake.
func withoutChance(t testing.TB, m *member) {
	t.Helper()
	m.rand = seeded(5)
	m.id.Encapsulation(func(ek *mlkem.EncapsulationKey768) (secret, ct []byte) {
		secret, ct, err := mlkemtest.Encapsulate768(ek, make([]byte, 32))
		require.NoError(t, err)
		return secret, ct
	})
}

// Whatever comes as HS1: only what Ann sent leads to keys.
func FuzzHS1(f *testing.F) {
	ann, bob := newMember(f, 7), newMember(f, 2)
	ini, hs1, err := ann.initiate(bob.party)
	require.NoError(f, err)
	f.Add(hs1)
	f.Add(splice(hs1, 32, 5, 6, 1, 3, 0, 4, 0xF0, 1))
	f.Add(splice(hs1, 32, 1, 0x84, 0))
	f.Add(hs1[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		withoutChance(t, bob)
		_, hs2, err := bob.respond(ann.party, b)
		if err != nil {
			assert.Nil(t, hs2)
			return
		}
		epoch, ok := handshake.Epoch(b)
		assert.True(t, ok)
		assert.Equal(t, bob.room.Epoch, epoch)
		_, _, err = ini.Clone().Finish(hs2)
		assert.Equal(t, bytes.Equal(b, hs1), err == nil)
	})
}

func FuzzHS2(f *testing.F) {
	bob := newMember(f, 2)
	withoutChance(f, bob)
	ini, _, res, hs2 := pause(f, newMember(f, 7), bob)
	f.Add(hs2)
	f.Add(splice(hs2, 32, 5, 6, 1, 3, 0, 4, 0xF0, 1))
	f.Add(hs2[:len(hs2)-32])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		tag, keys, err := ini.Clone().Finish(b)
		if !bytes.Equal(b, hs2) {
			assert.Error(t, err)
			assert.Nil(t, tag)
			assert.Zero(t, keys)
			return
		}
		require.NoError(t, err)
		_, err = res.Clone().Finish(tag)
		assert.NoError(t, err)
	})
}
