package roomname

import (
	_ "embed"
	"math"
	"strings"
	"sync"
	"unicode"
)

//go:embed meetings.txt
var meetingList string

// What the pieces of a meeting phrase cost. They are small because an attacker who is after meetings begins here; larger
// ones would call acme-board-2026 fair, smaller ones would call phrases of five words weak.
const (
	firstMeetingGuesses = 100  // the first meeting word: the list has some 1,500 in all, a few dozen make most names
	nextMeetingGuesses  = 8    // each further one, and words that join: weekly says that sync or team will follow
	nameGuesses         = 2000 // the one name of a company, person or topic: who attacks a company knows it
	letterTagGuesses    = 26   // a single letter before a number or by itself: v2, team-b
)

// minPhraseDate is how many characters make a meeting's date: most numbers of four digits can be read as one.
const minPhraseDate = 6

// maxMeetingWord and maxNameWord are the longest meeting word and name, in code points.
const (
	maxMeetingWord = 20
	maxNameWord    = 14
	minNameWord    = 2
	// maxLatinGlue is the longest Latin meeting word that must stand by itself: "it" and "am" are inside many words.
	maxLatinGlue = 3
)

// vocabulary is the set of words that meeting phrases are made of, with and without their accents. The value tells a word
// that makes a phrase a meeting's (true) from one that only joins others (false): of, new, winter.
var vocabulary = sync.OnceValue(func() map[string]bool {
	words := make(map[string]bool, 2048)
	for line := range strings.Lines(meetingList) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		line, joins := strings.CutPrefix(line, "+ ")
		for _, word := range strings.Fields(line) {
			for _, spelling := range [...]string{word, unaccent(word)} {
				words[spelling] = words[spelling] || !joins
			}
		}
	}
	return words
})

// unaccent takes the marks off letters, and maps the few Latin letters that have no mark to take off.
func unaccent(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < 0x80
	}
	if ascii {
		return s
	}
	var out strings.Builder
	for _, r := range nfd(s) {
		switch {
		case r == 'ł':
			out.WriteByte('l')
		case r == 'ø':
			out.WriteByte('o')
		case r == 'ı':
			out.WriteByte('i')
		case r == 'ß':
			out.WriteString("ss")
		case !unicode.Is(unicode.Mn, r):
			out.WriteRune(r)
		}
	}
	return out.String()
}

// phrase is how far a reading of the name as a meeting phrase has come.
type phrase struct {
	named   int // 1 once the name of a company, person or topic has been read
	meeting int // 1 once a meeting word or a year has been read
}

// phraseGuesses returns what the name costs as a meeting phrase, or +Inf if it is none. A phrase is made of meeting
// words, years and small numbers, and at most one name of a company, person or topic; at least one meeting word or year
// is needed. Hyphens are free: whoever guesses weekly-team tries weeklyteam as well. This is where we differ from
// zxcvbn on purpose, which takes acme-board-2026 for 10^13 guesses (product.md, "Rooms").
func (t *text) phraseGuesses() float64 {
	n := len(t.runes)
	cost := make([][2][2]float64, n+1)
	for i := range cost {
		cost[i] = [2][2]float64{{math.Inf(1), math.Inf(1)}, {math.Inf(1), math.Inf(1)}}
	}
	cost[0][0][0] = 1
	for i := range n {
		for state := range 4 {
			from := phrase{state >> 1, state & 1}
			if so := cost[i][from.named][from.meeting]; !math.IsInf(so, 1) {
				t.readPhrase(i, from, func(j int, to phrase, guesses float64) {
					c := &cost[j][to.named][to.meeting]
					*c = math.Min(*c, so*guesses)
				})
			}
		}
	}
	return math.Min(cost[n][0][1], cost[n][1][1])
}

// readPhrase reports every piece that may follow at rune i.
func (t *text) readPhrase(i int, from phrase, reach func(j int, to phrase, guesses float64)) {
	r := t.runes[i]
	if r == '-' {
		reach(i+1, from, 1)
		return
	}
	if unicode.IsDigit(r) {
		t.readNumber(i, from, reach)
	}
	t.readMeetingWord(i, from, reach)
	if t.boundary(i) && r < 0x80 && lower(byte(r)) && t.boundary(i+1) {
		reach(i+1, from, letterTagGuesses)
	}
	if from.named == 0 && t.boundary(i) {
		t.readName(i, from, reach)
	}
}

// readNumber reads the whole run of digits at i as a year, a date or a number, and what may be a date with hyphens.
func (t *text) readNumber(i int, from phrase, reach func(j int, to phrase, guesses float64)) {
	if i > 0 && unicode.IsDigit(t.runes[i-1]) {
		return
	}
	dated := phrase{from.named, 1}
	for j := i + minPhraseDate; j <= len(t.runes) && j-i <= maxDate; j++ {
		if _, ok := dateGuesses(t.runes[i:j]); ok && t.boundary(j) {
			reach(j, dated, 365*minYearSpace)
		}
	}
	j := i
	for j < len(t.runes) && unicode.IsDigit(t.runes[j]) {
		j++
	}
	if year, ok := yearOf(t.runes[i:j]); ok {
		reach(j, dated, yearGuesses(year))
	}
	reach(j, from, pow(letterGuesses, j-i))
}

func (t *text) readMeetingWord(i int, from phrase, reach func(j int, to phrase, guesses float64)) {
	words := vocabulary()
	for j := i + 1; j <= len(t.runes) && j-i <= maxMeetingWord; j++ {
		if t.runes[i] < 0x250 && j-i <= maxLatinGlue && !(t.boundary(i) && t.boundary(j)) {
			continue
		}
		makes, found := words[t.sub(i, j)]
		if !found {
			makes, found = words[t.plainSub(i, j)]
		}
		switch {
		case !found:
		case makes && from.meeting == 0:
			reach(j, phrase{from.named, 1}, firstMeetingGuesses)
		default:
			reach(j, from, nextMeetingGuesses)
		}
	}
}

// readName reads the letters at i, up to each place where a name may end, as the name of a company, person or topic.
func (t *text) readName(i int, from phrase, reach func(j int, to phrase, guesses float64)) {
	from.named = 1
	brute := 1.0
	for j := i + 1; j <= len(t.runes) && j-i <= maxNameWord; j++ {
		last := t.runes[j-1]
		if !wordRune(last) {
			return
		}
		brute *= alphabet(last)
		if j-i >= minNameWord && t.nameLike(i, j) {
			reach(j, from, math.Min(nameGuesses, brute))
		}
	}
}

// nameLike reports whether runes [i,j) could be a name: letters that often stand together, an accented or foreign word
// of moderate length, or a short run of signs that are words by themselves.
func (t *text) nameLike(i, j int) bool {
	letters := t.runes[i:j]
	if unsegmented(letters[0]) {
		return len(letters) <= 4
	}
	for _, r := range letters {
		if r >= 0x80 && (r < 'а' || r > 'я') {
			return len(letters) <= 8
		}
	}
	return wordLike(letters)
}

// boundary reports whether a word may begin or end before rune i: at the ends, beside a hyphen or a digit, and anywhere
// in scripts that do not separate words.
func (t *text) boundary(i int) bool {
	if i == 0 || i == len(t.runes) {
		return true
	}
	a, b := t.runes[i-1], t.runes[i]
	return !wordRune(a) || !wordRune(b) || unsegmented(a) || unsegmented(b)
}
