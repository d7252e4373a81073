package channel_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/channel"
	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

var (
	keyA = [32]byte(bytes.Repeat([]byte{0xA1}, 32))
	keyB = [32]byte(bytes.Repeat([]byte{0xB2}, 32))
)

// pair returns both ends of one channel.
func pair() (a, b *channel.Channel) {
	return channel.New(handshake.Keys{Send: keyA, Receive: keyB}), channel.New(handshake.Keys{Send: keyB, Receive: keyA})
}

func seal(t testing.TB, c *channel.Channel, kind channel.Type, body string) []byte {
	t.Helper()
	record, err := c.Seal(nil, channel.Record{Type: kind, Body: []byte(body)})
	require.NoError(t, err)
	return record
}

func open(t testing.TB, c *channel.Channel, record []byte) string {
	t.Helper()
	r, err := c.Open(record)
	require.NoError(t, err)
	return string(r.Body)
}

func TestBothSidesSpeakInTurnAndAtOnce(t *testing.T) {
	a, b := pair()
	for range 5 {
		one, two := seal(t, a, channel.TypeChat, "one"), seal(t, a, channel.TypePing, "two")
		back := seal(t, b, channel.TypeBye, "back")
		r, err := b.Open(one)
		require.NoError(t, err)
		assert.Equal(t, channel.Record{Type: channel.TypeChat, Body: []byte("one")}, r)
		assert.Equal(t, "two", open(t, b, two))
		assert.Equal(t, "back", open(t, a, back))
	}
	assert.False(t, a.Broken())
}

func TestARecordIsAppendedAndHidesItsBody(t *testing.T) {
	a, b := pair()
	record, err := a.Seal([]byte("before"), channel.Record{Type: channel.TypeChat, Body: []byte("hello")})
	require.NoError(t, err)
	record, ok := bytes.CutPrefix(record, []byte("before"))
	require.True(t, ok)
	assert.NotContains(t, string(record), "hello")
	assert.Equal(t, "hello", open(t, b, record))
}

func TestLengthsShowOnlyTheirClass(t *testing.T) {
	for _, row := range []struct {
		kind       channel.Type
		body, want int // bytes
	}{
		{channel.TypePing, 0, 64 + 16},
		{channel.TypePing, 61, 64 + 16},
		{channel.TypePing, 62, 128 + 16},
		{channel.TypeKeys, 70, 128 + 16},
		{channel.TypeChat, 0, 256 + 16},
		{channel.TypeChat, 253, 256 + 16},
		{channel.TypeWhisper, 254, 512 + 16},
		{channel.TypeChat, 16 + channel.MaxText, 3840 + 16},
		{channel.TypeProfile, 63*64 - 3, channel.MaxRecord},
	} {
		a, b := pair()
		record := seal(t, a, row.kind, strings.Repeat("x", row.body))
		assert.Len(t, record, row.want, "type %d, %d bytes", row.kind, row.body)
		assert.Len(t, open(t, b, record), row.body)
	}
}

func TestABodyThatDoesNotFitLeavesTheChannelAsItWas(t *testing.T) {
	a, b := pair()
	for _, row := range []struct {
		kind channel.Type
		size int
	}{
		{channel.TypeProfile, 63*64 - 2},
		{channel.TypeChat, 16 + channel.MaxText + 1},
		{channel.TypeProfile, 1 << 16},
		{channel.TypeProfile, 1<<16 + 5},
	} {
		record, err := a.Seal([]byte("kept"), channel.Record{Type: row.kind, Body: make([]byte, row.size)})
		assert.ErrorIs(t, err, channel.ErrLong, "type %d, %d bytes", row.kind, row.size)
		assert.Nil(t, record)
	}
	assert.Equal(t, "still", open(t, b, seal(t, a, channel.TypeBye, "still")))
}

// Whatever a relay can do to records ends the channel, and nothing of it is read.
func TestARecordThatIsNotTheNextOneEndsTheChannel(t *testing.T) {
	first := func(t *testing.T, a *channel.Channel) []byte { return seal(t, a, channel.TypePing, "first") }
	for _, row := range []struct {
		name string
		next func(t *testing.T, a, b *channel.Channel) []byte // a record that b must not take
	}{
		{"one is missing", func(t *testing.T, a, _ *channel.Channel) []byte {
			first(t, a)
			return seal(t, a, channel.TypePing, "second")
		}},
		{"one comes twice", func(t *testing.T, a, b *channel.Channel) []byte {
			record := first(t, a)
			open(t, b, record)
			return record
		}},
		{"our own comes back", func(t *testing.T, _, b *channel.Channel) []byte { return first(t, b) }},
		{"of another channel", func(t *testing.T, _, _ *channel.Channel) []byte {
			return first(t, channel.New(handshake.Keys{Send: [32]byte{1}, Receive: keyB}))
		}},
		{"nothing", func(*testing.T, *channel.Channel, *channel.Channel) []byte { return nil }},
		{"one byte more", func(t *testing.T, a, _ *channel.Channel) []byte { return append(first(t, a), 0) }},
		{"two at once", func(t *testing.T, a, _ *channel.Channel) []byte { return append(first(t, a), first(t, a)...) }},
		{"far too long", func(*testing.T, *channel.Channel, *channel.Channel) []byte { return make([]byte, 1<<20) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, b := pair()
			bad := row.next(t, a, b)
			r, err := b.Open(bad)
			assert.ErrorIs(t, err, channel.ErrBroken)
			assert.Zero(t, r)
			isOver(t, a, b)
		})
	}
}

// isOver checks that b neither opens what a says next nor says anything.
func isOver(t *testing.T, a, b *channel.Channel) {
	t.Helper()
	assert.True(t, b.Broken())
	_, err := b.Open(seal(t, a, channel.TypePing, "later"))
	assert.ErrorIs(t, err, channel.ErrBroken)
	out, err := b.Seal(nil, channel.Record{Type: channel.TypePing})
	assert.ErrorIs(t, err, channel.ErrBroken)
	assert.Nil(t, out)
}

func TestWipedKeysMakeNoChannel(t *testing.T) {
	for _, k := range []handshake.Keys{{}, {Send: keyB}, {Receive: keyA}} {
		a, _ := pair()
		isOver(t, a, channel.New(k))
	}
}

func TestAClosedChannelSaysNothing(t *testing.T) {
	a, b := pair()
	b.Close()
	isOver(t, a, b)
}

func TestNothingOfARecordCanBeChanged(t *testing.T) {
	for _, kind := range []channel.Type{channel.TypeKeys, channel.TypeChat} {
		a, _ := pair()
		record := seal(t, a, kind, strings.Repeat("k", 70))
		for i := range record {
			for bit := range 8 {
				_, b := pair()
				record[i] ^= 1 << bit
				_, err := b.Open(record)
				require.ErrorIs(t, err, channel.ErrBroken, "byte %d, bit %d", i, bit)
				record[i] ^= 1 << bit
			}
		}
		for n := range record {
			_, b := pair()
			_, err := b.Open(record[:n])
			require.ErrorIs(t, err, channel.ErrBroken, "the first %d bytes", n)
		}
		_, b := pair()
		assert.Equal(t, strings.Repeat("k", 70), open(t, b, record))
	}
}

// A member whose records are authentic may still be one that pads in its own way.
func TestPaddingHasOneForm(t *testing.T) {
	plain := func(size int, change func(p []byte)) []byte {
		p := make([]byte, size)
		p[0], p[2] = byte(channel.TypePing), 5
		if change != nil {
			change(p)
		}
		return p
	}
	for _, row := range []struct {
		name  string
		plain []byte
		ok    bool
	}{
		{"as it should be", plain(64, nil), true},
		{"not zero", plain(64, func(p []byte) { p[63] = 1 }), false},
		{"not zero behind the body", plain(64, func(p []byte) { p[8] = 1 }), false},
		{"a block too much", plain(128, nil), false},
		{"no whole block", plain(65, nil), false},
		{"a length that goes beyond the end", plain(64, func(p []byte) { p[2] = 62 }), false},
		{"a length of 64 KiB", plain(64, func(p []byte) { p[1], p[2] = 0xFF, 0xFF }), false},
		{"chat in small blocks", plain(64, func(p []byte) { p[0] = byte(channel.TypeChat) }), false},
		{"an unknown type", plain(64, func(p []byte) { p[0] = 0xEE }), true},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, b := pair()
			_, err := b.Open(channel.SealPlain(keyA, 0, row.plain))
			if row.ok {
				assert.NoError(t, err)
			} else {
				assert.ErrorIs(t, err, channel.ErrBroken)
			}
		})
	}
}

func TestNoKeyIsUsedTwice(t *testing.T) {
	a, _ := pair()
	seen := map[string]bool{}
	for range 1000 {
		record := seal(t, a, channel.TypePing, "the same")
		assert.False(t, seen[string(record[:16])])
		seen[string(record[:16])] = true
	}
}

func TestTheKeyOfOneRecordOpensNoOther(t *testing.T) {
	plain := make([]byte, 64)
	plain[0] = byte(channel.TypePing)
	a, b := pair()
	_, err := b.Open(seal(t, a, channel.TypePing, ""))
	require.NoError(t, err)
	_, err = b.Open(channel.SealPlain(keyA, 1, plain))
	require.ErrorIs(t, err, channel.ErrBroken, "the second record under the first key")

	_, b = pair()
	_, err = b.Open(channel.SealPlain(keyA, 0, plain))
	require.NoError(t, err, "the first record, which that key is for")
}

// What opens no record of the other side must end the channel, whatever it is, and never the program.
func FuzzOpen(f *testing.F) {
	a, _ := pair()
	record := seal(f, a, channel.TypeKeys, "body")
	f.Add([]byte{})
	f.Add(record)
	f.Add(record[:channel.MinRecord-1])
	f.Add(make([]byte, channel.MaxRecord))
	f.Add(make([]byte, channel.MaxRecord+1))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, c := pair()
		_, err := c.Open(b)
		assert.Equal(t, bytes.Equal(b, record), err == nil)
		assert.Equal(t, err != nil, c.Broken())
	})
}

// The same behind the cipher: whatever an authentic peer says is read in one way only, or not at all.
func FuzzPlaintext(f *testing.F) {
	f.Add(make([]byte, 64))
	f.Add(append([]byte{byte(channel.TypeChat), 0, 200}, make([]byte, 253)...))
	f.Add([]byte{1, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, plain []byte) {
		_, b := pair()
		record := channel.SealPlain(keyA, 0, plain)
		r, err := b.Open(record)
		if err != nil {
			require.ErrorIs(t, err, channel.ErrBroken)
			return
		}
		a, _ := pair()
		again, err := a.Seal(nil, r)
		require.NoError(t, err)
		assert.Equal(t, record, again)
	})
}

func BenchmarkSeal(b *testing.B) {
	a, _ := pair()
	r := channel.Record{Type: channel.TypeKeys, Body: make([]byte, 70)}
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out, _ = a.Seal(out[:0], r)
	}
	require.NotEmpty(b, out)
}

func BenchmarkOpen(b *testing.B) {
	from, to := pair()
	r := channel.Record{Type: channel.TypeKeys, Body: make([]byte, 70)}
	records := make([][]byte, 10_000)
	for i := range records {
		records[i], _ = from.Seal(nil, r)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n == len(records) { // records open once
			_, to = pair()
			n = 0
		}
		if _, err := to.Open(records[n]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
