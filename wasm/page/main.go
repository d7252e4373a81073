//go:build js

package main

import (
	"github.com/conclave-meet/conclave/shared/roomname"
	"github.com/conclave-meet/conclave/wasm/browser"
)

// client is what hello says of this program.
const client = "web/0.1"

func main() {
	roomname.UseNormalizer(browser.Normalize)
	ports := findPorts()
	w := browser.NewWindow(ports.fatal)
	defer w.Guard()
	newPage(w, ports).run()
}
