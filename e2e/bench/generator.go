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
	"strings"
	"time"

	"github.com/conclave-meet/conclave/e2e/bench/adapter"
	"github.com/conclave-meet/conclave/e2e/bench/load"
	"github.com/conclave-meet/conclave/e2e/bench/server"
)

// playStdin is the generator's process: one spec in, a line of JSON out for each result.
func playStdin(ctx context.Context, in io.Reader, out io.Writer) error {
	var s load.Spec
	if err := json.NewDecoder(in).Decode(&s); err != nil {
		return fmt.Errorf("read the spec: %w", err)
	}
	via, err := adapter.For(s.Server, s.URL)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(out)
	var broken error
	err = load.Play(ctx, s, via, func(r load.Result) {
		if err := lines.Encode(r); err != nil {
			broken = err
		}
	})
	return errors.Join(err, broken)
}

// generate starts the generator, gives it s, and returns all its results.
func generate(ctx context.Context, s load.Spec, on server.Place) ([]load.Result, error) {
	out, err := again(ctx, on, "load", s)
	if err != nil {
		return nil, fmt.Errorf("the generator: %w", err)
	}
	var all []load.Result
	lines := json.NewDecoder(bytes.NewReader(out))
	for {
		var r load.Result
		if err := lines.Decode(&r); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the generator's results: %w", err)
		}
		all = append(all, r)
	}
}

// again runs this program somewhere with another command, gives it spec as JSON, and returns what it wrote.
func again(ctx context.Context, on server.Place, command string, spec any) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, self, command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := on.Start(cmd); err != nil {
		return nil, err
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	return out.Bytes(), nil
}
