package adapter

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatIsReadOfAnAnswer(t *testing.T) {
	// Requests and responses have the descriptions in the same form; only the field's number differs.
	for _, c := range []struct {
		name string
		b    []byte
		want response
	}{
		{"an answer", description(responseAnswer, "answer", "v=0", 0), response{kind: responseAnswer, sdp: "v=0"}},
		{"an offer with its number", description(responseOffer, "offer", "v=0", 7), response{kind: responseOffer, sdp: "v=0", id: 7}},
		{"a candidate", message(nil, responseTrickle, number(text(nil, 1, "{}"), 2, 1)), response{kind: responseTrickle, candidate: "{}", target: subscriber}},
		{"a join, of which nothing is read", message(nil, responseJoin, []byte{0xff}), response{kind: responseJoin}},
		{"a field that is a number", number(nil, 18, 5), response{kind: 18}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseResponse(c.b)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestEveryPrefixOfAMessageIsRefused(t *testing.T) {
	b := description(responseOffer, "offer", "v=0", 7)
	for n := 1; n < len(b); n++ {
		_, err := parseResponse(b[:n])
		assert.ErrorIs(t, err, errProtobuf, "%d bytes", n)
	}
}

func FuzzParseResponse(f *testing.F) {
	f.Add(description(responseOffer, "offer", "v=0", 7))
	f.Add(addTrack("id", true))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := parseResponse(b)
		if err != nil {
			assert.ErrorIs(t, err, errProtobuf)
		}
	})
}

func TestAnAccessTokenSaysWhatItsHolderMayDo(t *testing.T) {
	now := time.Unix(1000, 0)
	token, err := accessToken("key", "secret", "ann", "room", false, now)
	require.NoError(t, err)
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	sum := hmac.New(sha256.New, []byte("secret"))
	sum.Write([]byte(parts[0] + "." + parts[1]))
	assert.Equal(t, base64.RawURLEncoding.EncodeToString(sum.Sum(nil)), parts[2])
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var claims struct {
		Iss, Sub string
		Exp      int64
		Video    struct {
			RoomJoin, CanPublish, CanSubscribe bool
			Room                               string
		}
	}
	require.NoError(t, json.Unmarshal(b, &claims))
	assert.Equal(t, "key ann room", claims.Iss+" "+claims.Sub+" "+claims.Video.Room)
	assert.True(t, claims.Video.RoomJoin && claims.Video.CanPublish && !claims.Video.CanSubscribe)
	assert.Greater(t, claims.Exp, now.Unix())
}
