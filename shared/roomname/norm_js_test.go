//go:build js

package roomname_test

import (
	"testing"

	"github.com/conclave-meet/conclave/shared/roomname/roomtest"
)

func TestMain(m *testing.M) { roomtest.Main(m) }
