package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/conclave-meet/conclave/relay/auth"
	"github.com/conclave-meet/conclave/shared/wire"
)

// maxBody is in bytes of a request's JSON: a password of 256 code points is 1 kB.
const maxBody = 16 << 10

// The names of the session cookie. With __Host- a browser takes it only from the site itself, over TLS and for the
// whole site (RFC 6265bis, section 4.1.3.2). Plain HTTP is for localhost, where browsers differ about Secure cookies.
const (
	cookieSecure = "__Host-conclave"
	cookiePlain  = "conclave"
)

// call is one function of the interface. What it returns is the answer's JSON.
type call func(w http.ResponseWriter, r *http.Request) (any, error)

// calls are the functions of the interface by method and path.
func (s *Server) calls() map[string]call {
	return map[string]call{
		"GET /_/api/session":  s.session,
		"POST /_/api/signin":  s.signIn,
		"POST /_/api/signout": s.signOut,
		"POST /_/api/link":    s.link,
		"POST /_/api/enrol":   s.enrol,
		"POST /_/api/ticket":  s.ticket,
	}
}

// api is the handler of everything under /_/api/.
func (s *Server) api() http.Handler {
	mux := http.NewServeMux()
	for pattern, f := range s.calls() {
		mux.Handle(pattern, s.answer(f))
	}
	mux.HandleFunc("/_/api/", func(w http.ResponseWriter, _ *http.Request) {
		s.fail(w, &refusal{status: http.StatusNotFound, err: wire.Refuse(wire.CodePath)})
	})
	guard := http.NewCrossOriginProtection()
	for _, o := range s.origins {
		_ = guard.AddTrustedOrigin(o) // New has checked its form
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.fail(w, &refusal{status: http.StatusForbidden, err: wire.Refuse(wire.CodeOrigin)})
	}))
	return guard.Handler(mux)
}

func (s *Server) answer(f call) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		v, err := f(w, r)
		if err != nil {
			s.fail(w, err)
			return
		}
		reply(w, http.StatusOK, v)
	})
}

// account is what the page is told of the signed-in host: nothing where nobody is.
type account struct {
	Name string `json:"name,omitempty"`
}

func (s *Server) session(_ http.ResponseWriter, r *http.Request) (any, error) {
	a, err := s.auth.Session(s.token(r))
	if errors.Is(err, auth.ErrSession) {
		return account{}, nil
	}
	return account{Name: string(a.Name)}, err
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	x, err := s.auth.SignIn(r.Context(), auth.Credentials{
		Name: in.Name, Password: auth.Password(in.Password), From: s.origins.from(r), Old: s.token(r),
	})
	return s.begin(w, r, x, err)
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) (any, error) {
	if err := read(r, &struct{}{}); err != nil {
		return nil, err
	}
	if err := s.auth.SignOut(s.token(r)); err != nil {
		return nil, err
	}
	s.setCookie(w, r, "", -1)
	return struct{}{}, nil
}

func (s *Server) link(_ http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Token string `json:"token"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	l, err := s.auth.Link(auth.Token(in.Token))
	if err != nil {
		return nil, err
	}
	return struct {
		Purpose string `json:"purpose"`
		Name    string `json:"name,omitempty"`
	}{string(l.Purpose), string(l.Name)}, nil
}

func (s *Server) enrol(w http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Token    string `json:"token"`
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	x, err := s.auth.Enrol(r.Context(), auth.Token(in.Token), in.Name, auth.Password(in.Password))
	return s.begin(w, r, x, err)
}

func (s *Server) ticket(_ http.ResponseWriter, r *http.Request) (any, error) {
	if err := read(r, &struct{}{}); err != nil {
		return nil, err
	}
	a, err := s.auth.Session(s.token(r))
	if err != nil {
		return nil, err
	}
	t, err := s.auth.Ticket(a)
	return struct {
		Ticket string `json:"ticket"`
	}{string(t)}, err
}

// begin gives the browser its session.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, x auth.Session, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	s.setCookie(w, r, string(x.Token), int(time.Until(x.Expires).Seconds()))
	return account{Name: string(x.Account.Name)}, nil
}

func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	secure := s.origins.secure(r)
	name := cookiePlain
	if secure {
		name = cookieSecure
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge, Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// token is the session token of the request, "" without one. Over TLS only the cookie counts that nobody else can set.
func (s *Server) token(r *http.Request) auth.Token {
	name := cookiePlain
	if s.origins.secure(r) {
		name = cookieSecure
	}
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return auth.Token(c.Value)
}

// read decodes the request's JSON strictly into v. It returns a *refusal.
func read(r *http.Request, v any) error {
	bad := func(status int, what string) error {
		return &refusal{status: status, err: wire.Refuse(wire.CodeBody, "what", what)}
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return bad(http.StatusUnsupportedMediaType, "type")
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return bad(http.StatusRequestEntityTooLarge, "size")
		}
		return bad(http.StatusBadRequest, "json")
	}
	if _, err := d.Token(); err != io.EOF {
		return bad(http.StatusBadRequest, "json")
	}
	return nil
}

// refusal is a wire.Error with the status that fits it.
type refusal struct {
	status int
	err    *wire.Error
}

func (e *refusal) Error() string { return e.err.Error() }

// statuses are the HTTP statuses of auth's refusals; 403 for those that are not here.
var statuses = map[string]int{
	"auth.bad": http.StatusUnauthorized, "auth.session": http.StatusUnauthorized, "auth.rate": http.StatusTooManyRequests,
	"auth.name": http.StatusUnprocessableEntity, "auth.password": http.StatusUnprocessableEntity,
	"auth.taken": http.StatusConflict, "srv.busy": http.StatusServiceUnavailable,
}

// fail answers with err. What is no refusal is a fault of the relay: it is logged and shown as such.
func (s *Server) fail(w http.ResponseWriter, err error) {
	var e *refusal
	var a *auth.Error
	switch {
	case errors.As(err, &e):
	case errors.As(err, &a):
		e = &refusal{status: http.StatusForbidden, err: wire.Refuse(wire.Code(a.Code)).After(a.RetryAfter)}
		if st, ok := statuses[a.Code]; ok {
			e.status = st
		}
	default:
		s.log.Error("request failed", "err", err)
		e = &refusal{status: http.StatusInternalServerError, err: wire.Refuse(wire.CodeInternal)}
	}
	if ms := e.err.RetryAfter; ms > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt((ms+999)/1000, 10))
	}
	reply(w, e.status, e.err)
}

func reply(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader has gone
}
