//go:build !js

//lint:file-ignore SA1019 nhooyr.io/websocket is the module's fixed dependency; its successor has the same API, so a
// swap is the import below.

package link

import (
	"context"
	"fmt"

	"nhooyr.io/websocket"

	"github.com/conclave-meet/conclave/shared/wire"
)

// maxRead is the size of the largest message that is read: a welcome to a room of 100 is about 40 kB.
const maxRead = 1 << 20

// DialWebSocket returns a dial function for url ("ws://127.0.0.1:8080/_/ws") that sends the given header fields. It
// returns an error where the relay does not speak [wire.Subprotocol].
func DialWebSocket(url string, header map[string][]string) func(ctx context.Context) (Conn, error) {
	return func(ctx context.Context) (Conn, error) {
		c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
			HTTPHeader:   header,
			Subprotocols: []string{wire.Subprotocol},
		})
		if err != nil {
			return nil, fmt.Errorf("dial the relay: %w", err)
		}
		if c.Subprotocol() != wire.Subprotocol {
			_ = c.Close(websocket.StatusPolicyViolation, "subprotocol")
			return nil, fmt.Errorf("dial the relay: it speaks %q", c.Subprotocol())
		}
		c.SetReadLimit(maxRead)
		return conn{c}, nil
	}
}

// conn is a WebSocket of nhooyr.io/websocket.
type conn struct{ c *websocket.Conn }

func (c conn) Read(ctx context.Context) ([]byte, error) {
	kind, b, err := c.c.Read(ctx)
	if err == nil && kind != frameOf(b) {
		return nil, fmt.Errorf("a message in the wrong kind of frame")
	}
	return b, err
}

func (c conn) Write(ctx context.Context, b []byte) error {
	return c.c.Write(ctx, frameOf(b), b)
}

func frameOf(message []byte) websocket.MessageType {
	if wire.Binary(message) {
		return websocket.MessageBinary
	}
	return websocket.MessageText
}

func (c conn) Close(code int, reason string) error {
	return c.c.Close(websocket.StatusCode(code), reason)
}
