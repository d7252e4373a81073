package channel_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/channel"
	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

// bin is bytes that JSON holds as hexadecimal digits.
type bin []byte

func (b *bin) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// Records by testdata/records.mjs, which has the ciphers of OpenSSL.
func TestRecordsByAnotherImplementation(t *testing.T) {
	text, err := os.ReadFile("testdata/records.json")
	require.NoError(t, err)
	var all struct {
		Directions []struct {
			Key     bin
			Records []struct {
				Type         channel.Type
				Body, Record bin
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &all))
	require.Len(t, all.Directions, 3)
	ran := 0
	for _, d := range all.Directions {
		key := [32]byte(d.Key)
		from := channel.New(handshake.Keys{Send: key, Receive: keyB})
		to := channel.New(handshake.Keys{Send: keyB, Receive: key})
		require.NotEmpty(t, d.Records)
		for _, v := range d.Records {
			want := channel.Record{Type: v.Type, Body: v.Body}
			got, err := from.Seal(nil, want)
			require.NoError(t, err)
			assert.Equal(t, []byte(v.Record), got)
			opened, err := to.Open(v.Record)
			require.NoError(t, err)
			assert.Equal(t, v.Type, opened.Type)
			assert.Equal(t, string(v.Body), string(opened.Body))
			ran++
		}
	}
	t.Logf("%d records of testdata/records.json", ran)
}
