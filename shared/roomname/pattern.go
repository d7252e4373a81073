package roomname

import "strings"

// layout is a keyboard as zxcvbn sees it: rows of keys, and where a key's neighbours lie.
type layout struct {
	rows   []string
	steps  [][2]int // row and column of each neighbour
	starts float64  // keys to begin with
	degree float64  // neighbours a key has on average
	least  int      // keys of the shortest walk that is not chance
}

// The rows of a typewriter are staggered, the keypad's are not. Starts and degrees are zxcvbn's; its 94 counts shifted
// keys as well. Walks by columns (rfvtgbyhn) are ours: zxcvbn knows them from its list of passwords. Their degree is that
// of somebody who goes on as begun, far below the number of steps.
var layouts = [...]layout{
	{
		rows:   []string{"1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm"},
		steps:  staggered,
		starts: 94, degree: 432.0 / 94, least: 3,
	},
	{
		rows:   []string{"1234567890-", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"},
		steps:  staggered,
		starts: 94, degree: 432.0 / 94, least: 3,
	},
	{
		rows:   []string{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"},
		steps:  byColumns,
		starts: 40, degree: 2, least: 6,
	},
	{
		rows:   []string{"1234567890", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"},
		steps:  byColumns,
		starts: 40, degree: 2, least: 6,
	},
	{
		rows:   []string{"789", "456", "123", "0"},
		steps:  [][2]int{{0, -1}, {-1, -1}, {-1, 0}, {-1, 1}, {0, 1}, {1, 1}, {1, 0}, {1, -1}},
		starts: 15, degree: 76.0 / 15, least: 3,
	},
}

var (
	staggered = [][2]int{{0, -1}, {-1, 0}, {-1, 1}, {0, 1}, {1, 0}, {1, -1}}
	// byColumns goes along a column, or on to the one beside it.
	byColumns = [][2]int{
		{1, 0}, {-1, 0},
		{0, 1}, {1, 1}, {2, 1}, {3, 1}, {-1, 1}, {-2, 1}, {-3, 1},
		{0, -1}, {1, -1}, {2, -1}, {3, -1}, {-1, -1}, {-2, -1}, {-3, -1},
	}
)

// find returns the row and column of a key; ok is false if the layout lacks it.
func (l *layout) find(r rune) (row, column int, ok bool) {
	for row, keys := range l.rows {
		column := 0
		for _, key := range keys {
			if key == r {
				return row, column, true
			}
			column++
		}
	}
	return 0, 0, false
}

// step returns which way b lies from a, an index into l.steps, or -1 if they are not neighbours.
func (l *layout) step(a, b rune) int {
	rowA, columnA, okA := l.find(a)
	rowB, columnB, okB := l.find(b)
	if okA && okB {
		for way, s := range l.steps {
			if rowB-rowA == s[0] && columnB-columnA == s[1] {
				return way
			}
		}
	}
	return -1
}

// walks finds runs of keys, each next to the one before.
func (t *text) walks(add func(match)) {
	for k := range layouts {
		l := &layouts[k]
		start, turns, last := 0, 0, -1
		for i := 1; i <= len(t.runes); i++ {
			way := -1
			if i < len(t.runes) {
				way = l.step(t.runes[i-1], t.runes[i])
			}
			if way < 0 {
				if i-start >= l.least {
					add(match{start, i, l.guesses(i-start, turns)})
				}
				start, turns, last = i, 0, -1
				continue
			}
			if way != last {
				turns++
				last = way
			}
		}
	}
}

// guesses is the number of walks of at most length keys and turns turns (Wheeler 2016, section 4.3).
func (l *layout) guesses(length, turns int) float64 {
	sum := 0.0
	for i := 2; i <= length; i++ {
		for j := 1; j <= min(turns, i-1); j++ {
			sum += choose(i-1, j-1) * l.starts * pow(l.degree, j)
		}
	}
	return sum
}

// maxStep is the widest step of a sequence: 2468 and aceg count, random letters that happen to climb do not.
const maxStep = 5

// sequences finds runs of characters at equal distances: abc, 987, 2468.
func (t *text) sequences(add func(match)) {
	start := 0
	for i := 2; i <= len(t.runes); i++ {
		step := t.runes[i-1] - t.runes[i-2]
		if i < len(t.runes) && t.runes[i]-t.runes[i-1] == step {
			continue
		}
		if size := max(step, -step); size > 0 && size <= maxStep && (i-start > 2 || size == 1) {
			add(match{start, i, sequenceGuesses(t.runes[start], i-start, step > 0)})
		}
		start = i - 1
	}
}

func sequenceGuesses(first rune, length int, ascending bool) float64 {
	base := 26.0
	switch {
	case strings.ContainsRune("az019", first): // obvious places to begin
		base = 4
	case '0' <= first && first <= '9':
		base = 10
	}
	if !ascending {
		base *= 2
	}
	return base * float64(length)
}

// repeats finds pieces that repeat at once: aaaa, foofoo, 1a1a1a. Each costs its base times the number of copies.
func (t *text) repeats(add func(match), depth int) {
	n := len(t.runes)
	for period := 1; 2*period <= n; period++ {
		for start := 0; start+2*period <= n; {
			end := start + period
			for end < n && t.runes[end] == t.runes[end-period] {
				end++
			}
			length := end - start
			if length < 2*period {
				start = end - period + 1
				continue
			}
			if !t.periodic(start, period) {
				copies := length / period
				base := newText(t.sub(start, start+period)).guesses(depth + 1)
				add(match{start, start + copies*period, base * float64(copies)})
				if rest := length - copies*period; rest > 0 {
					add(match{start + rest, end, base * float64(copies)})
				}
			}
			start = end - period + 1
		}
	}
}

// periodic reports whether the period runes at start repeat a shorter piece; that piece has been found already.
func (t *text) periodic(start, period int) bool {
	for p := 1; 2*p <= period; p++ {
		if period%p != 0 {
			continue
		}
		i := p
		for i < period && t.runes[start+i] == t.runes[start+i-p] {
			i++
		}
		if i == period {
			return true
		}
	}
	return false
}
