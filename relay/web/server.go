package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/conclave-meet/conclave/relay/auth"
	"github.com/conclave-meet/conclave/relay/media"
	"github.com/conclave-meet/conclave/relay/peer"
	"github.com/conclave-meet/conclave/relay/room"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/www"
)

const (
	// bodyTimeout is how long the body of a request may take to arrive.
	bodyTimeout = 10 * time.Second
	// leaveTimeout is how long a response may take to leave. More would let slow readers hold the relay's memory longer;
	// less would cut people on slow lines off from the wasm.
	leaveTimeout = 5 * time.Minute
)

// DefaultMembers is how many people one room holds where the operator says nothing else.
const DefaultMembers = room.DefaultMembers

var errOrigin = errors.New("an origin is http:// or https:// and a host, in lower case, without the usual port")

// Config is what a relay is made with. Only Data is needed.
type Config struct {
	Data string // the folder of the accounts; made where it is missing
	Open string // who may open rooms: "hosts" (also "") or "anyone"
	// Members is how many people one room holds, 2 … room.MostMembers; 0: DefaultMembers.
	Members int
	// Origins are the addresses of the site, such as https://meet.example.org, behind a proxy that the relay cannot see
	// through. Empty: the address that a request names.
	Origins   []string
	Address   string         // where people find the site, for the links that commands print
	UDP       netip.AddrPort // where media comes in; zero: any port of all addresses
	PublicIPs []netip.Addr   // announced for media instead of this machine's own: behind a one-to-one NAT
	Loopback  bool           // announce loopback addresses for media too
	Codecs    []string       // video codecs of rooms, best first; VP8 is always one. Empty: VP8
	Auth      auth.Config    // Store and Audit are filled in; zero: the real cost of passwords
	Site      fs.FS          // the built site; nil: the embedded one
	Rand      io.Reader      // nil: crypto/rand
	Logger    *slog.Logger   // nil: none
}

// Server is a whole relay: site, accounts, signalling and media. It is made by New, runs by Serve, and ends by Close.
type Server struct {
	// constant after New
	origins origins
	address string
	auth    *auth.Auth
	peers   *peer.Server
	engine  *media.Engine
	site    *site
	http    *http.Server
	admin   *http.Server // the operator's commands
	log     *slog.Logger
	serving sync.WaitGroup // admin

	draining atomic.Bool
}

// New opens the accounts and the media port. It returns an error that an operator can act on. The caller closes the
// Server, also when it never serves.
func New(cfg Config) (_ *Server, err error) {
	s := &Server{log: cfg.Logger, origins: cfg.Origins, address: cfg.Address}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	opening, err := cfg.check()
	if err != nil {
		return nil, err
	}
	if cfg.Site == nil {
		if cfg.Site, err = fs.Sub(www.Dist, "dist"); err != nil {
			return nil, err
		}
	}
	if s.site, err = loadSite(cfg.Site); err != nil {
		return nil, err
	}
	if s.auth, err = openAuth(cfg, s.log); err != nil {
		return nil, err
	}
	s.engine, err = media.New(media.Config{
		Listen: cfg.UDP, PublicIPs: cfg.PublicIPs, Loopback: cfg.Loopback, Codecs: cfg.Codecs, Logger: s.log,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the media: %w", err), s.auth.Close())
	}
	s.peers, err = peer.New(peer.Config{
		Opening: opening, Members: cfg.Members, Redeem: s.redeem, Media: newGroup(s.engine), Rand: cfg.Rand, Logger: s.log,
	})
	if err != nil {
		return nil, errors.Join(err, s.engine.Close(), s.auth.Close())
	}
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // its lines hold addresses
	}
	s.serveAdmin(cfg.Data)
	return s, nil
}

// check refuses settings that make no sense.
func (c *Config) check() (room.Opening, error) {
	for _, o := range c.Origins {
		if err := parseOrigin(o); err != nil {
			return "", err
		}
	}
	if c.Members != 0 && (c.Members < 2 || c.Members > room.MostMembers) {
		return "", fmt.Errorf("a room holds 2 to %d people, not %d", room.MostMembers, c.Members)
	}
	switch o := room.Opening(c.Open); o {
	case "":
		return room.Hosts, nil
	case room.Hosts, room.Anyone:
		return o, nil
	}
	return "", fmt.Errorf("rooms can be opened by %q or %q, not by %q", room.Hosts, room.Anyone, c.Open)
}

func openAuth(cfg Config, l *slog.Logger) (*auth.Auth, error) {
	c := cfg.Auth
	c.Logger = l
	if c.Rand == nil {
		c.Rand = cfg.Rand
	}
	return auth.Open(cfg.Data, c)
}

// redeem spends a ticket for the signalling socket.
func (s *Server) redeem(ticket string) error {
	_, err := s.auth.Redeem(auth.Token(ticket))
	var a *auth.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &a):
		return wire.Refuse(wire.Code(a.Code)).After(a.RetryAfter)
	}
	s.log.Error("ticket not checked", "err", err)
	return wire.Refuse(wire.CodeInternal)
}

// Handler answers all requests; for tests, and for servers that bring their own listener.
func (s *Server) Handler() http.Handler {
	api := s.api()
	return s.headers(s.contain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit(w, r)
		// EscapedPath: a slash that is written %2F belongs to a room's name.
		p := r.URL.EscapedPath()
		switch {
		case strings.HasPrefix(p, "/_/api/"):
			api.ServeHTTP(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		case p == wire.Path:
			s.signal(w, r)
		case p == "/_/healthz":
			http.Error(w, "ok", http.StatusOK)
		case p == "/_/readyz":
			s.ready(w)
		default:
			s.page(w, r, p)
		}
	})))
}

// limit sets the deadlines of a request. They end with it, or with the upgrade to a WebSocket.
func limit(w http.ResponseWriter, r *http.Request) {
	// The errors say that the writer knows no deadlines, as in tests with a recorder.
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(leaveTimeout))
	if r.ContentLength != 0 {
		// Also where nobody reads it: the server itself waits for the end of a body before it answers.
		_ = c.SetReadDeadline(time.Now().Add(bodyTimeout))
	}
}

// page serves the site.
func (s *Server) page(w http.ResponseWriter, r *http.Request, p string) {
	if f := s.site.files[p]; f != nil {
		f.serve(w, r)
		return
	}
	name := strings.TrimPrefix(strings.TrimPrefix(p, "/_/"), "/")
	if strings.Contains(name, "/") {
		if strings.Contains(r.Header.Get("Accept"), "text/html") { // a person
			s.site.index.send(w, r, http.StatusNotFound)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		http.Error(w, "there is nothing here", http.StatusNotFound)
		return
	}
	s.site.index.serve(w, r)
}

// signal opens the signalling socket, for the site's own pages only.
func (s *Server) signal(w http.ResponseWriter, r *http.Request) {
	if !s.origins.allows(r) {
		s.fail(w, &refusal{status: http.StatusForbidden, err: wire.Refuse(wire.CodeOrigin)})
		return
	}
	s.peers.ServeHTTP(w, r)
}

func (s *Server) ready(w http.ResponseWriter) {
	if s.draining.Load() {
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return
	}
	http.Error(w, "ready", http.StatusOK)
}

// contain answers a request that ran into a fault of ours, and lets the others go on.
func (s *Server) contain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				s.log.Error("request broke", "stack", string(debug.Stack()))
				s.fail(w, &refusal{status: http.StatusInternalServerError, err: wire.Refuse(wire.CodeInternal)})
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// Serve answers on ln until Close, and then returns nil. For TLS, ln is a TLS listener. It may be called for several
// listeners.
func (s *Server) Serve(ln net.Listener) error {
	if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close says goodbye to everybody (bye srv.drain), and ends within the time of ctx at the most.
func (s *Server) Close(ctx context.Context) error {
	s.draining.Store(true)
	s.peers.Close(ctx)
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	err = errors.Join(err, s.admin.Close())
	s.serving.Wait()
	return errors.Join(err, s.engine.Close(), s.auth.Close())
}

// Stats are counts for tests and metrics.
type Stats struct {
	peer.Stats
	Media media.Stats
}

// Stats returns the counts.
func (s *Server) Stats() Stats { return Stats{Stats: s.peers.Stats(), Media: s.engine.Stats()} }

// MediaPort is the UDP port in use.
func (s *Server) MediaPort() int { return s.engine.Port() }

// FirstHost returns the token of a one-time link, /_/enrol#TOKEN, while no account has a password, and "" otherwise.
// It replaces the one before.
func (s *Server) FirstHost() (string, error) {
	t, err := s.auth.EnsureFirstHost()
	return string(t), err
}

// Invite makes a host account, and returns the token of the one-time link with which its host chooses a password.
func (s *Server) Invite(name string) (string, error) {
	t, err := s.auth.Invite(name)
	return string(t), err
}
