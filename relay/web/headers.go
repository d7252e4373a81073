package web

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// The headers of every response: the set of ui.md, section 5.3, as it was tried in browsers. %HOST% is filled in with
// the signalling socket's address for old Safari, where 'self' does not cover it.
const (
	policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; " +
		"font-src 'self'; connect-src 'self'%HOST%; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; " +
		"trusted-types conclave default"
	permissions = "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), autoplay=(self), " +
		"fullscreen=(self), picture-in-picture=(self), screen-wake-lock=(self), clipboard-write=(self), geolocation=(), " +
		"payment=(), usb=(), serial=(), midi=(), hid=(), xr-spatial-tracking=(), browsing-topics=()"
	transport = "max-age=63072000" // two years
)

// headers adds the strict headers to everything that next answers.
func (s *Server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", strings.Replace(policy, "%HOST%", s.origins.socket(r), 1))
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Origin-Agent-Cluster", "?1")
		h.Set("Permissions-Policy", permissions)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		if s.origins.secure(r) {
			h.Set("Strict-Transport-Security", transport)
		}
		next.ServeHTTP(w, r)
	})
}

// origins are the addresses under which the operator serves the site, such as https://meet.example.org, when the relay
// itself cannot know them (behind a proxy). Empty: whatever address a request names is the site's own.
type origins []string

// allows reports whether a page of the request's Origin may open the signalling socket: the site itself or one of o.
// Programs that are no browsers send no Origin; they have no cookie that somebody could borrow.
func (o origins) allows(r *http.Request) bool {
	from := r.Header.Get("Origin")
	if from == "" || slices.Contains(o, from) {
		return true
	}
	u, err := url.Parse(from)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.Host == r.Host
}

// secure reports whether the browser came over TLS, to the relay or to the proxy before it.
func (o origins) secure(r *http.Request) bool {
	return r.TLS != nil || slices.Contains(o, "https://"+r.Host) ||
		o.proxied(r) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// proxied reports whether the request comes from a proxy on this machine, which is the case that an origin is
// configured for. Only then do the headers count that proxies add: anybody can send those.
func (o origins) proxied(r *http.Request) bool {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && len(o) > 0 && a.Addr().Unmap().IsLoopback()
}

// socket is the signalling socket's source expression with a leading space, or nothing for a host that is not the
// site's.
func (o origins) socket(r *http.Request) string {
	known := len(o) == 0 || slices.Contains(o, "https://"+r.Host) || slices.Contains(o, "http://"+r.Host)
	if !known || !plainHost(r.Host) {
		return ""
	}
	if o.secure(r) {
		return " wss://" + r.Host
	}
	return " ws://" + r.Host
}

// plainHost reports whether h can stand in a header: it comes from the client.
func plainHost(h string) bool {
	return h != "" && len(h) < 256 && !strings.ContainsFunc(h, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(".-:[]", c))
	})
}

// parseOrigin checks an origin that the operator gave: a scheme and a host, nothing more, as browsers write it (RFC 6454,
// section 6.2). Any other spelling would match no request, and nobody could come in.
func parseOrigin(s string) error {
	u, err := url.Parse(s)
	if err != nil {
		return err
	}
	usual := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if usual == "" || u.Port() == usual || !plainHost(u.Host) || u.Scheme+"://"+strings.ToLower(u.Host) != s {
		return &url.Error{Op: "parse origin", URL: s, Err: errOrigin}
	}
	return nil
}

// from is the address a request comes from, for throttling: behind a proxy, the one that the proxy saw, which it adds at
// the end of the list.
func (o origins) from(r *http.Request) netip.Addr {
	if lists := r.Header.Values("X-Forwarded-For"); len(lists) > 0 && o.proxied(r) {
		list := lists[len(lists)-1]
		if a, err := netip.ParseAddr(strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])); err == nil {
			return a.Unmap()
		}
	}
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}
