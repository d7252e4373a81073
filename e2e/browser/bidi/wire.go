//lint:file-ignore SA1019 nhooyr.io/websocket is deprecated in favour of its new path; this is the driver's only file that knows it.

package bidi

import (
	"context"
	"fmt"
	"time"

	"nhooyr.io/websocket"
)

// A screenshot of a large page comes as one message of base64.
const maxMessage = 64 << 20 // bytes

const writeTimeout = 10 * time.Second

// wire carries text messages over one WebSocket. write may be called from
// several goroutines, read from one.
type wire struct{ conn *websocket.Conn }

func dial(ctx context.Context, url string) (wire, error) {
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return wire{}, fmt.Errorf("dial the browser: %w", err)
	}
	conn.SetReadLimit(maxMessage)
	return wire{conn}, nil
}

// write sends one message. It takes no context of the caller's: one that ends
// half-way through a message would close the connection for everybody.
func (w wire) write(message []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	return w.conn.Write(ctx, websocket.MessageText, message)
}

// read blocks until a message or the end of the connection.
func (w wire) read() ([]byte, error) {
	_, message, err := w.conn.Read(context.Background())
	return message, err
}

// close ends the connection without waiting for the browser's consent.
func (w wire) close() { w.conn.CloseNow() }
