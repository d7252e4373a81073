package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCommandLines(t *testing.T) {
	for _, c := range []struct {
		name string
		args string
		out  string
		err  string
	}{
		{"no command", "", "", "no command given"},
		{"an unknown command", "dance", "", `there is no command "dance"`},
		{"help", "help", "usage: conclave", ""},
		{"the version", "version", "conclave ", ""},
		{"the flags of serve", "serve -h", "-media-port", ""},
		{"an unknown flag", "serve --speed 9", "", "flag provided but not defined: -speed"},
		{"something that is no flag", "serve now", "", `serve takes flags only, not "now"`},
		{"a port that is none", "serve --listen localhost:x", "", `--listen: "x" is not a port`},
		{"an address without a port", "serve --listen localhost", "", "missing port"},
		{"a media port that is none", "serve --media-port 70000", "", "a port is below 65536"},
		{"a public address that is none", "serve --public-ip x", "", "--public-ip"},
		{"half a certificate", "serve --listen localhost:0 --tls-cert x", "", "belong together"},
		{"a certificate that is not there", "serve --listen localhost:0 --tls-cert x --tls-key y", "", "load the certificate"},
		{"a room for one", "serve --listen localhost:0 --data DIR --room-members 1", "", "2 to 1000 people, not 1"},
		{"an unknown way to open rooms", "serve --listen localhost:0 --data DIR --rooms-open nobody", "", `not by "nobody"`},
		{"a video codec that is none", "serve --listen localhost:0 --data DIR --video-codecs theora", "", `"theora" is none of`},
		{"an origin that is none", "serve --listen localhost:0 --data DIR --origin meet.example.org", "", "an origin is"},
		{"a host without a name", "host add", "", "host add takes one name"},
		{"another command for hosts", "host dance", "", "usage: conclave host add"},
		{"a new host", "host add ann --data DIR --origin https://meet.example.org", "https://meet.example.org/_/enrol#", ""},
		{"a name that is none", "host add a/b --data DIR", "", "auth.name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			err := run(strings.Fields(strings.ReplaceAll(c.args, "DIR", t.TempDir())), &out, &errs)
			if c.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.err)
			}
			assert.Contains(t, out.String(), c.out)
		})
	}
}

func TestFlagsComeBeforeTheEnvironment(t *testing.T) {
	env := map[string]string{
		"CONCLAVE_LISTEN": ":1", "CONCLAVE_MEDIA_PORT": "2", "CONCLAVE_ORIGIN": "https://a, https://b",
		"CONCLAVE_PUBLIC_IP": "192.0.2.1", "CONCLAVE_ROOMS_OPEN": "anyone",
		"CONCLAVE_VIDEO_CODECS": "av1, vp8",
	}
	var s settings
	_, err := parse(s.flags(), []string{"--listen", ":3"}, io.Discard, func(n string) (string, bool) { v, ok := env[n]; return v, ok })
	require.NoError(t, err)
	assert.Equal(t, ":3", s.listen)
	c, err := s.config()
	require.NoError(t, err)
	assert.Equal(t, []string{"https://a", "https://b"}, c.Origins)
	assert.Equal(t, uint16(2), c.UDP.Port())
	assert.Equal(t, []netip.Addr{netip.MustParseAddr("192.0.2.1")}, c.PublicIPs)
	assert.Equal(t, "anyone", c.Open)
	assert.Equal(t, []string{"av1", "vp8"}, c.Codecs)
	assert.False(t, c.Loopback)

	_, err = parse(new(settings).flags(), nil, io.Discard, func(n string) (string, bool) { return "x", n == "CONCLAVE_MEDIA_PORT" })
	require.ErrorContains(t, err, "CONCLAVE_MEDIA_PORT")
}

func TestLoopbackIsAnnouncedToThisMachineOnly(t *testing.T) {
	for _, c := range []struct {
		name string
		s    settings
		want bool
	}{
		{"a trial on localhost", settings{listen: "localhost:8080"}, true},
		{"a trial on ::1", settings{listen: "[::1]:8080"}, true},
		{"behind a proxy on the same machine", settings{listen: "localhost:8080", origins: list{"https://meet.example.org"}}, false},
		{"all addresses", settings{listen: ":8080"}, false},
	} {
		got, err := c.s.config()
		require.NoError(t, err)
		assert.Equal(t, c.want, got.Loopback, c.name)
	}
}

func TestTheAddressForPeople(t *testing.T) {
	for _, c := range []struct {
		listen, cert string
		origins      list
		port         int
		want         string
	}{
		{"localhost:8080", "", nil, 8080, "http://localhost:8080"},
		{":80", "", nil, 80, "http://localhost"},
		{"0.0.0.0:8080", "", nil, 8080, "http://localhost:8080"},
		{"[::1]:80", "", nil, 80, "http://[::1]"},
		{"[::1]:81", "", nil, 81, "http://[::1]:81"},
		{"192.0.2.1:443", "cert", nil, 443, "https://192.0.2.1"},
		{"localhost:8080", "", list{"https://meet.example.org"}, 8080, "https://meet.example.org"},
	} {
		s := settings{listen: c.listen, cert: c.cert, origins: c.origins}
		assert.Equal(t, c.want, s.site(c.port))
	}
}

// screen is what the operator sees; it may be read while the relay writes.
type screen struct {
	lines chan string
}

func (s *screen) Write(b []byte) (int, error) { s.lines <- string(b); return len(b), nil }

// serving runs a relay, and returns its address, its first-host link, and what stops it.
func serving(t *testing.T, s *settings) (site, first string, stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &screen{lines: make(chan string, 10)}
	ended := make(chan error, 1)
	begun := time.Now()
	go func() { ended <- s.run(ctx, out, slog.New(slog.DiscardHandler)) }()
	select {
	case line := <-out.lines:
		site = regexp.MustCompile(`https?://\S+`).FindString(line)
	case err := <-ended:
		require.NoError(t, err)
	}
	t.Logf("ready after %v", time.Since(begun))
	if s.origins == nil {
		first = regexp.MustCompile(`https?://\S+`).FindString(<-out.lines)
	}
	return site, first, func() {
		begun := time.Now()
		cancel()
		require.NoError(t, <-ended)
		assert.Less(t, time.Since(begun), stopTime)
	}
}

func TestServeAndStop(t *testing.T) {
	s := &settings{listen: "localhost:0", data: t.TempDir(), rooms: "hosts"}
	site, first, stop := serving(t, s)
	assert.True(t, strings.HasPrefix(first, site+"/_/enrol#"), first)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(site + "/_/readyz")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	assert.Equal(t, http.StatusOK, res.StatusCode)

	var out strings.Builder
	require.NoError(t, run([]string{"host", "add", "ann", "--data", s.data}, &out, io.Discard))
	assert.Contains(t, out.String(), site+"/_/enrol#", "the running relay knows its address")
	stop()
	require.NoError(t, run([]string{"host", "add", "bob", "--data", s.data}, io.Discard, io.Discard))
}

func TestServeOverTLS(t *testing.T) {
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	cert, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600))

	site, _, stop := serving(t, &settings{listen: "localhost:0", data: dir, rooms: "hosts", cert: cert, key: keyFile})
	defer stop()
	own, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(own)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}}}
	res, err := client.Get(site + "/_/readyz")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	assert.Equal(t, "max-age=63072000", res.Header.Get("Strict-Transport-Security"))
	assert.Contains(t, res.Header.Get("Content-Security-Policy"), "wss://localhost:")
}
