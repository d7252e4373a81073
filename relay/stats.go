package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"

	"github.com/conclave-meet/conclave/relay/web"
)

// stats prints what the relay that runs in the data folder counts. What is zero is left out.
func stats(args []string, out io.Writer) error {
	var s settings
	f := s.common("conclave stats")
	rest, err := parse(f, args, out, os.LookupEnv)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case len(rest) != 0:
		return fmt.Errorf("stats takes no arguments")
	}
	r, err := web.ReadReport(context.Background(), s.data)
	if err != nil {
		return fmt.Errorf("read the counts: %w", err)
	}
	fmt.Fprintf(out, "%-24s %d\n%-24s %d\n%-24s %d\n%-24s %d\n",
		"connections", r.Connections, "rooms", r.Rooms, "members", r.Members, "goroutines", r.Goroutines)
	if d := r.Delay; d.Packets > 0 {
		fmt.Fprintf(out, "%-24s %.0f µs on average, half below %.0f µs, 99 %% below %.0f µs\n",
			"delay of packets", d.Mean, d.Half, d.P99)
	}
	downlinks(out, r.Down)
	section(out, "media, since the start", r.Media)
	section(out, "refused, since the start", r.Refused)
	section(out, "items dropped, since the start", r.Dropped)
	section(out, "ended, since the start", r.Ended)
	return nil
}

// downlinks prints a line for each client that says what it receives.
func downlinks(out io.Writer, all []web.Downlink) {
	if len(all) == 0 {
		return
	}
	const line = "  %10s %10s %10s %8s %8s %6s %8s  %s\n"
	fmt.Fprintf(out, "\ndownlinks, now\n"+line, "kbit/s fit", "wanted", "arrive", "RTT ms", "queue ms", "loss", "waiting", "")
	for _, d := range all {
		note := ""
		switch {
		case d.Deaf:
			note = "reports stay away"
		case d.Limited:
			note = "limited"
		}
		fmt.Fprintf(out, line, kbit(d.Rate), kbit(d.Wanted), kbit(d.Came), fmt.Sprintf("%.0f", d.RTT), fmt.Sprintf("%.0f", d.Queue),
			fmt.Sprintf("%.0f %%", 100*d.Loss), strconv.Itoa(d.Waiting), note)
	}
}

func kbit(rate int64) string { return strconv.FormatInt(rate/1000, 10) }

// section prints counts by name.
func section[K ~string](out io.Writer, title string, counts map[K]uint64) {
	fmt.Fprintf(out, "\n%s\n", title)
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[k]; n > 0 {
			fmt.Fprintf(out, "  %-22s %d\n", k, n)
		}
	}
}
