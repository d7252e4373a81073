package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/conclave-meet/conclave/relay/auth"
	"github.com/conclave-meet/conclave/shared/wire"
)

// The operator's commands reach a running relay by HTTP over a unix socket in the data folder, which only the relay's
// own user may enter:
//
//	POST /hosts    {name} → {token, site}: makes a host account and its one-time link
//	GET /stats     → Report
const adminSocket = "admin.sock"

// adminTimeout is how long a command may take: one write to the account file.
const adminTimeout = 10 * time.Second

// openAdmin opens the socket in the folder data. The lock on the account file says that no other relay uses the folder,
// so a socket that is there already was left by one that was killed.
func openAdmin(data string) (net.Listener, error) {
	path := filepath.Join(data, adminSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open the operator's socket: %w", err)
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the operator's socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return ln, nil
}

// serveAdmin answers the operator's commands until Close. A relay without the socket works: the folder's path may be
// longer than a unix socket's address can be (some 100 bytes).
func (s *Server) serveAdmin(data string) {
	mux := http.NewServeMux()
	mux.Handle("POST /hosts", s.answer(s.addHost))
	mux.Handle("GET /stats", s.answer(s.stats))
	s.admin = &http.Server{Handler: mux, ReadTimeout: adminTimeout, ErrorLog: log.New(io.Discard, "", 0)}
	ln, err := openAdmin(data)
	if err != nil {
		s.log.Warn("no commands while the relay runs", "err", err)
		return
	}
	s.serving.Go(func() { _ = s.admin.Serve(ln) }) // ends by Close only
}

func (s *Server) addHost(_ http.ResponseWriter, r *http.Request) (any, error) {
	var in hostName
	if err := read(r, &in); err != nil {
		return nil, err
	}
	token, err := s.Invite(in.Name)
	return hostToken{Token: token, Site: s.address}, err
}

type hostName struct {
	Name string `json:"name"`
}

type hostToken struct {
	Token string `json:"token"`
	Site  string `json:"site,omitempty"`
}

// Invite makes a host account for the relay in the folder data, whether it runs or not, and returns the token of the
// one-time link with which its host chooses a password. site is the running relay's Config.Address, "" without one.
func Invite(data, name string) (token, site string, err error) {
	token, site, err = inviteRunning(filepath.Join(data, adminSocket), name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EINVAL) {
		token, err = inviteStopped(data, name) // no relay runs, or its folder's path is too long for a socket
	}
	return token, site, err
}

// inviteStopped works on the account file.
func inviteStopped(data, name string) (string, error) {
	a, err := auth.Open(data, auth.Config{})
	if err != nil {
		return "", err
	}
	t, err := a.Invite(name)
	return string(t), errors.Join(err, a.Close())
}

// inviteRunning asks the relay behind the socket.
func inviteRunning(socket, name string) (token, site string, err error) {
	c := adminClient(socket)
	body, err := json.Marshal(hostName{Name: name})
	if err != nil {
		return "", "", err
	}
	resp, err := c.Post("http://relay/hosts", "application/json", bytes.NewReader(body))
	if err != nil {
		return "", "", err
	}
	defer resp.Body.Close()
	d := json.NewDecoder(io.LimitReader(resp.Body, maxBody))
	if resp.StatusCode != http.StatusOK {
		var refused wire.Error
		if err := d.Decode(&refused); err != nil {
			return "", "", fmt.Errorf("the relay answers %s", resp.Status)
		}
		return "", "", &refused
	}
	var out hostToken
	err = d.Decode(&out)
	return out.Token, out.Site, err
}
