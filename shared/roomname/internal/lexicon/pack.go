package lexicon

import (
	"sort"
	"strings"
)

// The packed form is text: for each word, in sorted order, one capital letter ('A' + how many letters it shares with the
// word before), its other letters and
// digits, and the sign of its class. The commonest class, plain, has no sign. Line feeds are only
// there for people and for diffs.
const (
	signs     = "!#$%&*+"
	plain     = 5
	maxShared = 25
	lineWidth = 110
)

// Pack writes words in the form that Unpack reads.
func Pack(words Words) string {
	sorted := make([]string, 0, len(words))
	for word := range words {
		sorted = append(sorted, word)
	}
	sort.Strings(sorted)
	var out strings.Builder
	previous, line := "", 0
	for _, word := range sorted {
		shared := sharedPrefix(previous, word)
		entry := string(rune('A'+shared)) + word[shared:]
		if class := words[word]; class != plain {
			entry += signs[class : class+1]
		}
		if line += len(entry); line > lineWidth {
			out.WriteByte('\n')
			line = len(entry)
		}
		out.WriteString(entry)
		previous = word
	}
	out.WriteByte('\n')
	return out.String()
}

func sharedPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && n < maxShared && a[n] == b[n] {
		n++
	}
	return n
}

// Unpack reads what Pack wrote. It trusts its input, which is part of the program; a test reads the whole of it.
func Unpack(packed string) Words {
	words := make(Words, len(packed)/5)
	var word []byte
	class := uint8(plain)
	for i := 0; i < len(packed); i++ {
		switch c := packed[i]; {
		case 'A' <= c && c <= 'Z':
			if len(word) > 0 {
				words[string(word)] = class
			}
			word, class = word[:c-'A'], plain
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			word = append(word, c)
		case c != '\n':
			class = uint8(strings.IndexByte(signs, c))
		}
	}
	if len(word) > 0 {
		words[string(word)] = class
	}
	return words
}
