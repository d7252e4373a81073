package handshake_test

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

// member is one side of the tests' handshakes.
type member struct {
	room  handshake.Room
	id    *handshake.Identity
	party handshake.Party
	rand  io.Reader
}

// seeded returns randomness that is the same in every run.
func seeded(seed uint64) io.Reader {
	return rand.NewChaCha8([32]byte(binary.LittleEndian.AppendUint64(make([]byte, 24), seed)))
}

func newMember(t testing.TB, index uint16) *member {
	t.Helper()
	m := &member{
		room: handshake.Room{Realm: "meet.example", Name: "standup", Epoch: 3, PRS: [32]byte{1, 2, 3}},
		rand: seeded(uint64(index)),
	}
	var err error
	m.id, err = handshake.NewIdentity(m.rand)
	require.NoError(t, err)
	m.party = handshake.Party{Index: index, ID: m.id.Public()}
	_, err = io.ReadFull(m.rand, m.party.Nonce[:])
	require.NoError(t, err)
	return m
}

func (m *member) initiate(peer handshake.Party) (*handshake.Initiator, []byte, error) {
	return handshake.Initiate(m.rand, m.room, m.id, m.party, peer)
}

func (m *member) respond(peer handshake.Party, hs1 []byte) (*handshake.Responder, []byte, error) {
	return handshake.Respond(m.rand, m.room, m.id, m.party, peer, hs1)
}

// outcome is how a handshake ended: where there is no error, there are both sides' keys.
type outcome struct {
	i, r handshake.Keys
	err  error
	at   string // which step returned err
}

// shake runs a handshake of i with r, through whatever the relay does: it may change the messages.
func shake(i, r *member, relay func(kind string, message []byte)) outcome {
	if relay == nil {
		relay = func(string, []byte) {}
	}
	ini, hs1, err := i.initiate(r.party)
	if err != nil {
		return outcome{err: err, at: "Initiate"}
	}
	relay("HS1", hs1)
	res, hs2, err := r.respond(i.party, hs1)
	if err != nil {
		return outcome{err: err, at: "Respond"}
	}
	relay("HS2", hs2)
	tag, ki, err := ini.Finish(hs2)
	if err != nil {
		return outcome{err: err, at: "Initiator.Finish"}
	}
	relay("HS3", tag)
	kr, err := res.Finish(tag)
	if err != nil {
		return outcome{err: err, at: "Responder.Finish"}
	}
	return outcome{i: ki, r: kr}
}

func TestWhoKnowsThePassphraseSharesKeys(t *testing.T) {
	ann, bob := newMember(t, 7), newMember(t, 2)
	sizes := map[string]int{}
	got := shake(ann, bob, func(kind string, message []byte) { sizes[kind] = len(message) })
	require.NoError(t, got.err)
	assert.Equal(t, map[string]int{"HS1": 1223, "HS2": 1159, "HS3": handshake.TagSize}, sizes)

	assert.Equal(t, got.i.Send, got.r.Receive)
	assert.Equal(t, got.i.Receive, got.r.Send)
	assert.Equal(t, got.i.Transcript, got.r.Transcript)
	assert.NotEqual(t, got.i.Send, got.i.Receive)
	for _, k := range [][32]byte{got.i.Send, got.i.Receive, got.i.Transcript} {
		assert.NotEqual(t, [32]byte{}, k)
	}
	got.i.Wipe()
	assert.Equal(t, handshake.Keys{}, got.i)
}

func TestEachHandshakeHasItsOwnKeys(t *testing.T) {
	ann, bob := newMember(t, 7), newMember(t, 2)
	seen := map[[32]byte]bool{}
	for range 3 {
		got := shake(ann, bob, nil)
		require.NoError(t, got.err)
		for _, k := range [][32]byte{got.i.Send, got.i.Receive, got.i.Transcript} {
			assert.False(t, seen[k])
			seen[k] = true
		}
	}
}

func TestTheSuiteIsTheOneOfFrames(t *testing.T) {
	assert.EqualValues(t, sframe.ChaCha20Poly1305().ID, handshake.Suite)
}

// What both sides must know alike, and what each does when they do not.
func TestAHandshakeFailsUnlessBothSidesMeanTheSame(t *testing.T) {
	for _, row := range []struct {
		name   string
		differ func(i, r *member)
		want   error
		at     string
	}{
		{"another passphrase", func(i, r *member) { i.room.PRS[31] ^= 1 }, handshake.ErrTag, "Initiator.Finish"},
		{"another room", func(i, r *member) { i.room.Name = "standup2" }, handshake.ErrTag, "Initiator.Finish"},
		{"another realm", func(i, r *member) { i.room.Realm = "evil.example" }, handshake.ErrTag, "Initiator.Finish"},
		{"realm and room divided elsewhere", func(i, r *member) {
			i.room.Realm, i.room.Name = "meet.examples", "tandup"
		}, handshake.ErrTag, "Initiator.Finish"},
		{"no passphrase here", func(i, r *member) { i.room.PRS = [32]byte{} }, handshake.ErrPassphrase, "Initiate"},
		{"no passphrase there", func(i, r *member) { r.room.PRS = [32]byte{} }, handshake.ErrPassphrase, "Respond"},
		{"an earlier passphrase", func(i, r *member) { i.room.Epoch-- }, handshake.ErrEpoch, "Respond"},
		{"a later passphrase", func(i, r *member) { i.room.Epoch++ }, handshake.ErrEpoch, "Respond"},
	} {
		t.Run(row.name, func(t *testing.T) {
			ann, bob := newMember(t, 7), newMember(t, 2)
			row.differ(ann, bob)
			got := shake(ann, bob, nil)
			assert.ErrorIs(t, got.err, row.want)
			assert.Equal(t, row.at, got.at)
		})
	}
}
