package port

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var secret = Secret{PRS: [32]byte{1, 31: 9}, Room: "garden", Passphrase: "four words are enough"}

var items = []Item{{Kind: 1, From: 3, To: 4, Data: []byte("hs1")}, {Kind: 127, To: math.MaxUint16}}

// commands has at least one of each kind.
var commands = []Command{
	&Open{Secret: secret, Realm: "meet.example"},
	&Retry{Secret: secret},
	&Change{Secret: secret},
	&Adopt{Secret: secret, Epoch: 255},
	&Decline{Epoch: 7},
	&Welcome{Me: 7},
	&Welcome{Me: 7, Others: []Member{{Index: 1, Announce: []byte("one")}, {Index: 2}}},
	&Joined{Member: Member{Index: 9, Announce: []byte{0}}},
	&Left{Index: 9},
	&Away{Index: 9, Away: true},
	&Receive{Items: items},
	&Profile{Profile: About{Name: "Ana ✨", Colour: 3, Hand: 1_700_000_000_000}},
	&Say{ID: math.MaxUint64, To: 4, Text: "hello"},
	&React{Code: "heart"},
	&Others{},
	&Unlock{},
	&Leave{},
	&Accept{},
	&ShowCode{On: true},
}

// reports has at least one of each kind.
var reports = []Report{
	&Ready{Announce: []byte("announce")},
	&Send{Items: items},
	&State{},
	&State{
		Phase: PhaseMismatch, With: 3, Code: "12345 67890 12345 67890 12345 67890", Agreement: AgreementUpdating, Attempts: 20,
		Sending: true,
		Peers: []Peer{
			{Index: 3, Status: StatusDifferent},
			{Index: 4, Status: StatusUp, About: About{Name: "Bob", Colour: 255, Hand: -1}},
		},
	},
	&Said{From: 1, To: 2, ID: 5, At: -1, Text: "grüß"},
	&Unsaid{ID: 5, Code: "chat.text"},
	&Reacted{From: 3, Code: "clap"},
	&Retried{Text: "other words"},
	&Offered{By: 4, Epoch: 2, Text: "still others"},
	&Passphrase{By: 3, Epoch: 1, Text: "others words"},
	&Unchanged{Code: "crypto.later"},
	&KeyFrame{},
	&Drops{Counts: []Drop{{Reason: -99, Count: math.MaxUint32}, {Reason: -3, Count: 1}}},
	&Fault{Code: "crypto.command"},
	&Parted{},
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	for _, c := range commands {
		b := AppendCommand([]byte("before"), c)
		require.Equal(t, "before", string(b[:6]))
		got, err := DecodeCommand(b[6:])
		require.NoError(t, err, "%T", c)
		assert.Equal(t, c, got)
	}
	for _, r := range reports {
		b := AppendReport([]byte("before"), r)
		require.Equal(t, "before", string(b[:6]))
		got, err := DecodeReport(b[6:])
		require.NoError(t, err, "%T", r)
		assert.Equal(t, r, got)
	}
}

func TestThereIsASampleOfEveryKind(t *testing.T) {
	seen := map[kind]bool{}
	for _, c := range commands {
		seen[c.command()] = true
	}
	for _, k := range []kind{kindOpen, kindRetry, kindChange, kindAdopt} {
		assert.True(t, seen[k], k)
	}
	for k := kindWelcome; k <= kindShow; k++ {
		assert.True(t, seen[k], k)
	}
	seen = map[kind]bool{}
	for _, r := range reports {
		seen[r.report()] = true
	}
	for k := kindReady; k <= kindUnchanged; k++ {
		assert.True(t, seen[k], k)
	}
}

func TestEveryProperPrefixIsRefused(t *testing.T) {
	for _, c := range commands {
		b := AppendCommand(nil, c)
		for n := range b {
			_, err := DecodeCommand(b[:n])
			require.ErrorIs(t, err, ErrMalformed, "%T %d", c, n)
		}
	}
	for _, r := range reports {
		b := AppendReport(nil, r)
		for n := range b {
			_, err := DecodeReport(b[:n])
			require.ErrorIs(t, err, ErrMalformed, "%T %d", r, n)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	state := AppendReport(nil, &State{})
	with := func(b []byte, at int, v byte) []byte {
		b = bytes.Clone(b)
		b[at] = v
		return b
	}
	for name, b := range map[string][]byte{
		"a kind nobody knows":              {200},
		"no kind":                          {0},
		"something after the end":          append(AppendReport(nil, &KeyFrame{}), 0),
		"a phase nobody knows":             with(state, 1, byte(phases)),
		"an agreement nobody knows":        with(state, 8, byte(agreements)),
		"a bool that is neither":           with(state, 11, 2),
		"a text that is not UTF-8":         append(AppendReport(nil, &Fault{})[:1], 0, 0, 0, 1, 0xFF),
		"a text longer than the message":   {byte(kindFault), 0xFF, 0xFF, 0xFF, 0xFF},
		"more elements than there is room": {byte(kindSend), 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		_, err := DecodeReport(b)
		assert.ErrorIs(t, err, ErrMalformed, name)
	}
	peer := AppendReport(nil, &State{Peers: []Peer{{Index: 1}}})
	_, err := DecodeReport(with(peer, 12+4+2, byte(statuses)))
	assert.ErrorIs(t, err, ErrMalformed, "a status nobody knows")
	for _, c := range [][]byte{{0}, {13}, {byte(kindShow), 2}, {NeedsPRS | 5}, append(AppendCommand(nil, &Accept{}), 0), {byte(kindAway), 0, 1, 2}} {
		_, err := DecodeCommand(c)
		assert.ErrorIs(t, err, ErrMalformed, "%x", c)
	}
}

func TestAForgedNumberOfElementsAllocatesLittle(t *testing.T) {
	b := append([]byte{byte(kindSend)}, 0xFF, 0xFF, 0xFF, 0xFF)
	b = append(b, make([]byte, 1000)...)
	binary.BigEndian.PutUint32(b[1:], 1<<31)
	assert.Less(t, testing.AllocsPerRun(10, func() { _, _ = DecodeReport(b) }), 4.0)
}

func TestThePRSLiesWhereTheWorkerWritesIt(t *testing.T) {
	for _, c := range commands {
		b := AppendCommand(nil, c)
		switch c.(type) {
		case *Open, *Retry, *Change, *Adopt:
			assert.NotZero(t, b[0]&NeedsPRS)
			assert.Equal(t, secret.PRS[:], b[1:33])
		default:
			assert.Zero(t, b[0]&NeedsPRS, "%T", c)
		}
	}
}

func TestTextsThatAreNotUTF8AreMended(t *testing.T) {
	got, err := DecodeReport(AppendReport(nil, &Said{Text: "a\xFFb"}))
	require.NoError(t, err)
	assert.Equal(t, "a\uFFFDb", got.(*Said).Text)
}

func TestPassphrasesDoNotPrint(t *testing.T) {
	for _, v := range []any{secret, &Open{Secret: secret}, &Retry{Secret: secret}, &Retried{Text: secret.Passphrase}, &Offered{Text: secret.Passphrase}, &Passphrase{Text: secret.Passphrase}} {
		for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
			assert.NotContains(t, fmt.Sprintf(verb, v), "words", "%T "+verb, v)
		}
	}
}

func TestDecodedMessagesShareNoMemory(t *testing.T) {
	b := AppendReport(nil, &Send{Items: items})
	got, err := DecodeReport(b)
	require.NoError(t, err)
	clear(b)
	assert.Equal(t, "hs1", string(got.(*Send).Items[0].Data))
}

func FuzzDecodeCommand(f *testing.F) {
	for _, c := range commands {
		f.Add(AppendCommand(nil, c))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeCommand(b)
		if err != nil {
			require.Nil(t, c)
			return
		}
		require.Equal(t, b, AppendCommand(nil, c), "one encoding each")
	})
}

func FuzzDecodeReport(f *testing.F) {
	for _, r := range reports {
		f.Add(AppendReport(nil, r))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeReport(b)
		if err != nil {
			require.Nil(t, r)
			return
		}
		require.Equal(t, b, AppendReport(nil, r), "one encoding each")
	})
}
