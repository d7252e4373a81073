// Package passphrase cleans what people type for a passphrase (e2ee.md, 5).
//
//	text = NFC(typed), without white space around it, with one blank for each run of white space in it
//
// What CPace takes is made of that by package stretch. Whether a passphrase is good enough is not decided here either
// (package roomname).
package passphrase

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxSize is the length of the longest passphrase in bytes, cleaned. Less would refuse sentences in scripts that take three
// bytes per letter; more would only make the records larger that tell others a new passphrase.
const MaxSize = 256

var (
	// ErrEmpty says that nothing is left of a passphrase.
	ErrEmpty = errors.New("empty passphrase")
	// ErrControl says that a passphrase holds control characters, or bytes that are no UTF-8: people could not type it.
	ErrControl = errors.New("control character in passphrase")
	// ErrLong says that a passphrase takes more than MaxSize bytes.
	ErrLong = errors.New("passphrase too long")
)

// Clean returns the passphrase that text stands for, so that people who type the same get the same, whatever their
// keyboards and their clipboards make of it. nfc brings a string into Unicode's normalization form C: the browser's or
// golang.org/x/text/unicode/norm's. Line breaks and tabs are white space; other control characters are refused. The
// result comes out of Clean as it is.
func Clean(text string, nfc func(string) string) (string, error) {
	clean := strings.Join(strings.Fields(nfc(text)), " ")
	switch {
	case clean == "":
		return "", ErrEmpty
	case !utf8.ValidString(clean) || strings.ContainsFunc(clean, unicode.IsControl):
		return "", ErrControl
	case len(clean) > MaxSize:
		return "", ErrLong
	}
	return clean, nil
}
