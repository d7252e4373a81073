package bidi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	// keptLines of a program's output are kept for diagnosis. A browser that
	// dies says why in the last few; more would bury it.
	keptLines = 60

	// quitPatience is how long a program may take to end by itself before its
	// process group is killed. Its profile is thrown away, so less would do no
	// harm; Firefox without a network takes longer than anybody waits.
	quitPatience = 2 * time.Second
)

// process is a started program in a process group of its own, so that what it
// starts can be ended with it and nothing else is.
type process struct {
	cmd    *exec.Cmd     // constant
	exited chan struct{} // closed after Wait

	mu    sync.Mutex
	lines []string // guarded by mu: the last output
}

// run starts cmd and waits until a line of its output matches ready; it
// returns the match's first group.
func run(ctx context.Context, cmd *exec.Cmd, ready *regexp.Regexp) (*process, string, error) {
	p := &process{cmd: cmd, exited: make(chan struct{})}
	ownGroup(cmd)
	output, input := io.Pipe()
	cmd.Stdout, cmd.Stderr = input, input
	// Grandchildren may hold the output open after the program has ended.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	found := make(chan string, 1)
	go p.collect(output, ready, found)
	go func() {
		defer close(p.exited)
		_ = cmd.Wait() // how it ended shows in its output
		input.Close()
	}()

	ctx, cancel := bounded(ctx)
	defer cancel()
	select {
	case match := <-found:
		return p, match, nil
	case <-p.exited:
		return nil, "", fmt.Errorf("%s ended at once:\n%s", cmd.Path, p.output())
	case <-ctx.Done():
		p.kill()
		return nil, "", fmt.Errorf("%s did not get ready: %w\n%s", cmd.Path, ctx.Err(), p.output())
	}
}

func (p *process) collect(output io.Reader, ready *regexp.Regexp, found chan<- string) {
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n')
		p.keep(strings.TrimRight(line, "\n"))
		if match := ready.FindStringSubmatch(line); match != nil {
			select {
			case found <- match[1]:
			default: // said again
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *process) keep(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, line)
	p.lines = p.lines[max(0, len(p.lines)-keptLines):]
}

// output returns the last lines the program wrote.
func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// quit waits for the program to end by itself, then makes sure of it.
func (p *process) quit() {
	select {
	case <-p.exited:
	case <-time.After(quitPatience):
	}
	p.kill()
}

// kill ends the whole group, also what outlived the program itself.
func (p *process) kill() {
	killGroup(p.cmd)
	<-p.exited
}
