package roomname

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSpellingsOfOneRoomAreOneName(t *testing.T) {
	for name, spellings := range map[string][]string{
		"my-room":       {"my room", "MY_ROOM", "My%20Room", "my--room", "-my-room-", " my\troom\n", "my _-_ room", "%6dy%2Droom"},
		"straße":        {"Straße", "STRAẞE", "stra%C3%9Fe"},
		"café":          {"cafe\u0301", "CAFÉ", "caf%C3%A9"},
		"οδος":          {"ΟΔΟΣ", "οδοσ", "οδος"},
		"οδος-σοφιας":   {"ΟΔΟΣ ΣΟΦΙΑΣ"},
		"konferencja-1": {"Ｋｏｎｆｅｒｅｎｃｊａ　１", "konferencja-①"},
		"k":             {"\u212a"}, // the Kelvin sign, which is lower-cased only once it is normalised
		"会議室":           {"会議室", "%E4%BC%9A%E8%AD%B0%E5%AE%A4"},
		"конференция":   {"КОНФЕРЕНЦИЯ"},
		"٣-غرف":         {"٣ غرف"},
		"बैठक":          {"बैठक"},
	} {
		for _, spelling := range spellings {
			got, err := Parse(spelling)
			require.NoError(t, err, "%q", spelling)
			assert.Equal(t, name, got.Text(), "%q", spelling)
		}
	}
}

func TestWhatCannotBeANameIsRefusedWithItsReason(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		want      Error
	}{
		{"nothing", "", Error{Reason: Empty}},
		{"nothing but separators", " _-%20\u3000", Error{Reason: Empty}},
		{"65 letters", strings.Repeat("a", 65), Error{Reason: TooLong}},
		{"a ligature that grows past 64", strings.Repeat("ﷺ", 4), Error{Reason: TooLong}},
		{"megabytes", strings.Repeat(" ", 1<<20), Error{Reason: TooLong}},
		{"a slash", "a/b", Error{Reason: BadCharacter, Rune: '/'}},
		{"an encoded slash", "a%2Fb", Error{Reason: BadCharacter, Rune: '/'}},
		{"an escape escaped", "a%2520b", Error{Reason: BadCharacter, Rune: '%'}},
		{"the first of several bad characters", "a!b?", Error{Reason: BadCharacter, Rune: '!'}},
		{"an emoji", "party🎉", Error{Reason: BadCharacter, Rune: '🎉'}},
		{"a control character", "a\x00b", Error{Reason: BadCharacter, Rune: 0}},
		{"a right-to-left override", "a\u202eb", Error{Reason: BadCharacter, Rune: '\u202e'}},
		{"a zero-width joiner", "a\u200db", Error{Reason: BadCharacter, Rune: '\u200d'}},
		{"a zero-width space", "a\u200bb", Error{Reason: BadCharacter, Rune: '\u200b'}},
		{"a soft hyphen", "a\u00adb", Error{Reason: BadCharacter, Rune: '\u00ad'}},
		{"a variation selector", "a\ufe0fb", Error{Reason: BadCharacter, Rune: '\ufe0f'}},
		{"a Hangul filler", "a\u3164b", Error{Reason: BadCharacter, Rune: '\u1160'}},
		{"a per cent sign alone", "100%", Error{Reason: BadEscape}},
		{"half an escape", "a%2", Error{Reason: BadEscape}},
		{"an escape with other letters", "a%zzb", Error{Reason: BadEscape}},
		{"bytes that are not UTF-8", "a\xff", Error{Reason: NotUTF8}},
		{"encoded bytes that are not UTF-8", "a%C3", Error{Reason: NotUTF8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(c.raw)
			var refused *Error
			require.ErrorAs(t, err, &refused)
			assert.Empty(t, got.Text())
			assert.Equal(t, c.want, *refused)
		})
	}
}

func TestSixtyFourCodePointsAreAllowedInAnyScript(t *testing.T) {
	for _, letter := range []string{"a", "я", "会", "𠀀"} {
		got, err := Parse(strings.Repeat(letter, MaxLength))
		require.NoError(t, err)
		assert.Equal(t, MaxLength, utf8.RuneCountInString(got.Text()))
		_, err = Parse(url.PathEscape(got.Text()))
		assert.NoError(t, err)
	}
}

func TestANameIsHiddenHoweverItIsPrinted(t *testing.T) {
	name, err := Parse("secret plans")
	require.NoError(t, err)
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x"} {
		assert.NotContains(t, fmt.Sprintf(verb, name), "secret", verb)
		assert.NotContains(t, fmt.Sprintf(verb, struct{ Room Name }{name}), "secret", verb)
	}
	wire, err := json.Marshal(name)
	require.NoError(t, err)
	assert.Equal(t, `"secret-plans"`, string(wire), "messages carry the value")
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"My%20Room", "ΟΔΟΣ", "İstanbul", "ﬁsh", "a\u0345b", "\u1fb3", "ﷺ", "%E0%A4%A", "--", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "ǅ", "\u03d2\u0301", "Ϗ", "ẞ",
		"\u0301a", "각", "\u1112\u1161\u11ab", "ᾳͅ", "\u0958", "豈",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name, err := Parse(raw)
		if err != nil {
			var refused *Error
			require.ErrorAs(t, err, &refused)
			require.Empty(t, name.Text())
			return
		}
		require.True(t, utf8.ValidString(name.Text()))
		length := utf8.RuneCountInString(name.Text())
		require.True(t, length >= 1 && length <= MaxLength)
		require.Equal(t, strings.Trim(name.Text(), "-"), name.Text())
		require.NotContains(t, name.Text(), "--")

		again, err := Parse(name.Text())
		require.NoError(t, err)
		require.Equal(t, name.Text(), again.Text())
		encoded, err := Parse(url.PathEscape(name.Text()))
		require.NoError(t, err)
		require.Equal(t, name.Text(), encoded.Text())
		shouted, err := Parse(strings.ReplaceAll(name.Text(), "-", " _ "))
		require.NoError(t, err)
		require.Equal(t, name.Text(), shouted.Text())
	})
}
