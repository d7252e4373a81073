package roomname

import "math"

// referenceYear is the year that years are measured from. It need not be today's: any year within minYearSpace of it
// costs the same, so this holds until about 2046.
const (
	referenceYear = 2026
	minYearSpace  = 20
)

// firstYear and lastYear bound what stands for a year by itself. zxcvbn's stop at 2019; names of rooms look ahead.
const (
	firstYear = 1900
	lastYear  = 2059
)

// minDate and maxDate are how long a date is, in characters: 1187, 23-11-1987.
const (
	minDate = 4
	maxDate = 10
)

// dates finds years, and dates with and without hyphens.
func (t *text) dates(add func(match)) {
	n := len(t.runes)
	for i := 0; i < n; i++ {
		if !digit(t.runes[i]) {
			continue
		}
		for j := i + minDate; j <= n && j-i <= maxDate; j++ {
			piece := t.runes[i:j]
			if year, ok := yearOf(piece); ok {
				add(match{i, j, yearGuesses(year)})
			}
			if guesses, ok := dateGuesses(piece); ok {
				add(match{i, j, guesses})
			}
		}
	}
}

func digit(r rune) bool { return '0' <= r && r <= '9' }

// number reads digits; ok is false if there are none or something else.
func number(digits []rune) (value int, ok bool) {
	for _, r := range digits {
		if !digit(r) {
			return 0, false
		}
		value = value*10 + int(r-'0')
	}
	return value, len(digits) > 0
}

// yearOf reads four digits as a year of our times.
func yearOf(digits []rune) (year int, ok bool) {
	year, ok = number(digits)
	return year, ok && len(digits) == 4 && year >= firstYear && year <= lastYear
}

func yearGuesses(year int) float64 {
	return math.Max(math.Abs(float64(year-referenceYear)), minYearSpace)
}

// dateSplits are where the digits of a date without hyphens may be cut, by how many there are (zxcvbn, DATE_SPLITS).
var dateSplits = [9][][2]int{
	4: {{1, 2}, {2, 3}},
	5: {{1, 3}, {2, 3}},
	6: {{1, 2}, {2, 4}, {4, 5}},
	7: {{1, 3}, {2, 3}, {4, 5}, {4, 6}},
	8: {{2, 4}, {4, 6}},
}

// dateGuesses returns what piece costs as a date: 365 days times the years, four times that with separators.
func dateGuesses(piece []rune) (guesses float64, ok bool) {
	first, second := -1, -1
	for i, r := range piece {
		if r == '-' && first < 0 {
			first = i
		} else if r == '-' {
			second = i
		}
	}
	if second > 0 {
		year, ok := dateYear(piece[:first], piece[first+1:second], piece[second+1:])
		return 365 * 4 * yearGuesses(year), ok
	}
	if first >= 0 || len(piece) >= len(dateSplits) {
		return 0, false
	}
	for _, cut := range dateSplits[len(piece)] {
		if year, found := dateYear(piece[:cut[0]], piece[cut[0]:cut[1]], piece[cut[1]:]); found {
			if g := 365 * yearGuesses(year); !ok || g < guesses {
				guesses, ok = g, true
			}
		}
	}
	return guesses, ok
}

// dateYear returns the year of a date in three pieces: day and month in either order, the year first or last.
func dateYear(one, two, three []rune) (year int, ok bool) {
	a, okA := number(one)
	b, okB := number(two)
	c, okC := number(three)
	if !okA || !okB || !okC {
		return 0, false
	}
	for _, order := range [...][3]int{{c, a, b}, {a, b, c}} {
		year, x, y := order[0], order[1], order[2]
		if !dayAndMonth(x, y) && !dayAndMonth(y, x) {
			continue
		}
		switch {
		case year > 50 && year < 100:
			return 1900 + year, true
		case year <= 50:
			return 2000 + year, true
		case year >= 1000 && year <= lastYear:
			return year, true
		}
	}
	return 0, false
}

func dayAndMonth(day, month int) bool { return day >= 1 && day <= 31 && month >= 1 && month <= 12 }
