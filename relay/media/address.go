package media

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/pion/ice/v4"
)

// maxAddresses bounds the candidates of an answer. A client checks each; beyond some they are virtual interfaces.
const maxAddresses = 8

// addresses are the addresses that clients are told: public ones if given, else those of the host.
func addresses(c Config) ([]netip.Addr, error) {
	if len(c.PublicIPs) > 0 {
		return c.PublicIPs, nil
	}
	if ip := c.Listen.Addr().Unmap(); ip.IsValid() && !ip.IsUnspecified() {
		return []netip.Addr{ip}, nil
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("read the host's addresses: %w", err)
	}
	var ips []netip.Addr
	for _, a := range all {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(n.IP)
		ip = ip.Unmap()
		usable := ip.IsGlobalUnicast() || ip.IsLoopback() && c.Loopback
		if ok && usable && !slices.Contains(ips, ip) {
			ips = append(ips, ip)
		}
	}
	slices.SortStableFunc(ips, func(a, b netip.Addr) int { return rank(a) - rank(b) })
	return ips[:min(len(ips), maxAddresses)], nil
}

// rank orders addresses by how likely they are to work for a client: IPv4 first, as it is what most have.
func rank(ip netip.Addr) int {
	switch {
	case ip.IsLoopback() && ip.Is4():
		return 2
	case ip.IsLoopback():
		return 3
	case ip.Is4():
		return 0
	}
	return 1
}

// candidates writes the addresses as candidate attributes (RFC 8839, section 5.1), the first with the highest priority.
func (s *sockets) candidates(ips []netip.Addr) ([]string, error) {
	list := []string{}
	for i, ip := range ips {
		if ip.Is4() && s.v4 == nil || !ip.Is4() && s.v6 == nil {
			continue
		}
		c, err := ice.NewCandidateHost(&ice.CandidateHostConfig{
			Network: "udp", Address: ip.String(), Port: s.port, Component: ice.ComponentRTP,
			// RFC 8445, section 5.1.2.1: type preference 126 for host, then the address's own, then the component.
			Priority: 126<<24 | uint32(65535-i)<<8 | 255, Foundation: fmt.Sprint(i + 1),
		})
		if err != nil {
			return nil, fmt.Errorf("announce an address: %w", err)
		}
		list = append(list, c.Marshal())
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("there is no address to announce for media")
	}
	return list, nil
}
