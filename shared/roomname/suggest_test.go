package roomname

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSuggestedNamesAreEnough(t *testing.T) {
	names := 1
	for _, words := range suggestWords() {
		distinct := map[string]bool{}
		for _, word := range words {
			distinct[word] = true
		}
		require.Len(t, distinct, len(words), "every word once, so that all names are equally likely")
		names *= len(words)
	}
	t.Logf("%d names, 2^40 times %.2f", names, float64(names)/(1<<40))
	assert.GreaterOrEqual(t, names, 1<<40)
}

func TestSuggestedNamesAreCanonicalAndStrong(t *testing.T) {
	seen := map[string]bool{}
	for range 3000 {
		name, err := Suggest(rand.Reader)
		require.NoError(t, err)
		again, err := Parse(name.Text())
		require.NoError(t, err)
		require.Equal(t, name.Text(), again.Text())
		require.Equal(t, 3, strings.Count(name.Text(), "-"))
		got := Score(name.Text())
		require.Equal(t, Strong, got.Class(), "%s: 10^%.2f", name.Text(), got.Log10())
		seen[name.Text()] = true
	}
	assert.Len(t, seen, 3000, "3000 of 2^40 names repeat once in 240,000 runs")
}

func TestTheShortestSuggestedNameIsStrongAndTheLongestFits(t *testing.T) {
	var shortest, longest []string
	for _, words := range suggestWords() {
		short, long := words[0], words[0]
		for _, word := range words {
			if len(word) < len(short) {
				short = word
			}
			if len(word) > len(long) {
				long = word
			}
		}
		shortest, longest = append(shortest, short), append(longest, long)
	}
	assert.Equal(t, Strong, Score(strings.Join(shortest, "-")).Class())
	assert.LessOrEqual(t, utf8.RuneCountInString(strings.Join(longest, "-")), MaxLength)
}

func TestNoSuggestedWordIsAMeetingWord(t *testing.T) {
	for _, words := range suggestWords() {
		for _, word := range words {
			_, meeting := vocabulary()[word]
			assert.False(t, meeting, word)
		}
	}
}

func TestSuggestDrawsFromItsSourceOnly(t *testing.T) {
	first, err := Suggest(bytes.NewReader(make([]byte, 8)))
	require.NoError(t, err)
	var want []string
	for _, words := range suggestWords() {
		want = append(want, words[0])
	}
	assert.Equal(t, strings.Join(want, "-"), first.Text())

	broken := errors.New("no entropy")
	name, err := Suggest(iotest.ErrReader(broken))
	assert.ErrorContains(t, err, broken.Error())
	assert.Empty(t, name.Text())
	_, err = Suggest(bytes.NewReader(make([]byte, 7)))
	assert.Error(t, err, "a source that ends early")
}

func TestDrawRejectsTheRemainder(t *testing.T) {
	counts := make([]int, 1000)
	for x := range 1 << 16 {
		source := bytes.NewReader([]byte{byte(x >> 8), byte(x), 0, 0})
		n, err := draw(source, len(counts))
		require.NoError(t, err)
		if x < 65000 {
			counts[n]++
		} else {
			assert.Zero(t, source.Len(), "%d is thrown away and the next number read", x)
		}
	}
	for n, count := range counts {
		assert.Equal(t, 65, count, n)
	}
}

func TestPlurals(t *testing.T) {
	for singular, want := range map[string]string{
		"otter": "otters", "pony": "ponies", "donkey": "donkeys", "fox": "foxes", "compass": "compasses", "bench": "benches", "radish": "radishes",
	} {
		assert.Equal(t, want, plural(singular))
	}
}
