// Package imports holds the tests of the module's shape: who may import whom
// (one table), which foreign package has which home, what the top level holds.
// Sources are parsed, not built, so that every build tag is seen.
package imports

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	root   = "../.."
	module = "github.com/conclave-meet/conclave"
)

// source is one Go file: its slash path below the root, its package's name
// and what it imports; ours without the module's prefix and with "./".
type source struct {
	file, pkg string
	imports   []string
}

func (s source) dir() string { return path.Dir(s.file) }

// under tells whether p is tree or lies below it.
func under(p, tree string) bool {
	return p == tree || strings.HasPrefix(p, tree+"/")
}

func underAny(p string, trees []string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool { return under(p, tree) })
}

// sources parses the import clauses of every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, tree := range []string{"shared", "relay", "wasm", "www", "e2e"} {
		err := filepath.WalkDir(filepath.Join(root, tree), func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata") {
				return fs.SkipDir
			}
			if d.IsDir() || filepath.Ext(p) != ".go" {
				return nil
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, p)
			s := source{file: filepath.ToSlash(rel), pkg: parsed.Name.Name}
			for _, spec := range parsed.Imports {
				name, _ := strconv.Unquote(spec.Path.Value)
				if ours, ok := strings.CutPrefix(name, module+"/"); ok {
					name = "./" + ours
				}
				s.imports = append(s.imports, name)
			}
			all = append(all, s)
			return err
		})
		require.NoError(t, err)
	}
	require.NotEmpty(t, all)
	return all
}

// A tree imports of ours only what its row allows. The longest matching row
// counts. Inside relay: main → web → peer → {room, media}; room, media and
// auth know nobody.
var allowed = map[string][]string{
	"shared":      {"shared"},
	"relay":       {"relay", "www", "shared/wire", "shared/roomname"},
	"relay/web":   {"relay/web", "relay/peer", "relay/room", "relay/media", "relay/auth", "www", "shared/wire", "shared/roomname"},
	"relay/peer":  {"relay/peer", "relay/room", "relay/media", "relay/auth", "shared/wire", "shared/roomname"},
	"relay/room":  {"relay/room", "shared/wire", "shared/roomname"},
	"relay/media": {"relay/media", "shared/wire"},
	"relay/auth":  {"relay/auth", "shared/wire"},
	"wasm":        {"wasm", "shared"},
	"www":         {"www"},
	"e2e":         {"shared", "relay", "wasm", "www", "e2e"},
}

func TestEachTreeImportsOnlyWhatItsRowAllows(t *testing.T) {
	for _, s := range sources(t) {
		row := ""
		for tree := range allowed {
			if under(s.dir(), tree) && len(tree) > len(row) {
				row = tree
			}
		}
		require.NotEmpty(t, row, s.file)
		for _, name := range s.imports {
			if ours, ok := strings.CutPrefix(name, "./"); ok {
				assert.True(t, underAny(ours, allowed[row]), "%s imports %s; %s may import %v", s.file, ours, row, allowed[row])
			}
		}
	}
}

// Foreign packages and their only homes (folders with what is below, or files).
var homes = map[string][]string{
	// A test under node asks it what a call has cost.
	"syscall/js": {"wasm/browser", "wasm/page", "wasm/sealer", "shared/e2ee/sim/processor_js_test.go"},
	// The product speaks ICE, DTLS and SRTP in one place. The tests' peers are
	// made of pion/webrtc, whose settings take types of pion/ice.
	"github.com/pion/ice":    {"relay/media", "e2e"},
	"github.com/pion/dtls":   {"relay/media", "e2e"},
	"github.com/pion/srtp":   {"relay/media", "e2e"},
	"github.com/pion/webrtc": {"e2e"},
	"github.com/pion/sdp":    {"wasm/sdp"},
	// Deprecated by its own doc comment: one file per side, so that a swap is
	// a few lines.
	"nhooyr.io/websocket":                  {"relay/peer", "wasm/link/conn_native.go", "e2e/bot", "e2e/bench/adapter/socket.go", "e2e/browser/bidi/wire.go"},
	"golang.org/x/crypto/chacha20poly1305": {"shared/e2ee"},
	"golang.org/x/crypto/argon2":           {"shared/e2ee/stretch", "relay/auth"},
	// Whose Edwards points nobody uses: the field arithmetic of CPace and of X25519.
	"filippo.io/edwards25519": {"shared/e2ee/cpace"},
}

// never lists what a tree must not import, wherever its home is.
var never = map[string][]string{
	"shared": {"net/http", "github.com/pion", "syscall/js"},
	"wasm":   {"net/http", "github.com/pion/webrtc", "github.com/pion/ice"},
	"relay":  {"syscall/js", "github.com/pion/webrtc", "github.com/pion/sdp"},
}

func TestEachForeignPackageStaysInItsHome(t *testing.T) {
	for _, s := range sources(t) {
		for _, name := range s.imports {
			for foreign, dirs := range homes {
				if under(name, foreign) {
					assert.True(t, underAny(s.file, dirs), "%s imports %s, which belongs in %v", s.file, name, dirs)
				}
			}
			for tree, banned := range never {
				if under(s.dir(), tree) {
					// A file that is named in homes may.
					bad := underAny(name, banned) && !slices.Contains(homes[name], s.file)
					assert.False(t, bad, "%s imports %s, which %s never does", s.file, name, tree)
				}
			}
		}
	}
}

// The end-to-end encryption decides in pure code: what it needs of the world
// comes in through arguments, so that tests can make any world (package sim).
func TestTheEndToEndEncryptionAsksNobody(t *testing.T) {
	world := []string{"os", "io/fs", "syscall", "net", "log", "log/slog", "context", "crypto/rand", "math/rand", "math/rand/v2"}
	for _, s := range sources(t) {
		if !under(s.dir(), "shared/e2ee") || under(s.dir(), "shared/e2ee/sim") || strings.HasSuffix(s.file, "_test.go") {
			continue
		}
		for _, name := range s.imports {
			assert.False(t, slices.Contains(world, name), "%s imports %s", s.file, name)
		}
	}
}

// The promise of the whole system: the relay cannot decrypt. Followed through
// our own packages over all build tags; the go list tests follow the rest.
func TestNoWayLeadsFromTheRelayToTheEndToEndKeys(t *testing.T) {
	imports := map[string][]string{}
	for _, s := range sources(t) {
		if strings.HasSuffix(s.file, "_test.go") {
			continue
		}
		for _, name := range s.imports {
			if ours, ok := strings.CutPrefix(name, "./"); ok {
				imports[s.dir()] = append(imports[s.dir()], ours)
			}
		}
	}
	reached := map[string]bool{}
	var visit func(dir string)
	visit = func(dir string) {
		assert.False(t, under(dir, "shared/e2ee"), "the relay reaches %s", dir)
		if reached[dir] {
			return
		}
		reached[dir] = true
		for _, next := range imports[dir] {
			visit(next)
		}
	}
	for dir := range imports {
		if under(dir, "relay") {
			visit(dir)
		}
	}
}

func TestNoPackageIsNamedAfterNothing(t *testing.T) {
	nothings := []string{"util", "utils", "common", "types", "helper", "helpers", "model", "models", "misc"}
	for _, s := range sources(t) {
		assert.NotContains(t, nothings, strings.TrimSuffix(s.pkg, "_test"), s.file)
		assert.NotContains(t, nothings, path.Base(s.dir()), s.file)
	}
}
