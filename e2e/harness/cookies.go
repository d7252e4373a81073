package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// Cookies are those of one browser. API is what the page's core does with fetch.
type Cookies struct {
	url    string
	client *http.Client
}

// Password is the one that all accounts of [Relay.Host] and [Process.Host] have.
const Password = "correct horse battery"

// Cookies returns a browser without any.
func (r *Relay) Cookies(t testing.TB) *Cookies {
	t.Helper()
	return cookies(t, r.URL())
}

func cookies(t testing.TB, url string) *Cookies {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	c := &Cookies{url: url, client: &http.Client{Jar: jar, Transport: new(http.Transport)}}
	t.Cleanup(c.client.CloseIdleConnections)
	return c
}

// Host makes a host account and returns a browser in which it is signed in.
func (r *Relay) Host(t testing.TB, name string) *Cookies {
	t.Helper()
	token, err := r.Server.Invite(name)
	require.NoError(t, err)
	return enrol(t, r.URL(), token, name)
}

// enrol redeems a one-time link in a browser of its own.
func enrol(t testing.TB, url, token, name string) *Cookies {
	t.Helper()
	c := cookies(t, url)
	got := c.API(t.Context(), conf.CallAPI{Op: "enrol", Token: token, Name: name, Secret: Password})
	require.Nil(t, got.Err, "enrol: %v", got.Err)
	require.Equal(t, name, got.Name)
	return c
}

// API calls the relay's HTTP interface.
func (c *Cookies) API(ctx context.Context, call conf.CallAPI) conf.APIResult {
	fail := func(code wire.Code) conf.APIResult { return conf.APIResult{Op: call.Op, Err: wire.Refuse(code)} }
	method, in := http.MethodPost, map[string]string{}
	switch call.Op {
	case "session":
		method = http.MethodGet
	case "signin":
		in["name"], in["password"] = call.Name, call.Secret
	case "enrol":
		in["token"], in["name"], in["password"] = call.Token, call.Name, call.Secret
	}
	body, err := json.Marshal(in)
	if err != nil {
		return fail(wire.CodeInternal)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+"/_/api/"+call.Op, bytes.NewReader(body))
	if err != nil {
		return fail(wire.CodeInternal)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.client.Do(req)
	if err != nil {
		return fail("net.ws")
	}
	defer resp.Body.Close()
	var out struct {
		Name, Ticket string
		wire.Error
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return fail(wire.CodeInternal)
	}
	r := conf.APIResult{Op: call.Op, Name: out.Name, Ticket: out.Ticket}
	if resp.StatusCode != http.StatusOK {
		r.Err = &out.Error
	}
	return r
}
