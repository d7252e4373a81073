package cpace_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/cpace"
	"github.com/conclave-meet/conclave/shared/published"
)

// read fills v from a file of ours.
func read(t *testing.T, file string, v any) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, v))
}

// bin is bytes that JSON holds as hexadecimal digits.
type bin []byte

func (b *bin) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// exchange is one whole exchange; A is the initiator.
type exchange struct {
	PRS, CI, SID, G  bin
	ScalarA, ScalarB bin
	PointA, PointB   bin
	DataA, DataB     bin
	ISK              bin
}

// UnmarshalJSON tells ya from Ya, which encoding/json does not.
func (e *exchange) UnmarshalJSON(text []byte) error {
	var all map[string]bin
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	*e = exchange{
		PRS: all["PRS"], CI: all["CI"], SID: all["sid"], G: all["g"],
		ScalarA: all["ya"], ScalarB: all["yb"], PointA: all["Ya"], PointB: all["Yb"],
		DataA: all["ADa"], DataB: all["ADb"], ISK: all["ISK_IR"],
	}
	return nil
}

func (e exchange) check(t *testing.T) {
	t.Helper()
	g := cpace.Generator(e.PRS, e.CI, e.SID)
	assert.Equal(t, []byte(e.G), g[:])

	a, pointA, err := cpace.Start(bytes.NewReader(e.ScalarA), e.PRS, e.CI, e.SID)
	require.NoError(t, err)
	assert.Equal(t, []byte(e.PointA), pointA[:])
	b, pointB, err := cpace.Start(bytes.NewReader(e.ScalarB), e.PRS, e.CI, e.SID)
	require.NoError(t, err)
	assert.Equal(t, []byte(e.PointB), pointB[:])

	messageA, messageB := cpace.Message{Y: pointA[:], AD: e.DataA}, cpace.Message{Y: pointB[:], AD: e.DataB}
	keyA, err := a.ISK(true, messageA, messageB)
	require.NoError(t, err)
	assert.Equal(t, []byte(e.ISK), keyA[:])
	keyB, err := b.ISK(false, messageB, messageA)
	require.NoError(t, err)
	assert.Equal(t, keyA, keyB)
}

func TestThePublishedExchange(t *testing.T) {
	var v struct {
		Exchange exchange `json:"G_25519"`
	}
	published.Read(t, "cpace/testvectors.json", &v)
	require.NotEmpty(t, v.Exchange.ISK)
	v.Exchange.check(t)
	t.Log("1 exchange: generator, both points, ISK_IR")
}

func TestThePublishedGeneratorString(t *testing.T) {
	var blocks []map[string]any
	published.Read(t, "cpace/draft-embedded-json-blocks.json", &blocks)
	require.Len(t, blocks, 26)
	value := func(name string) []byte {
		digits, ok := blocks[5][name].(string)
		require.True(t, ok, name)
		b, err := hex.DecodeString(digits)
		require.NoError(t, err)
		return b
	}
	got := cpace.GeneratorString(value("PRS"), value("CI"), value("sid"))
	assert.Equal(t, value("generator_string(G.DSI,PRS,CI,sid,H.s_in_bytes)"), got)
	for _, field := range []string{"hash generator string", "decoded field element of 255 bits"} {
		got := cpace.MapToCurve((*[32]byte)(value(field)))
		assert.Equal(t, value("generator g"), got[:], field)
	}
	t.Log("1 generator string, mapped from 2 spellings of its field element")
}

// Of the twelve published points these seven must end an exchange, and the other five, which are ordinary points once
// bit 255 is ignored, must not.
func TestExactlyThePublishedPointsAreRefused(t *testing.T) {
	var v struct {
		Points map[string]bin `json:"X25519_points"`
	}
	published.Read(t, "cpace/testvectors.json", &v)
	require.Len(t, v.Points, 12)
	refused := []string{
		"Invalid Y0", "Invalid Y1", "Invalid Y2", "Invalid Y3", "Invalid Y4", "Invalid Y5", "Invalid Y7",
	}
	var got []string
	for name, point := range v.Points {
		err := answer(t, point)
		if err != nil {
			require.ErrorIs(t, err, cpace.ErrLowOrder, name)
			got = append(got, name)
		}
	}
	assert.ElementsMatch(t, refused, got)
	t.Logf("%d of %d points refused", len(got), len(v.Points))
}

// answer is how an exchange ends in which the other side sends this Y.
func answer(t *testing.T, y []byte) error {
	t.Helper()
	s, own, err := cpace.Start(strings.NewReader("the thirty-two bytes of a scalar"), []byte("secret"), nil, []byte("sid"))
	require.NoError(t, err)
	key, err := s.ISK(true, cpace.Message{Y: own[:]}, cpace.Message{Y: y})
	assert.True(t, s.Wiped())
	if err != nil {
		assert.Zero(t, key)
	}
	return err
}

// Ours were made with big integers and OpenSSL by testdata/cpace.mjs.
func TestExchangesByAnotherImplementation(t *testing.T) {
	var v struct {
		Exchanges []exchange
		Map       []struct{ R, U bin }
		Points    []struct {
			Y       bin
			Refused bool
		}
	}
	read(t, "testdata/cpace.json", &v)
	require.Len(t, v.Exchanges, 16)
	for _, e := range v.Exchanges {
		e.check(t)
	}
	require.Len(t, v.Map, 32)
	for _, m := range v.Map {
		got := cpace.MapToCurve((*[32]byte)(m.R))
		assert.Equal(t, []byte(m.U), got[:], "r = %x", []byte(m.R))
	}
	require.Len(t, v.Points, 27)
	refused := 0
	for _, p := range v.Points {
		if err := answer(t, p.Y); p.Refused {
			assert.ErrorIs(t, err, cpace.ErrLowOrder, "Y = %x", []byte(p.Y))
			refused++
		} else {
			assert.NoError(t, err, "Y = %x", []byte(p.Y))
		}
	}
	assert.Equal(t, 14, refused)
	t.Logf("%d exchanges, %d generators, %d points of testdata/cpace.json", len(v.Exchanges), len(v.Map), len(v.Points))
}
