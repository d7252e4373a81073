package passphrase_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/conclave-meet/conclave/shared/e2ee/passphrase"
)

func TestPeopleWhoTypeTheSameGetTheSame(t *testing.T) {
	for _, row := range []struct{ name, typed, want string }{
		{"as it is", "violin cactus harbor", "violin cactus harbor"},
		{"capital letters stay", "Violin CACTUS", "Violin CACTUS"},
		{"blanks around it", "  violin cactus ", "violin cactus"},
		{"a line break of the clipboard", "violin cactus\r\n", "violin cactus"},
		{"several blanks and a tab", "violin  \t cactus", "violin cactus"},
		{"a no-break space, an ideographic one and a line separator", "violin\u00a0cactus\u3000harbor\u2028mitten", "violin cactus harbor mitten"},
		{"the next-line character, which is white space", "violin\u0085cactus", "violin cactus"},
		{"an accent in two characters", "cre\u0300me", "cr\u00e8me"},
		{"an accent in one", "cr\u00e8me", "cr\u00e8me"},
		{"a compatibility form, which means something else", "\ufb01ne \u2460", "\ufb01ne \u2460"},
		{"Hangul in parts", "\u1112\u1161\u11ab", "\ud55c"},
		{"an accent on a blank", "a \u0301b", "a \u0301b"},
		{"joiners, which some scripts need", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"},
		{"the longest", strings.Repeat("é", 128), strings.Repeat("é", 128)},
		{"long for the white space only", strings.Repeat(" ", 300) + "violin", "violin"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := passphrase.Clean(row.typed, norm.NFC.String)
			require.NoError(t, err)
			assert.Equal(t, row.want, got)
		})
	}
}

func TestWhatIsNoPassphraseIsRefused(t *testing.T) {
	for _, row := range []struct {
		name, typed string
		want        error
	}{
		{"nothing", "", passphrase.ErrEmpty},
		{"blanks", " \t\r\n\u00a0\u3000", passphrase.ErrEmpty},
		{"a zero byte", "vio\x00lin", passphrase.ErrControl},
		{"an escape", "\x1b[A", passphrase.ErrControl},
		{"a delete", "violin\x7f", passphrase.ErrControl},
		{"a control character beyond ASCII", "violin\u009b", passphrase.ErrControl},
		{"no UTF-8", "violin\xff", passphrase.ErrControl},
		{"half of a letter", "violin \xc3", passphrase.ErrControl},
		{"a byte too many", strings.Repeat("é", 128) + "x", passphrase.ErrLong},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := passphrase.Clean(row.typed, norm.NFC.String)
			assert.ErrorIs(t, err, row.want)
			assert.Empty(t, got)
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, text := range []string{"", "violin  cactus\n", "cre\u0300me", "\x00", "\u0301 \u0301", "\xff", "\u1112\u1161 \u11ab"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean, err := passphrase.Clean(text, norm.NFC.String)
		if err != nil {
			assert.Empty(t, clean)
			return
		}
		assert.NotEmpty(t, clean)
		assert.LessOrEqual(t, len(clean), passphrase.MaxSize)
		again, err := passphrase.Clean(clean, norm.NFC.String)
		assert.NoError(t, err)
		assert.Equal(t, clean, again)
		spaced, err := passphrase.Clean("\t "+strings.ReplaceAll(clean, " ", "\u2003\n"), norm.NFC.String)
		assert.NoError(t, err)
		assert.Equal(t, clean, spaced)
	})
}
