package bidi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// chromiumArgs make a quiet headless browser with fake devices.
var chromiumArgs = []string{
	"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	// Nothing of its own accord over the network.
	"--disable-background-networking", "--disable-component-update", "--disable-sync",
	// getUserMedia answers at once, from fake devices; see package hooks for
	// devices that tell participants apart.
	"--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=fps=30",
	// AudioContext and <audio> start without a click.
	"--autoplay-policy=no-user-gesture-required",
	"--allow-loopback-in-peer-connection",
	// Pipes instead of a port: the browser ends when chromedriver does.
	"--remote-debugging-pipe",
}

var driverReady = regexp.MustCompile(`started successfully on port (\d+)`)

// launchChromium starts chromedriver, which starts the browser.
func (b *Browser) launchChromium(ctx context.Context, opts Options) error {
	binary, err := program("chromium", "chromium-browser", "google-chrome")
	if err != nil {
		return err
	}
	driver, err := program("chromedriver")
	if err != nil {
		return err
	}
	if binary, err = b.through(opts.Through, binary); err != nil {
		return err
	}
	process, port, err := run(ctx, exec.Command(driver, "--port=0"), driverReady)
	if err != nil {
		return err
	}
	b.process = process

	args := append(append([]string{"--user-data-dir=" + b.profile}, chromiumArgs...), opts.Args...)
	capabilities := object{"alwaysMatch": object{
		"webSocketUrl":       true,
		"goog:chromeOptions": object{"binary": binary, "args": args},
	}}
	base := "http://127.0.0.1:" + port + "/session"
	session, err := newSession(ctx, base, capabilities)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, process.output())
	}
	wire, err := dial(ctx, session.socket)
	if err != nil {
		return err
	}
	b.rpc = newRPC(wire, b.onEvent)
	b.bye = func(ctx context.Context) error {
		_, err := webdriver(ctx, http.MethodDelete, base+"/"+session.id, nil)
		// The session's browser has ended; the driver goes on until told.
		killGroup(process.cmd)
		return err
	}
	return nil
}

// through returns a program that starts binary by command. chromedriver takes
// one file without arguments.
func (b *Browser) through(command []string, binary string) (string, error) {
	if len(command) == 0 {
		return binary, nil
	}
	script := "#!/bin/sh\nexec"
	for _, word := range append(slices.Clone(command), binary) {
		script += " '" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	file := filepath.Join(b.profile, "start.sh")
	return file, os.WriteFile(file, []byte(script+" \"$@\"\n"), 0o700)
}

// driverSession is a classic WebDriver session with a BiDi socket.
type driverSession struct{ id, socket string }

func newSession(ctx context.Context, base string, capabilities object) (driverSession, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := webdriver(ctx, http.MethodPost, base, object{"capabilities": capabilities})
	if err != nil {
		return driverSession{}, err
	}
	var value struct {
		SessionID    string
		Capabilities struct{ WebSocketURL string }
		Message      string
	}
	if err := json.Unmarshal(answer, &value); err != nil {
		return driverSession{}, err
	}
	if value.Capabilities.WebSocketURL == "" {
		return driverSession{}, fmt.Errorf("chromedriver gives no session: %s", value.Message)
	}
	return driverSession{value.SessionID, value.Capabilities.WebSocketURL}, nil
}

// webdriver sends one classic command and returns the answer's value.
func webdriver(ctx context.Context, method, url string, body any) (json.RawMessage, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var answer struct{ Value json.RawMessage }
	return answer.Value, json.NewDecoder(response.Body).Decode(&answer)
}
