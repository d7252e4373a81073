package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Store keeps records. File is the one the relay uses.
type Store interface {
	// View runs f over one state of the store, which no update changes meanwhile.
	View(f func(Tx) error) error
	// Update runs f and keeps all it did, or nothing: nothing when f returns an
	// error, and that error is returned. When Update returns nil, what f did
	// survives the end of the process and of the power. One runs at a time.
	Update(f func(Tx) error) error
}

// Tx is a transaction, valid until its function returns.
type Tx interface {
	// Get returns a copy of the value, nil where there is none.
	Get(t Table, key string) ([]byte, error)
	Put(t Table, key string, value []byte) error
	// Delete of what is not there does nothing.
	Delete(t Table, key string) error
	// Each calls f for every record, in the order of keys. f must not change the table.
	Each(t Table, f func(key string, value []byte) error) error
}

// Table names a kind of record.
type Table string

// The tables; the key of each and its record.
const (
	tableAccounts Table = "accounts" // name -> accountRecord
	tableLinks    Table = "links"    // hex of the digest -> linkRecord
	tableSessions Table = "sessions" // hex of the digest -> sessionRecord
)

// load reads a record; false when there is none.
func load[R any](tx Tx, t Table, key string) (rec R, ok bool, err error) {
	b, err := tx.Get(t, key)
	if err != nil || b == nil {
		return rec, false, err
	}
	rec, err = decode[R](t, b)
	return rec, err == nil, err
}

// save writes a record.
func save[R any](tx Tx, t Table, key string, rec R) error {
	b, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("encode a record of %s: %w", t, err)
	}
	return tx.Put(t, key, b)
}

// each calls f for every record of a table.
func each[R any](tx Tx, t Table, f func(key string, rec R)) error {
	return tx.Each(t, func(key string, value []byte) error {
		rec, err := decode[R](t, value)
		if err == nil {
			f(key, rec)
		}
		return err
	})
}

// remove deletes the records of a table that match.
func remove[R any](tx Tx, t Table, match func(key string, rec R) bool) error {
	var keys []string // the store may not change while Each walks it
	err := each(tx, t, func(key string, rec R) {
		if match(key, rec) {
			keys = append(keys, key)
		}
	})
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := tx.Delete(t, k); err != nil {
			return err
		}
	}
	return nil
}

// decode refuses unknown fields: a record this program would write back
// without them is one it must not touch.
func decode[R any](t Table, b []byte) (rec R, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&rec); err != nil {
		return rec, fmt.Errorf("decode a record of %s: %v", t, err)
	}
	return rec, nil
}
