package wire

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOffersThatNobodyCouldAnswer(t *testing.T) {
	for _, c := range []struct {
		name string
		why  string // "": it is fine
		edit func(*Offer)
	}{
		{"a good one", "", func(*Offer) {}},
		{"no slots, nothing sent, no extensions", "", func(o *Offer) { o.Slots, o.Send, o.Exts = nil, nil, nil }},
		{"no ICE credentials", "ice", func(o *Offer) { o.ICE = ICE{} }},
		{"an ICE user name that is too short", "ice", func(o *Offer) { o.ICE.Ufrag = "abc" }},
		{"an ICE user name that is too long", "ice", func(o *Offer) { o.ICE.Ufrag = strings.Repeat("a", 257) }},
		{"an ICE user name with a colon", "ice", func(o *Offer) { o.ICE.Ufrag = "ab:cd" }},
		{"an ICE password that is too short", "ice", func(o *Offer) { o.ICE.Pwd = strings.Repeat("a", 21) }},
		{"an ICE password with a line feed", "ice", func(o *Offer) { o.ICE.Pwd += "\n" }},
		{"no fingerprint", "fingerprint", func(o *Offer) { o.Fingerprint = "" }},
		{"a fingerprint in lower case", "fingerprint", func(o *Offer) { o.Fingerprint = strings.ToLower(o.Fingerprint) }},
		{"a fingerprint of another hash", "fingerprint", func(o *Offer) { o.Fingerprint = o.Fingerprint[:59] }},
		{"a fingerprint without colons", "fingerprint", func(o *Offer) { o.Fingerprint = strings.ReplaceAll(o.Fingerprint, ":", "0") }},
		{"no codecs", "codecs", func(o *Offer) { o.Codecs = nil }},
		{"too many codecs", "codecs", func(o *Offer) { o.Codecs = make([]Codec, MaxCodecs+1) }},
		{"a codec for nothing", "codec.kind", func(o *Offer) { o.Codecs[0].Kind = "text" }},
		{"a codec without a name", "codec.name", func(o *Offer) { o.Codecs[0].Name = "" }},
		{"a codec with two lines", "codec.name", func(o *Offer) { o.Codecs[0].Name = "opus\r\na" }},
		{"a codec without a clock", "codec.clock", func(o *Offer) { o.Codecs[0].Clock = 0 }},
		{"parameters that are too long", "codec.fmtp", func(o *Offer) { o.Codecs[0].Fmtp = strings.Repeat("a", 257) }},
		{"parameters of two lines", "codec.fmtp", func(o *Offer) { o.Codecs[0].Fmtp = "a\nb" }},
		{"a payload type that RTCP needs", "codec.pt", func(o *Offer) { o.Codecs[0].PT = 72 }},
		{"a static payload type", "codec.pt", func(o *Offer) { o.Codecs[0].PT = 0 }},
		{"a payload type over seven bits", "codec.pt", func(o *Offer) { o.Codecs[0].PT = 128 }},
		{"a payload type twice", "codec.pt", func(o *Offer) { o.Codecs[0].PT = 96 }},
		{"a payload type of another's retransmissions", "codec.pt", func(o *Offer) { o.Codecs[0].RTX = 96 }},
		{"retransmissions with their own payload type", "codec.rtx", func(o *Offer) { o.Codecs[1].RTX = 96 }},
		{"too many extensions", "exts", func(o *Offer) { o.Exts = make([]Ext, MaxExts+1) }},
		{"an extension id of 0", "ext.id", func(o *Offer) { o.Exts[0].ID = 0 }},
		{"an extension id of 15", "ext.id", func(o *Offer) { o.Exts[0].ID = 15 }},
		{"an extension id twice", "ext.id", func(o *Offer) { o.Exts[0].ID = 1 }},
		{"an extension twice", "ext.uri", func(o *Offer) { o.Exts[0].URI = o.Exts[1].URI }},
		{"an extension without a name", "ext.uri", func(o *Offer) { o.Exts[0].URI = "" }},
		{"a mid twice", "send.mid", func(o *Offer) { o.Send[1].Mid = "0" }},
		{"no mid", "send.mid", func(o *Offer) { o.Send[0].Mid = "" }},
		{"a mid that is too long", "send.mid", func(o *Offer) { o.Send[0].Mid = strings.Repeat("a", 17) }},
		{"a mid with a space", "send.mid", func(o *Offer) { o.Send[0].Mid = "a b" }},
		{"a stream twice", "send.stream", func(o *Offer) { o.Send[1].Stream = Mic }},
		{"a stream that does not exist", "send.stream", func(o *Offer) { o.Send[1].Stream = streams }},
		{"too many sources", "send", func(o *Offer) { o.Send = make([]Send, MaxSends+1) }},
		{"too many layers", "send.rids", func(o *Offer) { o.Send[1].Rids = []string{"a", "b", "c", "d"} }},
		{"a layer twice", "send.rids", func(o *Offer) { o.Send[1].Rids = []string{"a", "a"} }},
		{"a layer without a name", "send.rids", func(o *Offer) { o.Send[1].Rids = []string{""} }},
		{"a slot's mid twice", "slot.mid", func(o *Offer) { o.Slots[0].Mid = "0" }},
		{"a slot for nothing", "slot.kind", func(o *Offer) { o.Slots[0].Kind = "" }},
		{"a slot whose SSRC the client chose", "slot.ssrc", func(o *Offer) { o.Slots[0].SSRC = 1 }},
		{"too many slots", "slots", func(o *Offer) {
			for _, r := range "abcde" {
				o.Slots = append(o.Slots, Slot{Mid: string(r), Kind: Audio})
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := sampleOffer()
			c.edit(o)
			err := (&SetOffer{Offer: *o}).check()
			if c.why == "" {
				require.NoError(t, err)
				return
			}
			assert.Equal(t, Refuse(CodeOffer, "why", c.why), err)
		})
	}
}
