package imports

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dependencies lists everything that is linked into the packages of pattern
// for one target. It skips the test while the folder is not there.
func dependencies(t *testing.T, goos, goarch, pattern string) []string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, strings.TrimSuffix(pattern, "/..."))); err != nil {
		t.Skipf("%s is not there", pattern)
	}
	cmd := exec.Command("go", "list", "-deps", pattern)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	require.NoError(t, err, complaint.String())
	if len(out) == 0 {
		t.Skipf("%s holds no package", pattern)
	}
	return strings.Fields(string(out))
}

func TestWhatIsLinkedIntoEachProgram(t *testing.T) {
	for _, row := range []struct {
		name, goos, goarch, pattern string
		never                       []string
	}{
		{"the relay cannot decrypt, and reads no session description", "linux", "amd64", "./relay/...",
			[]string{module + "/shared/e2ee", module + "/wasm", "github.com/pion/webrtc", "github.com/pion/sdp"}},
		{"the page core links no HTTP and no WebRTC of its own", "js", "wasm", "./wasm/page",
			[]string{"net/http", "crypto/tls", "nhooyr.io/websocket", "github.com/pion/webrtc", "github.com/pion/ice", "github.com/stretchr"}},
		// fmt is 75 kB of it (brotli), and crypto/ecdh with the NIST curves 114 kB.
		{"the encryption worker links no JSON, no network and nothing large", "js", "wasm", "./wasm/sealer",
			[]string{"net/http", "net", "encoding/json", "fmt", "crypto/ecdh", "github.com/pion"}},
		{"what it will link does not either", "js", "wasm", "./shared/e2ee/...",
			[]string{"net/http", "net", "encoding/json", "fmt", "crypto/ecdh", "github.com/stretchr"}},
		{"the conference machine builds natively, without a browser", "linux", "amd64", "./wasm/conf/...",
			[]string{"syscall/js", "github.com/pion/webrtc", module + "/wasm/browser"}},
		{"what both sides share brings no network", "linux", "amd64", "./shared/...",
			[]string{"net/http", "github.com/pion", "github.com/stretchr"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, linked := range dependencies(t, row.goos, row.goarch, row.pattern) {
				// "net" means the package alone: net/netip is pure.
				for _, banned := range row.never {
					hit := linked == banned || banned != "net" && under(linked, banned)
					assert.False(t, hit, "%s links %s", row.pattern, linked)
				}
			}
		})
	}
}

func TestTheTopLevelHoldsExactlyItsParts(t *testing.T) {
	cmd := exec.Command("git", "ls-files")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skip("not a git checkout: ", err)
	}
	found := map[string]bool{}
	for file := range strings.Lines(string(out)) {
		top, _, _ := strings.Cut(strings.Trim(file, "\"\n"), "/")
		if !strings.HasPrefix(top, ".") {
			found[top] = true
		}
	}
	delete(found, "docs") // may be there
	want := []string{"wasm", "relay", "shared", "www", "e2e", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE"}
	assert.ElementsMatch(t, want, slices.Collect(maps.Keys(found)))
}

// Later versions of these two need a module that not every machine can get.
func TestThePinnedVersionsStay(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	for name, want := range map[string]string{
		"github.com/pion/webrtc/v4": "v4.2.20",
		"github.com/pion/turn/v5":   "v5.1.1",
	} {
		got := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(name) + ` (v\S+)`).FindSubmatch(text)
		require.NotNil(t, got, name)
		assert.Equal(t, want, string(got[1]), name)
	}
}
