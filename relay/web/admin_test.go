package web

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shortDir is a folder whose path leaves room for a socket's name: t.TempDir's holds the test's.
func shortDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "conclave")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func TestAHostIsAddedWhileTheRelayRunsAndWhileItDoesNot(t *testing.T) {
	dir := shortDir(t)
	left, err := os.Create(filepath.Join(dir, adminSocket)) // by a relay that was killed
	require.NoError(t, err)
	require.NoError(t, left.Close())
	t.Run("while it runs", func(t *testing.T) {
		r := start(t, func(c *Config) { c.Data, c.Address = dir, "https://meet.example.org" })
		info, err := os.Stat(filepath.Join(dir, adminSocket))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		token, site, err := Invite(dir, "ann")
		require.NoError(t, err)
		answer, _ := r.post("/_/api/enrol", `{"token": "`+token+`", "password": "correct horse battery"}`)
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		assert.Equal(t, "https://meet.example.org", site)
		_, _, err = Invite(dir, "ann")
		require.ErrorContains(t, err, "auth.taken")
		_, _, err = Invite(dir, "a/b")
		require.ErrorContains(t, err, "auth.name")
	})
	_, err = os.Stat(filepath.Join(dir, adminSocket))
	require.ErrorIs(t, err, os.ErrNotExist, "the socket goes with the relay")
	t.Run("while it is stopped", func(t *testing.T) {
		_, _, err := Invite(dir, "ann")
		require.ErrorContains(t, err, "auth.taken")
		token, _, err := Invite(dir, "bob")
		require.NoError(t, err)
		assert.NotEmpty(t, token)
	})
}
