import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { passphraseOf, takePassphrase } from '../src/fragment';
import { go, roomLink, roomPath, routeOf } from '../src/route';

// What route.ts uses of a browser: an address, and changing it without a load.
const replaced: string[] = [];
const pushed: string[] = [];
const move = (list: string[]) => (_: unknown, __: string, address: string) => {
  list.push(address);
  visit(address);
};
function visit(address: string): void {
  const { origin, pathname, search, hash } = new URL(address, 'https://meet.example');
  Object.assign(globalThis, { location: { origin, pathname, search, hash } });
}
beforeEach(() => {
  Object.assign(globalThis, { history: { replaceState: move(replaced), pushState: move(pushed) } });
  visit('/');
});
afterEach(() => {
  replaced.length = pushed.length = 0;
});

const hashes: { name: string; hash: string; e2ee: boolean; passphrase: string }[] = [
  { name: 'no fragment: in clear', hash: '', e2ee: false, passphrase: '' },
  { name: 'another fragment: in clear', hash: '#task=1&mode=e2', e2ee: false, passphrase: '' },
  { name: 'an encrypted room', hash: '#e2ee', e2ee: true, passphrase: '' },
  { name: 'written large', hash: '#E2EE', e2ee: true, passphrase: '' },
  { name: 'with its passphrase', hash: '#e2ee&k=four%20words', e2ee: true, passphrase: 'four words' },
  { name: 'a passphrase alone says that the room is encrypted', hash: '#k=four', e2ee: true, passphrase: 'four' },
  { name: 'beside what is not known', hash: '#x=1&e2ee&k=four', e2ee: true, passphrase: 'four' },
  { name: 'plus signs are plus signs', hash: '#e2ee&k=a+b', e2ee: true, passphrase: 'a+b' },
  { name: 'equals signs belong to it', hash: '#e2ee&k=a=b', e2ee: true, passphrase: 'a=b' },
  { name: 'damaged encoding is taken as it is', hash: '#e2ee&k=50%', e2ee: true, passphrase: '50%' },
  { name: 'an empty one is none, of an encrypted room', hash: '#e2ee&k=', e2ee: true, passphrase: '' },
  // What programs and people make of links. Whoever follows one must not come in clear.
  { name: 'the word in other words', hash: '#config.e2ee', e2ee: true, passphrase: '' },
  { name: 'ended as a sentence', hash: '#e2ee.', e2ee: true, passphrase: '' },
  { name: 'in brackets', hash: '#e2ee)', e2ee: true, passphrase: '' },
  { name: 'in a list', hash: '#e2ee,', e2ee: true, passphrase: '' },
  { name: 'with a slash', hash: '#e2ee/', e2ee: true, passphrase: '' },
  { name: 'with a value', hash: '#e2ee=', e2ee: true, passphrase: '' },
  { name: 'with a query', hash: '#e2ee?utm=1', e2ee: true, passphrase: '' },
  { name: 'grown together', hash: '#e2eek=four', e2ee: true, passphrase: '' },
  { name: 'encoded for no reason', hash: '#%65%32ee', e2ee: true, passphrase: '' },
  { name: 'encoded twice', hash: '#%2565%2532%2565%2565', e2ee: true, passphrase: '' },
  { name: 'beside damaged encoding', hash: '#%&%65%32ee%zz%c3', e2ee: true, passphrase: '' },
  { name: 'its & encoded', hash: '#e2ee%26k=four%20words', e2ee: true, passphrase: 'four words' },
  { name: 'encoded as a whole', hash: '#e2ee%26k%3Dfour%2520words', e2ee: true, passphrase: 'four words' },
  { name: 'another mark between', hash: '#e2ee;k=four', e2ee: true, passphrase: 'four' },
  { name: 'as a page writes &', hash: '#e2ee&amp;k=four', e2ee: true, passphrase: 'four' },
  { name: 'a passphrase alone, written large', hash: '#K=four', e2ee: true, passphrase: 'four' },
];
for (const { name, hash, e2ee, passphrase } of hashes) {
  test(`fragment: ${name}`, () => {
    assert.deepEqual(routeOf('/my-room', hash), { page: 'room', room: 'my-room', e2ee });
    assert.equal(passphraseOf(hash), passphrase);
  });
}

test('the passphrase is taken out of the address at once, and what is left latches', () => {
  visit('/my-room?x=1#e2ee&k=four%20words');
  assert.equal(takePassphrase(), 'four words');
  assert.deepEqual(replaced, ['/my-room?x=1#e2ee']);
  assert.deepEqual(pushed, []);
  assert.equal(takePassphrase(), '');
  assert.equal(replaced.length, 1);
});

test('a link that only has a passphrase latches too', () => {
  visit('/my-room#k=four');
  assert.equal(takePassphrase(), 'four');
  assert.equal(location.hash, '#e2ee');
});

test('an empty passphrase is taken out as well', () => {
  visit('/my-room#e2ee&k=');
  assert.equal(takePassphrase(), '');
  assert.equal(location.hash, '#e2ee');
});

test('whatever may hold a passphrase is taken out of the address', () => {
  for (const { hash, e2ee } of hashes) {
    visit(`/my-room${hash}`);
    takePassphrase();
    assert.doesNotMatch(location.hash, /four|k=/i, hash);
    assert.equal(routeOf('/my-room', location.hash).page === 'room' && location.hash === '#e2ee', e2ee, hash);
  }
});

test('links without a passphrase stay as they are', () => {
  for (const address of ['/my-room', '/my-room#e2ee', '/my-room#other']) {
    visit(address);
    assert.equal(takePassphrase(), '');
  }
  assert.deepEqual(replaced, []);
});

test('a link says that the room is encrypted, and carries the passphrase only if it is given one', () => {
  assert.equal(roomLink('my-room'), 'https://meet.example/my-room');
  assert.equal(roomLink('my-room', { e2ee: true }), 'https://meet.example/my-room#e2ee');
  assert.equal(roomLink('конференция', { e2ee: true }), `https://meet.example/${encodeURIComponent('конференция')}#e2ee`);
  assert.equal(roomLink('my-room', { e2ee: true, passphrase: 'four words' }), 'https://meet.example/my-room#e2ee&k=four%20words');
});

test('every passphrase comes out of a link as it went in, and nothing in it ends the link', () => {
  for (const passphrase of ['a&k=b', '#e2ee', 'a+b c', '100%', "(it's) *so*!", 'ends with a dot.', '~', 'Größe 東京 👍', '"<>\\^`{|}']) {
    const link = roomLink('my-room', { e2ee: true, passphrase });
    assert.match(link, /^https:\/\/meet\.example\/my-room#e2ee&k=[\w%-]+$/, passphrase);
    assert.equal(passphraseOf(new URL(link).hash), passphrase);
  }
});

test('going to where one is does nothing; another fragment is another place', () => {
  visit('/my-room#e2ee');
  go(roomPath('my-room', true), true);
  assert.deepEqual(replaced, []);
  go(roomPath('my-room'), true);
  assert.deepEqual(replaced, ['/my-room']);
  go(roomPath('my-room', true));
  assert.deepEqual(pushed, ['/my-room#e2ee']);
});
