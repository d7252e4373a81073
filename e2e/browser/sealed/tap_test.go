package sealed

import (
	_ "embed" // the scripts
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/people"
	"github.com/conclave-meet/conclave/www"
)

var (
	//go:embed testdata/tap.js
	tapScript []byte
	//go:embed testdata/page.js
	pageScript string
)

// clearTap is where the tap alone is, for meetings in clear.
const clearTap = "/_/assets/tap-0.js"

// tappedSite is the built site with a tap in its encryption worker, else as it is.
func tappedSite(t testing.TB) fs.FS {
	t.Helper()
	dist, err := fs.Sub(www.Dist, "dist")
	require.NoError(t, err)
	site, workers := fstest.MapFS{}, 0
	require.NoError(t, fs.WalkDir(dist, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(dist, p)
		if name := path.Base(p); strings.HasPrefix(name, "sealer-") && strings.Contains(name, ".js") {
			if path.Ext(name) != ".js" {
				return err // compressed
			}
			workers++
			b = append(append([]byte{}, tapScript...), b...)
		}
		site[p] = &fstest.MapFile{Data: b}
		return err
	}))
	if workers == 0 && !bidi.Required() {
		t.Skip("the site is not built (make site)")
	}
	require.Equal(t, 1, workers, "scripts of the encryption worker")
	site[strings.TrimPrefix(clearTap, "/")] = &fstest.MapFile{Data: tapScript}
	return site
}

// passed is a frame of a sender.
type passed struct {
	Stream        int // -1: not said
	Codec         string
	Key           bool
	SSRC          uint32
	Clear, Sealed []byte // what the encoder made, and what went on
}

// frames are those that p's encoders made so far.
func frames(p *people.Person) (all []passed) {
	p.T.Helper()
	for {
		var some []passed
		p.Eval(fmt.Sprintf(`tap.frames(%d)`, len(all)), &some)
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
	}
}

// said is what p's page has told the relay over the WebSocket.
func said(p *people.Person) (all [][]byte) {
	p.T.Helper()
	p.Eval(`tap.said()`, &all)
	return all
}

// seen is what a decoder made of pictures.
type seen struct{ Chunks, Pictures, Right, Errors int }

// decodes has the browser of p decode pictures, which show a camera's colour if anything.
func decodes(p *people.Person, codec string, pictures []picture, colour string) (out seen) {
	p.T.Helper()
	list, err := json.Marshal(pictures)
	require.NoError(p.T, err)
	var r, g, b int
	_, err = fmt.Sscanf(colour, "#%02x%02x%02x", &r, &g, &b)
	require.NoError(p.T, err)
	p.Eval(fmt.Sprintf(`decodeAll(%q, %s, %d, %d, %d)`, codec, list, r, g, b), &out)
	return out
}
