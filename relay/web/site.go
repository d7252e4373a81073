package web

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// types are the content types of the site's files. Those that compress well come with .br and .gz beside them.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8", ".json": "application/json", ".map": "application/json",
	".webmanifest": "application/manifest+json", ".wasm": "application/wasm", ".svg": "image/svg+xml",
	".png": "image/png", ".webp": "image/webp", ".ico": "image/x-icon", ".woff2": "font/woff2",
	".txt": "text/plain; charset=utf-8",
}

// site is the static site: a path of the URL to its file. The content stays where it is, in the program's own file: a copy
// of it would be a third of what an idle relay takes of memory, and reading it through at the start another third.
type site struct {
	files map[string]*file
	index *file // nil: the site was not built
}

// file is one file in the encodings it exists in.
type file struct {
	mime   string
	tag    string          // ETag
	bodies map[string]body // by content coding: "" (as it is), "br", "gzip"
	hashed bool            // its name changes with its content
}

// body is a file as it is sent.
type body struct {
	from fs.FS
	path string
	size int64 // bytes
}

// writeTo writes the content to w.
func (b body) writeTo(w io.Writer) error {
	f, err := b.from.Open(b.path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// loadSite finds the built site. Its file index.html is the page; a file a/b is served as /_/a/b, as is _/a/b.
func loadSite(dist fs.FS) (*site, error) {
	s := &site{files: map[string]*file{}}
	err := fs.WalkDir(dist, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(p), ".") {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return s.add(p, body{from: dist, path: p, size: info.Size()})
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the site: %w", err)
	}
	s.index = s.files["/_/index.html"]
	delete(s.files, "/_/index.html")
	return s, nil
}

func (s *site) add(p string, b body) error {
	coding := ""
	switch path.Ext(p) {
	case ".br":
		coding = "br"
	case ".gz":
		coding = "gzip"
	}
	if coding != "" {
		p = strings.TrimSuffix(p, path.Ext(p))
	}
	mime, ok := types[path.Ext(p)]
	if !ok {
		return fmt.Errorf("file %s: no content type for %q", p, path.Ext(p))
	}
	url := "/_/" + strings.TrimPrefix(p, "_/")
	f := s.files[url]
	if f == nil {
		f = &file{mime: mime, bodies: map[string]body{}, hashed: strings.HasPrefix(url, "/_/assets/")}
		s.files[url] = f
	}
	f.bodies[coding] = b
	if coding != "" && f.tag != "" {
		return nil
	}
	sum := sha256.New()
	if f.hashed {
		sum.Write([]byte(url)) // says as much as the content
	} else if err := b.writeTo(sum); err != nil {
		return err
	}
	f.tag = base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12])
	return nil
}

// notBuilt is shown where the site should be, to whoever runs an unfinished build.
const notBuilt = "site not built: make site\n"

// serve answers with f, or says that the site is missing when f is nil.
func (f *file) serve(w http.ResponseWriter, r *http.Request) { f.send(w, r, http.StatusOK) }

// send is serve with a status of its own: the site itself tells people about an address that is none.
func (f *file) send(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	if f == nil {
		h.Set("Cache-Control", "no-store")
		http.Error(w, strings.TrimSpace(notBuilt), http.StatusServiceUnavailable)
		return
	}
	coding := f.choose(r.Header.Values("Accept-Encoding"))
	b, ok := f.bodies[coding]
	if !ok {
		http.Error(w, "this file exists compressed only", http.StatusNotAcceptable)
		return
	}
	tag := `"` + f.tag + coding + `"`
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache")
	if f.hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if status == http.StatusOK && has(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.mime)
	h.Set("Content-Length", strconv.FormatInt(b.size, 10))
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_ = b.writeTo(w) // the reader has gone
	}
}

// has reports whether an If-None-Match names tag (RFC 9110, section 13.1.2: a list, compared weakly, for proxies that
// compress make tags weak).
func has(lists []string, tag string) bool {
	for _, t := range strings.Split(strings.Join(lists, ","), ",") { // our tags hold no comma
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}

// choose picks the smallest content coding that the client takes (RFC 9110, section 12.5.3).
func (f *file) choose(accept []string) string {
	takes := map[string]bool{}
	for _, part := range strings.Split(strings.Join(accept, ","), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		takes[strings.ToLower(strings.TrimSpace(name))] = !refused(params)
	}
	for _, c := range []string{"br", "gzip"} {
		yes, said := takes[c]
		if !said {
			yes = takes["*"]
		}
		if _, have := f.bodies[c]; have && yes {
			return c
		}
	}
	return ""
}

// refused reports whether the parameters of a coding say q=0.
func refused(params string) bool {
	k, v, ok := strings.Cut(strings.TrimSpace(params), "=")
	if !ok || strings.TrimSpace(k) != "q" {
		return false
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	return err == nil && q == 0
}
