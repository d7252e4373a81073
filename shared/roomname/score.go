package roomname

import (
	"math"
	"strings"
)

// Strength is how hard a room name is to guess.
type Strength struct {
	// Guesses is how many names somebody who knows how people choose names tries before this one; at least 1, at most 1e100.
	Guesses float64
}

// Class is the word for a strength.
type Class uint8

const (
	// Weak names can be guessed: people are warned about them.
	Weak Class = iota
	// Fair names withstand guessing over the network.
	Fair
	// Strong names are as hard as what Suggest draws.
	Strong
)

// The ladder. WeakBelow is product.md's limit and zxcvbn's (score 3 of 4 begins there). A relay that answers a thousand
// guesses a second is through 10^8 in a day, which is why it is the least that needs no warning.
const (
	VeryWeakBelow = 1e4
	WeakBelow     = 1e8
	StrongFrom    = 1e12
)

// maxGuesses caps the result, so that a name of 64 rare characters does not overflow.
const maxGuesses = 1e100

// Class returns the class of the strength.
func (s Strength) Class() Class {
	switch {
	case s.Guesses < WeakBelow:
		return Weak
	case s.Guesses < StrongFrom:
		return Fair
	}
	return Strong
}

// Bars returns how many of the meter's four bars are lit: 1 (under 10^4 guesses: tried first), 2 (weak), 3 (fair) or
// 4 (strong).
func (s Strength) Bars() int {
	if s.Guesses < VeryWeakBelow {
		return 1
	}
	return 2 + int(s.Class())
}

// Log10 returns the decimal logarithm of Guesses.
func (s Strength) Log10() float64 { return math.Log10(s.Guesses) }

// Score estimates how many guesses name withstands. name should be canonical (Parse); of a longer text only the first
// MaxLength code points count. The empty name costs one guess.
//
// The model is zxcvbn's (D. L. Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX Security 2016): find
// everything guessable in the name (words, also reversed and in leet; keyboard walks; repeats; sequences; years and
// dates), put a number of guesses on each, and take the cheapest way to cover the name with those pieces and brute force.
// Three things are ours: a phrase made of meeting words, years and at most one name of a company or person is guessed as
// a phrase (phrase.go); years reach beyond 2019; and characters outside Latin cost what their script makes them cost
// (script.go).
//
// It takes well under a millisecond natively, and the first call another one or two to unpack the dictionary.
func Score(name string) Strength {
	t := newText(name)
	guesses := math.Min(t.guesses(0), t.phraseGuesses())
	if t.onlyOneCharacter() {
		guesses = math.Min(guesses, 10*float64(len(t.runes)))
	}
	return Strength{Guesses: math.Max(1, math.Min(guesses, maxGuesses))}
}

// text is a name prepared for matching.
type text struct {
	runes []rune
	str   string
	off   []int // off[i] is the byte offset of runes[i] in str; off[len(runes)] is len(str)

	plain    string // str without accents
	plainOff []int  // off, for plain
}

func newText(name string) *text {
	t := &text{}
	for i, r := range name {
		if len(t.runes) == MaxLength {
			name = name[:i]
			break
		}
		t.runes = append(t.runes, r)
		t.off = append(t.off, i)
	}
	t.off = append(t.off, len(name))
	t.str = name
	t.spellPlain()
	return t
}

// spellPlain fills in plain, rune by rune: a name is looked at from every rune on, and taking accents off is slow.
func (t *text) spellPlain() {
	if len(t.runes) == len(t.str) {
		t.plain, t.plainOff = t.str, t.off
		return
	}
	var b strings.Builder
	for i := range t.runes {
		t.plainOff = append(t.plainOff, b.Len())
		b.WriteString(unaccent(t.sub(i, i+1)))
	}
	t.plainOff = append(t.plainOff, b.Len())
	t.plain = b.String()
}

// plainSub returns runes [i,j) without accents, without copying.
func (t *text) plainSub(i, j int) string { return t.plain[t.plainOff[i]:t.plainOff[j]] }

// sub returns runes [i,j) as a string, without copying.
func (t *text) sub(i, j int) string { return t.str[t.off[i]:t.off[j]] }

// onlyOneCharacter reports whether the name is one character over and over, but for hyphens: the UUID of zeros, say.
func (t *text) onlyOneCharacter() bool {
	var only rune
	for _, r := range t.runes {
		if r == '-' || r == only {
			continue
		}
		if only != 0 {
			return false
		}
		only = r
	}
	return true
}

// match is a guessable piece of a name: runes [i,j) cost guesses.
type match struct {
	i, j    int
	guesses float64
}

// Constants of zxcvbn (scoring.coffee in 4.4.2).
const (
	growSequence     = 1e4 // what an attacker tries with fewer pieces before adding one
	minSingleGuesses = 10  // least cost of one character that is not the whole name
	minPieceGuesses  = 50  // least cost of a longer piece that is not the whole name
)

// maxPieces bounds how many pieces a cover may have. A cover of more than 11 costs over growSequence^10 = 10^40: what
// is that strong needs no exact figure, and the bound keeps the search short.
const maxPieces = 10

// maxNesting bounds repeats within repeats (abababab is a repeat of abab, which is one of ab).
const maxNesting = 2

// guesses returns the least number of guesses over all covers of the text. depth counts nested repeats.
func (t *text) guesses(depth int) float64 {
	n := len(t.runes)
	if n == 0 {
		return 1
	}
	byEnd := make([][]match, n+1)
	add := func(m match) {
		if m.j-m.i < n {
			least := float64(minPieceGuesses)
			if m.j-m.i == 1 {
				least = minSingleGuesses
			}
			m.guesses = math.Max(m.guesses, least)
		}
		byEnd[m.j] = append(byEnd[m.j], m)
	}
	t.words(add)
	t.walks(add)
	t.sequences(add)
	t.dates(add)
	if depth < maxNesting {
		t.repeats(add, depth)
	}
	return cheapestCover(t.runes, byEnd)
}

// cover is the best way to cover the text up to some end with a given number of pieces.
type cover struct {
	product float64 // of the guesses of the pieces
	total   float64 // zxcvbn's objective; 0 when there is no such cover
	brute   bool    // the last piece is brute force
}

// covers holds, for one end, the best cover of each number of pieces. covers[l] is empty unless it beats all covers
// with fewer pieces.
type covers [maxPieces + 1]cover

// offer considers a cover of pieces pieces with the given product.
func (c *covers) offer(pieces int, product float64, brute bool) {
	total := factorial[pieces]*product + pow(growSequence, pieces-1)
	if pieces == 1 {
		total = product
	}
	for l := 1; l <= pieces; l++ {
		if c[l].total > 0 && c[l].total <= total {
			return
		}
	}
	c[pieces] = cover{product, total, brute}
}

// cheapestCover is zxcvbn's dynamic programme: it minimises l!·Πguesses + growSequence^(l-1) over all covers of the
// runes by l matches and runs of brute force. byEnd[j] are the matches that end before rune j.
func cheapestCover(runes []rune, byEnd [][]match) float64 {
	n := len(runes)
	best := make([]covers, n+1)
	for end := 1; end <= n; end++ {
		for _, m := range byEnd[end] {
			if m.i == 0 {
				best[end].offer(1, m.guesses, false)
				continue
			}
			for l := 1; l < maxPieces; l++ {
				if before := best[m.i][l]; before.total > 0 {
					best[end].offer(l+1, m.guesses*before.product, false)
				}
			}
		}
		product := 1.0
		for i := end - 1; i >= 0; i-- {
			product *= alphabet(runes[i])
			guesses := bruteGuesses(product, end-i)
			if i == 0 {
				best[end].offer(1, guesses, true)
				break
			}
			for l := 1; l < maxPieces; l++ {
				// Two runs of brute force side by side are never better than one.
				if before := best[i][l]; before.total > 0 && !before.brute {
					best[end].offer(l+1, guesses*before.product, true)
				}
			}
		}
	}
	least := math.Inf(1)
	for _, c := range best[n] {
		if c.total > 0 {
			least = math.Min(least, c.total)
		}
	}
	return least
}

// bruteGuesses keeps brute force one guess above the least that a match may cost, so that matches win.
func bruteGuesses(product float64, length int) float64 {
	if length == 1 {
		return math.Max(product, minSingleGuesses+1)
	}
	return math.Max(product, minPieceGuesses+1)
}

var factorial = [maxPieces + 1]float64{1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800}

// pow is x^n for small n; math.Pow is slower and larger.
func pow(x float64, n int) float64 {
	p := 1.0
	for range n {
		p *= x
	}
	return p
}

// choose is the number of ways to take k of n.
func choose(n, k int) float64 {
	if k < 0 || k > n {
		return 0
	}
	c := 1.0
	for i := 1; i <= k; i++ {
		c = c * float64(n-k+i) / float64(i)
	}
	return c
}
