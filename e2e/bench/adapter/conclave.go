package adapter

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/conclave-meet/conclave/e2e/bench/load"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/link"
	"github.com/conclave-meet/conclave/wasm/sdp"
)

// NewConclave is the signalling of a relay whose site is at site and where anybody may open rooms.
func NewConclave(site string) load.Signalling { return conclave{site} }

type conclave struct{ site string }

// Join enters the room with one offer, and wants every camera that comes.
func (g conclave) Join(ctx context.Context, c *load.Client) (io.Closer, error) {
	u, err := url.Parse(g.site)
	if err != nil {
		return nil, err
	}
	u.Scheme, u.Path = "ws", wire.Path
	conn, err := link.DialWebSocket(u.String(), nil)(ctx)
	if err != nil {
		return nil, err
	}
	m := &member{c: c, conn: conn, cams: map[wire.MemberIndex]bool{}}
	hello, err := m.hello()
	if err == nil {
		err = m.send(ctx, hello)
	}
	if err == nil {
		err = m.welcomed(ctx)
	}
	if err != nil {
		_ = conn.Close(1000, "")
		return nil, err
	}
	go m.follow(ctx)
	go m.live(ctx)
	return closer(func() { _ = conn.Close(1000, "") }), nil
}

// member is one client's conversation with the relay.
type member struct {
	c     *load.Client
	conn  link.Conn
	pc    *webrtc.PeerConnection
	offer string // the local description

	mu   sync.Mutex                // guards writes and cams
	cams map[wire.MemberIndex]bool // others whose camera is on
}

// hello makes the peer connection and describes it.
func (m *member) hello() (*wire.Hello, error) {
	pc, err := m.c.NewPeer()
	if err != nil {
		return nil, err
	}
	m.pc = pc
	sending, err := m.c.AddTracks(pc)
	if err != nil {
		return nil, err
	}
	video, audio := min(m.c.Peers, wire.MaxVideoSlots), 0
	if m.c.HasAudio() {
		audio = min(m.c.Peers, wire.MaxAudioSlots)
	}
	for i := range video + audio {
		kind := webrtc.RTPCodecTypeVideo
		if i >= video {
			kind = webrtc.RTPCodecTypeAudio
		}
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return nil, err
		}
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return nil, err
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		return nil, err
	}
	m.offer = offer.SDP
	sends := map[string]wire.Stream{}
	for i, t := range sending {
		sends[t.Mid()] = []wire.Stream{wire.Cam, wire.Mic}[i]
	}
	described, err := sdp.Describe(offer.SDP, sends, true)
	if err != nil {
		return nil, err
	}
	return &wire.Hello{
		Version: wire.Version, Client: "bench/1", Room: m.c.Room, Name: m.c.ID, Offer: described,
		State: wire.Sending{Cam: m.c.Publish, Mic: m.c.Publish && m.c.HasAudio()},
	}, nil
}

// welcomed waits for the welcome and takes its answer.
func (m *member) welcomed(ctx context.Context) error {
	for {
		msg, err := m.read(ctx)
		if err != nil {
			return err
		}
		switch x := msg.(type) {
		case *wire.Welcome:
			if x.Answer == nil {
				return fmt.Errorf("a welcome without an answer")
			}
			answer, err := sdp.Build(m.offer, x.Answer)
			if err != nil {
				return err
			}
			for _, o := range x.Members {
				if o.Index != x.You {
					m.note(o)
				}
			}
			if err := m.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
				return err
			}
			return m.want(ctx)
		case *wire.Waiting:
			return fmt.Errorf("the room is not open: the relay must let anybody open rooms")
		case *wire.Bye:
			return &x.Error
		case *wire.Failure:
			return &x.Error
		}
	}
}

func (m *member) read(ctx context.Context) (wire.ServerMessage, error) {
	b, err := m.conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	msg, _, err := wire.DecodeServer(b)
	return msg, err
}

// follow keeps the list of cameras, until the connection ends.
func (m *member) follow(ctx context.Context) {
	for {
		msg, err := m.read(ctx)
		if err != nil {
			return
		}
		changed := false
		switch x := msg.(type) {
		case *wire.Joined:
			changed = m.note(x.Member)
		case *wire.Changed:
			changed = m.note(x.Member)
		case *wire.Left:
			changed = m.note(wire.Member{Index: x.Member})
		}
		if changed && m.want(ctx) != nil {
			return
		}
	}
}

// note reports whether o's camera was switched on or off.
func (m *member) note(o wire.Member) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cams[o.Index] == o.State.Cam {
		return false
	}
	m.cams[o.Index] = o.State.Cam
	return true
}

// want asks for all cameras, those of the oldest members where there are not enough slots.
func (m *member) want(ctx context.Context) error {
	if m.c.Peers == 0 {
		return nil
	}
	m.mu.Lock()
	wants := []wire.Want{}
	for i, on := range m.cams {
		if on {
			wants = append(wants, wire.Want{Source: wire.Source{Member: i, Stream: wire.Cam}, Height: 720})
		}
	}
	m.mu.Unlock()
	slices.SortFunc(wants, func(a, b wire.Want) int { return int(a.Member) - int(b.Member) })
	return m.send(ctx, &wire.SetWants{Wants: wants[:min(len(wants), wire.MaxWants)]})
}

func (m *member) send(ctx context.Context, msg wire.ClientMessage) error {
	b, err := wire.EncodeClient(msg, 0)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.conn.Write(ctx, b)
}

// live tells the relay that the client is there.
func (m *member) live(ctx context.Context) {
	t := time.NewTicker(wire.PingInterval)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if m.send(ctx, &wire.Ping{}) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
