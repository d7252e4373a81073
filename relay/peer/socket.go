//lint:file-ignore SA1019 nhooyr.io/websocket is the library that this project has fixed; this is the relay's only file that knows it

package peer

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"nhooyr.io/websocket"
)

const (
	// closeTimeout is how long a client has to answer a close frame, and to take a bye that it does not read.
	closeTimeout = time.Second
	// compressFrom is the size in bytes from which messages are compressed. Below it deflate saves less than a packet.
	compressFrom = 1024
)

// errBinary says that a client sent a binary message that cannot be one, or what is binary in a text message.
var errBinary = errors.New("binary message")

// errTooLarge says that a message is longer than wire.MaxMessage after decompression. The rest of it is not read.
var errTooLarge = errors.New("message too large")

// socket is a WebSocket that the relay accepted. One goroutine may read while another writes.
type socket struct {
	ws  *websocket.Conn
	raw net.Conn
}

// accept upgrades a request. The caller has checked its Origin. It returns an error after having answered the request.
func accept(w http.ResponseWriter, r *http.Request) (*socket, error) {
	h := &hijacker{ResponseWriter: w}
	ws, err := websocket.Accept(h, r, &websocket.AcceptOptions{
		Subprotocols:         []string{wire.Subprotocol},
		InsecureSkipVerify:   true, // package web compares origins, with the configuration that it alone has
		CompressionMode:      websocket.CompressionNoContextTakeover,
		CompressionThreshold: compressFrom,
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1) // read keeps the limit itself, in order to say bye before it closes
	return &socket{ws: ws, raw: h.raw}, nil
}

// speaks reports whether the client agreed to this protocol.
func (s *socket) speaks() bool { return s.ws.Subprotocol() == wire.Subprotocol }

// read returns the next message. It returns errBinary, errTooLarge, or what ended the connection.
func (s *socket) read(ctx context.Context) ([]byte, error) {
	typ, r, err := s.ws.Reader(ctx)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, wire.MaxMessage+1))
	switch {
	case err != nil:
		return nil, err
	case len(b) > wire.MaxMessage:
		return nil, errTooLarge
	case typ != frameOf(b):
		return nil, errBinary
	}
	return b, nil
}

// frameOf is the kind of frame that a message goes into.
func frameOf(message []byte) websocket.MessageType {
	if wire.Binary(message) {
		return websocket.MessageBinary
	}
	return websocket.MessageText
}

// write sends one message. It may wait until kill.
func (s *socket) write(b []byte) error {
	if wire.Binary(b) {
		return s.writePlain(b)
	}
	return s.ws.Write(context.Background(), websocket.MessageText, b)
}

// writePlain sends a binary message without permessage-deflate: it is cipher text, which deflate only makes longer, and
// the relay's time should go elsewhere. The library decides for a whole message by the length of what is written first.
func (s *socket) writePlain(b []byte) error {
	w, err := s.ws.Writer(context.Background(), websocket.MessageBinary)
	if err != nil {
		return err
	}
	first := min(len(b), compressFrom-1)
	for _, part := range [][]byte{b[:first], b[first:]} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return w.Close()
}

// close ends the connection with a status and waits for the client's answer, but never longer than closeTimeout.
func (s *socket) close(status int, why wire.Code) {
	t := time.AfterFunc(closeTimeout, s.kill)
	defer t.Stop()
	_ = s.ws.Close(websocket.StatusCode(status), string(why)) // the error says that the client did not answer
}

// kill ends the connection at once, whatever reads, writes or closes it.
func (s *socket) kill() { _ = s.raw.Close() }

// release ends what the library still runs for the connection, which a kill alone does not. Nobody reads or writes any
// more.
func (s *socket) release() { _ = s.ws.CloseNow() } // the error says that it was closed before

// hijacker keeps hold of the connection under a WebSocket. The library's own ways to close it wait for a client that
// stalls in the middle of a message.
type hijacker struct {
	http.ResponseWriter
	raw net.Conn
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, b, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.raw = c
	return c, b, err
}
