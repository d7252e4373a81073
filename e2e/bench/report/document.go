package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/conclave-meet/conclave/e2e/bench/load"
)

// Between these lines a document holds what the last run measured.
const (
	begin = "<!-- measured: make bench writes from here … -->\n"
	end   = "<!-- … to here -->\n"
)

var errMarkers = errors.New("the document has no place for what was measured")

// Markdown is all that was measured, as a part of a document. plots says where the plots are, relative to it; "": there
// are none.
func (r *Run) Markdown(plots string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s.\n\n", r.At.Format("2 January 2006, 15:04"))
	for _, l := range append(r.Machine, r.Missing...) {
		fmt.Fprintf(&b, "- %s\n", l)
	}
	section := func(title, about, text string) {
		if text != "" {
			fmt.Fprintf(&b, "\n## %s\n\n", title)
			if about != "" {
				b.WriteString(about + "\n\n")
			}
			b.WriteString(text)
		}
	}
	const columns = "µs/packet is server CPU per packet that reached a receiver, the median of the rounds, as are the delays; core µs is everything that ran on the server's core, the kernel's own threads and other programs too. † means that the generator may have been late."
	section("What a packet costs: AES-GCM", columns, r.costs(load.GCM, false))
	section("How late packets come", "Medians of the rounds. The bare copy is a program that waits for a packet, sends it to as many receivers, and does nothing else: a server that sleeps between packets can hardly be faster on this machine. The target is half of the best peer's.", r.delays())
	section("What a packet costs: AES-CM", "", r.costs(load.CM, false))
	section("Frames that come in bursts", "The four packets of each frame leave the publisher back to back. Without limits; AES-GCM.", r.costs(load.GCM, true))
	section("Most packets per second on one core", "Before loss passes 0.1 % or p99 delay 20 ms. ≥ means that the generator ended the ramp, not the server.", r.ramps())
	grown := r.growth()
	if grown != "" && plots != "" {
		grown += "\n![CPU per packet and memory over the size of the room](" + plots + ")\n"
	}
	section("How the cost grows", "Our relay alone, AES-GCM.", grown)
	if r.Profile != nil {
		section("Where the microseconds go", fmt.Sprintf("A CPU profile of our relay: %s, AES-GCM, %.0f packets/s.", r.Profile.Pattern, r.Profile.Result.Forwarded), r.Profile.shares())
	}
	section("The floor", "", fenced(r.Floor))
	section("What end-to-end encryption costs", "In a browser's worker, where frames are encrypted, copies in and out included, beside what else it could be done with; medians, in turns. In rooms with a passphrase only; none of it is the relay's.", fenced(r.Sealing))
	section("What browsers negotiate", "", fenced(r.Browsers))
	return b.String()
}

func fenced(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "```\n" + strings.Join(lines, "\n") + "\n```\n"
}

// Write prints the run in plain text.
func (r *Run) Write(w io.Writer) error {
	text := r.Markdown("")
	if missed := r.Missed(); len(missed) > 0 {
		text += "\nMissed:\n  " + strings.Join(missed, "\n  ") + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// Replace puts text between the markers of doc.
func Replace(doc, text string) (string, error) {
	head, rest, ok := strings.Cut(doc, begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", errMarkers
	}
	return head + begin + "\n" + text + "\n" + end + tail, nil
}

// ReplaceIn does it in a file.
func ReplaceIn(file, text string) error {
	doc, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	out, err := Replace(string(doc), text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(out), 0o644)
}
