// Package roomname says what a room name is: [Parse] brings what somebody typed or what stands in a link into the one
// canonical form, [Score] tells how hard the name is to guess, and [Suggest] draws a name that is hard to guess and easy
// to read out on the telephone.
//
// The relay and the page use the same functions, so they never disagree about which room a link means (product.md,
// "Rooms"). Everything here is a pure function; Suggest takes its randomness from outside. The package keeps out of
// crypto/rand, fmt and, in the browser, log/slog, because each costs the page some 40 to 50 kB.
package roomname

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLength is how many code points a canonical name may have (product.md, "Limits").
const MaxLength = 64

// maxRaw is how many bytes Parse looks at. The longest honest spelling of a name is below it: 64 code points of four
// bytes, each percent-encoded (768 bytes), even when every one carries several marks. More would only let a stranger
// make the relay normalise megabytes.
const maxRaw = 4096

// Name is a canonical room name, as Parse and Suggest return it. Two links mean the same room if and only if their Names
// are equal. Room names are never logged (style.md, 19): printed, a Name reads "[hidden]". Use Text for the value.
type Name string

// Text returns the name itself, for the screen and for the wire. Don't log it.
func (n Name) Text() string { return string(n) }

// String returns "[hidden]".
func (n Name) String() string { return hidden }

// GoString returns "[hidden]", so that %#v hides the name as well.
func (n Name) GoString() string { return hidden }

const hidden = "[hidden]"

// Reason is why Parse refused a name. The page has a translated sentence for each.
type Reason string

const (
	// Empty: nothing is left once white space, "_" and "-" are trimmed.
	Empty Reason = "empty"
	// TooLong: more than MaxLength code points in canonical form.
	TooLong Reason = "too-long"
	// BadCharacter: a character other than letters, marks, digits, white space, "_" and "-"; or an invisible one.
	BadCharacter Reason = "bad-character"
	// BadEscape: a "%" that two hexadecimal digits do not follow.
	BadEscape Reason = "bad-escape"
	// NotUTF8: the bytes, percent-decoded, are not UTF-8.
	NotUTF8 Reason = "not-utf8"
)

// Error is how Parse refuses a name. Its text holds no part of the name and may be logged.
type Error struct {
	Reason Reason
	// Rune is the first bad character when Reason is BadCharacter, otherwise 0. It is meant for the person who typed it.
	Rune rune
}

// Error names the reason only.
func (e *Error) Error() string { return "room name: " + string(e.Reason) }

// Parse returns the canonical form of raw, which may be what somebody typed or the path of a link, still percent-encoded.
//
// The canonical form (product.md, "Rooms"): percent-decoded once, NFKC, lower-cased, each run of white space, "_" and
// "-" one "-", none at either end, and nothing but letters, marks, decimal digits and "-" of any script, at most
// MaxLength code points. Lower-casing can undo NFKC and the reverse, so the two are repeated until nothing changes. A
// sigma that ends a word is ς, any other σ (Unicode, section 3.13, Final_Sigma), however it was typed. So
// Parse(Parse(x)) is Parse(x).
//
// It refuses rather than repairs, because a repaired name could be another room: a "%" without two hexadecimal digits,
// control, format and direction characters, and everything that shows nothing, such as the zero-width joiners,
// variation selectors and Hangul fillers: two names that look the same would be two rooms.
//
// The error is always an *Error, and the Name is then "".
func Parse(raw string) (Name, error) {
	if len(raw) > maxRaw {
		return "", &Error{Reason: TooLong}
	}
	text, ok := percentDecode(raw)
	if !ok {
		return "", &Error{Reason: BadEscape}
	}
	if !utf8.ValidString(text) {
		return "", &Error{Reason: NotUTF8}
	}
	text = hyphenate(fold(text))
	for _, r := range text {
		if !allowed(r) {
			return "", &Error{Reason: BadCharacter, Rune: r}
		}
	}
	if text == "" {
		return "", &Error{Reason: Empty}
	}
	if utf8.RuneCountInString(text) > MaxLength {
		return "", &Error{Reason: TooLong}
	}
	return Name(text), nil
}

// percentDecode undoes percent-encoding (RFC 3986, section 2.1). "+" is not a space: that is a rule of forms, not of
// paths. ok is false at the first "%" that is not followed by two hexadecimal digits.
func percentDecode(s string) (text string, ok bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		high, low := unhex(s[i+1]), unhex(s[i+2])
		if high < 0 || low < 0 {
			return "", false
		}
		out = append(out, byte(high<<4|low))
		i += 2
	}
	return string(out), true
}

// unhex returns the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// fold brings s to the form that NFKC, lower-casing and the sigma rule all leave alone. Each round only ever moves
// towards decomposed or lower-case letters, so the loop ends; FuzzParse watches over it.
func fold(s string) string {
	for {
		next := finalSigma(strings.ToLower(nfkc(s)))
		if next == s {
			return s
		}
		s = next
	}
}

// finalSigma writes the sigma at the end of a word as ς and any other as σ, so that ΟΔΟΣ, οδοσ and οδος are one name.
func finalSigma(s string) string {
	if !strings.ContainsAny(s, "σς") {
		return s
	}
	runes := []rune(s)
	for i, r := range runes {
		if r != 'σ' && r != 'ς' {
			continue
		}
		before := i > 0 && wordRune(runes[i-1])
		after := i+1 < len(runes) && wordRune(runes[i+1])
		if before && !after {
			runes[i] = 'ς'
		} else {
			runes[i] = 'σ'
		}
	}
	return string(runes)
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }

// hyphenate makes each run of white space, "_" and "-" one "-" and trims both ends.
func hyphenate(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	gap := false
	for _, r := range s {
		if r == '-' || r == '_' || unicode.IsSpace(r) {
			gap = true
			continue
		}
		if gap && out.Len() > 0 {
			out.WriteByte('-')
		}
		gap = false
		out.WriteRune(r)
	}
	return out.String()
}

// allowed reports whether r may stand in a canonical name.
func allowed(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-':
		return true
	case r < utf8.RuneSelf:
		return false
	case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return false // Unicode, section 5.21: letters and marks that show nothing
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}
