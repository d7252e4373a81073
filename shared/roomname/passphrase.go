package roomname

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
)

// phraseWords is how many words a suggested passphrase has. One more would be harder to say over the telephone; one less
// would be weaker than what Suggest draws.
const phraseWords = 4

// allWords are the words of suggested names, each once.
var allWords = sync.OnceValue(func() []string {
	words := strings.Fields(adjectiveList + "\n" + nounList + "\n" + verbList)
	slices.Sort(words)
	return slices.Compact(words)
})

// SuggestPassphrase draws one of more than 2^46 passphrases for encrypted rooms, all equally likely: four words with
// blanks between them. Other than a name it makes no sentence, so that any word can stand anywhere, which is worth
// 6 bits.
//
// random must be a cryptographic source, as in [Suggest]. It returns random's error, and the passphrase is then "".
func SuggestPassphrase(random io.Reader) (string, error) {
	words := allWords()
	var drawn [phraseWords]string
	for i := range drawn {
		n, err := draw(random, len(words))
		if err != nil {
			return "", errors.New("draw a passphrase: " + err.Error())
		}
		drawn[i] = words[n]
	}
	return strings.Join(drawn[:], " "), nil
}
