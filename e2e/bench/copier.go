package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"

	"github.com/conclave-meet/conclave/e2e/bench/bare"
	"github.com/conclave-meet/conclave/e2e/bench/load"
)

// bareCommand is `bench bare`: with a number the copier itself, else what measures it.
func bareCommand(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 1 {
		fan, err := strconv.Atoi(args[0])
		if err != nil {
			return fmt.Errorf("how many copies? %w", err)
		}
		return bare.Serve(fan, out)
	}
	var s bare.Spec
	if err := json.NewDecoder(in).Decode(&s); err != nil {
		return fmt.Errorf("read what to send: %w", err)
	}
	d, err := bare.Measure(ctx, s)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(d)
}

// bare measures a bare copier where the servers run, with the packets of s.
func (r *runner) bare(ctx context.Context, s load.Spec) (d bare.Delay, err error) {
	self, err := os.Executable()
	if err != nil {
		return d, err
	}
	there, here := r.o.places()
	copier := exec.CommandContext(ctx, self, "bare", strconv.Itoa(s.Pattern.Fan()))
	said, err := copier.StdoutPipe()
	if err != nil {
		return d, err
	}
	if err := there.Start(copier); err != nil {
		return d, fmt.Errorf("start the bare copier: %w", err)
	}
	defer func() {
		_ = copier.Process.Kill()
		_ = copier.Wait() // it was killed
	}()
	x := bare.Spec{Publishers: s.Pattern.Publishers, Rate: s.Rate, Length: s.Measure}
	if _, err := fmt.Fscan(said, &x.Port); err != nil {
		return d, fmt.Errorf("the bare copier: %w", err)
	}
	out, err := again(ctx, here, "bare", x)
	if err != nil {
		return d, fmt.Errorf("measure the bare copier: %w", err)
	}
	if err := json.Unmarshal(out, &d); err != nil {
		return d, fmt.Errorf("read what the bare copier took: %w", err)
	}
	fmt.Fprintf(r.out, "%-22s p50 %.2f p99 %.2f ms\n", "bare copy "+s.Pattern.String(), float64(d.P50)/1e6, float64(d.P99)/1e6)
	return d, nil
}
