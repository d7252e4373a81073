package room

import (
	"log/slog"
	"sync"
)

// Config is what a Hub is made with.
type Config struct {
	Opening Opening // "": Hosts
	Members int     // seats of a room; 0: DefaultMembers
	// Do carries out an effect of the room with this name. It is called in the room's goroutine, in order, and must not
	// block: everybody in the room waits for it.
	Do     func(room string, e Effect)
	Logger *slog.Logger // nil: none
}

// Hub finds rooms by their canonical names. It is the only place that knows where a room lives. All methods may be
// called from any goroutine.
type Hub struct {
	// constant after NewHub
	cfg  Config
	done chan struct{}

	wg sync.WaitGroup // the loops

	mu     sync.Mutex // held for map look-ups only
	rooms  map[string]*Loop
	closed bool
}

// NewHub returns a Hub without rooms.
func NewHub(c Config) *Hub {
	if c.Opening == "" {
		c.Opening = Hosts
	}
	if c.Members == 0 {
		c.Members = DefaultMembers
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Hub{cfg: c, done: make(chan struct{}), rooms: map[string]*Loop{}}
}

// Get returns the room with the canonical name, starting it if need be. The caller releases it. It returns ErrClosed
// after Close.
func (h *Hub) Get(name string) (*Loop, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	l := h.rooms[name]
	if l == nil {
		l = &Loop{
			hub: h, name: name, inbox: make(chan Event, inboxSize), nudge: make(chan struct{}, 1), done: h.done,
			state: NewState(h.cfg.Opening, h.cfg.Members),
		}
		h.rooms[name] = l
		h.wg.Add(1)
		go l.run()
	}
	l.users++
	return l, nil
}

// end removes l, unless somebody uses it or has posted what is not handled yet. After true nobody can find it any more.
func (h *Hub) end(l *Loop) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	// In this order, and under the lock: who posts is a user, so without users the inbox gets no more.
	if l.users > 0 || len(l.inbox) > 0 {
		return false
	}
	delete(h.rooms, l.name)
	return true
}

// Rooms is the number of rooms that live, those included for which people only wait.
func (h *Hub) Rooms() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.rooms)
}

// Close ends all rooms, without a word to anybody, and waits for their goroutines.
func (h *Hub) Close() {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.done)
	}
	h.mu.Unlock()
	h.wg.Wait()
}
