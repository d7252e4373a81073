import assert from 'node:assert/strict';
import { test } from 'node:test';

test('a page that cannot run here keeps no passphrase in its address', async () => {
  const replaced: string[] = [];
  const root = { className: '', setAttribute: () => undefined };
  Object.assign(globalThis, {
    location: { pathname: '/my-room', search: '', hash: '#e2ee&k=four%20words' },
    history: { replaceState: (_: unknown, __: string, address: string) => replaced.push(address) },
    document: { documentElement: root },
    matchMedia: () => ({ matches: false }),
    RTCPeerConnection: undefined, // the browser is too old
  });
  await import('../src/check');
  assert.equal(root.className, 'too-old');
  assert.deepEqual(replaced, ['/my-room#e2ee']);
});
