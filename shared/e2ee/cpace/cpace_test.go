package cpace_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/cpace"
)

// side is what one side of an exchange puts into it.
type side struct{ prs, ci, sid, ad string }

// run lets two sides exchange messages, which tamper may change, and returns their keys.
func run(t *testing.T, a, b side, tamper func(toA, toB *cpace.Message)) (keyA, keyB [64]byte) {
	t.Helper()
	random := rand.NewChaCha8([32]byte{1})
	stateA, pointA, err := cpace.Start(random, []byte(a.prs), []byte(a.ci), []byte(a.sid))
	require.NoError(t, err)
	stateB, pointB, err := cpace.Start(random, []byte(b.prs), []byte(b.ci), []byte(b.sid))
	require.NoError(t, err)
	fromA, fromB := cpace.Message{Y: pointA[:], AD: []byte(a.ad)}, cpace.Message{Y: pointB[:], AD: []byte(b.ad)}
	toA := cpace.Message{Y: bytes.Clone(fromB.Y), AD: bytes.Clone(fromB.AD)}
	toB := cpace.Message{Y: bytes.Clone(fromA.Y), AD: bytes.Clone(fromA.AD)}
	tamper(&toA, &toB)
	keyA, err = stateA.ISK(true, fromA, toA)
	require.NoError(t, err)
	keyB, err = stateB.ISK(false, fromB, toB)
	require.NoError(t, err)
	return keyA, keyB
}

func untouched(*cpace.Message, *cpace.Message) {}

func TestOnlySidesThatAgreeInEverythingGetOneKey(t *testing.T) {
	ann := side{prs: "secret", ci: "ann and bob", sid: "1", ad: "from ann"}
	bob := side{prs: "secret", ci: "ann and bob", sid: "1", ad: "from bob"}
	one, other := run(t, ann, bob, untouched)
	require.Equal(t, one, other)
	require.NotZero(t, one)

	for _, row := range []struct {
		name   string
		change func(s *side)
		tamper func(toA, toB *cpace.Message)
	}{
		{"another secret", func(s *side) { s.prs = "Secret" }, untouched},
		{"other people", func(s *side) { s.ci = "ann and eve" }, untouched},
		{"another exchange", func(s *side) { s.sid = "2" }, untouched},
		{"a border between two values elsewhere", func(s *side) { s.ci, s.sid = "ann and bob1", "" }, untouched},
		{"other data for the initiator", func(*side) {}, func(toA, _ *cpace.Message) { toA.AD[0] ^= 1 }},
		{"other data for the responder", func(*side) {}, func(_, toB *cpace.Message) { toB.AD[0] ^= 1 }},
		{"another point for the initiator", func(*side) {}, func(toA, _ *cpace.Message) { toA.Y[0] ^= 1 }},
		{"another point for the responder", func(*side) {}, func(_, toB *cpace.Message) { toB.Y[0] ^= 1 }},
		{"another spelling of the same point", func(*side) {}, func(toA, _ *cpace.Message) { toA.Y[31] ^= 0x80 }},
	} {
		t.Run(row.name, func(t *testing.T) {
			changed := bob
			row.change(&changed)
			a, b := run(t, ann, changed, row.tamper)
			assert.NotEqual(t, a, b)
		})
	}
}

func TestOneSideMustBeTheInitiator(t *testing.T) {
	random := rand.NewChaCha8([32]byte{2})
	a, pointA, err := cpace.Start(random, []byte("secret"), nil, nil)
	require.NoError(t, err)
	b, pointB, err := cpace.Start(random, []byte("secret"), nil, nil)
	require.NoError(t, err)
	messageA, messageB := cpace.Message{Y: pointA[:]}, cpace.Message{Y: pointB[:]}
	keyA, err := a.ISK(true, messageA, messageB)
	require.NoError(t, err)
	keyB, err := b.ISK(true, messageB, messageA)
	require.NoError(t, err)
	assert.NotEqual(t, keyA, keyB)
}

func TestEachExchangeHasAPointOfItsOwn(t *testing.T) {
	random := rand.NewChaCha8([32]byte{3})
	_, one, err := cpace.Start(random, []byte("secret"), nil, nil)
	require.NoError(t, err)
	_, other, err := cpace.Start(random, []byte("secret"), nil, nil)
	require.NoError(t, err)
	assert.NotEqual(t, one, other)
}

func TestAScalarIsGoodForOneExchange(t *testing.T) {
	s, point, err := cpace.Start(rand.NewChaCha8([32]byte{4}), []byte("secret"), nil, nil)
	require.NoError(t, err)
	require.False(t, s.Wiped())
	own, peer := cpace.Message{Y: point[:]}, cpace.Message{Y: append([]byte{9}, make([]byte, 31)...)}
	_, err = s.ISK(true, own, peer)
	require.NoError(t, err)
	assert.True(t, s.Wiped())
	key, err := s.ISK(true, own, peer)
	assert.ErrorIs(t, err, cpace.ErrUsed)
	assert.Zero(t, key)
}

func TestAnExchangeCanBeGivenUp(t *testing.T) {
	s, point, err := cpace.Start(rand.NewChaCha8([32]byte{6}), []byte("secret"), nil, nil)
	require.NoError(t, err)
	s.Wipe()
	assert.True(t, s.Wiped())
	_, err = s.ISK(true, cpace.Message{Y: point[:]}, cpace.Message{Y: point[:]})
	assert.ErrorIs(t, err, cpace.ErrUsed)
}

func TestAPointOfAnotherLengthIsRefused(t *testing.T) {
	for n := range 34 {
		if n != cpace.PointSize {
			assert.ErrorIs(t, answer(t, bytes.Repeat([]byte{9}, n)), cpace.ErrMalformed, "%d bytes", n)
		}
	}
	s, point, err := cpace.Start(rand.NewChaCha8([32]byte{5}), []byte("secret"), nil, nil)
	require.NoError(t, err)
	_, err = s.ISK(true, cpace.Message{Y: point[:31]}, cpace.Message{Y: point[:]})
	assert.ErrorIs(t, err, cpace.ErrMalformed)
}

func TestNothingStartsWithoutRandomness(t *testing.T) {
	broken := errors.New("no randomness")
	s, _, err := cpace.Start(iotest.ErrReader(broken), []byte("secret"), nil, nil)
	assert.ErrorIs(t, err, broken)
	assert.Nil(t, s)
	_, _, err = cpace.Start(strings.NewReader("31 bytes, which is one too few."), []byte("secret"), nil, nil)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// The state keeps no reference to what its caller may overwrite.
func TestASessionIdentifierMayChangeAfterwards(t *testing.T) {
	sid := []byte("sid")
	one, point, err := cpace.Start(strings.NewReader("the thirty-two bytes of a scalar"), nil, nil, sid)
	require.NoError(t, err)
	sid[0] = 'x'
	other, _, err := cpace.Start(strings.NewReader("the thirty-two bytes of a scalar"), nil, nil, []byte("sid"))
	require.NoError(t, err)
	own, peer := cpace.Message{Y: point[:]}, cpace.Message{Y: append([]byte{9}, make([]byte, 31)...)}
	keyOne, err := one.ISK(true, own, peer)
	require.NoError(t, err)
	keyOther, err := other.ISK(true, own, peer)
	require.NoError(t, err)
	assert.Equal(t, keyOther, keyOne)
}

func BenchmarkStart(b *testing.B) {
	random := rand.NewChaCha8([32]byte{})
	prs, ci, sid := make([]byte, 32), make([]byte, 200), make([]byte, 32)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := cpace.Start(random, prs, ci, sid); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFinish(b *testing.B) {
	s, point, err := cpace.Start(rand.NewChaCha8([32]byte{}), make([]byte, 32), make([]byte, 200), make([]byte, 32))
	require.NoError(b, err)
	peer := cpace.Message{Y: append([]byte{9}, make([]byte, 31)...), AD: make([]byte, 1200)}
	own := cpace.Message{Y: point[:], AD: peer.AD}
	b.ReportAllocs()
	for b.Loop() {
		again := *s // a scalar is used once
		if _, err := again.ISK(true, own, peer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGenerator(b *testing.B) {
	prs, ci, sid := make([]byte, 32), make([]byte, 200), make([]byte, 32)
	for b.Loop() {
		_ = cpace.Generator(prs, ci, sid)
	}
}
