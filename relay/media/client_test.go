package media

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v4/packetio"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// The numbers of the test client: unlike those of any browser, and unlike the other client's where it matters.
const (
	opusPT, vp8PT, rtxPT           = 111, 96, 97
	midExt, transportExt, levelExt = 4, 3, 1
	ridExt, repairExt              = 10, 11
)

// waitMost is how long a test waits for what must come. It bounds failures only; a machine may be busy.
const waitMost = 20 * time.Second

// call is a room on a relay of its own.
type call struct {
	t      testing.TB
	engine *Engine
	group  *Group

	from string // the clients' address, when not one that the agent finds: it leaves out ::1

	// profiles are what the clients offer for SRTP, in their order.
	profiles []dtls.SRTPProtectionProfile

	mu       sync.Mutex
	slots    map[wire.MemberIndex]map[string]wire.SlotState
	told     map[wire.MemberIndex]int // how many Slots events
	encoded  map[wire.MemberIndex]map[wire.Stream]wire.Encoding
	speakers wire.Speakers
	gone     map[wire.MemberIndex]error
}

func newCall(t testing.TB, codecs ...string) *call {
	t.Helper()
	e, err := New(Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Codecs: codecs, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	c := &call{
		t: t, engine: e, slots: map[wire.MemberIndex]map[string]wire.SlotState{},
		encoded: map[wire.MemberIndex]map[wire.Stream]wire.Encoding{},
		told:    map[wire.MemberIndex]int{}, gone: map[wire.MemberIndex]error{},
		profiles: []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM},
	}
	c.group = e.NewGroup(Events{Slots: c.onSlots, Encode: c.onEncode, Speakers: c.onSpeakers, Gone: c.onGone})
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return c
}

func (c *call) onSlots(to wire.MemberIndex, changed []wire.SlotState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told[to]++
	if c.slots[to] == nil {
		c.slots[to] = map[string]wire.SlotState{}
	}
	for _, s := range changed {
		c.slots[to][s.Mid] = s
	}
}

func (c *call) onEncode(to wire.MemberIndex, changed []wire.Encoding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.encoded[to] == nil {
		c.encoded[to] = map[wire.Stream]wire.Encoding{}
	}
	for _, e := range changed {
		c.encoded[to][e.Stream] = e
	}
}

func (c *call) onSpeakers(s wire.Speakers) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.speakers = s
}

func (c *call) onGone(m wire.MemberIndex, _ *Session, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone[m] = err
}

// until waits for a condition over what the relay said.
func (c *call) until(what string, ok func() bool) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return ok()
	}, waitMost, 2*time.Millisecond, what)
}

// client is a peer of its own: pion's ICE as the controlling side, its DTLS as the client.
type client struct {
	call   *call
	t      testing.TB
	member wire.MemberIndex
	offer  *wire.Offer
	answer *wire.Answer
	s      *Session
	cert   tls.Certificate
	agent  *ice.Agent
	conn   *ice.Conn
	dtls   *dtls.Conn
	done   sync.WaitGroup
	media  chan rtp.Packet
	ctrl   chan rtcp.Packet

	path   atomic.Pointer[path] // what its packets come through; nil: nothing
	stamps *stamps              // when packets came, of a client that reports; else nil

	replays atomic.Int64 // packets that came twice

	mu      sync.Mutex
	in, out *srtp.Context // guarded by mu
}

// describe is an offer with all four streams and the given numbers of slots. There are no transport-wide numbers, as
// these clients do not report on them; see counted.
func describe(audio, video int) *wire.Offer {
	o := &wire.Offer{
		Fresh: true,
		Codecs: []wire.Codec{
			{Kind: wire.Audio, Name: "opus", PT: opusPT, Clock: 48000},
			{Kind: wire.Video, Name: "VP9", PT: 98, RTX: 99, Clock: 90000},
			{Kind: wire.Video, Name: "VP8", PT: vp8PT, RTX: rtxPT, Clock: 90000},
		},
		Exts: []wire.Ext{
			{URI: wire.ExtMid, ID: midExt}, {URI: wire.ExtLevel, ID: levelExt},
			{URI: wire.ExtDependency, ID: 9}, {URI: wire.ExtRid, ID: ridExt}, {URI: wire.ExtRepairRid, ID: repairExt},
		},
		Send: []wire.Send{
			{Mid: "0", Stream: wire.Mic}, {Mid: "1", Stream: wire.Cam}, {Mid: "2", Stream: wire.Screen}, {Mid: "3", Stream: wire.ScreenAudio},
		},
	}
	for i := range audio {
		o.Slots = append(o.Slots, wire.Slot{Mid: "a" + string(rune('0'+i)), Kind: wire.Audio})
	}
	for i := range video {
		o.Slots = append(o.Slots, wire.Slot{Mid: "v" + string(rune('0'+i)), Kind: wire.Video})
	}
	return o
}

// counted adds transport-wide sequence numbers to an offer.
func counted(o *wire.Offer) *wire.Offer {
	o.Exts = append(o.Exts, wire.Ext{URI: wire.ExtTransport, ID: transportExt})
	return o
}

// join brings a member in and connects it.
func (c *call) join(m wire.MemberIndex, o *wire.Offer, sending wire.Sending) *client {
	c.t.Helper()
	x := c.enter(m, o, sending)
	require.NoError(c.t, x.connect())
	return x
}

// enter brings a member in without connecting it.
func (c *call) enter(m wire.MemberIndex, o *wire.Offer, sending wire.Sending) *client {
	c.t.Helper()
	cert, err := selfsign.GenerateSelfSigned()
	require.NoError(c.t, err)
	agent, stamps := c.controlling(o)
	x := &client{
		call: c, t: c.t, member: m, offer: o, cert: cert, agent: agent, stamps: stamps,
		media: make(chan rtp.Packet, 4096), ctrl: make(chan rtcp.Packet, 4096),
	}
	o.ICE.Ufrag, o.ICE.Pwd, err = agent.GetLocalUserCredentials()
	require.NoError(c.t, err)
	if o.Fingerprint == "" {
		o.Fingerprint = fingerprint(cert.Certificate[0])
	}
	x.s, x.answer, err = c.group.Join(m, o, sending)
	require.NoError(c.t, err)
	c.t.Cleanup(x.close)
	return x
}

// controlling makes a client's ICE agent. A client that reports on what comes has a socket with stamps.
func (c *call) controlling(o *wire.Offer) (_ *ice.Agent, s *stamps) {
	c.t.Helper()
	options := []ice.AgentOption{
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}), ice.WithIncludeLoopback(),
		ice.WithIPFilter(func(ip net.IP) bool { return ip.IsLoopback() }),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}), ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
	}
	reports := slices.ContainsFunc(o.Exts, func(x wire.Ext) bool { return x.URI == wire.ExtTransport })
	if c.from != "" || reports {
		conn, err := net.ListenPacket("udp", cmp.Or(c.from, "127.0.0.1:0"))
		require.NoError(c.t, err)
		if reports {
			s, err = newStamps(conn.(*net.UDPConn))
			require.NoError(c.t, err)
			conn = s
		}
		mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: conn})
		c.t.Cleanup(func() { _ = mux.Close() })
		options = append(options, ice.WithUDPMux(mux))
	}
	agent, err := ice.NewAgentWithOptions(options...)
	require.NoError(c.t, err)
	return agent, s
}

func (x *client) connect() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(x.t, gather(x.agent))
	err := x.addCandidates(x.answer)
	require.NoError(x.t, err)
	if x.conn, err = x.agent.Dial(ctx, x.answer.ICE.Ufrag, x.answer.ICE.Pwd); err != nil {
		return err
	}
	handshake := packetio.NewBuffer()
	x.done.Go(func() { x.read(handshake) })
	x.dtls, err = dtls.ClientWithOptions(&handshakeConn{Conn: x.conn, in: handshake}, x.conn.RemoteAddr(),
		dtls.WithCertificates(x.cert), dtls.WithInsecureSkipVerify(true),
		dtls.WithSRTPProtectionProfiles(x.call.profiles...),
	)
	if err != nil {
		return err
	}
	if err = x.dtls.HandshakeContext(ctx); err != nil {
		return err
	}
	if err := x.keys(); err != nil {
		return err
	}
	// The relay has its keys a moment after the handshake is over; what comes before is dropped.
	require.Eventually(x.t, func() bool { return x.s.keys.Load() != nil }, time.Second, time.Millisecond)
	return nil
}

func (x *client) addCandidates(a *wire.Answer) error {
	for _, s := range a.Candidates {
		c, err := ice.UnmarshalCandidate(s)
		if err != nil {
			return err
		}
		if err := x.agent.AddRemoteCandidate(c); err != nil {
			return err
		}
	}
	return nil
}

func (x *client) keys() error {
	profile, ok := x.dtls.SelectedSRTPProtectionProfile()
	require.True(x.t, ok)
	best := x.call.profiles[len(x.call.profiles)-1]
	require.Equal(x.t, best, profile, "the relay's order counts, not the client's")
	state, _ := x.dtls.ConnectionState()
	c := srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := c.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	var err error
	x.in, err = srtp.CreateContext(c.Keys.RemoteMasterKey, c.Keys.RemoteMasterSalt, c.Profile, srtp.SRTPReplayProtection(4096))
	if err != nil {
		return err
	}
	x.out, err = srtp.CreateContext(c.Keys.LocalMasterKey, c.Keys.LocalMasterSalt, c.Profile)
	return err
}

func (x *client) read(handshake *packetio.Buffer) {
	defer close(x.media)
	defer close(x.ctrl)
	defer handshake.Close()
	b := make([]byte, 4096)
	for {
		n, err := x.conn.Read(b)
		if err != nil {
			return
		}
		if b[0] < 64 {
			_, _ = handshake.Write(b[:n])
			continue
		}
		x.take(b[:n])
	}
}

// take decrypts a packet; a repeated SRTP packet would fail here, and with it the test.
func (x *client) take(b []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.in == nil {
		return
	}
	if b[1] >= 192 && b[1] <= 223 {
		plain, err := x.in.DecryptRTCP(nil, b, nil)
		if err != nil {
			x.t.Errorf("member %d: %v", x.member, err)
			return
		}
		packets, err := rtcp.Unmarshal(plain)
		if err != nil {
			x.t.Errorf("member %d: %v", x.member, err)
		}
		for _, p := range packets {
			x.ctrl <- p
		}
		return
	}
	var p rtp.Packet
	plain, err := x.in.DecryptRTP(nil, b, nil)
	if err != nil && strings.Contains(err.Error(), "duplicated") { // pion/srtp does not export it
		x.replays.Add(1)
		return
	}
	if err == nil {
		err = p.Unmarshal(plain)
	}
	if err != nil {
		x.t.Errorf("member %d: %v", x.member, err)
		return
	}
	by := x.path.Load()
	if by == nil {
		x.media <- p
		return
	}
	if by.carry(&p, len(b), x.stamps.of(&p.Header)) {
		select {
		case x.media <- p:
		default: // nobody looks
		}
	}
}

func (x *client) close() {
	x.s.Close()
	if x.dtls != nil {
		_ = x.dtls.Close()
	}
	_ = x.agent.GracefulClose()
	x.done.Wait()
}

// send sends an RTP packet as it is.
func (x *client) send(p *rtp.Packet) {
	x.t.Helper()
	plain, err := p.Marshal()
	require.NoError(x.t, err)
	x.mu.Lock()
	b, err := x.out.EncryptRTP(nil, plain, nil)
	x.mu.Unlock()
	require.NoError(x.t, err)
	_, err = x.conn.Write(b)
	require.NoError(x.t, err)
}

// say sends RTCP.
func (x *client) say(packets ...rtcp.Packet) {
	x.t.Helper()
	plain, err := rtcp.Marshal(packets)
	require.NoError(x.t, err)
	x.mu.Lock()
	b, err := x.out.EncryptRTCP(nil, plain, nil)
	x.mu.Unlock()
	require.NoError(x.t, err)
	_, err = x.conn.Write(b)
	require.NoError(x.t, err)
}

// gets waits for a media packet on an SSRC of which ok is true; others are passed over.
func (x *client) gets(what string, ssrc uint32, ok func(*rtp.Packet) bool) rtp.Packet {
	x.t.Helper()
	limit := time.After(waitMost)
	for {
		select {
		case p, open := <-x.media:
			require.True(x.t, open, "connection ended before: %s", what)
			if p.SSRC == ssrc && ok(&p) {
				return p
			}
		case <-limit:
			require.Fail(x.t, "did not come: "+what)
		}
	}
}

// told waits for RTCP of type T of which ok is true.
func told[T rtcp.Packet](x *client, what string, ok func(T) bool) T {
	x.t.Helper()
	limit := time.After(waitMost)
	for {
		select {
		case p, open := <-x.ctrl:
			require.True(x.t, open, "connection ended before: %s", what)
			if v, is := p.(T); is && ok(v) {
				return v
			}
		case <-limit:
			require.Fail(x.t, "did not come: "+what)
		}
	}
}

// slot is the answer's slot with the mid.
func (x *client) slot(mid string) wire.Slot {
	x.t.Helper()
	for _, s := range x.answer.Slots {
		if s.Mid == mid {
			return s
		}
	}
	require.Fail(x.t, "no slot "+mid)
	return wire.Slot{}
}
