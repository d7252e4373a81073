package server

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAProgramStaysOnItsCore(t *testing.T) {
	var out bytes.Buffer
	cmd := exec.Command("grep", "Cpus_allowed_list", "/proc/self/status")
	cmd.Stdout = &out
	require.NoError(t, Place{Core: 0}.Start(cmd))
	require.NoError(t, cmd.Wait())
	assert.Equal(t, "Cpus_allowed_list:\t0\n", out.String())
}

func TestAServerThatEndsIsNotWaitedFor(t *testing.T) {
	k := Kind{
		Name: "broken", Program: "sh",
		configure: func(string) ([]string, string, error) { return []string{"-c", "echo why"}, "", nil },
		said:      func(string) (string, bool) { return "", false },
	}
	_, err := k.Start(t.Context(), Place{})
	require.ErrorContains(t, err, "it ended")
	assert.ErrorContains(t, err, "why")
}

func TestAServerIsThereWhenItTakesConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	k := Kind{
		Name: "slow", Program: "sh",
		configure: func(string) ([]string, string, error) {
			return []string{"-c", "echo at ws://key:secret@" + l.Addr().String() + "; exec sleep 60"}, "", nil
		},
		said: func(out string) (string, bool) {
			url, ok := bytes.CutPrefix(bytes.TrimSpace([]byte(out)), []byte("at "))
			return string(url), ok
		},
	}
	s, err := k.Start(t.Context(), Place{})
	require.NoError(t, err)
	dir := s.dir
	assert.Contains(t, s.URL, l.Addr().String())
	assert.Positive(t, s.PID)
	s.Stop()
	_, err = os.Stat(dir)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestWhatTheRelayPrintsSaysWhereItIs(t *testing.T) {
	said := Conclave("conclave").said
	url, ok := said("Conclave is at http://127.0.0.1:1\nMedia comes in on UDP port 1\n")
	assert.True(t, ok)
	assert.Equal(t, "http://127.0.0.1:1", url)
	_, ok = said("Conclave is at http://127.0.0")
	assert.False(t, ok, "the line is not whole")
}
