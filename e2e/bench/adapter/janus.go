package adapter

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/conclave-meet/conclave/e2e/bench/load"
)

// NewJanus is the signalling of Janus's video room plugin (janus.conf.meetecho.com/docs/videoroom) over its WebSocket
// transport: one peer connection to publish, one (multistream) to receive everybody.
func NewJanus(url string) load.Signalling {
	return &janus{url: url, room: 1_000_000 + rand.IntN(1_000_000)}
}

type janus struct {
	url  string
	room int
	made sync.Once
}

// fields is a JSON object.
type fields = map[string]any

const askAgain = 300 * time.Millisecond // while not all publishers are there

// Join publishes, and receives as soon as all publishers are there.
func (g *janus) Join(ctx context.Context, c *load.Client) (io.Closer, error) {
	ws, err := dial(ctx, g.url, "janus-protocol")
	if err != nil {
		return nil, err
	}
	s := &janusSession{g: g, c: c, ws: ws, waiting: map[string]chan fields{}}
	go s.read(ctx)
	if err := s.open(ctx); err != nil {
		ws.close()
		return nil, err
	}
	go s.live(ctx)
	if c.Publish {
		if err := s.publish(ctx); err != nil {
			ws.close()
			return nil, fmt.Errorf("publish: %w", err)
		}
	}
	if c.Peers > 0 {
		go s.subscribe(ctx)
	}
	return closer(ws.close), nil
}

// janusSession is one client's session.
type janusSession struct {
	g    *janus
	c    *load.Client
	ws   *socket
	id   float64 // of the session; constant after open
	self float64 // the handle that publishes and asks; constant after open

	mu      sync.Mutex             // guards writes and waiting
	waiting map[string]chan fields // by transaction
}

// read hands answers to who waits for them, until the connection ends.
func (s *janusSession) read(ctx context.Context) {
	for {
		b, err := s.ws.read(ctx)
		if err != nil {
			return
		}
		var m fields
		if json.Unmarshal(b, &m) != nil {
			continue
		}
		id, _ := m["transaction"].(string)
		s.mu.Lock()
		ch := s.waiting[id]
		s.mu.Unlock()
		select {
		case ch <- m:
		default: // nobody waits, or has enough
		}
	}
}

// call sends m and waits for the answer that last says is it. Janus acknowledges first, and answers later.
func (s *janusSession) call(ctx context.Context, m fields, last func(fields) bool) (fields, error) {
	id, ch := strconv.FormatUint(rand.Uint64(), 36), make(chan fields, 8)
	m["transaction"] = id
	if s.id != 0 {
		m["session_id"] = s.id
	}
	s.mu.Lock()
	s.waiting[id] = ch
	err := s.ws.writeJSON(ctx, m)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.waiting, id)
		s.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for err == nil {
		select {
		case r := <-ch:
			if r["janus"] == "error" {
				return nil, fmt.Errorf("%v", r["error"])
			}
			if last(r) {
				return r, nil
			}
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return nil, err
}

func succeeded(r fields) bool { return r["janus"] == "success" }
func happened(r fields) bool  { return r["janus"] == "event" }
func anything(fields) bool    { return true }

func described(r fields) bool { return happened(r) && r["jsep"] != nil }

// within is a value deep in an answer; nil: it is not there.
func within(r fields, path ...string) any {
	var v any = r
	for _, p := range path {
		m, _ := v.(fields)
		v = m[p]
	}
	return v
}

func (s *janusSession) attach(ctx context.Context) (float64, error) {
	r, err := s.call(ctx, fields{"janus": "attach", "plugin": "janus.plugin.videoroom"}, succeeded)
	if err != nil {
		return 0, err
	}
	h, ok := within(r, "data", "id").(float64)
	if !ok {
		return 0, fmt.Errorf("no handle in %v", r)
	}
	return h, nil
}

// message sends body to the plugin, with a description or without.
func (s *janusSession) message(ctx context.Context, handle float64, body fields, jsep any, last func(fields) bool) (fields, error) {
	m := fields{"janus": "message", "handle_id": handle, "body": body}
	if jsep != nil {
		m["jsep"] = jsep
	}
	r, err := s.call(ctx, m, last)
	if err != nil {
		return nil, err
	}
	if e := within(r, "plugindata", "data", "error"); e != nil {
		return nil, fmt.Errorf("%v", e)
	}
	return r, nil
}

// open makes the session, its handle, and once the room.
func (s *janusSession) open(ctx context.Context) error {
	r, err := s.call(ctx, fields{"janus": "create"}, succeeded)
	if err != nil {
		return err
	}
	id, ok := within(r, "data", "id").(float64)
	if !ok {
		return fmt.Errorf("no session in %v", r)
	}
	s.id = id
	if s.self, err = s.attach(ctx); err != nil {
		return err
	}
	s.g.made.Do(func() {
		_, err = s.message(ctx, s.self, fields{
			"request": "create", "room": s.g.room, "publishers": 100, "bitrate": 0, "bitrate_cap": false,
			"audiocodec": "opus", "videocodec": "vp8", "fir_freq": 0, "notify_joining": false,
		}, nil, succeeded)
	})
	return err
}

func (s *janusSession) publish(ctx context.Context) error {
	join := fields{"request": "join", "ptype": "publisher", "room": s.g.room, "display": s.c.ID}
	if _, err := s.message(ctx, s.self, join, nil, happened); err != nil {
		return err
	}
	pc, err := s.c.NewPeer()
	if err != nil {
		return err
	}
	if _, err := s.c.AddTracks(pc); err != nil {
		return err
	}
	o, err := pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	local, err := describe(ctx, pc, o)
	if err != nil {
		return err
	}
	r, err := s.message(ctx, s.self, fields{"request": "publish", "bitrate": 0}, local, described)
	if err != nil {
		return err
	}
	remote, _ := within(r, "jsep", "sdp").(string)
	return pc.SetRemoteDescription(answerOf(remote))
}

// subscribe tries until all publishers are there.
func (s *janusSession) subscribe(ctx context.Context) {
	for ctx.Err() == nil {
		feeds, err := s.feeds(ctx)
		if err == nil && len(feeds) >= s.c.Peers {
			err = s.receive(ctx, feeds)
			if err == nil {
				return
			}
		}
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
		}
	}
}

// feeds are the others who publish.
func (s *janusSession) feeds(ctx context.Context) (all []fields, err error) {
	r, err := s.message(ctx, s.self, fields{"request": "listparticipants", "room": s.g.room}, nil, succeeded)
	if err != nil {
		return nil, err
	}
	list, _ := within(r, "plugindata", "data", "participants").([]any)
	for _, p := range list {
		if p, ok := p.(fields); ok && p["publisher"] == true && p["display"] != s.c.ID {
			all = append(all, fields{"feed": p["id"]})
		}
	}
	return all, nil
}

func (s *janusSession) receive(ctx context.Context, feeds []fields) error {
	h, err := s.attach(ctx)
	if err != nil {
		return err
	}
	join := fields{"request": "join", "ptype": "subscriber", "room": s.g.room, "streams": feeds}
	r, err := s.message(ctx, h, join, nil, described)
	if err != nil {
		return err
	}
	pc, err := s.c.NewPeer()
	if err != nil {
		return err
	}
	offer, _ := within(r, "jsep", "sdp").(string)
	a, err := answer(ctx, pc, offer)
	if err != nil {
		return err
	}
	_, err = s.message(ctx, h, fields{"request": "start"}, a, happened)
	return err
}

// live keeps the session from its timeout of a minute.
func (s *janusSession) live(ctx context.Context) {
	t := time.NewTicker(20 * time.Second)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			_, _ = s.call(ctx, fields{"janus": "keepalive"}, anything)
		case <-ctx.Done():
			return
		}
	}
}
