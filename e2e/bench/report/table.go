package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/conclave-meet/conclave/e2e/bench/load"
)

// table is a Markdown table that is also readable as text.
type table struct{ rows [][]string }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// String pads all columns but the first to the right, as numbers want it.
func (t *table) String() string {
	var width []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(width) {
				width = append(width, len("-:")) // the least that Markdown takes
			}
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for n, row := range t.rows {
		b.WriteString("|")
		for i, c := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if i == 0 {
				b.WriteString(" " + c + pad + " |")
			} else {
				b.WriteString(" " + pad + c + " |")
			}
		}
		b.WriteString("\n")
		if n > 0 {
			continue
		}
		b.WriteString("|")
		for i, w := range width {
			if i == 0 {
				b.WriteString(" " + strings.Repeat("-", w) + " |")
			} else {
				b.WriteString(" " + strings.Repeat("-", w-1) + ": |")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func times(x float64) string          { return fmt.Sprintf("%.2f", x) }
func millis(d time.Duration) string   { return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond)) }
func percent(x float64, n int) string { return fmt.Sprintf("%.*f %%", n, 100*x) }
func thousands(x float64) string      { return fmt.Sprintf("%.0f k", x/1000) }
func mark(ok bool) string             { return map[bool]string{true: "kept", false: "**missed**"}[ok] }
func tainted(s string, r load.Result) string {
	return s + map[bool]string{true: "†"}[r.Tainted != ""]
}

// costs is the table of one profile: what each pattern cost each server.
func (r *Run) costs(profile string, burst bool) string {
	t := &table{}
	t.add("", "server", "µs/packet", "rounds", "core µs", "loss", "p50 ms", "p99 ms", "RSS MB", "packets/s", "core", "ours/best", "limit", "")
	for _, row := range r.Rows {
		if row.Profile != profile || row.Burst != burst {
			continue
		}
		name := row.Pattern.String()
		for i, s := range r.Servers {
			x, ok := middle(row.Results[s])
			if !ok {
				t.add(name, s, "–", "", "", "", "", "", "", "", "", "", "", "")
				continue
			}
			var rounds []string
			for _, y := range row.Results[s] {
				rounds = append(rounds, tainted(times(y.Micros), y))
			}
			late, _ := delay(row.Results[s])
			cells := []string{name, s, tainted(times(x.Micros), x), strings.Join(rounds, " "), times(x.CoreUS), percent(x.Loss, 3), millis(late.P50), millis(late.P99),
				fmt.Sprintf("%.0f", x.RSS), fmt.Sprintf("%.0f", x.Forwarded), percent(x.Busy, 1), "", "", ""}
			if ratio, ok := row.ratio(r.Servers); ok && i == 0 {
				cells[11] = times(ratio)
				if row.Limited() {
					cells[12], cells[13] = times(limit(row.Pattern)), mark(ratio <= limit(row.Pattern))
				}
			}
			t.add(cells...)
			name = ""
		}
	}
	if len(t.rows) == 1 {
		return ""
	}
	return t.String()
}

// delays is the table of how late packets came, beside what a bare copy takes.
func (r *Run) delays() string {
	t := &table{}
	head := []string{"p99 ms", "bare copy"}
	t.add(append(append(head, r.Servers...), "ours/best", "without the bare copy")...)
	for _, row := range r.Rows {
		whole, own, ok := row.late(r.Servers)
		if !ok {
			continue
		}
		least, _ := median(row.Bare)
		cells := []string{row.Pattern.String(), millis(least.P99)}
		for _, s := range r.Servers {
			if d, ok := delay(row.Results[s]); ok {
				cells = append(cells, millis(d.P99))
			} else {
				cells = append(cells, "–")
			}
		}
		t.add(append(cells, times(whole), times(own))...)
	}
	if len(t.rows) == 1 {
		return ""
	}
	return t.String()
}

// ramps is the table of how far each server went.
func (r *Run) ramps() string {
	t := &table{}
	t.add("", "server", "most packets/s", "core", "µs/packet", "loss", "p99 ms", "ours/best", "limit", "")
	for _, row := range r.Ramps {
		name := row.Pattern.String() + ", " + row.Profile
		for i, s := range r.Servers {
			x, proven, ok := row.most(s)
			if !ok {
				t.add(name, s, "–", "", "", "", "", "", "", "")
				continue
			}
			most := thousands(x.Forwarded)
			if !proven {
				most = "≥ " + most
			}
			cells := []string{name, s, tainted(most, x), percent(x.Busy, 0), times(x.Micros), percent(x.Loss, 3), millis(x.P99), "", "", ""}
			if ratio, ok := row.ratio(r.Servers); ok && i == 0 {
				cells[7], cells[8], cells[9] = times(ratio), times(rampLimit), mark(ratio >= rampLimit)
			}
			t.add(cells...)
			name = ""
		}
	}
	if len(t.rows) == 1 {
		return ""
	}
	return t.String()
}

// growth is the table of our relay in rooms of all sizes.
func (r *Run) growth() string {
	t := &table{}
	t.add("", "µs/packet", "packets/s", "core", "RSS MB", "loss", "p99 ms")
	for _, g := range r.Growth {
		x := g.Result
		t.add(g.Pattern.String(), tainted(times(x.Micros), x), fmt.Sprintf("%.0f", x.Forwarded), percent(x.Busy, 1), fmt.Sprintf("%.0f", x.RSS), percent(x.Loss, 3), millis(x.P99))
	}
	if len(t.rows) == 1 {
		return ""
	}
	return t.String()
}

// shares is the table of a profile.
func (p *Profile) shares() string {
	t := &table{}
	t.add("", "µs/packet", "share")
	for _, s := range p.Shares {
		t.add(s.Group, times(s.Part*p.Result.Micros), percent(s.Part, 0))
	}
	t.add("together", times(p.Result.Micros), "")
	return t.String()
}
