package sealing

import (
	"bytes"
	_ "embed" // a worker
	"encoding/binary"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/netns"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/wasm/sdp"
)

//go:embed testdata/sizes.js
var sizesScript []byte

// Every packet of speech in a room with a passphrase is as long as the others: otherwise its length tells a word from a
// pause (RFC 6562). Chromium's encoder does so where it is asked for a constant bit rate. Firefox 153 pays no heed; there
// it is the sealer's padding alone, and so it is where a browser is not asked at all.
func TestSealedSpeechIsOfOneSize(t *testing.T) {
	for _, kind := range []bidi.Kind{bidi.Chromium, bidi.Firefox} {
		t.Run(string(kind), func(t *testing.T) {
			netns.Run(t, bidi.Required(), func(t *testing.T) {
				r := &room{t: t}
				b, url := bidi.Start(t, kind, bidi.Options{}), siteBehind(t, speaks)
				join := func(name string) *member {
					return r.joins(plainPage(t, b, url), kind, name, "", "four words of it")
				}
				ann, bob := join("ann"), join("bob")
				r.meets(port.PhaseUp)
				clear := r.sizes(ann, bob, "minptime=10;useinbandfec=1", false)
				t.Logf("not sealed: %v", clear)
				assert.Greater(t, len(clear), 10, "sizes of a variable bit rate: otherwise the rest shows nothing")
				sealed := r.sizes(ann, bob, sdp.SealedOpus, true)
				t.Logf("sealed: %v", sealed)
				assert.Len(t, sealed, 1)
				unasked := r.sizes(ann, bob, "minptime=10;useinbandfec=1", true)
				t.Logf("sealed, with the variable bit rate: %v", unasked)
				assert.Len(t, unasked, 1)
			})
		})
	}
}

// speaks adds a file of speech to a site, and a worker.
func speaks(next http.Handler) http.Handler {
	recorded := wav(speech())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/_/assets/speech.wav":
			w.Header().Set("Content-Type", "audio/wav")
			w.Write(recorded)
		case "/_/assets/sizes.js":
			w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp") // as its page has it
			w.Header().Set("Content-Type", "text/javascript")
			w.Write(sizesScript)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// sizes lets from speak and counts the sizes of what comes to to, in bytes, while all of the speech is said once. It was
// said once before: packets grow until the loudest moment was.
func (r *room) sizes(from, to *member, opus string, sealed bool) map[int]int {
	r.t.Helper()
	var offer, answer string
	from.eval(&offer, `sealing.offer(%q, %q, "", {file: "/_/assets/speech.wav", sealed: %v})`, from.name, to.name, sealed)
	to.eval(&answer, `sealing.answer(%q, %q, %q, {counted: "/_/assets/sizes.js"})`, to.name, from.name, offer)
	from.eval(nil, `sealing.accept(%q, %q, %q, %q)`, from.name, to.name, answer, opus)
	const once = 5 * 50 // packets
	to.waits(`sealing.sizes(%q).length > %d`, to.name, 2*once+50)
	var all []int
	to.eval(&all, `sealing.sizes(%q)`, to.name)
	r.hang(from, to)
	counts := map[int]int{}
	for _, n := range all[len(all)-once:] {
		counts[n]++
	}
	require.NotEmpty(r.t, slices.Collect(maps.Keys(counts)))
	return counts
}

const sampleRate = 48_000 // per second

// speech is five seconds of something like it: syllables of a voice with harmonics, hisses, and pauses between words.
func speech() []int16 {
	rnd := rand.New(rand.NewPCG(5, 6))
	var out []int16
	for len(out) < 5*sampleRate {
		length := sampleRate * (8 + rnd.IntN(20)) / 100
		pitch, loud, kind := 90+80*rnd.Float64(), 0.1+0.5*rnd.Float64(), rnd.IntN(5)
		for i := range length {
			at := float64(i) / sampleRate
			x := 0.0
			switch kind {
			case 0: // a pause
			case 1: // a hiss
				x = rnd.NormFloat64() * 0.15
			default:
				for h := 1.0; h < 30; h++ {
					x += math.Sin(2*math.Pi*pitch*h*at) / h * math.Exp(-math.Pow(h*pitch-700*float64(kind), 2)/4e5)
				}
			}
			swell := math.Sin(math.Pi * float64(i) / float64(length))
			out = append(out, int16(math.MaxInt16*max(-1, min(1, loud*swell*x))))
		}
	}
	return out
}

// wav is a file of one channel with these samples.
func wav(samples []int16) []byte {
	var b bytes.Buffer
	size := uint32(2 * len(samples))
	b.WriteString("RIFF")
	for _, x := range []any{
		36 + size, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(sampleRate), uint32(2 * sampleRate), uint16(2), uint16(16),
		[]byte("data"), size, samples,
	} {
		if err := binary.Write(&b, binary.LittleEndian, x); err != nil {
			panic(err) // of constant types: a mistake here
		}
	}
	return b.Bytes()
}
