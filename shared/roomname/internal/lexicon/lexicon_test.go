package lexicon

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPackedWordsUnpackToThemselves(t *testing.T) {
	words := Words{"abc": 0, "abcd": 5, "abd": 6, "b2b": 3, "zebra": 4, "zebras": 5}
	assert.Equal(t, words, Unpack(Pack(words)))
	assert.Equal(t, packed, Pack(English()), "words.txt is as Pack writes it")
}

func TestWordsOfTheDictionaryAreWellFormed(t *testing.T) {
	require.Greater(t, len(English()), 5000)
	for word, class := range English() {
		require.True(t, len(word) >= MinWord && len(word) <= MaxWord, word)
		require.Empty(t, strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789"), word)
		require.Less(t, int(class), len(Classes), word)
	}
}

func TestOwnWordsAreInTheDictionary(t *testing.T) {
	extra, err := os.ReadFile("extra.txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(extra)) {
		if line[0] == '#' || line[0] == '=' {
			continue
		}
		for _, word := range strings.Fields(line) {
			if len(word) >= MinWord && len(word) <= MaxWord {
				_, ok := English().Guesses(word)
				assert.True(t, ok, word)
			}
		}
	}
}

func TestEndingsReachTheirRoot(t *testing.T) {
	words := Words{"make": 1, "swim": 2, "happy": 3, "garden": 4}
	for _, c := range []struct {
		word string
		want float64
	}{
		{"make", Classes[1]},
		{"makes", derived * Classes[1]},
		{"making", derived * Classes[1]},
		{"swimming", derived * Classes[2]},
		{"happiness", derived * Classes[3]},
		{"happily", derived * Classes[3]},
		{"gardeners", derived * Classes[4]},
	} {
		got, ok := words.Guesses(c.word)
		require.True(t, ok, c.word)
		assert.Equal(t, c.want, got, c.word)
	}
	for _, word := range []string{"", "ma", "xing", "mak", "gardenx", strings.Repeat("a", MaxWord+1), "s", "ing"} {
		_, ok := words.Guesses(word)
		assert.False(t, ok, word)
	}
}

func FuzzGuesses(f *testing.F) {
	f.Add("swimming")
	f.Add("ssssss")
	f.Add("iiiieds")
	f.Fuzz(func(t *testing.T, word string) {
		if guesses, ok := English().Guesses(word); ok {
			require.GreaterOrEqual(t, guesses, Classes[0])
		}
	})
}
