package cache

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRing(t *testing.T) {
	r := New(4)
	dst := make([]byte, 10)
	_, ok := r.Get(0, dst)
	assert.False(t, ok, "an empty ring has nothing")

	for i := uint64(100); i < 106; i++ {
		r.Put(Packet{Seq: i, TS: uint32(i) * 10, Marker: i%2 == 0, Payload: []byte{byte(i), 1, 2}})
	}
	for i := uint64(102); i < 106; i++ {
		p, ok := r.Get(i, dst)
		require.True(t, ok, "packet %d", i)
		assert.Equal(t, Packet{Seq: i, TS: uint32(i) * 10, Marker: i%2 == 0, Payload: []byte{byte(i), 1, 2}}, p)
	}
	_, ok = r.Get(101, dst)
	assert.False(t, ok, "the oldest made room")
	r.Put(Packet{Seq: 101, Payload: []byte{9}})
	_, ok = r.Get(105, dst)
	assert.True(t, ok, "a late packet does not push out a newer one")
	_, ok = r.Get(105, dst[:2])
	assert.False(t, ok, "a packet that does not fit is not cut")
}

func TestRingKeepsEmptyPackets(t *testing.T) {
	r := New(4)
	r.Put(Packet{Seq: 7})
	p, ok := r.Get(7, nil)
	assert.True(t, ok)
	assert.Empty(t, p.Payload)
}

func TestRingCopies(t *testing.T) {
	r := New(4)
	b := []byte{1, 2, 3}
	r.Put(Packet{Seq: 1, Payload: b})
	b[0] = 9
	p, ok := r.Get(1, make([]byte, 3))
	require.True(t, ok)
	assert.Equal(t, []byte{1, 2, 3}, p.Payload)
}

func TestAnEmptiedRingTakesPacketsAgain(t *testing.T) {
	r := New(4)
	r.Put(Packet{Seq: 1, Payload: []byte{1}})
	r.Empty()
	_, ok := r.Get(1, make([]byte, 3))
	assert.False(t, ok)
	r.Put(Packet{Seq: 2, Head: []byte{7, 8}, Payload: []byte{2}})
	_, ok = r.Get(2, make([]byte, 2))
	assert.False(t, ok, "the head needs room too")
	p, ok := r.Get(2, make([]byte, 3))
	assert.True(t, ok)
	assert.Equal(t, Packet{Seq: 2, Head: []byte{7, 8}, Payload: []byte{2}}, p)
}

func TestFreedRingStaysEmpty(t *testing.T) {
	r := New(4)
	r.Put(Packet{Seq: 1, Payload: []byte{1}})
	r.Free()
	_, ok := r.Get(1, make([]byte, 3))
	assert.False(t, ok)
	r.Put(Packet{Seq: 1, Payload: []byte{1}})
	_, ok = r.Get(1, make([]byte, 3))
	assert.False(t, ok)
}

func TestPutAllocatesNothingOnceWarm(t *testing.T) {
	r := New(64)
	b := make([]byte, 1200)
	seq := uint64(0)
	put := func() { seq++; r.Put(Packet{Seq: seq, Payload: b}) }
	for range 64 {
		put()
	}
	assert.Zero(t, testing.AllocsPerRun(1000, put))
}
