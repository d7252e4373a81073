// Package lexicon knows about eleven thousand English words, names and common passwords with an estimate of how many
// guesses each costs, in some 25 kB of a compressed program.
//
// words.txt holds them sorted and front-coded; package gen writes it and documents the sources. Inflected and derived
// words (gardeners, cheerfully) are not stored where an ending and a stored word make them.
package lexicon

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed words.txt
var packed string

// MinWord and MaxWord are how long the words are, in bytes. Shorter ones are no better than trying letters.
const (
	MinWord = 3
	MaxWord = 24
)

// Classes are the guesses a word of each class costs. A word's class is its commonness: what stands before the word in a
// list sorted by frequency; the values are near the median ranks of our sources' words in frequency lists of passwords, films
// and encyclopedias. More classes would follow real frequencies more closely and cost a bit or so per word.
var Classes = [...]float64{50, 150, 300, 700, 1500, 4500, 16000}

// derived is how many times rarer a word with an ending is than the word without.
const derived = 2

// Words is a set of words with their classes.
type Words map[string]uint8

// English returns the package's own words. The first call unpacks them (about a millisecond); callers must not change them.
var English = sync.OnceValue(func() Words { return Unpack(packed) })

// Guesses returns how many guesses word costs an attacker with a dictionary; ok is false when the dictionary lacks it.
// word is lower-case.
func (w Words) Guesses(word string) (guesses float64, ok bool) {
	if len(word) < MinWord || len(word) > MaxWord {
		return 0, false
	}
	if class, ok := w[word]; ok {
		return Classes[class], true
	}
	if class, ok := w.root(word, chain); ok {
		return Classes[class] * derived, true
	}
	return 0, false
}

// chain is how many endings a word may carry over its stored root: accept, acceptable, acceptably.
const chain = 2

// endings are what English adds to words; root also gives back the letters they swallow.
var endings = [...]string{
	"s", "es", "ed", "d", "ing", "ings", "er", "ers", "r", "rs", "est", "ly", "y", "ness", "able", "ably", "less", "ful", "fully",
	"ment", "ments", "ion", "ions", "or", "ors", "al", "ally", "ity", "ility", "ation", "ations", "ist", "ists", "ism", "ship", "man", "men",
}

// root returns the class of the commonest stored word that word derives from by at most depth endings.
func (w Words) root(word string, depth int) (class uint8, ok bool) {
	best := uint8(len(Classes))
	var buffer [MaxWord + 1]byte
	try := func(base []byte) {
		if len(base) < MinWord {
			return
		}
		c, ok := w[string(base)]
		if !ok && depth > 1 {
			c, ok = w.root(string(base), depth-1)
		}
		if ok && c < best {
			best = c
		}
	}
	for _, ending := range endings {
		n := len(word) - len(ending)
		if n < MinWord-1 || word[n:] != ending {
			continue
		}
		copy(buffer[:], word[:n])
		try(buffer[:n])
		last := buffer[n-1]
		if last == 'i' { // cheerily, stories
			buffer[n-1] = 'y'
			try(buffer[:n])
			buffer[n-1] = last
		}
		if n > MinWord && last == buffer[n-2] { // swimming
			try(buffer[:n-1])
		}
		if strings.IndexByte("aeioy", ending[0]) >= 0 { // dancing, sensible
			buffer[n] = 'e'
			try(buffer[:n+1])
		}
	}
	return best, int(best) < len(Classes)
}

// Derivable reports whether Guesses would know word at about its own class without its being stored.
func (w Words) Derivable(word string, class uint8) bool {
	c, ok := w.root(word, chain)
	return ok && Classes[c] <= 4*Classes[class]
}
