package adapter

import (
	"context"
	"fmt"

	"github.com/pion/webrtc/v4"

	"github.com/conclave-meet/conclave/e2e/bench/load"
)

// Names of the servers.
const (
	Conclave = "Conclave"
	LiveKit  = "LiveKit"
	Janus    = "Janus"
)

// For returns the signalling of a server at url.
func For(server, url string) (load.Signalling, error) {
	switch server {
	case Conclave:
		return NewConclave(url), nil
	case LiveKit:
		return NewLiveKit(url)
	case Janus:
		return NewJanus(url), nil
	}
	return nil, fmt.Errorf("no signalling for %q", server)
}

// closer closes by a function.
type closer func()

// Close calls it.
func (c closer) Close() error {
	c()
	return nil
}

// describe sets a local description and returns it with its candidates.
func describe(ctx context.Context, pc *webrtc.PeerConnection, d webrtc.SessionDescription) (*webrtc.SessionDescription, error) {
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(d); err != nil {
		return nil, err
	}
	select {
	case <-gathered:
		return pc.LocalDescription(), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// answer answers an offer.
func answer(ctx context.Context, pc *webrtc.PeerConnection, offer string) (*webrtc.SessionDescription, error) {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return nil, err
	}
	a, err := pc.CreateAnswer(nil)
	if err != nil {
		return nil, err
	}
	return describe(ctx, pc, a)
}
