package web

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// upgrade are the headers of a WebSocket handshake (RFC 6455, section 4.1).
var upgrade = []string{
	"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: " + wire.Subprotocol,
}

// dial opens the signalling socket.
func (r *relay) dial(headers ...string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(r.t.Context(), "GET", r.url+wire.Path, nil)
	require.NoError(r.t, err)
	for _, h := range append(headers, upgrade...) {
		k, v, _ := strings.Cut(h, ": ")
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	return r.http.Do(req)
}

// socket is a client's end, with just enough of RFC 6455 for short messages out and uncompressed messages in.
type socket struct {
	t *testing.T
	w io.ReadWriteCloser
	r *bufio.Reader
}

func (s *socket) send(m wire.ClientMessage) {
	b, err := wire.EncodeClient(m, 0)
	require.NoError(s.t, err)
	frame := []byte{0x81, 0x80 | 126, 0, 0, 0, 0, 0, 0} // final, text; masked with zeros, 16-bit length
	binary.BigEndian.PutUint16(frame[2:], uint16(len(b)))
	_, err = s.w.Write(append(frame, b...))
	require.NoError(s.t, err)
}

func (s *socket) hear() wire.ServerMessage {
	head := make([]byte, 2)
	_, err := io.ReadFull(s.r, head)
	require.NoError(s.t, err)
	require.Equal(s.t, byte(0x81), head[0], "one text frame")
	n := int(head[1])
	if n == 126 {
		_, err = io.ReadFull(s.r, head)
		require.NoError(s.t, err)
		n = int(binary.BigEndian.Uint16(head))
	}
	b := make([]byte, n)
	_, err = io.ReadFull(s.r, b)
	require.NoError(s.t, err)
	m, _, err := wire.DecodeServer(b)
	require.NoError(s.t, err)
	return m
}

func TestWhoMayOpenTheSocket(t *testing.T) {
	r := start(t, func(c *Config) { c.Origins = []string{"https://meet.example.org"} })
	for _, c := range []struct {
		name   string
		header []string
		status int
	}{
		{"a program that is no browser", nil, 101},
		{"the site", []string{"Origin: " + r.url}, 101},
		{"the site behind its proxy", []string{"Origin: https://meet.example.org"}, 101},
		{"the site's name without TLS", []string{"Origin: http://meet.example.org"}, 403},
		{"another site", []string{"Origin: https://evil.example"}, 403},
		{"a site whose name begins alike", []string{"Origin: https://meet.example.org.evil.example"}, 403},
		{"another port", []string{"Origin: http://127.0.0.1:1"}, 403},
		{"a page without an origin", []string{"Origin: null"}, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, err := r.dial(c.header...)
			require.NoError(t, err)
			defer func() { require.NoError(t, res.Body.Close()) }()
			assert.Equal(t, c.status, res.StatusCode)
			if c.status == http.StatusForbidden {
				var e wire.Error
				require.NoError(t, json.NewDecoder(res.Body).Decode(&e))
				assert.Equal(t, wire.CodeOrigin, e.Code)
			}
		})
	}
}

// TestAHostMeetsTheRelay goes all the way: one-time link, password, ticket, socket, welcome with the media's answer.
func TestAHostMeetsTheRelay(t *testing.T) {
	r := start(t, nil)
	token, err := r.srv.Invite("ann")
	require.NoError(t, err)
	res, _ := r.post("/_/api/enrol", `{"token":"`+token+`","password":"correct horse"}`)
	_, session := cookie(t, res)
	_, v := r.post("/_/api/ticket", `{}`, session)

	res, err = r.dial()
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, res.StatusCode)
	require.Equal(t, wire.Subprotocol, res.Header.Get("Sec-WebSocket-Protocol"))
	w := res.Body.(io.ReadWriteCloser)
	defer func() { require.NoError(t, w.Close()) }()
	s := &socket{t: t, w: w, r: bufio.NewReader(w)}
	s.send(&wire.Hello{
		Version: wire.Version, Room: "secret", Name: "secret", Ticket: v["ticket"].(string),
		Offer: &wire.Offer{
			Fresh: true, ICE: wire.ICE{Ufrag: "abcd", Pwd: strings.Repeat("p", 22)},
			Fingerprint: strings.TrimSuffix(strings.Repeat("AB:", 32), ":"),
			Codecs:      []wire.Codec{{Kind: wire.Audio, Name: "opus", PT: 111, Clock: 48000}},
			Exts:        []wire.Ext{{URI: wire.ExtMid, ID: 4}},
			Send:        []wire.Send{{Mid: "0", Stream: wire.Mic}}, Slots: []wire.Slot{{Mid: "1", Kind: wire.Audio}},
		},
	})
	welcome, ok := s.hear().(*wire.Welcome)
	require.True(t, ok)
	assert.Equal(t, wire.Host, welcome.Members[0].Role)
	require.NotNil(t, welcome.Answer)
	assert.NotEmpty(t, welcome.Answer.Candidates)
	require.Len(t, welcome.Answer.Slots, 1)
	assert.NotZero(t, welcome.Answer.Slots[0].SSRC)
	s.send(&wire.Leave{})
	for { // slots may come in between
		if bye, ok := s.hear().(*wire.Bye); ok {
			assert.Equal(t, wire.CodeLeft, bye.Code)
			break
		}
	}
}
