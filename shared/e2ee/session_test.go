package e2ee_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
)

func TestFramesOfASessionTakeNoMemory(t *testing.T) {
	all := couple(t)
	frame := bytes.Repeat([]byte{7}, 1200)
	sealed := make([]byte, 0, len(frame)+e2ee.MaxOverhead)
	opened := make([]byte, 0, len(frame))
	allocs := testing.AllocsPerRun(100, func() {
		var err error
		sealed, err = all[1].Seal(sealed[:0], vp8, frame)
		require.NoError(t, err)
		opened, _, err = all[2].Open(opened[:0], false, sealed)
		require.NoError(t, err)
	})
	assert.Zero(t, allocs)
	assert.Equal(t, frame, opened)
}

func TestWithoutRandomnessThereIsNoSession(t *testing.T) {
	_, err := e2ee.NewSession(e2ee.Config{Rand: bytes.NewReader(make([]byte, 40))})
	require.Error(t, err, "40 bytes are not enough for identity and nonce")

	s, err := e2ee.NewSession(e2ee.Config{Rand: bytes.NewReader(make([]byte, 48))})
	require.NoError(t, err)
	s.Welcome(0, 1, nil)
	_, err = s.Seal(nil, voice, []byte("sound"))
	require.ErrorIs(t, err, e2ee.ErrPaused)
	assert.False(t, s.Take().State.Sending)
}

func TestBeforeTheWelcomeNothingGoesOut(t *testing.T) {
	s := session(t, 1)
	_, err := s.Seal(nil, voice, []byte("sound"))
	require.ErrorIs(t, err, e2ee.ErrPaused)
	require.ErrorIs(t, s.Say(0, 1, 0, "hello"), e2ee.ErrPaused)
	s.Receive(0, e2ee.Item{Kind: e2ee.KindHS1, From: 2})
	s.Joined(0, e2ee.Member{Index: 2, Announce: session(t, 2).Announce()})
	s.Tick(time.Hour)
	assert.Empty(t, s.Take().Items)
	_, ok := s.Deadline()
	assert.False(t, ok)
}

func TestAMemberWithOurOwnIdentityIsNotAnswered(t *testing.T) {
	s := session(t, 1)
	s.Welcome(0, 5, []e2ee.Member{{Index: 2, Announce: s.Announce()}})
	out := s.Take()
	assert.Empty(t, out.Items)
	assert.Equal(t, e2ee.StatusFailed, out.State.Peers[0].Status)
}

func TestTheStateComesOnlyWhenItChanges(t *testing.T) {
	s := session(t, 1)
	require.NotNil(t, s.Take().State)
	require.Nil(t, s.Take().State)
	s.Welcome(0, 5, nil)
	require.NotNil(t, s.Take().State, "it may send now")
	s.Tick(time.Second)
	require.Nil(t, s.Take().State)
}

func TestMoreMembersThanARoomMayHaveAreNotAnswered(t *testing.T) {
	s := session(t, 1)
	other := session(t, 2).Announce()
	var others []e2ee.Member
	for i := range uint16(150) {
		others = append(others, e2ee.Member{Index: 2 + i, Announce: other})
	}
	s.Welcome(0, 1, others)
	assert.Len(t, s.Take().State.Peers, e2ee.MaxMembers-1)
}
