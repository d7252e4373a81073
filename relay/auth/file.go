package auth

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// What OpenFile refuses. Each comes wrapped with the file's path and what can be done.
var (
	ErrDamaged = errors.New("account file is damaged")
	ErrNewer   = errors.New("account file was written by a newer version")
	ErrLocked  = errors.New("account file is in use by another process")
)

const (
	fileName = "accounts.db"

	// schemaVersion is the layout of tables and records. A file with a higher one
	// is refused. Who raises it adds the step that brings the one before up to it.
	schemaVersion = 1

	// lockWait is how long OpenFile waits for another process to let go of the
	// file. More would hide a second relay longer; less would fail a restart
	// that overlaps the old process's last moments.
	lockWait = 700 * time.Millisecond
)

// tableMeta holds one record, keyVersion: schemaVersion as 4 bytes, big endian.
const (
	tableMeta  Table  = "meta"
	keyVersion string = "version"
)

// File is a Store in one bbolt file, accounts.db. A bucket is a table; a value
// is the CRC-32C (4 bytes, big endian) of table, 0, key, 0, record, and then the
// record. bbolt itself checks only its two meta pages.
type File struct {
	db *bbolt.DB
}

// OpenFile opens the account file in the folder dir. It makes the folder (0700)
// and the file (0600) where they are missing, and takes away the rights of
// others on a file that is there. A file that is there is never emptied or made
// anew: it returns ErrDamaged, ErrNewer or ErrLocked, and the file is untouched.
// The process owns the file until Close.
func OpenFile(dir string) (*File, error) {
	if err := prepareFolder(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, fileName)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createFile(path); err != nil {
			return nil, fmt.Errorf("create %s: %w", path, err)
		}
		info, err = os.Lstat(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the account file: %w", err)
	}
	switch {
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file", path)
	case info.Size() == 0: // bbolt would take it for a new one
		return nil, damaged(path, errors.New("it is empty"))
	case info.Mode().Perm()&0o077 != 0:
		if err := os.Chmod(path, 0o600); err != nil {
			return nil, fmt.Errorf("protect the account file: %w", err)
		}
	}
	return openChecked(path)
}

// prepareFolder makes dir, or checks that nobody else may put a file there.
func prepareFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("open the data folder: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s: others may write to the data folder: run chmod 700 on it", dir)
	}
	return nil
}

// createFile makes a file with the schema and no records. It is made under
// another name and linked into place, so that a crash on the way leaves no
// half-made account file, and one that appeared meanwhile is kept.
func createFile(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".accounts-*.new") // 0600
	if err != nil {
		return err
	}
	name := f.Name()
	defer func() { _ = os.Remove(name) }()
	if err := f.Close(); err != nil {
		return err
	}
	db, err := bbolt.Open(name, 0o600, boltOptions(nil))
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		return boltTx{tx}.Put(tableMeta, keyVersion, binary.BigEndian.AppendUint32(nil, schemaVersion))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := os.Link(name, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a new name in dir survive the end of the power.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// boltOptions are those of every opening. opened, if not nil, is told the file.
func boltOptions(opened func(*os.File)) *bbolt.Options {
	return &bbolt.Options{
		Timeout:      lockWait,
		FreelistType: bbolt.FreelistMapType,
		NoStatistics: true,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode)
			if err == nil && opened != nil {
				opened(f)
			}
			return f, err
		},
	}
}

// openChecked opens the file and reads all of it once.
func openChecked(path string) (*File, error) {
	var file *os.File
	var db *bbolt.DB
	err := guard(func() (err error) {
		db, err = bbolt.Open(path, 0o600, boltOptions(func(f *os.File) { file = f }))
		return err
	})
	var panicked faultError
	var pathError *fs.PathError
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, fmt.Errorf("%s: %w (is the relay running?)", path, ErrLocked)
	case errors.As(err, &panicked):
		_ = file.Close() // bbolt's mapping of it, and with it the lock, stays until the process ends
		return nil, damaged(path, err)
	case errors.As(err, &pathError):
		return nil, fmt.Errorf("open the account file: %w", err)
	case err != nil:
		return nil, damaged(path, err)
	}
	if err := guard(func() error { return verify(db, path) }); err != nil {
		_ = db.Close()
		if errors.Is(err, ErrNewer) {
			return nil, err
		}
		return nil, damaged(path, err)
	}
	return &File{db: db}, nil
}

func damaged(path string, cause error) error {
	return fmt.Errorf("%s: %w: %v; it was left as it is: put a backup in its place", path, ErrDamaged, cause)
}

// faultError is a panic or a memory fault inside bbolt.
type faultError struct{ cause any }

func (e faultError) Error() string { return fmt.Sprint(e.cause) }

// guard runs f and turns a panic into a faultError. bbolt maps the file into
// memory and follows the offsets that it finds there, so that a damaged file
// shows as a failed assertion or as a fault at some address.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = faultError{r}
		}
	}()
	return f()
}

// verify reads every record, and then lets bbolt check its pages.
func verify(db *bbolt.DB, path string) error {
	return db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return fmt.Errorf("%d of its %d bytes are there", info.Size(), tx.Size())
		}
		if err := checkVersion(boltTx{tx}, path); err != nil {
			return err
		}
		if err := verifyPages(tx); err != nil {
			return err
		}
		if err := verifyRecords(tx); err != nil {
			return err
		}
		// Last, for Check runs in a goroutine of its own, where a fault would end
		// the process: by now every page and every key has been touched once.
		var first error
		for err := range tx.Check(bbolt.WithKVStringer(mute{})) {
			if first == nil {
				first = err
			}
		}
		return first
	})
}

// verifyPages refuses a page that claims to go on beyond the file's end, and a
// list of free pages that is not there once or names itself: Check would walk up
// to four thousand million pages for it.
func verifyPages(tx *bbolt.Tx) error {
	count := int(tx.Size() / int64(tx.DB().Info().PageSize))
	lists := 0
	for id := 0; id < count; {
		p, err := tx.Page(id)
		if err != nil {
			return err
		}
		id++
		if p.Type != "free" { // what a free page says of itself means nothing
			id += p.OverflowCount
		}
		if id > count {
			return fmt.Errorf("page %d goes on beyond the end", p.ID)
		}
		if p.Type == "freelist" {
			lists++
		}
	}
	if lists != 1 {
		return fmt.Errorf("it has %d lists of free pages", lists)
	}
	return nil
}

// verifyRecords reads each record twice: in the order of the pages, and by its
// key, which needs the keys of the inner pages that no checksum covers.
func verifyRecords(tx *bbolt.Tx) error {
	return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			rec, err := unseal(Table(name), string(k), v)
			if err != nil {
				return err
			}
			found, err := boltTx{tx}.Get(Table(name), string(k))
			if err == nil && !bytes.Equal(found, rec) {
				err = fmt.Errorf("a record of %q is not found by its key", name)
			}
			return err
		})
	})
}

// mute keeps keys, which are names of people, out of bbolt's errors. It does not
// look at them either: the length of a damaged one may reach beyond the file.
type mute struct{}

func (mute) KeyToString([]byte) string   { return hidden }
func (mute) ValueToString([]byte) string { return hidden }

// checkVersion refuses a schema that this program does not know.
func checkVersion(tx boltTx, path string) error {
	b, err := tx.Get(tableMeta, keyVersion)
	if err != nil {
		return err
	}
	if len(b) != 4 {
		return errors.New("it has no schema version")
	}
	switch v := binary.BigEndian.Uint32(b); {
	case v > schemaVersion:
		return fmt.Errorf("%s: %w: its schema is %d and the newest known here is %d", path, ErrNewer, v, schemaVersion)
	case v < 1:
		return fmt.Errorf("its schema version is %d", v)
	}
	return nil
}

// Close lets go of the file after the running transactions have ended.
func (f *File) Close() error { return f.db.Close() }

// View implements Store.
func (f *File) View(do func(Tx) error) error {
	return f.db.View(func(tx *bbolt.Tx) error { return do(boltTx{tx}) })
}

// Update implements Store: bbolt syncs the file before it returns.
func (f *File) Update(do func(Tx) error) error {
	return f.db.Update(func(tx *bbolt.Tx) error { return do(boltTx{tx}) })
}
