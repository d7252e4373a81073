package channel_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/channel"
)

var digest = channel.Digest{31: 9}

// bodies is one of each kind, and the extremes.
var bodies = []channel.Body{
	channel.Keys{Generation: 0x01020304, Step: 5, Base: keyA, Reason: 7, Digest: digest},
	channel.Keys{Generation: math.MaxUint32, Step: 15},
	channel.KeysAck{Generation: 0x01020304, Digest: digest},
	channel.Profile{},
	channel.Profile{Name: "Zoë 🙂", Colour: 3, Hand: 1_700_000_000_000, Labels: [4]string{"mic", "", "Präsentation", "tab"}},
	channel.Profile{
		Name: strings.Repeat("n", channel.MaxName), Colour: 255, Hand: -1,
		Labels: [4]string{3: strings.Repeat("l", channel.MaxLabel)},
	},
	channel.Chat{ID: 1 << 63, At: 1_700_000_000_000, Text: "hello,\nworld"},
	channel.Chat{At: -1, Text: strings.Repeat("x", channel.MaxText)},
	channel.Whisper{ID: 3, At: 4, Text: "psst"},
	channel.Reaction{Code: "clap"},
	channel.Reaction{Code: strings.Repeat("c", channel.MaxCode)},
	channel.Ping{Digest: digest},
	channel.Passphrase{Epoch: 4, Text: "correct horse battery staple"},
	channel.Passphrase{Epoch: 255, Text: strings.Repeat("p", channel.MaxPassphrase)},
	channel.Bye{Reason: 2},
}

func TestWhatIsSaidIsWhatIsHeard(t *testing.T) {
	for _, want := range bodies {
		t.Run(fmt.Sprintf("%T", want), func(t *testing.T) {
			r, err := channel.Make(want)
			require.NoError(t, err)
			a, b := pair()
			record, err := a.Seal(nil, r)
			require.NoError(t, err)
			require.LessOrEqual(t, len(record), channel.MaxRecord)
			r, err = b.Open(record)
			require.NoError(t, err)
			got, err := channel.Parse(r)
			require.NoError(t, err)
			assert.Equal(t, want, got)

			clear(r.Body)
			assert.Equal(t, want, got, "it shares no memory with the record")
		})
	}
}

// The layouts of e2ee.md, section 7, byte by byte.
func TestLayouts(t *testing.T) {
	digits := func(b byte) string { return fmt.Sprintf("%02x", b) }
	dig := strings.Repeat("00", 31) + "09"
	for _, row := range []struct {
		body channel.Body
		kind channel.Type
		want string
	}{
		{bodies[0], 1, "01020304" + "05" + strings.Repeat("a1", 32) + "07" + dig},
		{bodies[2], 2, "01020304" + dig},
		{channel.Profile{Name: "Z", Colour: 3, Hand: 256, Labels: [4]string{1: "c"}}, 3,
			"03" + "0000000000000100" + "01" + digits('Z') + "00" + "01" + digits('c') + "00" + "00"},
		{channel.Chat{ID: 1, At: 2, Text: "AB"}, 4, "0000000000000001" + "0000000000000002" + "4142"},
		{channel.Reaction{Code: "AB"}, 5, "4142"},
		{channel.Ping{Digest: digest}, 6, dig},
		{channel.Passphrase{Epoch: 9, Text: "AB"}, 7, "09" + "4142"},
		{channel.Bye{Reason: 2}, 10, "02"},
		{channel.Whisper{ID: 1, At: 2, Text: "AB"}, 11, "0000000000000001" + "0000000000000002" + "4142"},
	} {
		r, err := channel.Make(row.body)
		require.NoError(t, err)
		assert.Equal(t, row.kind, r.Type, "%T", row.body)
		assert.Equal(t, row.want, fmt.Sprintf("%x", r.Body), "%T", row.body)
	}
}

func TestBodiesOutOfTheirBoundsAreNotMade(t *testing.T) {
	for _, row := range []struct {
		name string
		body channel.Body
	}{
		{"a step after the last", channel.Keys{Step: 16}},
		{"a name that is too long", channel.Profile{Name: strings.Repeat("n", channel.MaxName+1)}},
		{"a name of 256 bytes, whose length would wrap", channel.Profile{Name: strings.Repeat("n", 256)}},
		{"a label that is too long", channel.Profile{Labels: [4]string{2: strings.Repeat("n", channel.MaxLabel+1)}}},
		{"a name that is no UTF-8", channel.Profile{Name: "\xFF"}},
		{"no text", channel.Chat{}},
		{"a text that is too long", channel.Chat{Text: strings.Repeat("x", channel.MaxText+1)}},
		{"a whisper that is no UTF-8", channel.Whisper{Text: "a\xC0"}},
		{"no reaction", channel.Reaction{}},
		{"a long reaction", channel.Reaction{Code: strings.Repeat("x", channel.MaxCode+1)}},
		{"no passphrase", channel.Passphrase{Epoch: 1}},
		{"a long passphrase", channel.Passphrase{Text: strings.Repeat("x", channel.MaxPassphrase+1)}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := channel.Make(row.body)
			assert.ErrorIs(t, err, channel.ErrMalformed)
		})
	}
}

// Bodies of fixed size and those that name their lengths have no proper prefix. The others end where the record says:
// for them a prefix is another text.
func TestNoPrefixOfABodyIsRead(t *testing.T) {
	for _, body := range bodies {
		r, err := channel.Make(body)
		require.NoError(t, err)
		least := len(r.Body)
		switch body.(type) {
		case channel.Chat, channel.Whisper:
			least = 17
		case channel.Reaction:
			least = 1
		case channel.Passphrase:
			least = 2
		default:
			_, err := channel.Parse(channel.Record{Type: r.Type, Body: append(r.Body, 0)})
			assert.ErrorIs(t, err, channel.ErrMalformed, "%T and a byte more", body)
		}
		for n := range least {
			_, err := channel.Parse(channel.Record{Type: r.Type, Body: r.Body[:n]})
			assert.ErrorIs(t, err, channel.ErrMalformed, "the first %d bytes of %T", n, body)
		}
	}
}

func TestAnUnknownTypeIsToldFromAMalformedOne(t *testing.T) {
	for _, kind := range []channel.Type{0, 8, 9, 12, 255} {
		_, err := channel.Parse(channel.Record{Type: kind, Body: []byte("x")})
		assert.ErrorIs(t, err, channel.ErrUnknown)
	}
}

func TestSecretsArePrintedByNothing(t *testing.T) {
	a, _ := pair()
	for _, secret := range []any{
		a, channel.Record{Body: []byte("staple")},
		channel.Keys{Generation: 77, Base: keyA}, channel.Passphrase{Text: "staple"},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			assert.Equal(t, "[hidden]", fmt.Sprintf(verb, secret))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, body := range bodies {
		r, err := channel.Make(body)
		require.NoError(f, err)
		f.Add(uint8(r.Type), r.Body)
	}
	f.Fuzz(func(t *testing.T, kind uint8, b []byte) {
		body, err := channel.Parse(channel.Record{Type: channel.Type(kind), Body: b})
		if err != nil {
			return
		}
		r, err := channel.Make(body)
		require.NoError(t, err)
		assert.Equal(t, channel.Type(kind), r.Type)
		assert.Equal(t, string(b), string(r.Body), "what is read is what would be written")
	})
}
