package adapter

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/conclave-meet/conclave/e2e/bench/load"
)

// NewLiveKit is the signalling of a LiveKit server at address ("ws://KEY:SECRET@HOST:PORT"): one peer connection to
// publish, one to receive everybody.
func NewLiveKit(address string) (load.Signalling, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	secret, ok := u.User.Password()
	if !ok {
		return nil, fmt.Errorf("%s has no key and secret", u.Host)
	}
	return livekit{host: u.Host, key: u.User.Username(), secret: secret}, nil
}

type livekit struct{ host, key, secret string }

// Join enters the room. Who publishes returns when the server has answered.
func (g livekit) Join(ctx context.Context, c *load.Client) (io.Closer, error) {
	token, err := accessToken(g.key, g.secret, c.ID, c.Room, c.Peers > 0, time.Now())
	if err != nil {
		return nil, err
	}
	q := url.Values{"access_token": {token}, "protocol": {"9"}, "auto_subscribe": {"1"}, "sdk": {"go"}, "version": {"1.0.0"}}
	ws, err := dial(ctx, "ws://"+g.host+"/rtc?"+q.Encode(), "")
	if err != nil {
		return nil, err
	}
	s := &livekitSession{c: c, ws: ws, through: make(chan error, 1), early: map[target][]webrtc.ICECandidateInit{}}
	go s.read(ctx)
	go s.live(ctx)
	select {
	case err = <-s.through:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		ws.close()
		return nil, err
	}
	return closer(ws.close), nil
}

// livekitSession is one client's conversation with the server.
type livekitSession struct {
	c       *load.Client
	ws      *socket
	through chan error // takes one: the join is under way

	mu sync.Mutex // guards writes

	// owned by read
	publisher, subscriber *webrtc.PeerConnection
	published             int
	early                 map[target][]webrtc.ICECandidateInit // that came before the description
}

func (s *livekitSession) read(ctx context.Context) {
	err := s.follow(ctx)
	select {
	case s.through <- err:
	default: // the join was through
	}
}

func (s *livekitSession) follow(ctx context.Context) error {
	for {
		b, err := s.ws.read(ctx)
		if err != nil {
			return err
		}
		m, err := parseResponse(b)
		if err == nil {
			err = s.take(ctx, m)
		}
		if err != nil {
			return err
		}
	}
}

func (s *livekitSession) take(ctx context.Context, m response) error {
	switch m.kind {
	case responseJoin:
		return s.joined(ctx)
	case responsePublished:
		if s.published++; s.published == len(s.c.Tracks()) {
			return s.publish(ctx)
		}
	case responseAnswer:
		if err := s.publisher.SetRemoteDescription(answerOf(m.sdp)); err != nil {
			return err
		}
		s.done()
		return s.addEarly(publisher, s.publisher)
	case responseOffer:
		return s.receive(ctx, m)
	case responseTrickle:
		var c webrtc.ICECandidateInit
		if err := json.Unmarshal([]byte(m.candidate), &c); err != nil {
			return err
		}
		s.early[m.target] = append(s.early[m.target], c)
		if m.target == publisher {
			return s.addEarly(publisher, s.publisher)
		}
		return s.addEarly(subscriber, s.subscriber)
	case responseLeave:
		return fmt.Errorf("the server ended the session")
	}
	return nil
}

func answerOf(sdp string) webrtc.SessionDescription {
	return webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}
}

// done lets Join return.
func (s *livekitSession) done() {
	select {
	case s.through <- nil:
	default:
	}
}

func (s *livekitSession) joined(ctx context.Context) error {
	if !s.c.Publish {
		s.done()
		return nil
	}
	for i, t := range s.c.Tracks() {
		if err := s.send(ctx, addTrack(t.ID(), i == 0)); err != nil {
			return err
		}
	}
	return nil
}

func (s *livekitSession) publish(ctx context.Context) (err error) {
	if s.publisher, err = s.newPeer(ctx, publisher); err != nil {
		return err
	}
	if _, err := s.c.AddTracks(s.publisher); err != nil {
		return err
	}
	o, err := s.publisher.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := s.publisher.SetLocalDescription(o); err != nil {
		return err
	}
	return s.send(ctx, description(requestOffer, "offer", o.SDP, 0))
}

func (s *livekitSession) receive(ctx context.Context, m response) (err error) {
	if s.subscriber == nil {
		if s.subscriber, err = s.newPeer(ctx, subscriber); err != nil {
			return err
		}
	}
	if err := s.subscriber.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: m.sdp}); err != nil {
		return err
	}
	if err := s.addEarly(subscriber, s.subscriber); err != nil {
		return err
	}
	a, err := s.subscriber.CreateAnswer(nil)
	if err != nil {
		return err
	}
	if err := s.subscriber.SetLocalDescription(a); err != nil {
		return err
	}
	return s.send(ctx, description(requestAnswer, "answer", a.SDP, m.id))
}

func (s *livekitSession) newPeer(ctx context.Context, t target) (*webrtc.PeerConnection, error) {
	pc, err := s.c.NewPeer()
	if err != nil {
		return nil, err
	}
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			return
		}
		if b, err := json.Marshal(c.ToJSON()); err == nil {
			_ = s.send(ctx, trickle(string(b), t)) // a broken connection shows when it is read
		}
	})
	return pc, nil
}

// addEarly gives pc the candidates that it can take by now.
func (s *livekitSession) addEarly(t target, pc *webrtc.PeerConnection) error {
	if pc == nil || pc.RemoteDescription() == nil {
		return nil
	}
	for _, c := range s.early[t] {
		if err := pc.AddICECandidate(c); err != nil {
			return err
		}
	}
	delete(s.early, t)
	return nil
}

func (s *livekitSession) send(ctx context.Context, b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ws.write(ctx, b)
}

// live keeps the server from giving the client up.
func (s *livekitSession) live(ctx context.Context) {
	t := time.NewTicker(5 * time.Second)
	defer t.Stop()
	for {
		select {
		case now := <-t.C:
			if s.send(ctx, ping(now)) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
