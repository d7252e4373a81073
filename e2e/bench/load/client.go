package load

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// Signalling is how one kind of server is spoken to.
type Signalling interface {
	// Join lets c into the room: it makes peer connections with c.NewPeer, publishes c.Publish's tracks and receives
	// from c.Peers others. It returns when that is under way; whether media flows, the generator sees for itself.
	// What it starts goes on until ctx ends or the closer is closed.
	Join(ctx context.Context, c *Client) (io.Closer, error)
}

// Client is one participant, as signalling sees it.
type Client struct {
	ID      string
	Room    string
	Publish bool
	Peers   int // publishers that it receives; 0: it receives nothing

	room    *room
	sources []*source

	mu    sync.Mutex
	taps  []*tap                   // guarded by mu
	peers []*webrtc.PeerConnection // guarded by mu
}

// HasAudio tells whether publishers have a microphone.
func (c *Client) HasAudio() bool { return c.room.spec.Audio }

// Tracks are what the client publishes: video, then audio.
func (c *Client) Tracks() []*webrtc.TrackLocalStaticRTP {
	var all []*webrtc.TrackLocalStaticRTP
	for _, s := range c.sources {
		all = append(all, s.track)
	}
	return all
}

// AddTracks attaches what the client publishes, send only, and returns the transceivers in the order of Tracks.
func (c *Client) AddTracks(pc *webrtc.PeerConnection) ([]*webrtc.RTPTransceiver, error) {
	var all []*webrtc.RTPTransceiver
	for _, s := range c.sources {
		t, err := pc.AddTransceiverFromTrack(s.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return nil, err
		}
		go s.obey(t.Sender())
		all = append(all, t)
	}
	return all, nil
}

// begin lets the client's sources send when pc is the one that they are attached to.
func (c *Client) begin(pc *webrtc.PeerConnection) {
	publishes := false
	for _, t := range pc.GetSenders() {
		publishes = publishes || t.Track() != nil
		for _, x := range t.GetParameters().HeaderExtensions {
			if x.URI != extLevel {
				continue
			}
			for _, s := range c.sources {
				if !s.video {
					s.level.Store(uint32(x.ID))
				}
			}
		}
	}
	for _, s := range c.sources {
		if publishes {
			s.ready.Store(true)
		}
	}
}

// flowing is how many video streams reach the client.
func (c *Client) flowing() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.taps {
		n += t.totals().videoStreams
	}
	return n
}

// close ends the peer connections.
func (c *Client) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, pc := range c.peers {
		_ = pc.Close()
	}
}

// newClient makes the n-th client of the room; publishers come first.
func (r *room) newClient(n int, now time.Time) (*Client, error) {
	p := r.spec.Pattern
	c := &Client{ID: clientName(n), Room: r.name, Publish: n < p.Publishers, room: r}
	switch {
	case !c.Publish:
		c.Peers = p.Publishers
	case p.Mesh:
		c.Peers = p.Publishers - 1
	}
	if !c.Publish {
		return c, nil
	}
	kinds := []webrtc.RTPCodecCapability{{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}}
	if r.spec.Audio {
		kinds = append(kinds, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2})
	}
	for i, k := range kinds {
		track, err := webrtc.NewTrackLocalStaticRTP(k, c.ID+[]string{"-cam", "-mic"}[i], c.ID)
		if err != nil {
			return nil, err
		}
		s := newSource(r.spec, i == 0, track, now)
		c.sources = append(c.sources, s)
		r.pump.add(s)
	}
	return c, nil
}
