package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// part writes a section.
func part(id byte, body ...byte) []byte {
	return append(binary.AppendUvarint([]byte{id}, uint64(len(body))), body...)
}

// module is a module of sections.
func module(parts ...[]byte) []byte {
	return append([]byte(magic), bytes.Join(parts, nil)...)
}

// data is a section of data as it is given.
func data(list ...segment) []byte { return part(dataSection, section(list)...) }

func word(text string) []byte { return []byte(text) }

var (
	types  = part(1, 1, 0x60, 0, 0)
	oneJS  = part(importSection, 1, 2, 'g', 'o', 3, 'r', 'u', 'n', 0, 0)
	memory = part(5, 1, 0, 1)
)

func TestNeighboursAreJoined(t *testing.T) {
	for _, row := range []struct {
		name      string
		in, joins []segment
	}{
		{"nothing", nil, nil},
		{"one", []segment{{16, word("one")}}, []segment{{16, word("one")}}},
		{"one after the other", []segment{{16, word("one")}, {19, word("two")}}, []segment{{16, word("onetwo")}}},
		{"with zeros between them", []segment{{16, word("one")}, {22, word("two")}}, []segment{{16, word("one\x00\x00\x00two")}}},
		{"just near enough", []segment{{0, word("a")}, {1 + maxGap, word("b")}}, []segment{{0, word("a" + string(make([]byte, maxGap)) + "b")}}},
		{"just too far", []segment{{0, word("a")}, {2 + maxGap, word("b")}}, []segment{{0, word("a")}, {2 + maxGap, word("b")}}},
		{
			"three, of which two belong together",
			[]segment{{64, word("a")}, {8192, word("b")}, {8194, word("c")}},
			[]segment{{64, word("a")}, {8192, word("b\x00c")}},
		},
		{"the later one first", []segment{{19, word("two")}, {22, word("three")}, {16, word("one")}}, []segment{{19, word("twothree")}, {16, word("one")}}},
		{
			"another between them, and earlier",
			[]segment{{12, word("BBB")}, {0, word("AAAAAAAAAA")}, {20, word("CC")}},
			[]segment{{12, word("BBB")}, {0, word("AAAAAAAAAA")}, {20, word("CC")}},
		},
		{
			"another between them, and later",
			[]segment{{0, word("AAAAAAAAAA")}, {20, word("CC")}, {12, word("BBB")}},
			[]segment{{0, word("AAAAAAAAAA")}, {20, word("CC")}, {12, word("BBB")}},
		},
		{"an empty one", []segment{{5, word("a")}, {5, nil}}, []segment{{5, word("a")}, {5, nil}}},
		{"beyond two gibibytes", []segment{{3 << 30, word("a")}, {3<<30 + 2, word("b")}}, []segment{{3 << 30, word("a\x00b")}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			rest := part(0, 4, 'n', 'a', 'm', 'e', 7)
			got, err := dense(module(types, oneJS, memory, data(row.in...), rest))
			require.NoError(t, err)
			assert.Equal(t, module(types, oneJS, memory, data(row.joins...), rest), got)
			again, err := dense(got)
			require.NoError(t, err)
			assert.Equal(t, got, again)
		})
	}
}

func TestWhatIsNoModuleOfTheLinkerIsRefused(t *testing.T) {
	whole := module(types, oneJS, memory, data(segment{16, word("one")}, segment{300, word("two")}))
	ends := map[int]bool{} // where a section ends, and what is left is a module
	for size, parts := len(magic), [][]byte{types, oneJS, memory}; ; parts = parts[1:] {
		ends[size] = true
		if len(parts) == 0 {
			break
		}
		size += len(parts[0])
	}
	for size := range whole {
		_, err := dense(whole[:size])
		assert.Equal(t, ends[size], err == nil, "the first %d bytes", size)
	}
	for name, bad := range map[string][]byte{
		"imported memory":                    part(importSection, 1, 2, 'g', 'o', 3, 'm', 'e', 'm', 2, 0, 1),
		"bytes after the imports":            part(importSection, 0, 0),
		"a number of segments ahead":         part(dataCountSection, 1),
		"segments that overlap":              data(segment{16, word("one")}, segment{18, word("two")}),
		"that overlap, the later one first":  data(segment{18, word("two")}, segment{16, word("one")}),
		"a passive segment":                  part(dataSection, 1, 1, 1, 'a'),
		"an offset that is not constant":     part(dataSection, 1, firstMemory, 0x23, 0, end, 1, 'a'),
		"an offset of more than an i32":      part(dataSection, 1, firstMemory, i32Const, 0x80, 0x80, 0x80, 0x80, 0x80, 0, end, 1, 'a'),
		"an offset with something behind it": part(dataSection, 1, firstMemory, i32Const, 1, i32Const, end, 1, 'a'),
		"bytes after the segments":           part(dataSection, 0, 0),
		"a size of 2^40":                     {1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dense(module(bad))
			assert.Error(t, err)
		})
	}
}

func TestAFileIsRewritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.wasm")
	require.NoError(t, os.WriteFile(file, module(data(segment{1, word("a")}, segment{3, word("b")})), 0o600))
	require.NoError(t, rewrite(file))
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, module(data(segment{1, word("a\x00b")})), got)

	require.NoError(t, os.WriteFile(file, word("text"), 0o600))
	assert.ErrorIs(t, rewrite(file), errMalformed)
	assert.Error(t, rewrite(file+"x"))
}

// Memory is the same before and after, byte for byte.
func FuzzDense(f *testing.F) {
	f.Add(data(segment{16, word("one")}, segment{22, word("two")}, segment{300, word("three")}))
	f.Add(append(oneJS, data(segment{0, word("a")})...))
	f.Add(data(segment{12, word("BBB")}, segment{0, word("AAAAAAAAAA")}, segment{20, word("CC")}))
	f.Fuzz(func(t *testing.T, body []byte) {
		in := module(body)
		out, err := dense(in)
		if err != nil {
			assert.Nil(t, out)
			return
		}
		assert.Equal(t, memoryOf(in), memoryOf(out))
	})
}

// memoryOf is what is in memory when the segments of a module were written one after the other. Zeros, which are there
// before, are left out, but not what they overwrite.
func memoryOf(module []byte) map[uint64]byte {
	at := map[uint64]byte{}
	for r := (reader{b: module[len(magic):]}); len(r.b) > 0; {
		id := r.byte()
		body := reader{b: r.take(r.unsigned())}
		if id != dataSection {
			continue
		}
		for n := body.unsigned(); n > 0; n-- {
			body.take(2)
			offset := uint64(body.offset())
			body.take(1)
			for i, b := range body.take(body.unsigned()) {
				at[offset+uint64(i)] = b
				if b == 0 {
					delete(at, offset+uint64(i))
				}
			}
		}
	}
	return at
}
