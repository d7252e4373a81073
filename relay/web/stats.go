package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/conclave-meet/conclave/relay/media"
	"github.com/conclave-meet/conclave/shared/wire"
)

// Report is what GET /stats on the operator's socket answers: counts, without anybody's name or address.
type Report struct {
	Connections int                  `json:"connections"` // open now
	Rooms       int                  `json:"rooms"`       // alive now, those included for which people only wait
	Members     int                  `json:"members"`     // seats taken now
	Goroutines  int                  `json:"goroutines"`  // of the whole process, now
	Refused     map[wire.Code]uint64 `json:"refused"`     // messages dropped or answered by error, since the start
	Ended       map[wire.Code]uint64 `json:"ended"`       // connections ended, since the start
	Media       map[string]uint64    `json:"media"`       // media.Counter by name, since the start
}

// Report returns the counts.
func (s *Server) Report() Report {
	st := s.Stats()
	r := Report{
		Connections: st.Connections, Rooms: st.Rooms, Members: st.Members, Goroutines: runtime.NumGoroutine(),
		Refused: st.Refused, Ended: st.Ended, Media: make(map[string]uint64, len(st.Media)),
	}
	for _, c := range media.Counters() {
		r.Media[c.String()] = st.Media[c]
	}
	return r
}

func (s *Server) stats(http.ResponseWriter, *http.Request) (any, error) { return s.Report(), nil }

// ErrNotRunning says that no relay uses a folder.
var ErrNotRunning = errors.New("no relay runs on this data folder")

// ReadReport asks the relay that runs in the folder data. It returns ErrNotRunning where there is none.
func ReadReport(ctx context.Context, data string) (r Report, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://relay/stats", nil)
	if err != nil {
		return r, err
	}
	resp, err := adminClient(filepath.Join(data, adminSocket)).Do(req)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return r, ErrNotRunning
	case err != nil:
		return r, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return r, fmt.Errorf("the relay answers %s", resp.Status)
	}
	const most = 1 << 20 // bytes
	return r, json.NewDecoder(io.LimitReader(resp.Body, most)).Decode(&r)
}

// adminClient speaks to the relay behind the socket.
func adminClient(socket string) *http.Client {
	var dialer net.Dialer
	return &http.Client{Timeout: adminTimeout, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", socket)
		},
	}}
}
