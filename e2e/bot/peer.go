package bot

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
	"github.com/conclave-meet/conclave/wasm/sdp"
)

// peer is one peer connection. A nil peer can be closed.
type peer struct {
	b     *Bot
	pc    *webrtc.PeerConnection
	mux   ice.UDPMux
	log   *arrivals // nil: Config.Mute
	cover cover
	sends map[wire.Stream]send
	audio int
	video int
	offer string // the last local description
}

// send is an m-line that a stream goes out on.
type send struct {
	line    *webrtc.RTPTransceiver
	outlets []*outlet // by layer, lowest first
}

// newPeer makes a peer connection with four send m-lines, as the page does.
func newPeer(b *Bot, sealed bool) (_ *peer, err error) {
	p := &peer{b: b, sends: map[wire.Stream]send{}}
	if sealed {
		p.cover = cover{on: true, by: b.sealer.Load()}
	}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if !b.cfg.Mute {
		p.log = newArrivals()
	}
	if p.pc, p.mux, err = connect(&b.network, p.log, b.codecs()); err != nil {
		return nil, err
	}
	p.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		switch s {
		case webrtc.PeerConnectionStateConnected, webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed:
			b.post(conf.PeerState{State: s.String()})
		}
	})
	p.pc.OnTrack(p.receive)
	for _, s := range wire.Streams {
		if err := p.addSend(s); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// addSend adds the m-line of a stream.
func (p *peer) addSend(s wire.Stream) error {
	var t *webrtc.RTPTransceiver
	for i, x := range layers(s) {
		o := &outlet{stream: s, rid: x.rid, cover: p.cover}
		if t == nil {
			var err error
			if t, err = p.pc.AddTransceiverFromTrack(o, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
				return err
			}
		} else if err := t.Sender().AddEncoding(o); err != nil {
			return err
		}
		p.sends[s] = send{line: t, outlets: append(p.sends[s].outlets, o)}
		p.b.wg.Go(func() { p.feedback(t.Sender(), o, i) })
	}
	return nil
}

// addSlots opens slots until there are as many as asked for.
func (p *peer) addSlots(audio, video int) error {
	add := func(kind webrtc.RTPCodecType) error {
		_, err := p.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		return err
	}
	for ; p.audio < audio; p.audio++ {
		if err := add(webrtc.RTPCodecTypeAudio); err != nil {
			return err
		}
	}
	for ; p.video < video; p.video++ {
		if err := add(webrtc.RTPCodecTypeVideo); err != nil {
			return err
		}
	}
	return nil
}

// describe makes the local description and reduces it.
func (p *peer) describe(fresh bool) (*wire.Offer, error) {
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return nil, err
	}
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return nil, err
	}
	p.offer = offer.SDP
	sends := make(map[string]wire.Stream, len(p.sends))
	for s, x := range p.sends {
		sends[x.line.Mid()] = s
	}
	describe := sdp.Describe
	if p.cover.on {
		describe = sdp.DescribeSealed
	}
	o, err := describe(offer.SDP, sends, fresh)
	if err == nil {
		// pion lists extensions in the order of a map; the relay wants later offers to repeat earlier ones.
		slices.SortFunc(o.Exts, func(a, b wire.Ext) int { return int(a.ID) - int(b.ID) })
	}
	return o, err
}

// makeOffer carries MakeOffer out, on work's goroutine.
func (b *Bot) makeOffer(x conf.MakeOffer) {
	o, err := b.offer(x)
	if err != nil {
		b.post(conf.Offered{Err: string(wire.CodeMedia)})
		b.record.note(fmt.Sprintf("offer: %v", err))
		return
	}
	if b.cfg.Tamper != nil {
		b.cfg.Tamper(o)
	}
	b.post(conf.Offered{Offer: o})
}

func (b *Bot) offer(x conf.MakeOffer) (*wire.Offer, error) {
	if x.Fresh || b.peer == nil {
		b.peer.close()
		b.studio.begin()
		b.record.begin()
		var err error
		if b.peer, err = newPeer(b, x.Sealed); err != nil {
			return nil, err
		}
	}
	if err := b.peer.addSlots(x.Audio, x.Video); err != nil {
		return nil, err
	}
	return b.peer.describe(x.Fresh)
}

// setAnswer carries SetAnswer out, on work's goroutine.
func (b *Bot) setAnswer(a *wire.Answer) {
	if b.peer == nil {
		b.post(conf.Answered{Err: string(wire.CodeMedia)})
		return
	}
	if err := b.peer.accept(a); err != nil {
		b.record.note(fmt.Sprintf("answer: %v", err))
		b.post(conf.Answered{Err: string(wire.CodeMedia)})
		return
	}
	b.post(conf.Answered{})
}

func (p *peer) accept(a *wire.Answer) error {
	build := sdp.Build
	if p.cover.on {
		build = sdp.BuildSealed
	}
	answer, err := build(p.offer, a)
	if err != nil {
		return err
	}
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return err
	}
	for s, x := range p.sends {
		p.b.studio.needKeys(s)
		for i, o := range x.outlets {
			o.name(x.line.Mid())
			p.b.studio.feeds[s][i].to.Store(o)
		}
	}
	return nil
}

// repairPause is how long a slot with holes waits for the next packet: pion hands out retransmissions only when it is
// asked for packets.
const repairPause = 10 * time.Millisecond

// receive reads one slot, until the peer connection ends.
func (p *peer) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	x := &slot{kind: wire.Audio, ssrc: uint32(track.SSRC()), sealedSlot: sealedSlot{cover: p.cover}}
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		x.kind = wire.Video
	}
	for _, t := range p.pc.GetTransceivers() {
		if t.Receiver() == receiver {
			x.mid = t.Mid()
		}
	}
	p.b.record.open(x, p.pc)
	defer p.b.record.shut(x)
	holes, timed := false, false
	for {
		if holes || timed {
			var until time.Time
			if timed = holes; timed {
				until = time.Now().Add(repairPause)
			}
			if track.SetReadDeadline(until) != nil {
				return
			}
		}
		pkt, _, err := track.ReadRTP()
		var late net.Error
		switch {
		case err == nil && !p.cover.on && p.b.sealer.Load() != nil:
			// Clear, and the room is encrypted by now: not for anybody to see.
		case err == nil:
			now := time.Now()
			holes = p.b.record.packet(x, pkt, now, p.came(pkt, now))
		case errors.As(err, &late) && late.Timeout():
			holes = p.b.record.wait(x, time.Now())
		default:
			return
		}
	}
}

// came is when a packet came through the network, as far as that is known.
func (p *peer) came(pkt *rtp.Packet, now time.Time) time.Time {
	if p.log == nil {
		return now
	}
	return p.log.of(&pkt.Header, now)
}

// close ends the peer connection.
func (p *peer) close() {
	if p == nil {
		return
	}
	p.b.studio.end()
	if p.pc != nil {
		_ = p.pc.Close()
	}
	if p.mux != nil {
		_ = p.mux.Close()
	}
}
