package roomname

import (
	"strings"

	"github.com/conclave-meet/conclave/shared/roomname/internal/lexicon"
)

// cyrillicWord is what a well-formed Russian word costs: there are about a million word forms. Two words still make a
// name that is not weak.
const (
	cyrillicWord    = 3e5
	minCyrillicWord = 5
	maxCyrillicWord = 18
)

// meetingWordGuesses is what a meeting word costs inside a name that is not a meeting phrase.
const meetingWordGuesses = 300

// words finds dictionary words: as they are, reversed, and in leet; and words of other scripts.
func (t *text) words(add func(match)) {
	english := lexicon.English()
	n := len(t.runes)
	t.dictionary(english, t.str, func(i, j int, guesses float64) { add(match{i, j, guesses}) })
	t.foreignWords(add)
	if n != len(t.str) {
		return // offsets of the variants below are bytes
	}
	backwards := []byte(t.str)
	for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
		backwards[i], backwards[j] = backwards[j], backwards[i]
	}
	t.dictionary(english, string(backwards), func(i, j int, guesses float64) {
		add(match{n - j, n - i, 2 * guesses})
	})
	for _, plain := range unleet(t.str) {
		t.dictionary(english, plain, func(i, j int, guesses float64) {
			if written := t.str[i:j]; written != plain[i:j] {
				add(match{i, j, guesses * leetVariations(written, plain[i:j])})
			}
		})
	}
}

// dictionary reports every dictionary word in s, which is the text or a spelling of it with the same offsets.
func (t *text) dictionary(words lexicon.Words, s string, found func(i, j int, guesses float64)) {
	n := len(t.runes)
	for i := 0; i+lexicon.MinWord <= n; i++ {
		for j := i + 1; j <= n && j-i <= lexicon.MaxWord; j++ {
			if !wordByte(s[t.off[j-1]]) {
				break
			}
			if j-i < lexicon.MinWord {
				continue
			}
			if guesses, ok := words.Guesses(s[t.off[i]:t.off[j]]); ok {
				found(i, j, guesses)
			}
		}
	}
}

// wordByte reports whether dictionary words may hold the character that begins with c.
func wordByte(c byte) bool { return lower(c) || '0' <= c && c <= '9' }

func lower(c byte) bool { return 'a' <= c && c <= 'z' }

// foreignWords finds words outside the English dictionary: well-formed Russian ones between boundaries, and meeting
// words of every script.
func (t *text) foreignWords(add func(match)) {
	n := len(t.runes)
	if n == len(t.str) {
		return
	}
	meetings := vocabulary()
	for i := 0; i < n; i++ {
		if t.runes[i] < 0x80 {
			continue
		}
		for j := i + 1; j <= n && j-i <= maxMeetingWord; j++ {
			if meetings[t.sub(i, j)] {
				add(match{i, j, meetingWordGuesses})
			}
		}
	}
	for i := 0; i < n; {
		j := i
		for j < n && t.runes[j] >= 'а' && t.runes[j] <= 'я' {
			j++
		}
		if word := t.runes[i:j]; len(word) >= minCyrillicWord && len(word) <= maxCyrillicWord && wordLike(word) {
			add(match{i, j, cyrillicWord})
		}
		i = max(j, i+1)
	}
}

// leet is which letters a digit may stand for (zxcvbn's table, less what a canonical name cannot hold).
var leet = [10]string{0: "o", 1: "il", 2: "z", 3: "e", 4: "a", 5: "s", 6: "g", 7: "tl", 8: "b", 9: "g"}

// unleet returns the spellings of s with letters for its digits, one per way to read the ambiguous digits: at most four.
func unleet(s string) []string {
	if !strings.ContainsAny(s, "0123456789") {
		return nil
	}
	spellings := []string{s}
	for digit, letters := range leet {
		old := string(rune('0' + digit))
		if !strings.Contains(s, old) {
			continue
		}
		var next []string
		for _, spelling := range spellings {
			for k := range len(letters) {
				next = append(next, strings.ReplaceAll(spelling, old, letters[k:k+1]))
			}
		}
		spellings = next
	}
	return spellings
}

// leetVariations is how many ways of writing plain an attacker tries before written: a letter replaced everywhere or
// nowhere doubles them, a letter replaced here and there costs more (zxcvbn, l33t_variations).
func leetVariations(written, plain string) float64 {
	variations := 1.0
	for digit, letters := range leet {
		for k := range len(letters) {
			replaced, kept := 0, 0
			for i := range len(written) {
				switch {
				case written[i] == byte('0'+digit) && plain[i] == letters[k]:
					replaced++
				case written[i] == letters[k]:
					kept++
				}
			}
			switch {
			case replaced == 0:
			case kept == 0:
				variations *= 2
			default:
				possible := 0.0
				for i := 1; i <= min(replaced, kept); i++ {
					possible += choose(replaced+kept, i)
				}
				variations *= possible
			}
		}
	}
	return variations
}
