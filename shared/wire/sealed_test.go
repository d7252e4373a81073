package wire

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestItemsAreWrittenAsDocumented(t *testing.T) {
	b, err := EncodeClient(&Sealed{Items: []Item{
		{Kind: ItemHS2, From: 0x0102, To: 0x0304, Data: []byte("ab")},
		{Kind: ItemAbort, To: 5},
	}}, 7)
	require.NoError(t, err)
	assert.Equal(t, []byte{
		1, 2, 1, 2, 3, 4, 0, 0, 0, 2, 'a', 'b',
		1, 127, 0, 0, 0, 5, 0, 0, 0, 0,
	}, b)
	assert.True(t, Binary(b))
	assert.False(t, Binary([]byte(`{"t":"ping"}`)))
	assert.False(t, Binary(nil))
}

func TestLimitsOfItems(t *testing.T) {
	many := func(n, size int) *Sealed {
		m := &Sealed{}
		for range n {
			m.Items = append(m.Items, Item{Kind: ItemRecord, To: 2, Data: make([]byte, size)})
		}
		return m
	}
	for _, c := range []struct {
		name string
		m    *Sealed
		what string // "": it is fine
	}{
		{"the largest item", many(1, MaxItem), ""},
		{"an item that is too large", many(1, MaxItem+1), "item.size"},
		{"as many items as may be", many(MaxItems, 100), ""},
		{"too many items", many(MaxItems+1, 0), "items"},
		{"as many large items as fit", many(15, MaxItem), ""},
		{"more than fits", many(16, MaxItem), "items"},
		{"no items", many(0, 0), "items"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := EncodeClient(c.m, 0)
			_, sErr := EncodeServer(c.m, 0)
			if c.what == "" {
				require.NoError(t, err)
				require.NoError(t, sErr)
				got, _, err := DecodeClient(b)
				require.NoError(t, err)
				assert.Equal(t, c.m, got)
				return
			}
			for _, err := range []error{err, sErr} {
				assert.Equal(t, Refuse(CodeBadMessage, "what", c.what), err)
			}
			// And what another program writes is refused when it is read.
			_, _, err = DecodeClient(c.m.encode())
			require.Error(t, err)
			_, _, err = DecodeServer(c.m.encode())
			require.Error(t, err)
		})
	}
}

func TestBinaryMessagesAreReadStrictly(t *testing.T) {
	item := func(edit func(b []byte)) []byte {
		b := (&Sealed{Items: []Item{{Kind: ItemHS1, To: 2, Data: []byte("abcd")}}}).encode()
		edit(b)
		return b
	}
	for _, c := range []struct {
		name string
		b    []byte
		code Code
	}{
		{"another version in the second item", append(item(func([]byte) {}), item(func(b []byte) { b[0] = 2 })...), CodeBadMessage},
		{"JSON behind an item", append(item(func([]byte) {}), `{"t":"ping"}`...), CodeBadMessage},
		{"a length beyond the message", item(func(b []byte) { b[9] = 5 }), CodeBadMessage},
		{"a length that leaves something over", item(func(b []byte) { b[9] = 3 }), CodeBadMessage},
		{"the greatest length", item(func(b []byte) { binary.BigEndian.PutUint32(b[6:], 1<<32-1) }), CodeBadMessage},
		{"a length that is negative in 32 bits", item(func(b []byte) { binary.BigEndian.PutUint32(b[6:], 1<<31) }), CodeBadMessage},
		{"more than the limit", append([]byte{itemVersion}, make([]byte, MaxMessage)...), CodeTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, decode := range []func([]byte) error{
				func(b []byte) error { _, _, err := DecodeClient(b); return err },
				func(b []byte) error { _, _, err := DecodeServer(b); return err },
			} {
				var e *Error
				require.ErrorAs(t, decode(c.b), &e)
				assert.Equal(t, c.code, e.Code)
			}
		})
	}
}

// TestNoLengthAsksForMemory: what reading costs is bounded by the bytes that came, not by those announced in them.
func TestNoLengthAsksForMemory(t *testing.T) {
	b := (&Sealed{Items: []Item{{Kind: ItemHS1, To: 2}}}).encode()
	binary.BigEndian.PutUint32(b[6:], MaxItem)
	assert.LessOrEqual(t, testing.AllocsPerRun(10, func() { _, _, _ = DecodeClient(b) }), 4.0, "only the refusal")

	m := &Sealed{}
	for range MaxItems {
		m.Items = append(m.Items, Item{Kind: ItemRecord, To: 2, Data: make([]byte, 200)})
	}
	b = m.encode()
	assert.LessOrEqual(t, testing.AllocsPerRun(10, func() { _, _, _ = DecodeClient(b) }), 2.0, "the message and its list")
	got, err := decodeSealed(b)
	require.NoError(t, err)
	assert.Same(t, &b[itemHead], &got.Items[0].Data[0], "bytes are not copied")
	for _, x := range got.Items {
		assert.Equal(t, len(x.Data), cap(x.Data), "nobody can write into the next item by appending")
	}
	assert.Equal(t, len(got.Items), cap(got.Items))
}

func TestItemsArePackedIntoFewMessagesInTheirOrder(t *testing.T) {
	assert.Empty(t, Pack(nil))
	var items []Item
	for i := range 1000 {
		items = append(items, Item{Kind: ItemRecord, To: MemberIndex(i), Data: make([]byte, i%7*500)})
	}
	var back []Item
	out := Pack(items)
	for i, m := range out {
		require.NoError(t, m.check())
		back = append(back, m.Items...)
		if i > 0 {
			full := len(out[i-1].Items) == MaxItems || out[i-1].size()+m.Items[0].Size() > MaxMessage
			assert.True(t, full, "message %d had room left", i-1)
		}
	}
	assert.Equal(t, items, back)

	huge := Pack([]Item{{Data: make([]byte, MaxMessage)}, {Data: []byte("x")}})
	require.Len(t, huge, 2, "what nobody can send holds nothing else up")
	require.Error(t, huge[0].check())
	require.NoError(t, huge[1].check())
}

// FuzzSealed: what the relay accepts it could write itself, byte by byte; it reads nothing that is longer than itself.
func FuzzSealed(f *testing.F) {
	f.Add(sampleSealed().encode())
	for _, x := range sampleSealed().Items {
		f.Add((&Sealed{Items: []Item{x}}).encode())
	}
	f.Add([]byte{1, 16, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 'x'})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeSealed(b)
		if err != nil {
			require.Nil(t, m)
			require.IsType(t, &Error{}, err)
			return
		}
		require.NoError(t, m.check())
		require.Equal(t, b, m.encode())
		for i := range len(m.Items[0].Data) + itemHead {
			_, err := decodeSealed(b[:i])
			require.Error(t, err, "a part of the first item")
		}
	})
}
