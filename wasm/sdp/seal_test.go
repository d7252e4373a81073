package sdp

import (
	"strings"
	"testing"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASealedOfferNamesOnlyCodecsThatCanBeEncrypted(t *testing.T) {
	for name, want := range map[string][]string{
		"chromium-layers":  {"opus", "VP8", "VP9", "AV1"},
		"firefox-layers":   {"opus", "VP8", "VP9", "AV1"},
		"chromium-trimmed": {"opus", "VP8"},
	} {
		plain := describe(t, name)
		o, err := DescribeSealed(read(t, name), four, true)
		require.NoError(t, err, name)
		var names []string
		for _, c := range o.Codecs {
			names = append(names, c.Name)
			assert.Contains(t, plain.Codecs, c, "%s: with the same payload types", name)
		}
		assert.Equal(t, want, names, name)
		assert.Equal(t, plain.Send, o.Send, name)
		assert.Equal(t, plain.Slots, o.Slots, name)
		assert.Equal(t, plain.Exts, o.Exts, name)
	}
}

func TestNoAnswerMakesASealedConnectionUseAnotherCodec(t *testing.T) {
	offer := read(t, "chromium-layers")
	plain := describe(t, "chromium-layers")
	a := answerTo(plain, len(plain.Slots))
	a.Codecs = plain.Codecs // H.264 and RED, too
	text, err := BuildSealed(offer, a)
	require.NoError(t, err)
	assert.NotContains(t, text, "H264")
	assert.NotContains(t, text, "red/")
	ss := sections(text)[1:]
	assert.Equal(t, "m=audio 9 UDP/TLS/RTP/SAVPF 111", ss[4][0])
	assert.Equal(t, "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 45 46", ss[9][0])

	a.Codecs = nil
	for _, c := range plain.Codecs {
		if c.Name == "H264" || c.Kind == wire.Audio {
			a.Codecs = append(a.Codecs, c)
		}
	}
	_, err = BuildSealed(offer, a)
	assert.ErrorContains(t, err, "no codec")
}

func TestSealedSoundHasAConstantBitRate(t *testing.T) {
	for name, opus := range map[string]string{"chromium-trimmed": "111", "firefox-trimmed": "109", "pion": "111"} {
		offer := read(t, name)
		a := answerTo(describe(t, name), 9)
		text, err := BuildSealed(offer, a)
		require.NoError(t, err, name)
		const want = " minptime=10;useinbandfec=1;cbr=1;usedtx=0\r\n"
		sound := strings.Count(text, "m=audio 9 ")
		assert.Positive(t, sound, name)
		assert.Equal(t, sound, strings.Count(text, "a=fmtp:"+opus+want), name)

		open, err := Build(offer, a)
		require.NoError(t, err, name)
		assert.NotContains(t, open, "cbr", name)
		assert.Equal(t, open, strings.ReplaceAll(text, ";cbr=1;usedtx=0", ""), "%s: nothing else differs", name)
	}
}

func TestSealedDescriptionsRefuseWhatOthersDo(t *testing.T) {
	_, err := DescribeSealed("hello", four, true)
	assert.ErrorContains(t, err, "parse offer")
	_, err = BuildSealed("hello", answerTo(describe(t, "pion"), 1))
	assert.ErrorContains(t, err, "parse offer")
	_, err = BuildSealed(read(t, "pion"), nil)
	assert.ErrorContains(t, err, "no answer")
}
