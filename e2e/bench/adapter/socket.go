//lint:file-ignore SA1019 nhooyr.io/websocket is the module's fixed dependency; its successor has the same API, so a
// swap is the import below.

package adapter

import (
	"context"
	"encoding/json"

	"nhooyr.io/websocket"
)

// socket is a WebSocket to LiveKit or Janus. Both send whole rooms in one message.
type socket struct{ conn *websocket.Conn }

func dial(ctx context.Context, url, subprotocol string) (*socket, error) {
	o := &websocket.DialOptions{}
	if subprotocol != "" {
		o.Subprotocols = []string{subprotocol}
	}
	c, _, err := websocket.Dial(ctx, url, o)
	if err != nil {
		return nil, err
	}
	const most = 8 << 20 // bytes of one message
	c.SetReadLimit(most)
	return &socket{c}, nil
}

func (s *socket) read(ctx context.Context) ([]byte, error) {
	_, b, err := s.conn.Read(ctx)
	return b, err
}

func (s *socket) write(ctx context.Context, b []byte) error {
	return s.conn.Write(ctx, websocket.MessageBinary, b)
}

func (s *socket) writeJSON(ctx context.Context, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.conn.Write(ctx, websocket.MessageText, b)
}

func (s *socket) close() { _ = s.conn.CloseNow() }
