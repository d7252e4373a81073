package sdp

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/pion/sdp/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// four are the streams on the m-lines of the recorded offers: four that send, then 5 audio and 4 video slots.
var four = map[string]wire.Stream{"0": wire.Mic, "1": wire.Cam, "2": wire.Screen, "3": wire.ScreenAudio}

func read(t testing.TB, name string) string {
	b, err := os.ReadFile(filepath.Join("testdata", name+".sdp"))
	require.NoError(t, err)
	return string(b)
}

func describe(t testing.TB, name string) *wire.Offer {
	o, err := Describe(read(t, name), four, true)
	require.NoError(t, err)
	_, err = wire.EncodeClient(&wire.SetOffer{Offer: *o}, 1)
	require.NoError(t, err, "the relay takes it")
	return o
}

// answerTo is what a relay answers that uses opus and VP8 and fills the first n slots.
func answerTo(o *wire.Offer, n int) *wire.Answer {
	a := &wire.Answer{
		ICE:         wire.ICE{Ufrag: "uuuu", Pwd: "pppppppppppppppppppppp"},
		Candidates:  []string{"1 1 udp 2130706431 192.0.2.1 8080 typ host"},
		Fingerprint: strings.Repeat("AB:", 31) + "AB",
	}
	for _, c := range o.Codecs {
		if c.Name == "opus" || c.Name == "VP8" {
			a.Codecs = append(a.Codecs, c)
		}
	}
	for _, e := range o.Exts {
		if e.URI == wire.ExtMid || e.URI == wire.ExtTransport || e.URI == wire.ExtLevel {
			a.Exts = append(a.Exts, e)
		}
	}
	for i, s := range o.Slots[:min(n, len(o.Slots))] {
		s.SSRC = uint32(1000 + i)
		if s.Kind == wire.Video {
			s.RTX = uint32(5000 + i)
		}
		a.Slots = append(a.Slots, s)
	}
	return a
}

// sections are the lines of a description: the session's, then each m-line's.
func sections(s string) [][]string {
	var out [][]string
	for i, part := range strings.Split(s, "\r\nm=") {
		part = strings.TrimSuffix(part, "\r\n")
		if i > 0 {
			part = "m=" + part
		}
		out = append(out, strings.Split(part, "\r\n"))
	}
	return out
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		name   string
		slots  int
		opus   wire.Codec
		vp8    wire.Codec
		codecs int
		exts   int
	}{
		{"chromium-trimmed", 9, wire.Codec{Kind: "audio", Name: "opus", PT: 111, Clock: 48000, Fmtp: "minptime=10;useinbandfec=1"}, wire.Codec{Kind: "video", Name: "VP8", PT: 96, RTX: 97, Clock: 90000}, 2, 5},
		// After an answer, with five more slots: what was not taken is not offered again.
		{"chromium-grown", 14, wire.Codec{Kind: "audio", Name: "opus", PT: 111, Clock: 48000, Fmtp: "minptime=10;useinbandfec=1"}, wire.Codec{Kind: "video", Name: "VP8", PT: 96, RTX: 97, Clock: 90000}, 2, 3},
		{"firefox-grown", 14, wire.Codec{Kind: "audio", Name: "opus", PT: 109, Clock: 48000, Fmtp: "maxplaybackrate=48000;stereo=1;useinbandfec=1"}, wire.Codec{Kind: "video", Name: "VP8", PT: 120, RTX: 124, Clock: 90000, Fmtp: "max-fs=12288;max-fr=60"}, 2, 3},
		{"firefox-trimmed", 9, wire.Codec{Kind: "audio", Name: "opus", PT: 109, Clock: 48000, Fmtp: "maxplaybackrate=48000;stereo=1;useinbandfec=1"}, wire.Codec{Kind: "video", Name: "VP8", PT: 120, RTX: 124, Clock: 90000, Fmtp: "max-fs=12288;max-fr=60"}, 2, 3},
		{"firefox-full", 9, wire.Codec{Kind: "audio", Name: "opus", PT: 109, Clock: 48000, Fmtp: "maxplaybackrate=48000;stereo=1;useinbandfec=1"}, wire.Codec{Kind: "video", Name: "VP8", PT: 120, RTX: 124, Clock: 90000, Fmtp: "max-fs=12288;max-fr=60"}, 4, 3},
		{"pion", 9, wire.Codec{Kind: "audio", Name: "opus", PT: 111, Clock: 48000, Fmtp: "minptime=10;useinbandfec=1"}, wire.Codec{Kind: "video", Name: "VP8", PT: 96, RTX: 97, Clock: 90000}, 12, 4},
	} {
		t.Run("an offer of "+c.name, func(t *testing.T) {
			o := describe(t, c.name)
			assert.True(t, o.Fresh)
			assert.Equal(t, []wire.Codec{c.opus, c.vp8}, o.Codecs[:2])
			assert.Len(t, o.Codecs, c.codecs)
			assert.Len(t, o.Exts, c.exts)
			require.Len(t, o.Send, 4)
			for i, s := range wire.Streams {
				assert.Equal(t, s, o.Send[i].Stream)
				assert.NotZero(t, o.Send[i].SSRC)
				assert.Equal(t, s.Kind() == wire.Video, o.Send[i].RTX != 0)
				assert.Empty(t, o.Send[i].Rids)
			}
			require.Len(t, o.Slots, c.slots)
			for i, s := range o.Slots {
				assert.Equal(t, i < 5, s.Kind == wire.Audio)
				assert.Zero(t, s.SSRC, "an SSRC on a recvonly m-line is the receiver's own")
			}
		})
	}
}

func TestDescribeSimulcast(t *testing.T) {
	for _, name := range []string{"chromium-simulcast", "firefox-simulcast"} {
		o, err := Describe(read(t, name), map[string]wire.Stream{"0": wire.Cam}, false)
		require.NoError(t, err, name)
		assert.False(t, o.Fresh)
		assert.Equal(t, []wire.Send{{Mid: "0", Stream: wire.Cam, Rids: []string{"q", "h", "f"}}}, o.Send, name)
		assert.Contains(t, o.Exts, wire.Ext{URI: wire.ExtRid, ID: map[string]uint8{"chromium-simulcast": 10, "firefox-simulcast": 9}[name]})
	}
}

func TestDescribeLayersAndCodecs(t *testing.T) {
	for _, c := range []struct {
		name   string
		codecs []string
		dd     uint8 // the dependency descriptor's id
	}{
		{"chromium-layers", []string{"opus 0", "VP8 97", "VP9 99", "AV1 46", "H264 109", "red 0"}, 13},
		{"firefox-layers", []string{"opus 0", "VP8 124", "VP9 125", "AV1 100"}, 8},
	} {
		t.Run("an offer of "+c.name, func(t *testing.T) {
			o := describe(t, c.name)
			var codecs []string
			for _, x := range o.Codecs {
				codecs = append(codecs, x.Name+" "+strconv.Itoa(int(x.RTX)))
				if x.Name == "red" {
					assert.Equal(t, wire.Codec{Kind: wire.Audio, Name: "red", PT: 63, Clock: 48000, Fmtp: "111/111"}, x)
				}
			}
			assert.Equal(t, c.codecs, codecs)
			assert.Contains(t, o.Exts, wire.Ext{URI: wire.ExtDependency, ID: c.dd})
			require.Len(t, o.Send, 4)
			assert.Equal(t, []string{"q", "h", "f"}, o.Send[wire.Cam].Rids)
			assert.Equal(t, []string{"q", "f"}, o.Send[wire.Screen].Rids)
			for _, s := range []wire.Stream{wire.Cam, wire.Screen} {
				assert.Zero(t, o.Send[s].SSRC, "%s: each layer has its own", s)
			}
		})
	}
}

func TestBuildTakesWhatTheRelayTakes(t *testing.T) {
	offer := read(t, "chromium-layers")
	o := describe(t, "chromium-layers")
	a := answerTo(o, len(o.Slots))
	a.Codecs, a.Exts = o.Codecs, o.Exts
	text, err := Build(offer, a)
	require.NoError(t, err)
	ss := sections(text)[1:]
	mic, cam, slot, picture := ss[0], ss[1], ss[4], ss[9]

	assert.Equal(t, "m=audio 9 UDP/TLS/RTP/SAVPF 111", mic[0], "RED is not sent")
	assert.Equal(t, "m=audio 9 UDP/TLS/RTP/SAVPF 111 63", slot[0], "but received")
	assert.Contains(t, slot, "a=rtpmap:63 red/48000/2")
	assert.Contains(t, slot, "a=fmtp:63 111/111")
	assert.Contains(t, slot, "a=rtcp-fb:111 nack")
	assert.NotContains(t, slot, "a=rtcp-fb:111 nack pli")
	assert.Contains(t, mic, "a=rtcp-fb:111 nack")

	assert.Equal(t, "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 45 46 108 109", cam[0])
	for _, l := range []string{
		"a=fmtp:98 profile-id=0", "a=fmtp:45 level-idx=5;profile=0;tier=0", "a=rtcp-fb:45 nack pli", "a=fmtp:46 apt=45",
		"a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		"a=extmap:13 " + wire.ExtDependency,
	} {
		assert.Contains(t, cam, l)
		assert.Contains(t, picture, l)
	}
	assert.Contains(t, cam, "a=extmap:11 "+wire.ExtRepairRid)
	assert.Contains(t, cam, "a=simulcast:recv q;h;f")
	assert.Contains(t, ss[2], "a=simulcast:recv q;f")
}

func TestLostSoundIsAskedForOnlyWhereItWasOffered(t *testing.T) {
	o := describe(t, "chromium-trimmed")
	text, err := Build(read(t, "chromium-trimmed"), answerTo(o, 9))
	require.NoError(t, err)
	assert.NotContains(t, text, "a=rtcp-fb:111 nack")
}

func TestNackSound(t *testing.T) {
	for _, name := range []string{"chromium-trimmed", "firefox-trimmed", "pion"} {
		before := read(t, name)
		after := NackSound(before)
		opus := strings.Count(strings.ToLower(before), " opus/48000/2\r\n")
		require.Positive(t, opus, name)
		assert.Len(t, after, len(before)+opus*len("a=rtcp-fb:111 nack\r\n"), name)
		for _, l := range mustParse(t, after).lines {
			for _, c := range l.codecs() {
				assert.True(t, c.nack, "%s: %s of m-line %s", name, c.Name, l.mid)
			}
		}
		assert.Equal(t, after, NackSound(after), "%s: once is enough", name)
	}
	assert.Equal(t, "hello", NackSound("hello"))
}

func mustParse(t *testing.T, offer string) *description {
	d, err := parse(offer)
	require.NoError(t, err)
	return d
}

func TestDescribeRefuses(t *testing.T) {
	good := read(t, "chromium-trimmed")
	cut := func(line string) string {
		var keep []string
		for l := range strings.SplitSeq(good, "\r\n") {
			if !strings.HasPrefix(l, line) {
				keep = append(keep, l)
			}
		}
		return strings.Join(keep, "\r\n")
	}
	for _, c := range []struct {
		name, offer string
		sends       map[string]wire.Stream
		err         string
	}{
		{"what is no SDP", "hello", four, "parse offer"},
		{"an offer without m-lines", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", four, "no m-lines"},
		{"a line without a type", strings.Replace(good, "a=mid:1\r\n", "mid:1\r\n", 1), four, "parse offer"},
		{"an m-line without payload types", strings.Replace(good, " 96 97", "", 1), four, "m= is not whole"},
		{"m-lines without mids", cut("a=mid:"), four, "mid"},
		{"two m-lines with one mid", strings.Replace(good, "a=mid:1\r\n", "a=mid:0\r\n", 1), four, "mid"},
		{"no ICE credentials", cut("a=ice-ufrag"), four, "ICE"},
		{"no fingerprint", cut("a=fingerprint"), four, "fingerprint"},
		{"a weaker fingerprint", strings.ReplaceAll(good, "sha-256", "sha-1"), four, "fingerprint"},
		{"no codec that is known", strings.NewReplacer("opus", "speex", "VP8", "theora").Replace(good), four, "codec"},
		{"an m-line that sends nobody knows what", good, map[string]wire.Stream{"0": wire.Mic}, "no stream"},
		{"a camera on an audio m-line", good, map[string]wire.Stream{"0": wire.Cam}, "not"},
		{"a stream without an m-line", good, map[string]wire.Stream{"0": wire.Mic, "1": wire.Cam, "2": wire.Screen, "3": wire.ScreenAudio, "4": wire.Mic}, "4 of 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := Describe(c.offer, c.sends, true)
			require.ErrorContains(t, err, c.err)
			assert.Nil(t, o)
		})
	}
}

func TestBuild(t *testing.T) {
	for _, c := range []struct {
		name       string
		opus, vp8  string // payload types
		extsAudio  []string
		extsVideo  []string
		wantFilled int
	}{
		{"chromium-trimmed", "111", "96 97", []string{"1", "3", "4"}, []string{"3", "4"}, 9},
		{"chromium-full", "111", "96 97", []string{"1", "3", "4"}, []string{"3", "4"}, 7},
		{"chromium-grown", "111", "96 97", []string{"1", "3", "4"}, []string{"3", "4"}, 11},
		{"firefox-trimmed", "109", "120 124", []string{"1", "3", "7"}, []string{"3", "7"}, 9},
		{"firefox-grown", "109", "120 124", []string{"1", "3", "7"}, []string{"3", "7"}, 14},
		{"firefox-full", "109", "120 124", []string{"1", "3", "7"}, []string{"3", "7"}, 0},
		{"pion", "111", "96 97", []string{"4"}, []string{"1", "4"}, 9},
	} {
		t.Run("for an offer of "+c.name, func(t *testing.T) {
			o := describe(t, c.name)
			text, err := Build(read(t, c.name), answerTo(o, c.wantFilled))
			require.NoError(t, err)
			var whole sdp.SessionDescription
			require.NoError(t, whole.UnmarshalString(text), "a parser of all of SDP reads it")
			require.Len(t, whole.MediaDescriptions, len(o.Send)+len(o.Slots))
			ss := sections(text)
			require.Len(t, ss, 1+len(o.Send)+len(o.Slots))
			assert.Contains(t, ss[0], "a=ice-lite")
			offered := slices.Contains(sections(read(t, c.name))[0], "a=extmap-allow-mixed")
			assert.Equal(t, offered, slices.Contains(ss[0], "a=extmap-allow-mixed"), "long extensions, where they are offered")
			assert.Regexp(t, `\na=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 10 11 12`, text)
			candidates := 0
			for i, s := range ss[1:] {
				audio := i == 0 || i >= 3 && i < 9
				pts, exts := c.vp8, c.extsVideo
				if audio {
					pts, exts = c.opus, c.extsAudio
				}
				assert.Equal(t, "m="+map[bool]string{true: "audio", false: "video"}[audio]+" 9 UDP/TLS/RTP/SAVPF "+pts, s[0])
				for _, l := range []string{"c=IN IP4 0.0.0.0", "a=setup:passive", "a=ice-ufrag:uuuu", "a=rtcp-mux", "a=rtcp-rsize"} {
					assert.Contains(t, s, l)
				}
				want := "a=recvonly"
				if i >= 4 {
					want = map[bool]string{true: "a=sendonly", false: "a=inactive"}[i-4 < c.wantFilled]
				}
				assert.Contains(t, s, want, "m-line %d", i)
				var ids, fingerprints, ssrcs, fids int
				for _, l := range s {
					if id, ok := strings.CutPrefix(l, "a=extmap:"); ok {
						id, _, _ = strings.Cut(id, " ")
						assert.Contains(t, exts, id)
						ids++
					}
					fingerprints += strings.Count(l, "a=fingerprint:sha-256 AB")
					ssrcs += strings.Count(l, "a=ssrc:")
					fids += strings.Count(l, "a=ssrc-group:FID")
					candidates += strings.Count(l, "a=candidate:")
				}
				assert.Equal(t, len(exts), ids)
				assert.Equal(t, 1, fingerprints)
				switch filled := want == "a=sendonly"; {
				case filled && audio:
					assert.Equal(t, []int{1, 0}, []int{ssrcs, fids})
				case filled:
					assert.Equal(t, []int{2, 1}, []int{ssrcs, fids})
				default:
					assert.Equal(t, []int{0, 0}, []int{ssrcs, fids})
				}
			}
			assert.Equal(t, 1, candidates)
			assert.Contains(t, ss[1], "a=candidate:1 1 udp 2130706431 192.0.2.1 8080 typ host")
		})
	}
}

func TestBuildWritesASlotAsBothBrowsersNeedIt(t *testing.T) {
	o := describe(t, "firefox-trimmed")
	text, err := Build(read(t, "firefox-trimmed"), answerTo(o, 9))
	require.NoError(t, err)
	assert.Equal(t, []string{
		"m=video 9 UDP/TLS/RTP/SAVPF 120 124",
		"c=IN IP4 0.0.0.0",
		"a=mid:12",
		"a=sendonly",
		"a=rtcp-mux",
		"a=rtcp-rsize",
		"a=setup:passive",
		"a=ice-ufrag:uuuu",
		"a=ice-pwd:pppppppppppppppppppppp",
		"a=fingerprint:sha-256 " + strings.Repeat("AB:", 31) + "AB",
		"a=rtpmap:120 VP8/90000",
		"a=rtcp-fb:120 transport-cc",
		"a=rtcp-fb:120 nack",
		"a=rtcp-fb:120 nack pli",
		"a=rtpmap:124 rtx/90000",
		"a=fmtp:124 apt=120",
		"a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid",
		"a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
		"a=msid:slot12 track12",
		"a=ssrc-group:FID 1008 5008",
		"a=ssrc:1008 cname:c",
		"a=ssrc:5008 cname:c",
	}, sections(text)[13])
}

func TestBuildTakesLayersOnlyWithTheRidExtension(t *testing.T) {
	for _, name := range []string{"chromium-simulcast", "firefox-simulcast"} {
		offer := read(t, name)
		o, err := Describe(offer, map[string]wire.Stream{"0": wire.Cam}, true)
		require.NoError(t, err)
		a := answerTo(o, 1)
		one, err := Build(offer, a)
		require.NoError(t, err)
		assert.NotContains(t, one, "simulcast")
		a.Exts = o.Exts
		three, err := Build(offer, a)
		require.NoError(t, err)
		assert.Contains(t, three, "a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f\r\n")
	}
}

func TestBuildRejectsWhatIsNeitherAudioNorVideo(t *testing.T) {
	for _, name := range []string{"chromium-data", "firefox-data"} {
		offer := read(t, name)
		o, err := Describe(offer, nil, true)
		require.NoError(t, err)
		text, err := Build(offer, answerTo(o, 1))
		require.NoError(t, err)
		assert.Contains(t, text, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n")
		assert.Contains(t, text, "a=group:BUNDLE 0\r\n", "only the audio m-line")
	}
}

func TestBuildRefuses(t *testing.T) {
	offer := read(t, "chromium-trimmed")
	o := describe(t, "chromium-trimmed")
	for name, spoil := range map[string]func(*wire.Answer){
		"an answer without credentials":    func(a *wire.Answer) { a.ICE = wire.ICE{} },
		"credentials over several lines":   func(a *wire.Answer) { a.ICE.Pwd += "\r\na=x" },
		"an answer without fingerprint":    func(a *wire.Answer) { a.Fingerprint = "" },
		"a fingerprint over several lines": func(a *wire.Answer) { a.Fingerprint += "\na=x" },
		"an answer without candidates":     func(a *wire.Answer) { a.Candidates = nil },
		"a candidate over several lines":   func(a *wire.Answer) { a.Candidates[0] += "\r\na=x" },
		"an answer without codecs":         func(a *wire.Answer) { a.Codecs = nil },
		"codecs that were not offered":     func(a *wire.Answer) { a.Codecs[0].PT = 127 },
	} {
		t.Run(name, func(t *testing.T) {
			a := answerTo(o, 9)
			spoil(a)
			text, err := Build(offer, a)
			require.Error(t, err)
			assert.Empty(t, text)
		})
	}
	_, err := Build(offer, nil)
	require.Error(t, err)
}

func TestAnswersRiseWithTheOffer(t *testing.T) {
	for name, version := range map[string]string{"chromium-trimmed": "2", "chromium-grown": "3", "firefox-trimmed": "0", "firefox-grown": "1"} {
		text, err := Build(read(t, name), answerTo(describe(t, name), 9))
		require.NoError(t, err)
		assert.Equal(t, "o=- 1 "+version+" IN IP4 127.0.0.1", sections(text)[0][1], name)
	}
}

func FuzzDescribe(f *testing.F) {
	files, err := filepath.Glob("testdata/*.sdp")
	require.NoError(f, err)
	for _, name := range files {
		f.Add(read(f, strings.TrimSuffix(filepath.Base(name), ".sdp")))
	}
	f.Fuzz(func(t *testing.T, offer string) {
		o, err := Describe(offer, four, true)
		if err != nil {
			require.Nil(t, o)
			return
		}
		a := answerTo(o, len(o.Slots))
		a.Codecs = o.Codecs
		if _, err := Build(offer, a); err != nil {
			// The one reason left: an m-line with none of the codecs of the others.
			require.ErrorContains(t, err, "codec")
		}
	})
}

func FuzzBuild(f *testing.F) {
	offer := read(f, "firefox-trimmed")
	f.Add(offer, "uuuu", "1 1 udp 1 192.0.2.1 1 typ host", wire.ExtMid, uint8(120), uint8(124))
	f.Fuzz(func(t *testing.T, offer, ufrag, candidate, uri string, pt, rtx uint8) {
		a := &wire.Answer{ICE: wire.ICE{Ufrag: ufrag, Pwd: ufrag}, Fingerprint: ufrag, Candidates: []string{candidate}}
		a.Codecs = []wire.Codec{{Kind: wire.Video, PT: pt, RTX: rtx}, {Kind: wire.Audio, PT: pt}}
		a.Exts = []wire.Ext{{URI: uri, ID: pt}}
		a.Slots = []wire.Slot{{Mid: "5", SSRC: 1, RTX: 2}, {Mid: uri, SSRC: 3}}
		text, err := Build(offer, a)
		if err != nil {
			return
		}
		built, err := parse(text)
		require.NoError(t, err, "what was built can be read")
		offered, err := parse(offer)
		require.NoError(t, err)
		require.Len(t, built.lines, len(offered.lines))
	})
}
