package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/conclave-meet/conclave/e2e/bench/bare"
	"github.com/conclave-meet/conclave/e2e/bench/load"
)

// bareSpec says what is sent to a bare copier.
type bareSpec struct {
	Port   int
	Rate   float64 // packets per second
	Length time.Duration
}

// bareCommand is `bench bare`: with a number the copier itself, else what measures it.
func bareCommand(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 1 {
		fan, err := strconv.Atoi(args[0])
		if err != nil {
			return fmt.Errorf("how many copies? %w", err)
		}
		return bare.Serve(fan, out)
	}
	var s bareSpec
	if err := json.NewDecoder(in).Decode(&s); err != nil {
		return fmt.Errorf("read what to send: %w", err)
	}
	d, err := bare.Measure(ctx, s.Port, s.Rate, s.Length)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(d)
}

// bare measures a bare copier where the servers run, with a pattern's packets.
func (r *runner) bare(ctx context.Context, s load.Spec) (d bare.Delay, err error) {
	self, err := os.Executable()
	if err != nil {
		return d, err
	}
	there, here := r.o.places()
	server := exec.CommandContext(ctx, self, "bare", strconv.Itoa(s.Pattern.Fan()))
	said, err := server.StdoutPipe()
	if err != nil {
		return d, err
	}
	if err := there.Start(server); err != nil {
		return d, fmt.Errorf("start the bare copier: %w", err)
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait() // it was killed
	}()
	x := bareSpec{Rate: s.Rate * float64(s.Pattern.Publishers), Length: s.Measure}
	if _, err := fmt.Fscan(said, &x.Port); err != nil {
		return d, fmt.Errorf("the bare copier: %w", err)
	}
	spec, err := json.Marshal(x)
	if err != nil {
		return d, err
	}
	var out, wrong bytes.Buffer
	client := exec.CommandContext(ctx, self, "bare")
	client.Stdin, client.Stdout, client.Stderr = bytes.NewReader(spec), &out, &wrong
	if err := here.Start(client); err != nil {
		return d, err
	}
	if err := client.Wait(); err != nil {
		return d, errors.Join(ctx.Err(), fmt.Errorf("measure the bare copier: %w: %s", err, strings.TrimSpace(wrong.String())))
	}
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		return d, fmt.Errorf("read what the bare copier took: %w", err)
	}
	fmt.Fprintf(r.out, "%-22s p50 %.2f p99 %.2f ms\n", "bare copy "+s.Pattern.String(), float64(d.P50)/1e6, float64(d.P99)/1e6)
	return d, nil
}
