package web

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/conclave-meet/conclave/relay/auth"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dist is a small built site.
var dist = fstest.MapFS{
	".keep":                      {},
	"index.html":                 {Data: []byte("<!doctype html>page")},
	"index.html.br":              {Data: []byte("brotli of the page")},
	"index.html.gz":              {Data: []byte("gzip of the page")},
	"licenses.txt":               {Data: []byte("licences")},
	"_/assets/core-1234.wasm":    {Data: []byte("wasm")},
	"_/assets/core-1234.wasm.br": {Data: []byte("brotli of the wasm")},
	"_/assets/main-1234.js":      {Data: []byte("script")},
	"_/assets/main-1234.js.gz":   {Data: []byte("gzip of the script")},
}

// relay is a whole relay on loopback.
type relay struct {
	t    *testing.T
	srv  *Server
	url  string
	log  *strings.Builder
	http *http.Client
}

func start(t *testing.T, edit func(*Config)) *relay {
	r := &relay{t: t, log: &strings.Builder{}}
	cfg := Config{
		Data: t.TempDir(), Site: dist, UDP: netip.MustParseAddrPort("127.0.0.1:0"), Loopback: true,
		Auth:   auth.Config{Params: auth.Params{Memory: 64, Time: 1, Threads: 1}},
		Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if edit != nil {
		edit(&cfg)
	}
	var err error
	r.srv, err = New(cfg)
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r.url = "http://" + ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- r.srv.Serve(ln) }()
	transport := &http.Transport{DisableCompression: true}
	r.http = &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		assert.NoError(t, r.srv.Close(ctx))
		assert.NoError(t, <-served)
		for _, secret := range []string{"127.0.0.1", "correct horse", "secret"} {
			assert.NotContains(t, r.log.String(), secret, "logs hold nothing personal")
		}
	})
	return r
}

// do sends a request with header lines such as "Accept-Encoding: br".
func (r *relay) do(method, path, body string, headers ...string) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	res, err := r.http.Do(req)
	require.NoError(r.t, err)
	defer func() { require.NoError(r.t, res.Body.Close()) }()
	b, err := io.ReadAll(res.Body)
	require.NoError(r.t, err)
	return res, string(b)
}

// post calls the interface and returns the status and the JSON.
func (r *relay) post(path, body string, headers ...string) (*http.Response, map[string]any) {
	r.t.Helper()
	res, text := r.do("POST", path, body, append([]string{"Content-Type: application/json"}, headers...)...)
	var v map[string]any
	require.NoError(r.t, json.Unmarshal([]byte(text), &v), text)
	return res, v
}

func TestPages(t *testing.T) {
	r := start(t, nil)
	for _, c := range []struct {
		name, path string
		status     int
		body       string
		cache      string
	}{
		{"the welcome page", "/", 200, "<!doctype html>page", "no-cache"},
		{"a room", "/standup", 200, "<!doctype html>page", "no-cache"},
		{"a room whose name has a slash in it, which the page refuses", "/a%2Fb", 200, "<!doctype html>page", "no-cache"},
		{"a room in another script", "/%D0%BA%D0%BE%D0%BC%D0%BD%D0%B0%D1%82%D0%B0", 200, "<!doctype html>page", "no-cache"},
		{"a page of the site", "/_/enrol", 200, "<!doctype html>page", "no-cache"},
		{"a room called like a file", "/index.html", 200, "<!doctype html>page", "no-cache"},
		{"a room called healthz", "/healthz", 200, "<!doctype html>page", "no-cache"},
		{"a file beside the page", "/_/licenses.txt", 200, "licences", "no-cache"},
		{"an asset", "/_/assets/core-1234.wasm", 200, "wasm", "public, max-age=31536000, immutable"},
		{"two segments", "/a/b", 404, "there is nothing here\n", "no-cache"},
		{"another host's address in the path", "//evil.example/x", 404, "there is nothing here\n", "no-cache"},
		{"the way out of the site's folder", "/_/../../etc/passwd", 404, "there is nothing here\n", "no-cache"},
		{"a missing asset", "/_/assets/core-0000.wasm", 404, "there is nothing here\n", "no-cache"},
		{"health", "/_/healthz", 200, "ok\n", ""},
		{"readiness", "/_/readyz", 200, "ready\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, body := r.do("GET", c.path, "")
			assert.Equal(t, c.status, res.StatusCode)
			assert.Equal(t, c.body, body)
			assert.Equal(t, c.cache, res.Header.Get("Cache-Control"))
		})
	}
	res, body := r.do("GET", "/a/b", "", "Accept: text/html,*/*;q=0.8", "If-None-Match: *")
	assert.Equal(t, http.StatusNotFound, res.StatusCode)
	assert.Equal(t, "<!doctype html>page", body, "the site tells a person so")
	res, _ = r.do("POST", "/", "")
	assert.Equal(t, http.StatusMethodNotAllowed, res.StatusCode)
	res, body = r.do("HEAD", "/", "")
	assert.Equal(t, http.StatusOK, res.StatusCode)
	assert.Equal(t, "19", res.Header.Get("Content-Length"))
	assert.Empty(t, body)
}

func TestCompression(t *testing.T) {
	r := start(t, nil)
	for _, c := range []struct{ name, path, accept, coding, body string }{
		{"brotli before gzip", "/", "gzip, deflate, br, zstd", "br", "brotli of the page"},
		{"gzip where there is no brotli", "/", "gzip", "gzip", "gzip of the page"},
		{"nothing asked for", "/", "", "", "<!doctype html>page"},
		{"brotli refused", "/", "br;q=0, gzip;q=0.5", "gzip", "gzip of the page"},
		{"everything but", "/", "*, br;q=0", "gzip", "gzip of the page"},
		{"a file that has no such version", "/_/assets/core-1234.wasm", "gzip", "", "wasm"},
		{"the wasm", "/_/assets/core-1234.wasm", "br", "br", "brotli of the wasm"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, body := r.do("GET", c.path, "", "Accept-Encoding: "+c.accept)
			assert.Equal(t, c.coding, res.Header.Get("Content-Encoding"))
			assert.Equal(t, c.body, body)
			assert.Equal(t, "Accept-Encoding", res.Header.Get("Vary"))
			tag := res.Header.Get("ETag")
			require.NotEmpty(t, tag)
			res, body = r.do("GET", c.path, "", "Accept-Encoding: "+c.accept, "If-None-Match: "+tag)
			assert.Equal(t, http.StatusNotModified, res.StatusCode)
			assert.Empty(t, body)
			res, _ = r.do("GET", c.path, "", "Accept-Encoding: "+c.accept, `If-None-Match: "other", W/`+tag)
			assert.Equal(t, http.StatusNotModified, res.StatusCode, "in a list, and weakened by a proxy")
			res, _ = r.do("GET", c.path, "", "Accept-Encoding: "+c.accept, `If-None-Match: "other"`)
			assert.Equal(t, http.StatusOK, res.StatusCode)
		})
	}
	res, _ := r.do("GET", "/_/assets/core-1234.wasm", "")
	assert.Equal(t, "application/wasm", res.Header.Get("Content-Type"))
	res, _ = r.do("GET", "/_/assets/main-1234.js", "")
	assert.Equal(t, "text/javascript; charset=utf-8", res.Header.Get("Content-Type"))
}

func TestStrictHeadersOnEveryResponse(t *testing.T) {
	r := start(t, nil)
	host := strings.TrimPrefix(r.url, "http://")
	for _, path := range []string{"/", "/_/assets/main-1234.js", "/a/b", "/_/api/session", "/_/api/nothing", "/_/ws", "/_/readyz"} {
		res, _ := r.do("GET", path, "")
		h := res.Header
		assert.Equal(t, "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "+
			"img-src 'self' data: blob:; font-src 'self'; connect-src 'self' ws://"+host+"; media-src 'self' blob:; "+
			"worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "+
			"require-trusted-types-for 'script'; trusted-types conclave default", h.Get("Content-Security-Policy"), path)
		for k, v := range map[string]string{
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp",
			"Cross-Origin-Resource-Policy": "same-origin", "Origin-Agent-Cluster": "?1", "Referrer-Policy": "no-referrer",
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "X-Robots-Tag": "noindex, nofollow",
			"Strict-Transport-Security": "",
		} {
			assert.Equal(t, v, h.Get(k), "%s of %s", k, path)
		}
		assert.Contains(t, h.Get("Permissions-Policy"), "camera=(self), microphone=(self)")
	}
}

func TestHeadersBehindAProxy(t *testing.T) {
	r := start(t, func(c *Config) { c.Origins = []string{"https://meet.example.org"} })
	res, _ := r.do("GET", "/", "", "Host: meet.example.org")
	assert.Contains(t, res.Header.Get("Content-Security-Policy"), "connect-src 'self' wss://meet.example.org;")
	assert.Equal(t, "max-age=63072000", res.Header.Get("Strict-Transport-Security"))
	res, _ = r.do("GET", "/", "", "X-Forwarded-Proto: https")
	assert.Equal(t, "max-age=63072000", res.Header.Get("Strict-Transport-Security"), "a proxy that changes the host")
	for _, host := range []string{"evil.example", "meet.example.org:1"} {
		res, _ = r.do("GET", "/", "", "Host: "+host)
		assert.Contains(t, res.Header.Get("Content-Security-Policy"), "connect-src 'self';", host)
		assert.Empty(t, res.Header.Get("Strict-Transport-Security"))
	}
}

func TestAHostThatIsNoHostStaysOutOfTheHeaders(t *testing.T) {
	for host, ok := range map[string]bool{
		"localhost:8080": true, "[::1]:8080": true, "meet.example.org": true, "": false,
		"a b": false, "a;script-src *": false, "a'": false, "a\nb": false, strings.Repeat("a", 256): false,
	} {
		assert.Equal(t, ok, plainHost(host), host)
	}
}

func TestASiteThatWasNotBuilt(t *testing.T) {
	r := start(t, func(c *Config) { c.Site = fstest.MapFS{".keep": {}} })
	res, body := r.do("GET", "/", "")
	assert.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
	assert.Equal(t, "site not built: make site\n", body)
}

func TestASiteWithAFileOfUnknownType(t *testing.T) {
	_, err := loadSite(fstest.MapFS{"index.exe": {}})
	require.ErrorContains(t, err, `no content type for ".exe"`)
}

func TestTheEmbeddedSiteLoads(t *testing.T) {
	r := start(t, func(c *Config) { c.Site = nil })
	res, _ := r.do("GET", "/", "")
	assert.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, res.StatusCode)
	for path, f := range r.srv.site.files {
		if gz, ok := f.bodies["gzip"]; ok {
			var packed, want strings.Builder
			require.NoError(t, gz.writeTo(&packed), path)
			require.NoError(t, f.bodies[""].writeTo(&want), path)
			assert.EqualValues(t, packed.Len(), gz.size, path)
			z, err := gzip.NewReader(strings.NewReader(packed.String()))
			require.NoError(t, err, path)
			plain, err := io.ReadAll(z)
			require.NoError(t, err, path)
			assert.Equal(t, want.String(), string(plain), path)
		}
	}
}

// cookie is the session of a response as a request's header.
func cookie(t *testing.T, res *http.Response) (*http.Cookie, string) {
	t.Helper()
	require.Len(t, res.Cookies(), 1)
	c := res.Cookies()[0]
	return c, "Cookie: " + c.Name + "=" + c.Value
}

func TestAccounts(t *testing.T) {
	r := start(t, nil)
	first, err := r.srv.FirstHost()
	require.NoError(t, err)

	_, v := r.post("/_/api/link", `{"token":"`+first+`"}`)
	assert.Equal(t, map[string]any{"purpose": "first-host"}, v)
	res, v := r.post("/_/api/enrol", `{"token":"`+first+`","name":"ann","password":"short"}`)
	assert.Equal(t, http.StatusUnprocessableEntity, res.StatusCode)
	assert.Equal(t, "auth.password", v["code"])
	res, v = r.post("/_/api/enrol", `{"token":"`+first+`","name":"Ann","password":"correct horse"}`)
	require.Equal(t, http.StatusOK, res.StatusCode, v)
	assert.Equal(t, map[string]any{"name": "ann"}, v)
	c, session := cookie(t, res)
	assert.Equal(t, "conclave", c.Name)
	assert.True(t, c.HttpOnly)
	assert.False(t, c.Secure, "plain HTTP")
	assert.Equal(t, http.SameSiteLaxMode, c.SameSite)
	assert.Equal(t, "/", c.Path)

	res, v = r.post("/_/api/enrol", `{"token":"`+first+`","name":"eve","password":"correct horse"}`)
	assert.Equal(t, http.StatusForbidden, res.StatusCode)
	assert.Equal(t, "auth.link", v["code"], "a link works once")
	again, err := r.srv.FirstHost()
	require.NoError(t, err)
	assert.Empty(t, again)

	_, body := r.do("GET", "/_/api/session", "", session)
	assert.JSONEq(t, `{"name":"ann"}`, body)
	res, body = r.do("GET", "/_/api/session", "")
	assert.JSONEq(t, `{}`, body)
	assert.Equal(t, "no-store", res.Header.Get("Cache-Control"))

	res, v = r.post("/_/api/signin", `{"name":"ann","password":"wrong horse"}`)
	assert.Equal(t, http.StatusUnauthorized, res.StatusCode)
	assert.Equal(t, "auth.bad", v["code"])
	res, _ = r.post("/_/api/signin", `{"name":"ann","password":"correct horse"}`, session)
	_, next := cookie(t, res)
	assert.NotEqual(t, session, next)
	_, body = r.do("GET", "/_/api/session", "", session)
	assert.JSONEq(t, `{}`, body, "signing in ends the browser's older session")

	_, v = r.post("/_/api/ticket", `{}`, next)
	require.NoError(t, r.srv.redeem(v["ticket"].(string)))
	require.Error(t, r.srv.redeem(v["ticket"].(string)), "a ticket works once")
	res, v = r.post("/_/api/ticket", `{}`)
	assert.Equal(t, http.StatusUnauthorized, res.StatusCode)
	assert.Equal(t, "auth.session", v["code"])

	res, _ = r.post("/_/api/signout", `{}`, next)
	c, _ = cookie(t, res)
	assert.Negative(t, c.MaxAge)
	_, body = r.do("GET", "/_/api/session", "", next)
	assert.JSONEq(t, `{}`, body)

	for range 6 {
		res, v = r.post("/_/api/signin", `{"name":"ann","password":"wrong horse"}`)
	}
	assert.Equal(t, http.StatusTooManyRequests, res.StatusCode)
	assert.Equal(t, "auth.rate", v["code"])
	assert.Positive(t, v["retryAfter"])
	assert.NotEmpty(t, res.Header.Get("Retry-After"))
}

func TestTheCookieOverTLS(t *testing.T) {
	r := start(t, func(c *Config) { c.Origins = []string{"https://meet.example.org"} })
	first, err := r.srv.FirstHost()
	require.NoError(t, err)
	res, _ := r.post("/_/api/enrol", `{"token":"`+first+`","name":"ann","password":"correct horse"}`, "Host: meet.example.org")
	c, session := cookie(t, res)
	assert.Equal(t, "__Host-conclave", c.Name)
	assert.True(t, c.Secure)
	assert.Equal(t, "/", c.Path)
	assert.Empty(t, c.Domain)
	_, body := r.do("GET", "/_/api/session", "", session, "Host: meet.example.org")
	assert.JSONEq(t, `{"name":"ann"}`, body)
	_, body = r.do("GET", "/_/api/session", "", "Cookie: conclave="+c.Value, "Host: meet.example.org")
	assert.JSONEq(t, `{}`, body, "the plain cookie can be set by others and counts for nothing here")
}

func TestWhatTheInterfaceRefuses(t *testing.T) {
	r := start(t, nil)
	for _, c := range []struct {
		name    string
		path    string
		body    string
		headers []string
		status  int
		code    wire.Code
	}{
		{"another site's script", "/_/api/signout", `{}`, []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, 403, wire.CodeOrigin},
		{"another site's script in an old browser", "/_/api/signout", `{}`, []string{"Origin: https://evil.example"}, 403, wire.CodeOrigin},
		{"another site's form", "/_/api/signout", `{}`, []string{"Sec-Fetch-Site: cross-site", "Content-Type: text/plain"}, 403, wire.CodeOrigin},
		{"a form", "/_/api/signout", `{}`, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, wire.CodeBody},
		{"no content type", "/_/api/signout", `{}`, []string{"Content-Type: "}, 415, wire.CodeBody},
		{"not JSON", "/_/api/signin", `{`, nil, 400, wire.CodeBody},
		{"two values", "/_/api/signin", `{}{}`, nil, 400, wire.CodeBody},
		{"an unknown field", "/_/api/signin", `{"x":1}`, nil, 400, wire.CodeBody},
		{"too much", "/_/api/signin", `{"name":"` + strings.Repeat("a", maxBody) + `"}`, nil, 413, wire.CodeBody},
		{"an unknown function", "/_/api/dance", `{}`, nil, 404, wire.CodePath},
		{"an unknown link", "/_/api/enrol", `{"token":"secret","password":"correct horse"}`, nil, 403, wire.CodeLink},
		{"an account that does not exist", "/_/api/signin", `{"name":"ann","password":"correct horse"}`, nil, 401, wire.CodeSignIn},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, v := r.post(c.path, c.body, c.headers...)
			assert.Equal(t, c.status, res.StatusCode)
			assert.Equal(t, string(c.code), v["code"])
		})
	}
	res, _ := r.post("/_/api/signout", `{}`, "Sec-Fetch-Site: same-origin")
	assert.Equal(t, http.StatusOK, res.StatusCode)
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	for name, c := range map[string]Config{
		"an origin with a path":         {Origins: []string{"https://meet.example.org/"}},
		"an origin without a scheme":    {Origins: []string{"meet.example.org"}},
		"an origin that is no site":     {Origins: []string{"ftp://meet.example.org"}},
		"an origin with the usual port": {Origins: []string{"https://meet.example.org:443"}},
		"an origin in capitals":         {Origins: []string{"https://Meet.example.org"}},
		"somebody who opens rooms":      {Open: "nobody"},
	} {
		c.Data = t.TempDir()
		_, err := New(c)
		require.Error(t, err, name)
	}
	taken := start(t, nil)
	_, err := New(Config{Data: t.TempDir(), UDP: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(taken.srv.MediaPort()))})
	require.ErrorContains(t, err, "start the media")
}

func TestWhoTheThrottleCounts(t *testing.T) {
	for _, c := range []struct {
		name      string
		o         origins
		from, fwd string
		want      string
	}{
		{"a client", nil, "192.0.2.1:5", "", "192.0.2.1"},
		{"a client that makes a header up", nil, "192.0.2.1:5", "198.51.100.1", "192.0.2.1"},
		{"a proxy on this machine", origins{"https://a"}, "127.0.0.1:5", "198.51.100.1", "198.51.100.1"},
		{"a client that makes a header up before a proxy", origins{"https://a"}, "[::1]:5", "203.0.113.9, 198.51.100.1", "198.51.100.1"},
		{"a proxy that says nothing", origins{"https://a"}, "127.0.0.1:5", "", "127.0.0.1"},
		{"IPv4 in IPv6", nil, "[::ffff:192.0.2.1]:5", "", "192.0.2.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		if c.fwd != "" {
			r.Header.Set("X-Forwarded-For", c.fwd)
		}
		assert.Equal(t, c.want, c.o.from(r).String(), c.name)
	}
}

func TestAFaultEndsOneRequestOnly(t *testing.T) {
	s := &Server{log: slog.New(slog.DiscardHandler)}
	w := httptest.NewRecorder()
	s.contain(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("fault") })).
		ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.JSONEq(t, `{"code":"internal"}`, w.Body.String())
}
