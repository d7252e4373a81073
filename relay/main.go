// Command conclave is the relay: it serves the site, lets hosts open rooms, and forwards media that it cannot read.
//
//	conclave serve          run the relay
//	conclave host add NAME  make a host account and print its one-time link
//	conclave stats          print what a running relay counts
//	conclave version        print the version
package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

const usage = `usage: conclave COMMAND

  serve          run the relay (conclave serve -h lists its flags)
  host add NAME  make a host account and print its one-time link
  stats          print what a running relay counts
  version        print the version
`

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "conclave: "+err.Error())
		os.Exit(1)
	}
}

// run carries out one command line.
func run(args []string, out, errs io.Writer) error {
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		return serve(args, out, errs)
	case "host":
		return host(args, out)
	case "stats":
		return stats(args, out)
	case "version":
		fmt.Fprintln(out, "conclave", version())
		return nil
	case "help", "-h", "--help":
		fmt.Fprint(out, usage)
		return nil
	}
	fmt.Fprint(errs, usage)
	if command == "" {
		return fmt.Errorf("no command given")
	}
	return fmt.Errorf("there is no command %q", command)
}

// version is what the module system and the build know about this program.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" {
		v = "(devel)"
	}
	return v + " " + info.GoVersion
}
