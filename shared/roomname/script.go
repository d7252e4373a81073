package roomname

// What one character of brute force costs, by script. Latin's 10 is zxcvbn's: real names are far from random letters, so
// an attacker needs fewer than 26 guesses a letter. The others follow from how much a character of running text says:
// more per character here would call common phrases strong, less would call random ones weak.
const (
	letterGuesses = 10  // alphabets, abjads, digits, marks, hyphens
	kanaGuesses   = 12  // 46 signs, each a syllable
	hangulGuesses = 30  // some 2,000 syllables in use
	hanGuesses    = 60  // some 3,000 signs in use, most words two signs long
	rareGuesses   = 300 // signs outside what people know: extension blocks
)

// alphabet returns what one more character costs a brute-force attacker. The ranges are whole blocks of the Unicode
// standard; the tables of package unicode would draw finer lines than the figures above deserve, for more bytes.
func alphabet(r rune) float64 {
	switch {
	case r < 0x3000:
		return letterGuesses
	case r >= 0x20000: // extension blocks
		return rareGuesses
	case 0x3040 <= r && r <= 0x30ff: // hiragana, katakana and the sign that makes them long
		return kanaGuesses
	case 0xac00 <= r && r <= 0xd7a3:
		return hangulGuesses
	case 0x3005 <= r && r <= 0x3007 || 0x3400 <= r && r <= 0x9fff || 0xf900 <= r && r <= 0xfaff:
		return hanGuesses
	}
	return letterGuesses
}

// unsegmented reports whether r belongs to a script that writes words without spaces, where a word may begin anywhere.
func unsegmented(r rune) bool {
	return 0x0e00 <= r && r < 0x1000 || alphabet(r) != letterGuesses // Thai and Lao; Chinese, Japanese, Korean
}

// latinPairs and cyrillicPairs say which letters often follow which: bit n of row m is set when letter n ('a'+n, 'а'+n)
// after letter m makes one of the pairs that together are 99 % of English (Russian) words. Made by internal/lexicon/gen.
var latinPairs = [26]uint32{
	0x3febd6e, 0x1164913, 0x11e4d95, 0x1765959, 0x3fffdff, 0x11e4931, 0x11669d1, 0x11e5911,
	0x2bffc7f, 0x104011, 0x1042911, 0x13cdd7d, 0x114f113, 0x13f7fff, 0x1fefd7f, 0x11ec991,
	0x100000, 0x17efdff, 0x15dfdb5, 0x15e79b5, 0xef97f, 0x4111, 0x66999, 0x88115,
	0x6f915, 0x2000911,
}

var cyrillicPairs = [32]uint32{
	0xc3ffbffe, 0x1e0b7d35, 0x9b4ffdb5, 0x1096921, 0x9dcffdff, 0xc3ffffff, 0x87571, 0x8c097d7f,
	0x83fffeff, 0x1023400, 0x14f6d25, 0xd88e6d29, 0x880afd23, 0xd8de65b9, 0xa3ffffff, 0x988fe921,
	0xdbfffdff, 0x99fffd3f, 0xd98ffd3f, 0x43a7bdff, 0xd4921, 0xf7925, 0x4125, 0x100c6521,
	0x100ced21, 0x80121, 0x80000020, 0x1a7befe, 0xc2c63420, 0x52c00, 0x2872012, 0x42e73cfc,
}

// wordLike reports whether letters could be a word or a name that nobody's dictionary needs to hold: a company, a town.
// One pair in six may be rare, and one in any word of four letters and more (acme). Half of all pairs are common, so eight
// random letters pass with a chance of 6 %, twelve with 3 %.
func wordLike(letters []rune) bool {
	rare, allowed := 0, (len(letters)-1)/6
	if len(letters) >= 4 {
		allowed = max(allowed, 1)
	}
	for i := 1; i < len(letters); i++ {
		if !commonPair(letters[i-1], letters[i]) {
			rare++
		}
	}
	return rare <= allowed
}

func commonPair(a, b rune) bool {
	switch {
	case 'a' <= a && a <= 'z' && 'a' <= b && b <= 'z':
		return latinPairs[a-'a']>>(b-'a')&1 == 1
	case 'а' <= a && a <= 'я' && 'а' <= b && b <= 'я':
		return cyrillicPairs[a-'а']>>(b-'а')&1 == 1
	}
	return false
}
