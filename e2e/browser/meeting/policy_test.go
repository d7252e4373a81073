package meeting

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/bidi"
	"github.com/conclave-meet/conclave/e2e/browser/people"
)

// tryForbidden is run as a task of the page itself: what the driver evaluates is exempt from the policy.
const tryForbidden = `
globalThis.violations = [];
addEventListener('securitypolicyviolation', e => violations.push(e.effectiveDirective));
globalThis.tryForbidden = () => new Promise(done => setTimeout(async () => {
	const tried = {};
	const attempt = async (name, f) => { try { await f(); tried[name] = 'passed'; } catch (e) { tried[name] = e.name; } };
	await attempt('eval', () => (0, eval)('1'));
	await attempt('Function', () => new Function('return 1')());
	await attempt('innerHTML', () => { document.createElement('p').innerHTML = '<b>x</b>'; });
	await attempt('script url', () => { document.createElement('script').src = '/x.js'; });
	await attempt('foreign fetch', () => fetch('http://127.0.0.1:9/'));
	await attempt('inline style', async () => {
		const p = document.createElement('p');
		p.setAttribute('style', 'color: red');
		if (p.style.color) return;
		throw new DOMException('', 'Ignored');
	});
	await attempt('foreign image', () => new Promise((ok, bad) => {
		const i = new Image();
		i.onload = ok;
		i.onerror = () => bad(new DOMException('', 'Refused'));
		i.src = 'http://127.0.0.1:9/x.png';
	}));
	await attempt('foreign script', () => import('http://127.0.0.1:9/x.js'));
	await attempt('foreign policy', () => trustedTypes.createPolicy('mine', {}));
	done(tried);
}));`

func TestThePageCannotDoWhatThePolicyForbids(t *testing.T) {
	r := startRelay(t, netip.Addr{})
	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
	ann := people.New(t, b, r.url, "Ann", red)
	require.NoError(t, ann.Page.Preload(t.Context(), tryForbidden))
	ann.Goes("/")
	ann.Waits(`document.querySelector('input[name=room]').value`) // the core runs under the policy, too

	var tried map[string]string
	var before []string
	ann.Eval(`violations`, &before)
	assert.Empty(t, before, "the site itself violates nothing")
	ann.Eval(`tryForbidden()`, &tried)
	assert.Equal(t, map[string]string{
		"eval": "EvalError", "Function": "EvalError", "innerHTML": "TypeError", "script url": "TypeError",
		"foreign fetch": "TypeError", "inline style": "Ignored", "foreign image": "Refused", "foreign policy": "TypeError",
		"foreign script": "TypeError",
	}, tried)
	var after []string
	ann.Eval(`[...new Set(violations)].sort()`, &after)
	assert.Subset(t, after, []string{"connect-src", "img-src", "require-trusted-types-for", "script-src-elem", "trusted-types"})

	var isolated bool
	ann.Eval(`crossOriginIsolated`, &isolated)
	assert.True(t, isolated, "cross-origin isolated")
	var headers map[string]string
	ann.Eval(`fetch('/any-room').then(r => Object.fromEntries(r.headers))`, &headers)
	for _, h := range []string{
		"content-security-policy", "cross-origin-opener-policy", "cross-origin-embedder-policy", "cross-origin-resource-policy",
		"origin-agent-cluster", "permissions-policy", "referrer-policy", "x-content-type-options", "x-frame-options", "x-robots-tag",
	} {
		assert.NotEmpty(t, headers[h], h)
	}
	assert.NotContains(t, headers["content-security-policy"], "unsafe-inline")
	assert.NotContains(t, headers["content-security-policy"], "'unsafe-eval'")
}
