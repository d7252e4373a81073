package roomname

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

//go:embed testdata/corpus.tsv
var corpusFile string

// judged is a line of testdata/corpus.tsv; oracle.mjs explains the columns.
type judged struct {
	half, kind, exempt, name string
	zxcvbn                   float64 // log10 of the guesses
}

func corpus(t *testing.T) []judged {
	var all []judged
	for line := range strings.Lines(corpusFile) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSpace(line), "\t")
		require.Len(t, f, 5, line)
		log10, err := strconv.ParseFloat(f[4], 64)
		require.NoError(t, err)
		all = append(all, judged{f[0], f[1], f[2], f[3], log10})
	}
	require.Greater(t, len(all), 700)
	return all
}

func TestScoreAgreesWithZxcvbn(t *testing.T) {
	agreed, of := map[string]int{}, map[string]int{}
	for _, j := range corpus(t) {
		if j.exempt != "-" {
			continue
		}
		of[j.half]++
		of["all"]++
		got := Score(j.name)
		if (got.Class() == Weak) == (j.zxcvbn < 8) {
			agreed[j.half]++
			agreed["all"]++
			continue
		}
		t.Logf("%s, %s: %s: zxcvbn 10^%.2f, we 10^%.2f", j.half, j.kind, j.name, j.zxcvbn, got.Log10())
	}
	for half := range of {
		t.Logf("%s: %d of %d agree", half, agreed[half], of[half])
	}
	assert.Greater(t, of["all"], 600)
	assert.GreaterOrEqual(t, float64(agreed["all"]), 0.95*float64(of["all"]))
}

func TestMeetingNamesYearsAndOtherScriptsAreJudgedOnTheirMerits(t *testing.T) {
	for _, j := range corpus(t) {
		got := Score(j.name)
		switch j.exempt {
		case "-":
		case "script-strong":
			assert.NotEqual(t, Weak, got.Class(), "%s: 10^%.2f", j.name, got.Log10())
		default:
			assert.Equal(t, Weak, got.Class(), "%s: 10^%.2f", j.name, got.Log10())
		}
	}
}

func TestCorpusNamesAreCanonical(t *testing.T) {
	for _, j := range corpus(t) {
		got, err := Parse(j.name)
		require.NoError(t, err, j.name)
		assert.Equal(t, j.name, got.Text())
	}
}

func TestScoreClasses(t *testing.T) {
	for _, c := range []struct {
		name string
		want Class
	}{
		{"", Weak},
		{"a", Weak},
		{"room", Weak},
		{"acme-board-2026", Weak},
		{"acme-team-meeting-2026", Weak},
		{"weekly-team", Weak},
		{"standup-2026", Weak},
		{"monday-standup-2026-11-23", Weak},
		{"annas-meeting", Weak},
		{"設計レビュー会議", Weak},
		{"совещание-отдела-2026", Weak},
		{"00000000-0000-0000-0000-000000000000", Weak},
		{strings.Repeat("a", 64), Weak},
		{"f81d4fae-7dec-11d0-a765-00a0c91e6bf6", Strong},
		{"quiet-otters-paint-lanterns", Strong},
		{"хщжмфкзптхвъгшдл", Strong},
		{"龘靐齉爩鱻麤灪籱", Strong},
		{"kqzvxjwptmbd", Strong},
		{"purple-monkey-dishwasher", Strong},
		{"purple-monkeys", Fair},
	} {
		got := Score(c.name)
		assert.Equal(t, c.want, got.Class(), "%s: 10^%.2f", c.name, got.Log10())
	}
}

func TestBarsClimbWithTheGuesses(t *testing.T) {
	for guesses, bars := range map[float64]int{1: 1, 9999: 1, 1e4: 2, 9.9e7: 2, 1e8: 3, 9e11: 3, 1e12: 4, 1e100: 4} {
		assert.Equal(t, bars, Strength{guesses}.Bars(), "%g", guesses)
	}
}

func TestWhatIsRecognisedIsCheaperThanBruteForce(t *testing.T) {
	for _, c := range []struct{ kind, name string }{
		{"a word", "photography"},
		{"a derived word", "cheerfulness"},
		{"a word backwards", "yhpargotohp"},
		{"leet", "t3l3ph0n3"},
		{"a keyboard walk", "qwertyuiop"},
		{"a keyboard walk in columns", "rfvtgbyhnujm"},
		{"a Russian keyboard walk", "йцукенгшщз"},
		{"a keypad walk", "7894561230"},
		{"a repeat", "xqjxqjxqjxqj"},
		{"a repeat of a repeat", "xqxqxq-xqxqxq-"},
		{"a sequence", "bcdefghijk"},
		{"a sequence downwards", "kjihgfedcb"},
		{"a date", "1987-11-23"},
		{"a date without hyphens", "23111987"},
	} {
		got := Score(c.name)
		assert.Less(t, got.Log10(), 7.0, "%s: %s", c.kind, c.name)
	}
}

func TestScoreReadsNoFurtherThanANameMayGo(t *testing.T) {
	long := strings.Repeat("q7x2", 16)
	assert.Equal(t, Score(long), Score(long+"and more"))
	assert.False(t, math.IsInf(Score(strings.Repeat("龘靐齉爩鱻麤灪籱", 8)).Log10(), 0))
}

// worst holds names that keep the search busiest: much to match everywhere, repeats of every period.
var worst = map[string]string{
	"one letter":    strings.Repeat("a", 64),
	"two signs":     strings.Repeat("1a", 32),
	"leet":          strings.Repeat("1337", 16),
	"digits":        strings.Repeat("17", 31) + "19",
	"fibonacci":     fibonacciWord(64),
	"words":         "thereisnoplacelikehometherearemanyplacesbutnoneofthemislikehomes",
	"meeting words": strings.Repeat("teammeeting-", 5) + "2026",
	"han":           strings.Repeat("会议项目团队周会", 8),
	"cyrillic":      strings.Repeat("совещание-", 6) + "2026",
}

// fibonacciWord has the most repeats a text of its length can have.
func fibonacciWord(n int) string {
	a, b := "a", "ab"
	for len(b) < n {
		a, b = b, b+a
	}
	return b[:n]
}

func TestTheWorstNamesScoreInTime(t *testing.T) {
	Score("unpack the dictionary")
	for kind, name := range worst {
		best := time.Hour
		for range 5 {
			start := time.Now()
			Score(name)
			best = min(best, time.Since(start))
		}
		assert.Less(t, best, 50*time.Millisecond, "%s: far above what the race detector and a loaded machine explain", kind)
		t.Logf("%s: %v", kind, best)
	}
}

func BenchmarkScore(b *testing.B) {
	for kind, name := range worst {
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				Score(name)
			}
		})
	}
}

func FuzzScore(f *testing.F) {
	for _, name := range worst {
		f.Add(name)
	}
	f.Add("acme-board-2026")
	f.Add("\xff\xfe")
	f.Add("e\u0301-\u0301")
	f.Fuzz(func(t *testing.T, name string) {
		s := Score(name)
		require.GreaterOrEqual(t, s.Guesses, 1.0)
		require.LessOrEqual(t, s.Guesses, maxGuesses)
		require.Equal(t, s, Score(name))

		brute, length := 1.0, 0
		for _, r := range name {
			if length++; length > MaxLength {
				break
			}
			brute *= alphabet(r)
		}
		require.LessOrEqual(t, s.Guesses, math.Max(brute, minPieceGuesses+1), "brute force is always one way")

		bars := s.Bars()
		require.True(t, bars >= 1 && bars <= 4)
		require.Equal(t, s.Class() == Weak, bars <= 2)
	})
}
