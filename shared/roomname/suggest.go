package roomname

import (
	_ "embed"
	"errors"
	"io"
	"strings"
	"sync"
)

// The words of suggested names, written for this project: they should be understood at once on a bad telephone line and
// offend nobody in any combination. So none sounds like another word (flour, flower), none is about bodies, faith, drink
// or violence, none names a people, and none is a meeting word, which would make the name easier to guess. The nouns
// make their plural by rule (plural). Adding words is safe; taking some away needs a look at TestSuggestedNamesAreEnough.
var (
	//go:embed suggest/adjectives.txt
	adjectiveList string
	//go:embed suggest/nouns.txt
	nounList string
	//go:embed suggest/verbs.txt
	verbList string
)

// suggestWords are the words of a suggested name in its order: quiet otters paint lanterns.
var suggestWords = sync.OnceValue(func() [4][]string {
	nouns := strings.Fields(nounList)
	for i, noun := range nouns {
		nouns[i] = plural(noun)
	}
	return [4][]string{strings.Fields(adjectiveList), nouns, strings.Fields(verbList), nouns}
})

// Suggest draws one of more than 2^40 names, all equally likely, such as quiet-otters-paint-lanterns. It is canonical and
// Strong.
//
// random must be a cryptographic source: crypto/rand.Reader natively, crypto.getRandomValues in the browser, where
// crypto/rand would cost the page 42 kB. Suggest returns random's error, and the Name is then "".
func Suggest(random io.Reader) (Name, error) {
	var name strings.Builder
	for i, words := range suggestWords() {
		n, err := draw(random, len(words))
		if err != nil {
			return "", errors.New("draw a room name: " + err.Error())
		}
		if i > 0 {
			name.WriteByte('-')
		}
		name.WriteString(words[n])
	}
	return Name(name.String()), nil
}

// draw returns a number below n, all equally likely; n is at most 2^16. It throws away what lies above the last multiple
// of n, because a remainder would favour small numbers.
func draw(random io.Reader, n int) (int, error) {
	const numbers = 1 << 16
	var two [2]byte
	for {
		if _, err := io.ReadFull(random, two[:]); err != nil {
			return 0, err
		}
		if x := int(two[0])<<8 | int(two[1]); x < numbers-numbers%n {
			return x % n, nil
		}
	}
}

// plural returns the plural of a regular English noun.
func plural(noun string) string {
	last := noun[len(noun)-1]
	switch {
	case last == 'y' && strings.IndexByte("aeiou", noun[len(noun)-2]) < 0:
		return noun[:len(noun)-1] + "ies"
	case last == 's' || last == 'x' || last == 'z' || strings.HasSuffix(noun, "ch") || strings.HasSuffix(noun, "sh"):
		return noun + "es"
	}
	return noun + "s"
}
