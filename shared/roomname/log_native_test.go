//go:build !js

package roomname

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestANameIsHiddenInLogs(t *testing.T) {
	name := Name("secret-plans")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("opened", "room", name)
	slog.New(slog.NewTextHandler(&log, nil)).Info("opened", "room", name)
	assert.NotContains(t, log.String(), "secret")
	assert.Equal(t, 2, strings.Count(log.String(), hidden))
}
