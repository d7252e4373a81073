// Package netns runs a test in a network of its own: a private network
// namespace with nothing but the loopback interface, which carries 127.0.0.1
// and Address.
//
// Firefox never pairs its candidates with a relay on 127.0.0.1 when that is an
// ICE lite agent, and gathers no loopback candidates itself (seen with Firefox
// ESR 153). With one ordinary-looking address on lo it does both. Pages are
// still served from http://localhost, which is a secure context; only media
// goes to Address.
package netns

import (
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Address is the second address of the loopback interface: TEST-NET-2 of
// RFC 5737, which is nobody's.
var Address = netip.AddrFrom4([4]byte{198, 51, 100, 1})

// inside marks the process that was started within the namespace.
const inside = "CONCLAVE_TEST_NETNS"

// Run runs test in a private network. The test binary is started again for it
// with this one test, so test must be (or be called from) a test function
// whose way here has no effects of its own. It skips with one line where the
// system does not allow a namespace, and fails there if required.
func Run(t *testing.T, required bool, test func(t *testing.T)) {
	t.Helper()
	if os.Getenv(inside) == "" {
		again(t, required)
		return
	}
	if err := plug(); err != nil {
		t.Fatalf("set up the private network: %v", err)
	}
	test(t)
}

// pattern returns the -test.run pattern that matches one test alone.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}
