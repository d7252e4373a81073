package media

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"

	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/logging"

	"github.com/conclave-meet/conclave/relay/media/codec"
)

// Config says where media comes in. The zero value listens on any port of all addresses.
type Config struct {
	Listen    netip.AddrPort // UDP; port 0: any; no or an unspecified address: all of both families
	PublicIPs []netip.Addr   // announced to clients instead of the host's own: for hosts behind a one-to-one NAT
	// Codecs are the names of the video codecs that rooms use, best first: the first that all in a room can receive. VP8
	// comes last where it is not named; none means VP8 alone.
	Codecs   []string
	Loopback bool         // also announce loopback addresses, for tests and trials on one machine
	Logger   *slog.Logger // nil: slog.Default()
}

// Engine is what all rooms share: the UDP port, the certificate, the clock. Its methods may be called by anybody.
type Engine struct {
	// constant after New
	log         *slog.Logger
	socks       *sockets
	candidates  []string     // of every answer
	prefer      []codec.Kind // video codecs; VP8 is one
	certificate tls.Certificate
	fingerprint string
	pace        *pacer
	stop        context.CancelFunc
	ticking     sync.WaitGroup

	mu       sync.Mutex
	groups   map[*Group]bool   // guarded by mu
	sessions map[*Session]bool // guarded by mu
	closed   bool              // guarded by mu
	past     Stats             // of sessions that have ended; guarded by mu
}

// New opens the socket (one for each address family) and makes a certificate, which lives only in memory.
func New(c Config) (*Engine, error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	prefer, err := preference(c.Codecs)
	if err != nil {
		return nil, err
	}
	certificate, err := selfsign.GenerateSelfSigned() // ECDSA, P-256
	if err != nil {
		return nil, fmt.Errorf("make a DTLS certificate: %w", err)
	}
	ips, err := addresses(c)
	if err != nil {
		return nil, err
	}
	socks, err := openSockets(c.Listen, c.Logger)
	if err != nil {
		return nil, err
	}
	candidates, err := socks.candidates(ips)
	if err != nil {
		socks.close()
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &Engine{
		log: c.Logger, socks: socks, candidates: candidates, prefer: prefer,
		certificate: certificate, fingerprint: fingerprint(certificate.Certificate[0]),
		pace: newPacer(), stop: stop, groups: map[*Group]bool{}, sessions: map[*Session]bool{},
	}
	e.ticking.Go(func() { e.tick(ctx) })
	e.ticking.Go(func() { e.pace.run(ctx) })
	return e, nil
}

// quiet keeps pion's own logs away: they would hold addresses and credentials.
var quiet = &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}

// fingerprint is the SHA-256 of a certificate (DER) as in RFC 8122, section 5.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = hex.EncodeToString([]byte{b})
	}
	return strings.ToUpper(strings.Join(pairs, ":"))
}

// Port is the UDP port that media comes to.
func (e *Engine) Port() int { return e.socks.port }

// Close ends all groups, waits for them, and closes the socket. No Events are called after it.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	groups := make([]*Group, 0, len(e.groups))
	for g := range e.groups {
		groups = append(groups, g)
	}
	e.mu.Unlock()
	for _, g := range groups {
		g.Close()
	}
	e.stop()
	e.ticking.Wait()
	e.socks.close()
	return nil
}

// Stats is the sum over all sessions, those that have ended too.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	sum := e.past
	sum.add(e.socks.count.stats())
	for s := range e.sessions {
		sum.add(s.count.stats())
	}
	return sum
}

func (e *Engine) enlist(s *Session) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return false
	}
	e.sessions[s] = true
	e.socks.ticker.hasten() // it may be asleep
	return true
}

func (e *Engine) dismiss(s *Session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sessions[s] {
		delete(e.sessions, s)
		e.past.add(s.count.stats())
	}
}
