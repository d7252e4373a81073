package roomname

import (
	"crypto/rand"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSuggestedPassphrasesAreEnough(t *testing.T) {
	words := allWords()
	n := uint64(len(words))
	assert.Greater(t, n*n*n*n, uint64(1)<<46)
	for i, word := range words {
		assert.True(t, i == 0 || words[i-1] < word, "%q stands there twice", word)
	}
}

func TestSuggestedPassphrasesAreFourWordsAndNotWeak(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		phrase, err := SuggestPassphrase(rand.Reader)
		require.NoError(t, err)
		require.Len(t, strings.Fields(phrase), 4)
		require.Equal(t, strings.Join(strings.Fields(phrase), " "), phrase)
		name := strings.ReplaceAll(phrase, " ", "-")
		require.NotEqual(t, Weak, Score(name).Class(), phrase)
		seen[phrase] = true
	}
	assert.Len(t, seen, 1000)
}

func TestNoPassphraseIsSuggestedWithoutRandomness(t *testing.T) {
	phrase, err := SuggestPassphrase(iotest.ErrReader(assert.AnError))
	require.ErrorContains(t, err, assert.AnError.Error())
	assert.Empty(t, phrase)
}
