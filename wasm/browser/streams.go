//go:build js

package browser

import (
	"strconv"
	"strings"
	"sync"
	"syscall/js"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Streams are the MediaStream objects that the view plays: one for each source, the same object for as long as the
// source is known, whatever tracks come and go in it (ui.md, 4.4). The view asks for them directly, also while the loop
// is at work, so they have a lock.
type Streams struct {
	mu   sync.Mutex
	byID map[string]js.Value // guarded by mu
}

func newStreams() *Streams { return &Streams{byID: map[string]js.Value{}} }

// Get is the stream of an id ("me/cam", "3/mic"), null when the source is not known. My own are always known.
func (s *Streams) Get(id string) js.Value {
	if strings.HasPrefix(id, "me/") {
		return s.make(id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.byID[id]; ok {
		return v
	}
	return js.Null()
}

func (s *Streams) make(id string) js.Value {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.byID[id]
	if !ok {
		v = js.Global().Get("MediaStream").New()
		s.byID[id] = v
	}
	return v
}

func (s *Streams) add(id string, track js.Value) { s.make(id).Call("addTrack", track) }

func (s *Streams) remove(id string, track js.Value) {
	if v := s.Get(id); v.Truthy() {
		v.Call("removeTrack", track)
	}
}

// keep forgets the streams of members that are gone.
func (s *Streams) keep(known func(wire.MemberIndex) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.byID {
		member, _, _ := strings.Cut(id, "/")
		if n, err := strconv.ParseUint(member, 10, 16); err == nil && !known(wire.MemberIndex(n)) {
			delete(s.byID, id)
		}
	}
}
