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
	section(out, "media, since the start", r.Media)
	section(out, "refused, since the start", r.Refused)
	section(out, "ended, since the start", r.Ended)
	return nil
}

// section prints counts by name.
func section[K ~string](out io.Writer, title string, counts map[K]uint64) {
	fmt.Fprintf(out, "\n%s\n", title)
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[k]; n > 0 {
			fmt.Fprintf(out, "  %-22s %d\n", k, n)
		}
	}
}
