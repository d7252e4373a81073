package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/conclave-meet/conclave/relay/web"
)

// host carries out the commands about host accounts, by the relay where it runs, on the account file where it does not.
func host(args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "add" {
		return fmt.Errorf("usage: conclave host add NAME [--data FOLDER] [--origin ADDRESS]")
	}
	var s settings
	f := s.common("conclave host add")
	rest, err := parse(f, args[1:], out, os.LookupEnv)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case len(rest) != 1:
		return fmt.Errorf("host add takes one name")
	}
	_, port, err := s.address()
	if err != nil {
		return err
	}
	token, site, err := web.Invite(s.data, rest[0])
	if err != nil {
		return fmt.Errorf("add the host: %w", err)
	}
	if site == "" {
		site = s.site(port)
	}
	fmt.Fprintf(out, "This link works once, for 72 hours. Whoever opens it chooses the password:\n\n    %s\n", link(site, token))
	return nil
}
