package web

import (
	"cmp"
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
	"slices"
	"syscall"
	"time"

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
	Dropped     map[wire.Code]uint64 `json:"dropped"`     // items of encrypted rooms not delivered, since the start
	Ended       map[wire.Code]uint64 `json:"ended"`       // connections ended, since the start
	Media       map[string]uint64    `json:"media"`       // media.Counter by name, since the start
	Delay       Delay                `json:"delay"`       // of forwarded packets, since the start
	Down        []Downlink           `json:"down"`        // of clients that report on what they receive, now; most wanted first
}

// Delay is how long packets were in the relay (media.Engine.Delay). Times are in microseconds.
type Delay struct {
	Packets uint64   `json:"packets"`
	Mean    float64  `json:"mean"`
	Half    float64  `json:"half"` // bound below which half of them are
	P99     float64  `json:"p99"`  // bound below which 99 % are
	Buckets []Bucket `json:"buckets"`
}

// Bucket is how many packets took less than Below, but not less than that of the bucket before. Buckets without packets
// are left out.
type Bucket struct {
	Below   float64 `json:"below"` // microseconds; in the last bucket there are those that took longer, too
	Packets uint64  `json:"packets"`
}

// Downlink is what is known of one client's downlink (media.Down). Rates are in bit/s, times in milliseconds.
type Downlink struct {
	Rate     int64   `json:"rate"`     // what fits
	Limited  bool    `json:"limited"`  // more did not fit lately
	Deaf     bool    `json:"deaf"`     // its reports stay away: nothing limits
	Wanted   int64   `json:"wanted"`   // what would be put to use
	Came     int64   `json:"came"`     // what arrives
	RTT      float64 `json:"rtt"`      // to the client and back
	Queue    float64 `json:"queue"`    // beyond that of the empty path
	Loss     float64 `json:"loss"`     // 0 … 1
	Waiting  int     `json:"waiting"`  // packets that are paced
	Probes   int     `json:"probes"`   // since it joined
	Overuses int     `json:"overuses"` // since it joined
}

// Report returns the counts.
func (s *Server) Report() Report {
	st := s.Stats()
	r := Report{
		Connections: st.Connections, Rooms: st.Rooms, Members: st.Members, Goroutines: runtime.NumGoroutine(),
		Refused: st.Refused, Dropped: st.Dropped, Ended: st.Ended, Media: make(map[string]uint64, len(st.Media)),
		Delay: delayOf(s.engine.Delay()), Down: downlinks(s.engine.Downs()),
	}
	for _, c := range media.Counters() {
		r.Media[c.String()] = st.Media[c]
	}
	return r
}

func delayOf(h media.Histogram) Delay {
	micros := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	d := Delay{
		Packets: h.Count(), Mean: micros(h.Mean()), Half: micros(h.Within(0.5)), P99: micros(h.Within(0.99)), Buckets: []Bucket{},
	}
	for i, n := range h.Buckets {
		if n > 0 {
			d.Buckets = append(d.Buckets, Bucket{Below: micros(h.Bound(i)), Packets: n})
		}
	}
	return d
}

func downlinks(all []media.Down) []Downlink {
	millis := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	list := make([]Downlink, 0, len(all))
	for _, d := range all {
		list = append(list, Downlink{
			Rate: int64(d.Rate), Limited: d.Limited, Deaf: d.Deaf, Wanted: int64(d.Wanted), Came: int64(d.Came),
			RTT: millis(d.RTT), Queue: millis(d.Queue), Loss: d.Loss, Waiting: d.Queued, Probes: d.Probes, Overuses: d.Overuses,
		})
	}
	// Not in the order in which people came: nothing here says who is who.
	slices.SortFunc(list, func(a, b Downlink) int { return cmp.Or(cmp.Compare(b.Wanted, a.Wanted), cmp.Compare(b.Rate, a.Rate)) })
	return list
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
