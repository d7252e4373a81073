//lint:file-ignore SA1019 the test's client speaks through the library that the relay uses

package peer

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"nhooyr.io/websocket"
)

// metered counts what is read from a connection.
type metered struct {
	net.Conn
	n atomic.Int64
}

func (m *metered) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	m.n.Add(int64(n))
	return n, err
}

// TestOnlyTextIsCompressed sends what deflate would make small to a client that takes compressed messages.
func TestOnlyTextIsCompressed(t *testing.T) {
	const size = 16 << 10
	binary := append([]byte{1}, bytes.Repeat([]byte("a"), size-1)...)
	require.True(t, wire.Binary(binary))
	messages := [][]byte{
		append([]byte("{"), bytes.Repeat([]byte("a"), size-1)...), binary, binary[:compressFrom-1], binary[:compressFrom], binary[:1],
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := accept(w, r)
		if !assert.NoError(t, err) {
			return
		}
		defer s.release()
		for _, m := range messages {
			if _, err := s.read(t.Context()); err == nil {
				assert.NoError(t, s.write(m))
			}
		}
	}))
	defer srv.Close()
	var line *metered
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		line = &metered{Conn: c}
		return line, err
	}}
	ws, answer, err := websocket.Dial(t.Context(), srv.URL, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: []string{wire.Subprotocol},
		CompressionMode: websocket.CompressionNoContextTakeover,
	})
	require.NoError(t, err)
	defer func() { _ = ws.CloseNow() }()
	require.Contains(t, answer.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate")
	for _, want := range messages {
		before := line.n.Load()
		require.NoError(t, ws.Write(t.Context(), websocket.MessageText, []byte("{}")))
		frame, got, err := ws.Read(t.Context())
		require.NoError(t, err)
		assert.Equal(t, frameOf(want), frame)
		assert.Equal(t, want, got)
		if wire.Binary(want) {
			assert.GreaterOrEqual(t, line.n.Load()-before, int64(len(want)), "%d bytes", len(want))
		} else {
			assert.Less(t, line.n.Load()-before, int64(1<<10))
		}
	}
}
