//go:build js

package browser

import (
	"errors"
	"sync"
	"syscall/js"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/link"
)

const (
	// maxUnread is how many messages may wait for Read. The relay sends 100 a second at the worst; more than this means
	// that the core is stuck.
	maxUnread = 1024
	// maxUnsent is how many bytes may wait to leave the browser. A client says little: this is minutes of it.
	maxUnsent = 1 << 20
)

// Socket is the browser's WebSocket, as a link.Conn: a message goes into a binary frame where wire says so, else into one
// of text. Its methods may be called from any goroutine.
type Socket struct {
	ws     js.Value
	stop   []func()
	arrive chan struct{} // has room for one: something changed for Read

	mu     sync.Mutex
	unread []string // guarded by mu
	err    error    // guarded by mu; why it is closed
}

// errClosed is what Read and Write return after Close.
var errClosed = errors.New("websocket is closed")

// DialSocket opens a WebSocket. path is on this page's own host ("/_/ws").
func (w *Window) DialSocket(ctx link.Context, path, protocol string) (*Socket, error) {
	location := global("location")
	scheme := "wss://"
	if location.Get("protocol").String() == "http:" {
		scheme = "ws://"
	}
	url := scheme + location.Get("host").String() + path
	ws, err := try(func() js.Value { return global("WebSocket").New(url, protocol) })
	if err != nil {
		return nil, err
	}
	ws.Set("binaryType", "arraybuffer")
	s := &Socket{ws: ws, arrive: make(chan struct{}, 1)}
	open := make(chan struct{}, 1)
	forget := w.closesWith(ws)
	s.stop = []func(){
		forget,
		w.listen(ws, "open", func(js.Value) { open <- struct{}{} }),
		w.listen(ws, "message", s.message),
		w.listen(ws, "close", func(js.Value) { s.end(errors.New("websocket was closed by the other side or the network")) }),
	}
	for {
		select {
		case <-open:
			return s, nil
		case <-s.arrive:
			if err := s.why(); err != nil {
				s.release()
				return nil, err
			}
		case <-ctx.Done():
			s.Close(1000, "")
			return nil, ctx.Err()
		}
	}
}

// message takes one message. One in a frame of the other kind ends the connection.
func (s *Socket) message(event js.Value) {
	text, err := messageOf(event.Get("data"))
	if err != nil {
		s.end(err)
		return
	}
	s.mu.Lock()
	full := len(s.unread) == maxUnread
	if !full {
		s.unread = append(s.unread, text)
	}
	s.mu.Unlock()
	if full {
		s.end(errors.New("websocket: messages are not read"))
		return
	}
	s.wake()
}

func (s *Socket) wake() {
	select {
	case s.arrive <- struct{}{}:
	default:
	}
}

// end marks the connection as closed. What arrived before can still be read.
func (s *Socket) end(why error) {
	s.mu.Lock()
	if s.err == nil {
		s.err = why
	}
	s.mu.Unlock()
	s.wake()
}

func (s *Socket) why() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Read returns the next message. One goroutine at a time.
func (s *Socket) Read(ctx link.Context) ([]byte, error) {
	for {
		s.mu.Lock()
		if len(s.unread) > 0 {
			m := s.unread[0]
			s.unread[0] = ""
			s.unread = s.unread[1:]
			s.mu.Unlock()
			return []byte(m), nil
		}
		err := s.err
		s.mu.Unlock()
		if err != nil {
			s.release()
			return nil, err
		}
		select {
		case <-s.arrive:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// messageOf reads what came in one frame.
func messageOf(data js.Value) (string, error) {
	binary := data.Type() != js.TypeString
	var b []byte
	if binary {
		a, err := try(func() js.Value { return global("Uint8Array").New(data) })
		if err != nil {
			return "", err
		}
		b = make([]byte, a.Length())
		js.CopyBytesToGo(b, a)
	} else {
		b = []byte(data.String())
	}
	if wire.Binary(b) != binary {
		return "", errors.New("websocket: a message in the wrong kind of frame")
	}
	return string(b), nil
}

// Write hands one message to the browser, which sends it when it can: also when the page is being left.
func (s *Socket) Write(_ link.Context, message []byte) error {
	if err := s.why(); err != nil {
		return err
	}
	if s.ws.Get("bufferedAmount").Int() > maxUnsent {
		return errors.New("websocket: messages do not get out")
	}
	if !wire.Binary(message) {
		_, err := Call(s.ws, "send", string(message))
		return err
	}
	a := global("Uint8Array").New(len(message))
	js.CopyBytesToJS(a, message)
	_, err := Call(s.ws, "send", a)
	return err
}

// Close ends the connection after what was written has gone out. It does not wait. Of the status codes a page may send
// only 1000 and those from 3000 on.
func (s *Socket) Close(code int, reason string) error {
	s.end(errClosed)
	if code != 1000 && (code < 3000 || code > 4999) {
		code = 1000
	}
	_, err := Call(s.ws, "close", code, reason)
	s.release()
	return err
}

// release gives the Funcs back.
func (s *Socket) release() {
	s.mu.Lock()
	stop := s.stop
	s.stop = nil
	s.mu.Unlock()
	for _, f := range stop {
		f()
	}
}
