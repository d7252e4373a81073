package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/conclave-meet/conclave/relay/web"
)

// settings are what the operator says, by flags or by the environment.
type settings struct {
	listen    string
	data      string
	mediaPort int
	publicIPs list
	origins   list
	cert, key string
	rooms     string
	members   int
	codecs    list
}

// list is a flag that may be given several times. In the environment, commas separate the values.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	for _, v := range strings.Split(s, ",") {
		if v = strings.TrimSpace(v); v != "" {
			*l = append(*l, v)
		}
	}
	return nil
}

// flags declares the flags of serve. Those that host needs too are declared by common.
func (s *settings) flags() *flag.FlagSet {
	f := s.common("conclave serve")
	f.IntVar(&s.mediaPort, "media-port", 0, "UDP `port` of the media; 0: the number of the HTTP port")
	f.Var(&s.publicIPs, "public-ip", "`address` that clients reach the media port by, where it is not one of this machine's own (one-to-one NAT); repeatable")
	f.StringVar(&s.cert, "tls-cert", "", "`file` with the certificate chain (PEM); with --tls-key the relay serves HTTPS itself")
	f.StringVar(&s.key, "tls-key", "", "`file` with the certificate's key (PEM)")
	f.Var(&s.codecs, "video-codecs", "`names` of the video codecs of rooms, best first: vp8, vp9, av1, h264; a room uses the first that everybody in it "+
		"can receive. vp8 is always among them, and alone the default, which asks least of phones and old laptops; vp9 and av1 are for people with strong "+
		"machines and narrow lines")
	f.StringVar(&s.rooms, "rooms-open", "hosts", "who may open a room: hosts (signed in) or anyone")
	f.IntVar(&s.members, "room-members", web.DefaultMembers, "`people` that one room holds: fewer where the line is narrow, more for lectures")
	return f
}

func (s *settings) common(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard) // parse tells what is wrong, once
	f.StringVar(&s.listen, "listen", "localhost:8080", "`address` of the site, host:port; without a host: all addresses")
	f.StringVar(&s.data, "data", "./data", "`folder` of the accounts")
	f.Var(&s.origins, "origin", "`address` of the site as people type it, such as https://meet.example.org, behind a proxy; repeatable")
	return f
}

// parse reads the flags and returns the arguments that are none; the two may be mixed. A flag that is missing is looked
// for in the environment: --media-port is CONCLAVE_MEDIA_PORT. For -h it lists the flags on out and returns
// flag.ErrHelp.
func parse(f *flag.FlagSet, args []string, out io.Writer, env func(string) (string, bool)) (rest []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				f.SetOutput(out)
				f.Usage()
			}
			return nil, err
		}
		if f.NArg() == 0 {
			break
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
	given := map[string]bool{}
	f.Visit(func(x *flag.Flag) { given[x.Name] = true })
	var errs []error
	f.VisitAll(func(x *flag.Flag) {
		name := "CONCLAVE_" + strings.ToUpper(strings.ReplaceAll(x.Name, "-", "_"))
		if v, ok := env(name); ok && !given[x.Name] {
			if err := f.Set(x.Name, v); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
	})
	return rest, errors.Join(errs...)
}

// config checks s and makes what package web needs.
func (s *settings) config() (web.Config, error) {
	c := web.Config{Data: s.data, Origins: s.origins, Open: s.rooms, Members: s.members, Codecs: s.codecs}
	host, port, err := s.address()
	if err != nil {
		return c, err
	}
	if s.mediaPort != 0 {
		port = s.mediaPort
	}
	if port < 0 || port > 65535 {
		return c, fmt.Errorf("--media-port is %d: a port is below 65536", port)
	}
	c.UDP = netip.AddrPortFrom(netip.Addr{}, uint16(port))
	// Behind a proxy people come from elsewhere: a loopback address would mean their own machine.
	c.Loopback = local(host) && len(s.origins) == 0
	for _, a := range s.publicIPs {
		ip, err := netip.ParseAddr(a)
		if err != nil {
			return c, fmt.Errorf("--public-ip: %w", err)
		}
		c.PublicIPs = append(c.PublicIPs, ip)
	}
	return c, nil
}

// address splits --listen.
func (s *settings) address() (host string, port int, err error) {
	host, p, err := net.SplitHostPort(s.listen)
	if err != nil {
		return "", 0, fmt.Errorf("--listen: %w", err)
	}
	if port, err = strconv.Atoi(p); err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("--listen: %q is not a port", p)
	}
	return host, port, nil
}

// local reports whether host means this machine only.
func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// site is the address of the site, for people; port is the one in use.
func (s *settings) site(port int) string {
	if len(s.origins) > 0 {
		return s.origins[0]
	}
	host, _, err := s.address()
	if ip, perr := netip.ParseAddr(host); err != nil || host == "" || perr == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	scheme, usual := "http", 80
	if s.cert != "" {
		scheme, usual = "https", 443
	}
	if port == usual {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port))
}

// open opens the HTTP listener, with TLS where there is a certificate.
func (s *settings) open() (net.Listener, error) {
	if (s.cert == "") != (s.key == "") {
		return nil, fmt.Errorf("--tls-cert and --tls-key belong together")
	}
	var secure *tls.Config
	if s.cert != "" {
		pair, err := tls.LoadX509KeyPair(s.cert, s.key)
		if err != nil {
			return nil, fmt.Errorf("load the certificate: %w", err)
		}
		secure = &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}
	}
	ln, err := net.Listen("tcp", s.listen)
	if err != nil {
		return nil, err
	}
	if secure != nil {
		ln = tls.NewListener(ln, secure)
	}
	return ln, nil
}
