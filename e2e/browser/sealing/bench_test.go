package sealing

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/www"
)

// small is the size in bytes up to which our program must not be slower than WebCrypto: frames of sound, and the packets
// of video in a call. (WebCrypto has AES in hardware, and a call of it costs more.)
const small = 1200

// kept is the part of the frames that a call must keep with encryption; what is missing to 1 is what two calls without
// it differ by on a machine that others use too.
const kept = 0.95

// benchSite serves the program, and a worker that measures it. The headers let the browser tell the time exactly.
func benchSite(b *testing.B) string {
	b.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(b, err)
	files := map[string]string{
		"/wasm_exec.js": filepath.Join(strings.TrimSpace(string(root)), "lib/wasm/wasm_exec.js"),
		"/pair.mjs":     "../../../wasm/sealer/testdata/pair.mjs",
		"/bench.js":     "testdata/bench.js",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp",
		} {
			w.Header().Set(name, value)
		}
		if r.URL.Path == "/sealer.wasm" {
			http.ServeFileFS(w, r, www.Dist, path.Join(assets, asset(b, "sealer-*.wasm")))
			return
		}
		if file, ok := files[r.URL.Path]; ok {
			if strings.HasSuffix(file, "js") { // whatever this system takes .mjs for
				w.Header().Set("Content-Type", "text/javascript")
			}
			http.ServeFile(w, r, file)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,">`)
	}))
	b.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

// Seal and open of a frame in a browser's worker, copies in and out included, beside WebCrypto's AES-GCM.
func BenchmarkFrame(b *testing.B) {
	for _, kind := range []bidi.Kind{bidi.Chromium, bidi.Firefox} {
		b.Run(string(kind), func(b *testing.B) {
			browser, url := bidi.Start(b, kind, bidi.Options{}), benchSite(b)
			p, err := browser.NewPage(b.Context())
			require.NoError(b, err)
			require.NoError(b, p.Navigate(b.Context(), url))
			var got struct {
				Out []struct {
					Size                                     int
					Seal, Open, WebcryptoSeal, WebcryptoOpen float64
				}
				Grown int
				Error string
			}
			ctx, cancel := context.WithTimeout(b.Context(), 3*time.Minute)
			defer cancel()
			for b.Loop() {
				require.NoError(b, p.Eval(ctx, `new Promise((done, failed) => {
					const w = new Worker('/bench.js', {type: 'module'});
					w.onmessage = e => { w.terminate(); done(e.data); };
					w.onerror = e => failed(new Error(e.message));
					w.postMessage([80, 1200, 16384, 100000]);
				})`, &got))
			}
			require.Empty(b, got.Error)
			require.Len(b, got.Out, 4)
			for _, x := range got.Out {
				b.Logf("sealing: %s, %d B: seal %.1f µs, open %.1f µs; WebCrypto AES-GCM %.1f and %.1f µs", kind, x.Size, x.Seal, x.Open, x.WebcryptoSeal, x.WebcryptoOpen)
				if x.Size <= small && (x.Seal > x.WebcryptoSeal || x.Open > x.WebcryptoOpen) {
					b.Errorf("sealing: missed: %s is slower than WebCrypto at %d B", kind, x.Size)
				}
			}
			if got.Grown != 0 {
				b.Errorf("sealing: missed: frames took %d bytes of memory in %s", got.Grown, kind)
			}
			b.ReportMetric(0, "ns/op") // of a whole run: says nothing
		})
	}
}

// Frames per second of a call with 30 of 1280×720, with and without encryption.
func BenchmarkCall(b *testing.B) {
	r := &room{t: b}
	browser, url := bidi.Start(b, bidi.Chromium, bidi.Options{}), site(b)
	join := func(name string) *member {
		return r.joins(plainPage(b, browser, url), bidi.Chromium, name, "", "four words of it")
	}
	ann, bob := join("ann"), join("bob")
	r.meets(port.PhaseUp)
	rates := map[bool][]float64{}
	for b.Loop() {
		for _, sealed := range []bool{false, true, false, true} {
			rates[sealed] = append(rates[sealed], r.rate(ann, bob, sealed))
		}
	}
	b.Logf("sealing: chromium, 1280×720 in VP8, two calls each: %.1f frames/s with encryption, %.1f without", rates[true], rates[false])
	b.ReportMetric(mean(rates[true]), "sealed-frames/s")
	b.ReportMetric(mean(rates[false]), "clear-frames/s")
	b.ReportMetric(0, "ns/op")
	if mean(rates[true]) < kept*mean(rates[false]) {
		b.Errorf("sealing: missed: a call has %.1f frames/s with encryption and %.1f without", mean(rates[true]), mean(rates[false]))
	}
}

func mean(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// rate is how many frames per second a decoder gets, ten seconds after it got the first in full size.
func (r *room) rate(from, to *member, sealed bool) (rate float64) {
	r.t.Helper()
	var offer, answer string
	from.eval(&offer, `sealing.offer(%q, %q, "video/VP8", {sealed: %v, whole: true, video: {width: 1280, height: 720, frameRate: 30}})`, from.name, to.name, sealed)
	to.eval(&answer, `sealing.answer(%q, %q, %q, {sealed: %v})`, to.name, from.name, offer, sealed)
	from.eval(nil, `sealing.accept(%q, %q, %q)`, from.name, to.name, answer)
	if sealed {
		r.shows(to, from, from)
	}
	to.waits(`sealing.seen(%q, %q).then(s => s.width === 1280)`, to.name, from.name)
	to.eval(&rate, `(async () => {
		const look = async () => [performance.now(), (await sealing.seen(%q, %q)).decoded];
		const [t0, n0] = await look();
		await new Promise(later => setTimeout(later, 10_000));
		const [t1, n1] = await look();
		return (n1 - n0) / (t1 - t0) * 1000;
	})()`, to.name, from.name)
	r.hang(from, to)
	return rate
}
