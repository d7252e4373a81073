// Package budget holds the test of the site's size: what a first visit costs
// over the wire, in brotli, from the files the relay will serve.
package budget

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	dist = "../../www/dist"

	// ui.md, 5.2: the page draws before the core has arrived, so each has a
	// budget of its own. In bytes of brotli.
	pageBudget = 60_000
	coreBudget = 900_000

	// What a room with a passphrase adds, in bytes of brotli: the encryption
	// worker's program, which people wait for once, and its script.
	sealerBudget = 700_000
	workerBudget = 10_000
)

// What a document or a script makes the browser load at once. A dynamic
// import("…") loads later and is not matched.
var (
	named    = regexp.MustCompile(`(?:src|href)=["']?([^"' >]+\.(?:js|css))["' >]`)
	imported = regexp.MustCompile(`(?:import|from)\s*["']([^"']+\.js)["']`)
)

// built returns the site's files by their slash path, without the folder.
func built(t *testing.T) fs.FS {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dist, "index.html")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the site is not built: ", err)
		}
		t.Skip("the site is not built (make site)")
	}
	return os.DirFS(dist)
}

// resolve turns a reference within file from into a file of the site. The
// site's own paths start with /_/, which is either a folder of dist or added
// by the relay.
func resolve(site fs.FS, from, reference string) (string, bool) {
	tries := []string{path.Join(path.Dir(from), reference)}
	if rooted, ok := strings.CutPrefix(reference, "/"); ok {
		tries = []string{rooted, strings.TrimPrefix(rooted, "_/")}
	}
	for _, file := range tries {
		if _, err := fs.Stat(site, file); err == nil {
			return file, true
		}
	}
	return "", false
}

// firstLoad follows index.html to the styles and scripts it loads at once.
func firstLoad(t *testing.T, site fs.FS) []string {
	t.Helper()
	files := []string{"index.html"}
	for i := 0; i < len(files); i++ {
		text, err := fs.ReadFile(site, files[i])
		require.NoError(t, err)
		references := named
		if path.Ext(files[i]) == ".js" {
			references = imported
		}
		for _, match := range references.FindAllStringSubmatch(string(text), -1) {
			file, ok := resolve(site, files[i], match[1])
			if !assert.True(t, ok, "%s names %s, which the site does not hold", files[i], match[1]) {
				continue
			}
			if !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	return files
}

// brotli returns the size of the file's compressed twin.
func brotli(t *testing.T, site fs.FS, file string) int64 {
	t.Helper()
	info, err := fs.Stat(site, file+".br")
	require.NoError(t, err, "every file of the site is stored compressed, too")
	return info.Size()
}

func TestTheFirstPageStaysSmall(t *testing.T) {
	site := built(t)
	files := firstLoad(t, site)
	kinds := map[string]bool{}
	var sum int64
	for _, file := range files {
		size := brotli(t, site, file)
		t.Logf("%7d bytes  %s", size, file)
		sum += size
		kinds[path.Ext(file)] = true
	}
	t.Logf("%7d bytes  HTML, CSS and JS in brotli; at most %d", sum, pageBudget)
	assert.LessOrEqual(t, sum, int64(pageBudget))
	assert.Len(t, kinds, 3, "a page is made of HTML, CSS and JS; a site without one of them was read wrongly")
}

func TestTheCoreStaysSmall(t *testing.T) {
	staysSmall(t, "core-*.wasm", coreBudget)
}

func TestTheEncryptionWorkerStaysSmall(t *testing.T) {
	staysSmall(t, "sealer-*.wasm", sealerBudget)
	staysSmall(t, "sealer-*.js", workerBudget)
}

// Who joins a room without a passphrase does not load it.
func TestTheEncryptionWorkerIsNotLoadedAtOnce(t *testing.T) {
	site := built(t)
	for _, file := range firstLoad(t, site) {
		assert.NotContains(t, path.Base(file), "sealer")
	}
	text, err := fs.ReadFile(site, "index.html")
	require.NoError(t, err)
	assert.NotContains(t, string(text), "sealer")
}

// staysSmall wants exactly one file of the site to match.
func staysSmall(t *testing.T, pattern string, budget int64) {
	t.Helper()
	site := built(t)
	found := 0
	err := fs.WalkDir(site, ".", func(file string, _ fs.DirEntry, err error) error {
		if ok, _ := path.Match(pattern, path.Base(file)); ok {
			found++
			size := brotli(t, site, file)
			t.Logf("%7d bytes  %s in brotli; at most %d", size, file, budget)
			assert.LessOrEqual(t, size, budget)
		}
		return err
	})
	require.NoError(t, err)
	assert.Equal(t, 1, found, "%s: one, and none left over from an earlier build", pattern)
}
