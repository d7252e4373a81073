package media

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v4/packetio"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Times of a connection.
const (
	// connectTime is how long ICE and DTLS may take together after the answer. More would keep dead sessions.
	connectTime = 30 * time.Second
	// lostAfter and failAfter make a connection last as long as a seat (wire.SeatTime) without a sign of life.
	lostAfter = 10 * time.Second
	failAfter = wire.SeatTime - lostAfter
	// consentTime is for how long one may send to who does not answer (RFC 7675, section 5.1).
	consentTime = 30 * time.Second
)

var errFingerprint = errors.New("the certificate is not the one of the description")

// newAgent makes an ICE agent that answers on the engine's sockets.
func (e *Engine) newAgent() (*ice.Agent, error) {
	return ice.NewAgentWithOptions(
		ice.WithICELite(true), ice.WithUDPMux(e.socks), ice.WithIncludeLoopback(),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithDisconnectedTimeout(lostAfter), ice.WithFailedTimeout(failAfter),
		ice.WithLoggerFactory(quiet),
	)
}

// gather opens the agent's share of the sockets. It waits for nothing but the agent.
func gather(agent *ice.Agent) error {
	done := make(chan struct{})
	var once sync.Once
	err := agent.OnCandidate(func(c ice.Candidate) {
		if c == nil {
			once.Do(func() { close(done) })
		}
	})
	if err == nil {
		err = agent.GatherCandidates()
	}
	if err != nil {
		return fmt.Errorf("open an ICE agent: %w", err)
	}
	<-done
	return nil
}

// run connects the session and waits for its end.
func (s *Session) run(ctx context.Context, remote wire.ICE, fingerprint string) {
	defer s.engine.dismiss(s)
	var reading sync.WaitGroup
	defer reading.Wait()
	in := &inlet{s: s, r: newReader(s)}
	defer s.engine.socks.routes.drop(in)
	defer func() { _ = s.agent.GracefulClose() }() // ends the reader
	defer s.guard()

	soon, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	conn, err := s.connectICE(soon, remote, in)
	if err != nil {
		s.fail("ice")
		return
	}
	handshake := packetio.NewBuffer()
	handshake.SetLimitCount(64) // packets; what does not fit is sent again
	defer handshake.Close()
	reading.Go(func() { s.read(conn, handshake, in) })

	d, err := s.connectDTLS(soon, conn, handshake, fingerprint)
	if err != nil {
		why := "dtls"
		if errors.Is(err, errFingerprint) {
			why = "fingerprint"
		}
		s.fail(why)
		return
	}
	defer d.Close()
	s.group.connected(s)
	s.fail(waitEnd(ctx, d))
}

// connectICE waits for the client's checks, and keeps the address that it chose, now and later.
func (s *Session) connectICE(ctx context.Context, remote wire.ICE, in *inlet) (*ice.Conn, error) {
	err := s.agent.OnSelectedCandidatePairChange(func(_, to ice.Candidate) {
		if ip, err := netip.ParseAddr(to.Address()); err == nil {
			p := newPeer(netip.AddrPortFrom(ip.Unmap(), uint16(to.Port())), to)
			s.peer.Store(p)
			s.engine.socks.routes.set(in, p.addr)
		}
	})
	if err != nil {
		return nil, err
	}
	err = s.agent.OnConnectionStateChange(func(st ice.ConnectionState) {
		if st == ice.ConnectionStateFailed {
			s.fail("ice")
		}
	})
	if err != nil {
		return nil, err
	}
	return s.agent.Accept(ctx, remote.Ufrag, remote.Pwd)
}

// connectDTLS is the handshake, and makes the SRTP keys of it (RFC 5764). The relay is always the server: then the
// client's list of profiles is answered with AES-GCM (media.md, "What matters").
func (s *Session) connectDTLS(ctx context.Context, conn *ice.Conn, in *packetio.Buffer, want string) (*dtls.Conn, error) {
	mismatch := false
	d, err := dtls.ServerWithOptions(&handshakeConn{Conn: conn, in: in}, conn.RemoteAddr(),
		dtls.WithCertificates(s.engine.certificate),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithClientAuth(dtls.RequireAnyClientCert),
		// The certificate is its own; what makes it the client's is the fingerprint from signalling (RFC 8122).
		dtls.WithInsecureSkipVerify(true),
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 || fingerprint(raw[0]) != want {
				mismatch = true
				return errFingerprint
			}
			return nil
		}),
		dtls.WithLoggerFactory(quiet),
	)
	if err != nil {
		return nil, err
	}
	err = d.HandshakeContext(ctx)
	if err == nil {
		err = s.deriveKeys(d)
	}
	if err != nil {
		_ = d.Close()
		if mismatch {
			err = errFingerprint // the library's error need not wrap ours
		}
		return nil, err
	}
	return d, nil
}

func (s *Session) deriveKeys(d *dtls.Conn) error {
	profile, ok := d.SelectedSRTPProtectionProfile()
	if !ok {
		return errors.New("no SRTP profile")
	}
	state, ok := d.ConnectionState()
	if !ok {
		return errors.New("no connection state")
	}
	c := srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	const client = false
	if err := c.ExtractSessionKeysFromDTLS(&state, client); err != nil {
		return err
	}
	const replay = 1024 // packets; a key frame's burst may be reordered a good deal
	in, err := srtp.CreateContext(c.Keys.RemoteMasterKey, c.Keys.RemoteMasterSalt, c.Profile,
		srtp.SRTPReplayProtection(replay), srtp.SRTCPReplayProtection(replay))
	if err != nil {
		return err
	}
	k := &keys{
		in: in, profile: c.Profile,
		key: bytes.Clone(c.Keys.LocalMasterKey), salt: bytes.Clone(c.Keys.LocalMasterSalt),
	}
	if _, err := k.outgoing(); err != nil { // before somebody relies on it
		return err
	}
	s.keys.Store(k)
	return nil
}

// waitEnd waits until the client closes its side or ctx ends, and says why.
func waitEnd(ctx context.Context, d *dtls.Conn) string {
	b := make([]byte, maxPacket)
	stop := context.AfterFunc(ctx, func() { _ = d.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for {
		// Nothing is agreed to be sent over DTLS itself; a close_notify ends it.
		if _, err := d.Read(b); err != nil {
			return "closed"
		}
	}
}

// read takes what comes by way of the ICE agent until that is closed: DTLS, and media from an address that was not chosen
// yet. Other media comes from the socket (intake).
func (s *Session) read(conn *ice.Conn, handshake *packetio.Buffer, in *inlet) {
	defer s.guard()
	defer handshake.Close()
	var out burst
	b := make([]byte, maxPacket)
	for {
		n, err := conn.Read(b)
		switch {
		case errors.Is(err, io.ErrShortBuffer) || err == nil && n == 0:
			s.count.inc(DropMalformed)
		case err != nil:
			return
		case b[0] >= 20 && b[0] <= 63: // RFC 7983, section 7
			if _, err := handshake.Write(b[:n]); err != nil {
				s.count.inc(DropEarly)
			}
		default:
			in.take(b[:n], time.Now(), &out)
			out.flush()
		}
	}
}

// packet tells RTP from RTCP (RFC 7983, section 7, and RFC 5761, section 4).
func (r *reader) packet(b []byte, now time.Time) {
	const least = 12 // bytes of an RTP header, and of an encrypted RTCP one
	switch {
	case len(b) < least || b[0] < 128 || b[0] > 191:
		r.s.count.inc(DropMalformed)
	case b[1] >= 192 && b[1] <= 223:
		r.rtcp(b, now)
	default:
		r.rtp(b, now)
	}
}

// handshakeConn is the DTLS server's share of the connection.
type handshakeConn struct {
	*ice.Conn
	in *packetio.Buffer
}

// ReadFrom reads the next DTLS packet.
func (c *handshakeConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := c.in.Read(b)
	return n, c.RemoteAddr(), err
}

// WriteTo sends a DTLS packet.
func (c *handshakeConn) WriteTo(b []byte, _ net.Addr) (int, error) { return c.Write(b) }

// SetReadDeadline sets the deadline of reads.
func (c *handshakeConn) SetReadDeadline(t time.Time) error { return c.in.SetReadDeadline(t) }

// SetDeadline sets the deadline of reads; writes never wait.
func (c *handshakeConn) SetDeadline(t time.Time) error { return c.in.SetReadDeadline(t) }

// guard ends the session, and nothing else, when one of its goroutines panics.
func (s *Session) guard() {
	fault := recover()
	if fault == nil {
		return
	}
	s.count.inc(Panics)
	s.engine.log.Error("a media session ended by a fault of the relay", "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
	s.fail("internal")
}

// checkAlive stops sending to a client that has not been heard for long, and goes on when it is.
func (s *Session) checkAlive(now time.Time) {
	heard := s.LastHeard()
	s.silent.Store(!heard.IsZero() && now.Sub(heard) > consentTime)
}
