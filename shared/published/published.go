// Package published reads test vectors that others have published. They lie beside the checkout, in
// ../shared/vectors, and never in it; CONCLAVE_VECTORS names another folder. Only tests import it.
package published

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Read fills v from the JSON of a file, "sframe/test-vectors.json". It skips the test where the file is not there.
func Read(t testing.TB, name string, v any) {
	t.Helper()
	file := filepath.Join(folder(), filepath.FromSlash(name))
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("published vectors are not there: %s", file)
	}
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// folder is where the vectors lie. A test runs in its package's folder, at any depth of the checkout.
func folder() string {
	if named := os.Getenv("CONCLAVE_VECTORS"); named != "" {
		return named
	}
	root := "."
	for range 10 {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		root = filepath.Join(root, "..")
	}
	return filepath.Join(root, "..", "shared", "vectors")
}
