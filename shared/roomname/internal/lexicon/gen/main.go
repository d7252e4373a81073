// Command gen writes ../words.txt, the dictionary of package lexicon, and prints the letter-pair tables of
// shared/roomname.
//
// Usage, in shared/roomname/internal/lexicon:
//
//	go run ./gen SCOWL_FOLDER RUSSIAN_WORDS
//
// SCOWL_FOLDER holds the word lists english-words.10, .20, .35, american-words.* and so on of SCOWL 2020.12.07, as
// Debian's package scowl installs them. RUSSIAN_WORDS is a Hunspell dictionary (ru_RU.dic); nothing but the count of its
// letter pairs is used. The words of ../extra.txt are the project's own. NOTICE has SCOWL's licence.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/conclave-meet/conclave/shared/roomname/internal/lexicon"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go run ./gen SCOWL_FOLDER RUSSIAN_WORDS")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(scowl, russian string) error {
	all := lexicon.Words{}
	if err := readExtra("extra.txt", all); err != nil {
		return err
	}
	if err := readSCOWL(scowl, all); err != nil {
		return err
	}
	kept := withoutDerived(all)
	if err := os.WriteFile("words.txt", []byte(lexicon.Pack(kept)), 0o644); err != nil {
		return err
	}
	fmt.Printf("%d words, %d stored\n", len(all), len(kept))
	latin := make([]string, 0, len(all))
	for word := range all {
		latin = append(latin, word)
	}
	fmt.Println("latin:", pairTable(latin, 'a', 26))
	cyrillic, err := lines(russian)
	if err != nil {
		return err
	}
	for i, line := range cyrillic {
		word, _, _ := strings.Cut(line, "/")
		cyrillic[i] = strings.ReplaceAll(strings.ToLower(word), "ё", "е")
	}
	fmt.Println("cyrillic:", pairTable(cyrillic, 'а', 32))
	return nil
}

// readExtra adds the words of the project's own list. A line "= 250" gives the guesses of the words after it.
func readExtra(path string, words lexicon.Words) error {
	all, err := lines(path)
	if err != nil {
		return err
	}
	class := uint8(0)
	for _, line := range all {
		if strings.HasPrefix(line, "#") {
			continue
		}
		if number, found := strings.CutPrefix(line, "= "); found {
			if class, err = classOf(number); err != nil {
				return err
			}
			continue
		}
		for _, word := range strings.Fields(line) {
			add(words, word, class)
		}
	}
	return nil
}

func classOf(guesses string) (uint8, error) {
	for i, g := range lexicon.Classes {
		if fmt.Sprint(g) == guesses {
			return uint8(i), nil
		}
	}
	return 0, fmt.Errorf("no class costs %s guesses", guesses)
}

// readSCOWL adds SCOWL's words by commonness. Of the rarer level, which is larger than all others together, only concrete
// nouns that would not be weak if unknown are worth their bytes: they are what people name rooms after.
func readSCOWL(folder string, words lexicon.Words) error {
	for _, level := range []struct {
		files    string
		class    uint8
		shortest int
	}{
		{"{english,american}-words.10", 4, lexicon.MinWord},
		{"{english,american}-words.20", 5, lexicon.MinWord},
		{"{english,american}-upper.{10,35,40}", 5, 6},
	} {
		all, err := readAll(filepath.Join(folder, level.files))
		if err != nil {
			return err
		}
		for word := range all {
			if len(word) >= level.shortest {
				add(words, word, level.class)
			}
		}
	}
	rare, err := readAll(filepath.Join(folder, "{english,american}-words.{10,20,35}"))
	if err != nil {
		return err
	}
	for word := range rare {
		if len(word) >= longWord && concrete(word, rare) {
			add(words, word, 6)
		}
	}
	return nil
}

// longWord is how many letters make a name that is not weak if it is unknown: 10^8 guesses.
const longWord = 8

// concrete reports whether word looks like a noun one can point at: it has a plural and none of the endings and
// beginnings of derived words.
func concrete(word string, all map[string]bool) bool {
	stem, y := strings.CutSuffix(word, "y")
	if !all[word+"s"] && !all[word+"es"] && !(y && all[stem+"ies"]) {
		return false
	}
	for _, ending := range strings.Fields("tion ment ness ity ism ing er or ist ance ence able ive ible ate ize ise ify ed ly al " +
		"ic ous ess ful ship hood ency ancy ers") {
		if strings.HasSuffix(word, ending) {
			return false
		}
	}
	for _, beginning := range strings.Fields("un dis re mis pre counter inter over under non trans sub super back out fore") {
		if strings.HasPrefix(word, beginning) {
			return false
		}
	}
	return true
}

// readAll returns the words of all files that match the pattern, in lower case.
func readAll(pattern string) (map[string]bool, error) {
	words := map[string]bool{}
	for _, path := range expand(pattern) {
		all, err := lines(path)
		if os.IsNotExist(err) {
			continue // not every level has every list
		} else if err != nil {
			return nil, err
		}
		for _, word := range all {
			words[strings.ToLower(word)] = true
		}
	}
	return words, nil
}

// expand does what a shell does with {a,b}.
func expand(pattern string) []string {
	before, rest, found := strings.Cut(pattern, "{")
	if !found {
		return []string{pattern}
	}
	choices, after, _ := strings.Cut(rest, "}")
	var out []string
	for _, choice := range strings.Split(choices, ",") {
		out = append(out, expand(before+choice+after)...)
	}
	return out
}

// add keeps the commonest class of a word; words with anything but a to z and digits are left out.
func add(words lexicon.Words, word string, class uint8) {
	if len(word) < lexicon.MinWord || len(word) > lexicon.MaxWord {
		return
	}
	for _, r := range word {
		if !strings.ContainsRune(letters, r) {
			return
		}
	}
	if have, ok := words[word]; !ok || class < have {
		words[word] = class
	}
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789"

// withoutDerived drops the words that endings make of a stored one.
func withoutDerived(all lexicon.Words) lexicon.Words {
	order := make([]string, 0, len(all))
	kept := lexicon.Words{}
	for word, class := range all {
		order = append(order, word)
		kept[word] = class
	}
	sort.Slice(order, func(i, j int) bool { // shortest first: a root is judged before what hangs on it
		if len(order[i]) != len(order[j]) {
			return len(order[i]) < len(order[j])
		}
		return order[i] < order[j]
	})
	for _, word := range order {
		if kept.Derivable(word, all[word]) {
			delete(kept, word)
		}
	}
	return kept
}

// pairTable returns, for an alphabet of consecutive letters, one hexadecimal word per first letter whose bit n is set
// when letter n often follows it: the smallest set of pairs that makes 99 % of those in words.
func pairTable(words []string, first rune, letters int) string {
	counts, total := map[[2]int]int{}, 0
	for _, word := range words {
		previous, _ := utf8.DecodeRuneInString(word)
		for i, r := range word {
			a, b := int(previous-first), int(r-first)
			if i > 0 && a >= 0 && a < letters && b >= 0 && b < letters {
				counts[[2]int{a, b}]++
				total++
			}
			previous = r
		}
	}
	pairs := make([][2]int, 0, len(counts))
	for pair := range counts {
		pairs = append(pairs, pair)
	}
	sort.Slice(pairs, func(i, j int) bool { return counts[pairs[i]] > counts[pairs[j]] })
	rows := make([]uint32, letters)
	sum, used := 0, 0
	for _, pair := range pairs {
		if sum*100 >= total*99 {
			break
		}
		rows[pair[0]] |= 1 << pair[1]
		sum += counts[pair]
		used++
	}
	out := fmt.Sprintf("%d pairs of %d\n", used, letters*letters)
	for _, row := range rows {
		out += fmt.Sprintf("0x%x, ", row)
	}
	return out
}

func lines(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []string
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		all = append(all, scanner.Text())
	}
	return all, scanner.Err()
}
