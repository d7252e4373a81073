package web

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// one is a listener for one connection.
type one chan net.Conn

func (l one) Accept() (net.Conn, error) {
	if c, ok := <-l; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l one) Close() error   { close(l); return nil }
func (l one) Addr() net.Addr { return &net.TCPAddr{} }

// over lets f talk to handle over HTTP in virtual time, behind the deadlines of limit.
func over(t *testing.T, handle http.HandlerFunc, f func(net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		ln := make(one, 1)
		client, server := net.Pipe()
		ln <- server
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			limit(w, r)
			handle(w, r)
		})}
		served := make(chan error, 1)
		go func() { served <- s.Serve(ln) }()
		f(client)
		require.NoError(t, client.Close())
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
}

func TestARequestHoldsNothingForEver(t *testing.T) {
	t.Run("a body that nobody reads and that does not come", func(t *testing.T) {
		over(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, func(c net.Conn) {
			begun := time.Now()
			_, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
			require.NoError(t, err)
			b, err := io.ReadAll(c)
			require.NoError(t, err)
			assert.Contains(t, string(b), "404 Not Found")
			assert.Less(t, time.Since(begun), 2*bodyTimeout)
		})
	})
	t.Run("a response that is not read", func(t *testing.T) {
		var gone chan error // made within the bubble, whose time waits for others
		over(t, func(w http.ResponseWriter, _ *http.Request) {
			_, err := io.WriteString(w, strings.Repeat("x", 1<<20))
			gone <- err
		}, func(c net.Conn) {
			begun := time.Now()
			gone = make(chan error, 1)
			_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			require.NoError(t, err)
			require.Error(t, <-gone)
			assert.Equal(t, leaveTimeout, time.Since(begun))
		})
	})
	t.Run("a WebSocket has no such end", func(t *testing.T) {
		over(t, func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if assert.NoError(t, err) {
				time.Sleep(time.Hour) // virtual
				_, err = io.WriteString(c, "late")
				assert.NoError(t, err)
				assert.NoError(t, c.Close())
			}
		}, func(c net.Conn) {
			_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			require.NoError(t, err)
			b, err := io.ReadAll(c)
			require.NoError(t, err)
			assert.Equal(t, "late", string(b))
		})
	})
}
