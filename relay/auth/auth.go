package auth

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what an Auth is made of. Only Store is needed; Open fills it in.
type Config struct {
	Store  Store
	Audit  io.Writer        // the audit log, one Write per line, concurrent ones too; nil for none
	Clock  func() time.Time // nil for time.Now
	Rand   io.Reader        // nil for crypto/rand; reads are serialised
	Logger *slog.Logger     // nil for none
	Params Params           // cost of new password hashes; zero for 19 MiB, 2 passes, 1 thread
	Hashes int              // password hashes at once; 0 for one per core
}

// Auth answers who may open a room. Safe for concurrent use.
type Auth struct {
	// constant after New
	store   Store
	audit   io.Writer
	clock   func() time.Time
	random  io.Reader
	log     *slog.Logger
	hash    *hasher
	closers []io.Closer // what Open opened, in the order of closing

	// guarded by mu
	mu       sync.Mutex
	signIns  *throttle
	confirms tally[string] // wrong answers of signed-in hosts asked once more, by account id
	tickets  tickets
	refused  map[Name]time.Time // when a refused sign-in was last written down

	// atomic
	stats struct{ entered, refused, throttled atomic.Uint64 }
}

// New returns an Auth over cfg.Store.
func New(cfg Config) (*Auth, error) {
	if cfg.Store == nil {
		return nil, errors.New("auth needs a store")
	}
	if cfg.Params == (Params{}) {
		cfg.Params = defaultParams
	}
	if err := cfg.Params.check(); err != nil {
		return nil, err
	}
	if cfg.Hashes < 0 {
		return nil, fmt.Errorf("%d password hashes at once", cfg.Hashes)
	}
	if cfg.Hashes == 0 {
		cfg.Hashes = runtime.GOMAXPROCS(0)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	a := &Auth{
		store:    cfg.Store,
		audit:    cfg.Audit,
		clock:    cfg.Clock,
		random:   &serialReader{r: cfg.Rand},
		log:      cfg.Logger,
		signIns:  newThrottle(),
		confirms: newTally[string](triesPerAccount),
		tickets:  tickets{},
		refused:  map[Name]time.Time{},
	}
	var err error
	a.hash, err = newHasher(cfg.Params, cfg.Hashes, a.random)
	return a, err
}

// Open returns an Auth over the account file and the audit log in the folder
// dir; they take the place of cfg.Store and cfg.Audit. Errors as OpenFile.
// Close lets go of them.
func Open(dir string, cfg Config) (*Auth, error) {
	file, err := OpenFile(dir)
	if err != nil {
		return nil, err
	}
	audit, err := OpenAudit(dir)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	cfg.Store, cfg.Audit = file, audit
	a, err := New(cfg)
	if err != nil {
		return nil, errors.Join(err, file.Close(), audit.Close())
	}
	a.closers = []io.Closer{file, audit}
	return a, nil
}

// Close lets go of what Open opened. No method may be called afterwards.
func (a *Auth) Close() error {
	var errs []error
	for _, c := range a.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Stats are counts since New, for the metrics.
type Stats struct {
	Entered   uint64 // sign-ins that succeeded
	Refused   uint64 // wrong names or passwords
	Throttled uint64 // tries refused unchecked, by account or by place
	Busy      uint64 // tries refused unchecked because too many waited
	Hashes    uint64 // password hashes computed
}

// Stats returns the counts.
func (a *Auth) Stats() Stats {
	return Stats{
		Entered:   a.stats.entered.Load(),
		Refused:   a.stats.refused.Load(),
		Throttled: a.stats.throttled.Load(),
		Busy:      a.hash.busy.Load(),
		Hashes:    a.hash.hashes.Load(),
	}
}

// newID draws the id of an account.
func (a *Auth) newID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(a.random, b[:]); err != nil {
		return "", fmt.Errorf("draw an id: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// serialReader lets one goroutine read at a time.
type serialReader struct {
	mu sync.Mutex
	r  io.Reader // guarded by mu
}

func (s *serialReader) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Read(p)
}
