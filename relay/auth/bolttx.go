package auth

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"go.etcd.io/bbolt"
)

// boltTx is a Tx over a bbolt transaction.
type boltTx struct{ tx *bbolt.Tx }

func (t boltTx) Get(table Table, key string) ([]byte, error) {
	b := t.tx.Bucket([]byte(table))
	if b == nil {
		return nil, nil
	}
	v := b.Get([]byte(key))
	if v == nil {
		return nil, nil
	}
	rec, err := unseal(table, key, v)
	return bytes.Clone(rec), err // bbolt's slice ends with the transaction
}

func (t boltTx) Put(table Table, key string, value []byte) error {
	b, err := t.tx.CreateBucketIfNotExists([]byte(table))
	if err != nil {
		return fmt.Errorf("make table %s: %w", table, err)
	}
	if err := b.Put([]byte(key), seal(table, key, value)); err != nil {
		return fmt.Errorf("write to table %s: %w", table, err)
	}
	return nil
}

func (t boltTx) Delete(table Table, key string) error {
	b := t.tx.Bucket([]byte(table))
	if b == nil {
		return nil
	}
	if err := b.Delete([]byte(key)); err != nil {
		return fmt.Errorf("delete from table %s: %w", table, err)
	}
	return nil
}

func (t boltTx) Each(table Table, f func(key string, value []byte) error) error {
	b := t.tx.Bucket([]byte(table))
	if b == nil {
		return nil
	}
	return b.ForEach(func(k, v []byte) error {
		rec, err := unseal(table, string(k), v)
		if err != nil {
			return err
		}
		return f(string(k), rec)
	})
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(table Table, key string, rec []byte) uint32 {
	sum := crc32.Update(0, castagnoli, []byte(string(table)+"\x00"+key+"\x00"))
	return crc32.Update(sum, castagnoli, rec)
}

// seal puts the checksum before a record.
func seal(table Table, key string, rec []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, checksum(table, key, rec)), rec...)
}

// unseal returns the record within v, which it does not copy.
func unseal(table Table, key string, v []byte) ([]byte, error) {
	if len(v) < 4 || binary.BigEndian.Uint32(v) != checksum(table, key, v[4:]) {
		return nil, fmt.Errorf("a record of %q does not match its checksum", string(table))
	}
	return v[4:], nil
}
