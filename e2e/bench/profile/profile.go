package profile

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Share is one group and its part of the whole, 0 … 1.
type Share struct {
	Group string
	Part  float64
}

// group is what some functions are for. A sample belongs to the first group, from the innermost function outwards, that
// has a pattern in it: the encryption of a packet is encryption, though forwarding called it.
type group struct {
	name     string
	patterns []string // parts of functions' full names
}

const other = "other"

// groups in the order in which they are tried on one function.
var groups = []group{
	{"garbage collection", []string{"runtime.gcBgMarkWorker", "runtime.gcAssist", "runtime.gcStart", "runtime.bgsweep", "runtime.bgscavenge", "runtime.mallocgc", "runtime.gcDrain", "runtime.(*mheap)"}},
	{"encrypt", []string{".EncryptRTP", ".EncryptRTCP", ".encryptRTP", "relay/media.(*sealer)", ".Seal"}},
	{"decrypt", []string{".DecryptRTP", ".DecryptRTCP", ".decryptRTP", ".Open"}},
	{"system calls: send", []string{"sendmmsg", "Sendmmsg", "sendto", "Sendto", ".WriteTo", ".writeTo", "WriteMsgUDP", ".WriteToUDP", "relay/media.(*burst).flush", "relay/media.(*sockets).write", "relay/media.(*batch).send"}},
	{"system calls: receive", []string{"recvmmsg", "Recvmmsg", "recvfrom", "ReadFromUDP", ".ReadFrom", "ReadMsgUDP", "(*rawConn).Read", "(*RawConn).Read"}},
	{"scheduler and waiting", []string{"runtime.schedule", "runtime.findRunnable", "runtime.mcall", "runtime.park_m", "runtime.futex", "runtime.netpoll", "runtime.notesleep", "runtime.sysmon", "runtime.goready", "runtime.ready", "runtime.mstart", "time.(*Ticker)", "runtime.timer"}},
	{"ICE and DTLS", []string{"pion/ice", "pion/dtls", "pion/stun", "pion/transport"}},
	{"HTTP and signalling", []string{"net/http", "websocket", "relay/peer", "relay/room", "relay/web", "encoding/json", "crypto/tls"}},
	{"feedback, estimates and layers", []string{"relay/media/estimate", "relay/media/layers", "relay/media.(*Engine).tick", "relay/media.(*Session).tick", "relay/media.(*Group)", "pion/rtcp", "interceptor/pkg/twcc", "relay/media/speaker", "relay/media/assign"}},
	{"forward and rewrite", []string{"relay/media"}},
}

// Sum reads a CPU profile and returns its groups, the largest first.
func Sum(file string) ([]Share, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", file, err)
	}
	return sum(p)
}

func sum(p *profile.Profile) ([]Share, error) {
	at := slices.IndexFunc(p.SampleType, func(v *profile.ValueType) bool { return v.Type == "cpu" })
	if at < 0 {
		return nil, fmt.Errorf("the profile has no CPU times")
	}
	total, by := int64(0), map[string]int64{}
	for _, s := range p.Sample {
		total += s.Value[at]
		by[groupOf(names(s))] += s.Value[at]
	}
	if total == 0 {
		return nil, fmt.Errorf("the profile is empty")
	}
	var all []Share
	for g, n := range by {
		all = append(all, Share{g, float64(n) / float64(total)})
	}
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Part, a.Part), cmp.Compare(a.Group, b.Group))
	})
	return all, nil
}

// names are a sample's functions, the innermost first.
func names(s *profile.Sample) (all []string) {
	for _, l := range s.Location {
		for _, line := range l.Line {
			if line.Function != nil {
				all = append(all, line.Function.Name)
			}
		}
	}
	return all
}

// groupOf finds the group of a stack, the innermost function first.
func groupOf(stack []string) string {
	for _, name := range stack {
		for _, g := range groups {
			for _, p := range g.patterns {
				if strings.Contains(name, p) {
					return g.name
				}
			}
		}
	}
	return other
}
