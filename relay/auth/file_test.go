package auth

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// put writes one record in one update.
func put(t *testing.T, s Store, key, value string) {
	t.Helper()
	require.NoError(t, s.Update(func(tx Tx) error { return tx.Put("things", key, []byte(value)) }))
}

// contents returns all records of the table that put writes to.
func contents(t *testing.T, s Store) map[string]string {
	t.Helper()
	got := map[string]string{}
	require.NoError(t, s.View(func(tx Tx) error {
		return tx.Each("things", func(k string, v []byte) error {
			got[k] = string(v)
			return nil
		})
	}))
	return got
}

func openFile(t *testing.T, dir string) *File {
	t.Helper()
	f, err := OpenFile(dir)
	require.NoError(t, err)
	return f
}

func TestWhatWasWrittenIsThereAfterReopening(t *testing.T) {
	dir := t.TempDir()
	f := openFile(t, dir)
	want := map[string]string{}
	for i := range 300 {
		k, v := fmt.Sprint("key", i), fmt.Sprint("value", i)
		want[k] = v
		put(t, f, k, v)
	}
	require.NoError(t, f.Update(func(tx Tx) error { return tx.Delete("things", "key7") }))
	delete(want, "key7")
	assert.Equal(t, want, contents(t, f))
	require.NoError(t, f.Close())
	f = openFile(t, dir)
	assert.Equal(t, want, contents(t, f))
	require.NoError(t, f.Close())
}

func TestAnUpdateThatEndsInAnErrorLeavesNothing(t *testing.T) {
	f := openFile(t, t.TempDir())
	put(t, f, "a", "1")
	err := f.Update(func(tx Tx) error {
		require.NoError(t, tx.Put("things", "a", []byte("2")))
		require.NoError(t, tx.Put("things", "b", []byte("2")))
		got, err := tx.Get("things", "a")
		require.NoError(t, err)
		assert.Equal(t, "2", string(got), "an update sees what it did")
		return ErrTaken
	})
	require.ErrorIs(t, err, ErrTaken)
	assert.Equal(t, map[string]string{"a": "1"}, contents(t, f))
	require.NoError(t, f.Close())
}

func TestWhatIsNotThereIsNoError(t *testing.T) {
	f := openFile(t, t.TempDir())
	require.NoError(t, f.Update(func(tx Tx) error {
		got, err := tx.Get("nothing", "k")
		require.NoError(t, err)
		assert.Nil(t, got)
		return tx.Delete("nothing", "k")
	}))
	require.NoError(t, f.Close())
}

func TestNobodyElseMayReadTheFiles(t *testing.T) {
	mode := func(path string) os.FileMode {
		info, err := os.Stat(path)
		require.NoError(t, err)
		return info.Mode().Perm()
	}
	d := newDesk(t)
	file, audit := filepath.Join(d.dir, fileName), filepath.Join(d.dir, auditName)
	assert.Equal(t, os.FileMode(0o700), mode(d.dir))
	assert.Equal(t, os.FileMode(0o600), mode(file))
	assert.Equal(t, os.FileMode(0o600), mode(audit))

	require.NoError(t, os.Chmod(file, 0o644))
	require.NoError(t, os.Chmod(audit, 0o644))
	d.restarts(cheap)
	assert.Equal(t, os.FileMode(0o600), mode(file), "a file with wider rights is narrowed")
	assert.Equal(t, os.FileMode(0o600), mode(audit))

	names, err := filepath.Glob(filepath.Join(d.dir, "*"))
	require.NoError(t, err)
	assert.Len(t, names, 2, "nothing is left over from making them")
	names, err = filepath.Glob(filepath.Join(d.dir, ".*"))
	require.NoError(t, err)
	assert.Empty(t, names)
}

func TestAFolderOthersMayWriteToIsRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o777))
	_, err := OpenFile(dir)
	require.ErrorContains(t, err, "chmod 700")
}

func TestASecondProcessIsToldWithinASecond(t *testing.T) {
	dir := t.TempDir()
	f := openFile(t, dir)
	began := time.Now()
	_, err := OpenFile(dir) // a lock belongs to an opening, so one process shows it as well as two
	took := time.Since(began)
	require.ErrorIs(t, err, ErrLocked)
	assert.ErrorContains(t, err, "is the relay running?")
	assert.Less(t, took, 2*time.Second)
	require.NoError(t, f.Close())
	require.NoError(t, openFile(t, dir).Close())
}

func TestAFileThatIsNotSoundIsRefusedAndKept(t *testing.T) {
	dir := t.TempDir()
	f := openFile(t, dir)
	for i := range 200 {
		put(t, f, fmt.Sprint("key", i), "some value that takes a little room")
	}
	require.NoError(t, f.Close())
	sound, err := os.ReadFile(filepath.Join(dir, fileName))
	require.NoError(t, err)

	tests := []struct {
		name  string
		bytes []byte
	}{
		{"an empty file", nil},
		{"a text file", []byte("these are my accounts\n")},
		{"a page of zeros", make([]byte, 4096)},
		{"many pages of zeros", make([]byte, 1<<16)},
		{"the first page only", sound[:4096]},
		{"half of the file", sound[:len(sound)/2]},
		{"all but the meta pages are zeros", append(append([]byte{}, sound[:8192]...), make([]byte, len(sound)-8192)...)},
		{"all but the meta pages are ones", append(append([]byte{}, sound[:8192]...), filled(len(sound)-8192, 0xff)...)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, fileName)
			require.NoError(t, os.WriteFile(path, tt.bytes, 0o600))
			_, err := OpenFile(dir)
			require.ErrorIs(t, err, ErrDamaged)
			assert.ErrorContains(t, err, path)
			assert.ErrorContains(t, err, "backup")
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, len(tt.bytes), len(after))
			assert.Equal(t, string(tt.bytes), string(after))
		})
	}
}

func filled(n int, b byte) []byte {
	s := make([]byte, n)
	for i := range s {
		s[i] = b
	}
	return s
}

// A changed byte is either noticed or harms nothing. The one exception is
// bbolt's: without its newest meta page a file is as before the last update,
// which is how it survives a crash in the middle of one.
func TestNoChangedByteGoesUnnoticed(t *testing.T) {
	dir := t.TempDir()
	f := openFile(t, dir)
	for i := range 60 {
		put(t, f, fmt.Sprint("key", i), "some value that takes a little room")
	}
	before := contents(t, f)
	put(t, f, "last", "value")
	after := contents(t, f)
	require.NoError(t, f.Close())
	sound, err := os.ReadFile(filepath.Join(dir, fileName))
	require.NoError(t, err)

	dir = t.TempDir()
	path := filepath.Join(dir, fileName)
	refused, harmless := 0, 0
	for at := 0; at < len(sound); at += 13 {
		changed := append([]byte{}, sound...)
		changed[at] ^= 0xff
		require.NoError(t, os.WriteFile(path, changed, 0o600))
		f, err := OpenFile(dir)
		if err != nil {
			require.True(t, errors.Is(err, ErrDamaged) || errors.Is(err, ErrNewer), "byte %d: %v", at, err)
			refused++
			continue
		}
		got := contents(t, f)
		require.NoError(t, f.Close())
		if len(got) == len(before) {
			require.Equal(t, before, got, "byte %d", at)
		} else {
			require.Equal(t, after, got, "byte %d", at)
		}
		harmless++
	}
	t.Logf("%d of %d changed bytes refused, %d in unused places", refused, refused+harmless, harmless)
	assert.Greater(t, refused, 100)
	assert.Greater(t, harmless, 100)
}

// Heads of pages hold counts and offsets, which bbolt follows: damage there must
// end in a refusal, never in a crash or in a walk without end.
func TestDamagedPageHeadsAreRefusedOrHarmless(t *testing.T) {
	const page, records = 4096, 300
	dir := t.TempDir()
	f := openFile(t, dir)
	for i := range records {
		put(t, f, fmt.Sprint("key", i), "some value that takes a little room")
	}
	require.NoError(t, f.Close())
	sound, err := os.ReadFile(filepath.Join(dir, fileName))
	require.NoError(t, err)

	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 500 {
		changed := append([]byte{}, sound...)
		at := random.IntN(len(sound)/page)*page + random.IntN(200)
		for i := range 1 + random.IntN(32) {
			changed[at+i] = byte(random.IntN(256))
		}
		dir := t.TempDir() // a new file each time: the process still maps the refused one
		require.NoError(t, os.WriteFile(filepath.Join(dir, fileName), changed, 0o600))
		f, err := OpenFile(dir)
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			refused++
			continue
		}
		got := contents(t, f)
		require.NoError(t, f.Close())
		require.GreaterOrEqual(t, len(got), records-1, "at most the last update is gone")
	}
	t.Logf("%d of 500 refused", refused)
	assert.Greater(t, refused, 100)
}

func TestAFileOfANewerVersionIsRefusedAndKept(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, openFile(t, dir).Close())
	setVersion := func(v uint32) {
		db, err := bbolt.Open(filepath.Join(dir, fileName), 0o600, nil)
		require.NoError(t, err)
		require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
			return boltTx{tx}.Put(tableMeta, keyVersion, binary.BigEndian.AppendUint32(nil, v))
		}))
		require.NoError(t, db.Close())
	}
	setVersion(schemaVersion + 1)
	_, err := OpenFile(dir)
	require.ErrorIs(t, err, ErrNewer)
	require.NotErrorIs(t, err, ErrDamaged)
	assert.ErrorContains(t, err, "its schema is 2 and the newest known here is 1")
	setVersion(0)
	_, err = OpenFile(dir)
	require.ErrorIs(t, err, ErrDamaged)
	setVersion(schemaVersion)
	require.NoError(t, openFile(t, dir).Close())
}

func TestADatabaseOfSomethingElseIsRefused(t *testing.T) {
	dir := t.TempDir()
	db, err := bbolt.Open(filepath.Join(dir, fileName), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	_, err = OpenFile(dir)
	require.ErrorIs(t, err, ErrDamaged)
	assert.ErrorContains(t, err, "no schema version")
}

func TestALinkInPlaceOfTheFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Symlink("elsewhere", filepath.Join(dir, fileName)))
	_, err := OpenFile(dir)
	require.ErrorContains(t, err, "not a regular file")
}

func TestTwoThatMakeTheFileAtOnceEndWithOneFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	require.NoError(t, createFile(path))
	f := openFile(t, dir)
	put(t, f, "a", "1")
	require.NoError(t, f.Close())
	require.NoError(t, createFile(path)) // the one that looked earlier and came later
	f = openFile(t, dir)
	assert.Equal(t, map[string]string{"a": "1"}, contents(t, f))
	require.NoError(t, f.Close())
}
