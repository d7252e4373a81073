package call

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// isUpWith waits until a person has proved to these others that they have one passphrase, and they to it.
func (p *person) isUpWith(others ...*person) {
	p.c.t.Helper()
	p.until("is up with the others", func(v conf.View) bool {
		for _, o := range others {
			x, ok := p.peer(v, o.Name())
			if o != p && (!ok || x.Crypto != conf.PeerUp) {
				return false
			}
		}
		return v.Crypto.Phase == conf.CryptoUp
	})
}

// agree waits until all see one security code, and no warning.
func (c *call) agree(people ...*person) {
	c.t.Helper()
	for _, p := range people {
		p.Do(&conf.CryptoCode{On: true})
	}
	codes := map[string]bool{}
	c.eventually("all see the same people", func() bool {
		clear(codes)
		for _, p := range people {
			x := p.View().Crypto
			if x.Code == "" || x.Agreement != conf.AgreeSame {
				return false
			}
			codes[x.Code] = true
		}
		return len(codes) == 1
	})
	for code := range codes {
		assert.Regexp(c.t, `^\d{5}( \d{5}){5}$`, code)
	}
}

// air is what was heard of sealed frames.
type air struct {
	mu   sync.Mutex
	list []heard
}

type heard struct {
	n     int
	at    time.Time
	from  wire.Source
	frame []byte
}

func (a *air) take(from wire.Source, sealed []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, heard{len(a.list), time.Now(), from, bytes.Clone(sealed)})
}

func (a *air) all() []heard {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.list)
}

// now is how many there were so far.
func (a *air) now() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.list)
}

// since counts those of a member that came after a time.
func (a *air) since(t time.Time, m wire.MemberIndex) (n int) {
	for _, x := range a.all() {
		if x.from.Member == m && x.at.After(t) {
			n++
		}
	}
	return n
}

// isReplay reports whether a frame could have been opened, and was before.
func isReplay(err error) bool { return errors.Is(err, sframe.ErrReplay) }

// line is what was heard of signalling.
type line struct {
	mu   sync.Mutex
	list [][]byte
}

func (l *line) take(message []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, bytes.Clone(message))
}

// times is in how many messages a text stands.
func (l *line) times(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.list {
		if bytes.Contains(b, []byte(text)) {
			n++
		}
	}
	return n
}
