import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { charactersLeft, mostBytes, mostCharacters } from '../src/call/fits';
import { asSeen, canRetry, isIn, safetyOf, toneOf, whyOutside, type Safety } from '../src/call/safety';
import type { Crypto, Peer } from '../src/core/api.gen';
import { emptyView } from '../src/core/core';
import { isKey, t } from '../src/i18n/t';
import { nameOf, noteText } from '../src/ui/noteText';

declare const REPOSITORY: string;
const read = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');

const crypto = (change: Partial<Crypto>): Crypto => ({ ...emptyView('r', true).crypto, phase: 'up', agreement: 'same', ...change });

const peer = (index: number, state: Peer['crypto']): Peer => ({
  index,
  name: 'Ana',
  role: 'guest',
  mic: false,
  hand: 7,
  away: true,
  speaks: true,
  cam: { on: true, stream: `${index}/cam` },
  screen: { on: true, stream: `${index}/screen` },
  crypto: state,
  sounds: [],
});

const me = 5;
const cases: { name: string; crypto: Partial<Crypto>; peers?: Peer[]; want: Safety }[] = [
  { name: 'a room in clear is off', crypto: { phase: 'off' }, peers: [peer(1, '')], want: 'off' },
  { name: 'without a passphrase one is asked for', crypto: { phase: 'passphrase' }, want: 'asking' },
  { name: 'a worker that starts is starting', crypto: { phase: 'starting' }, want: 'starting' },
  { name: 'nobody else is alone', crypto: { phase: 'alone' }, want: 'alone' },
  { name: 'handshakes under way are checked', crypto: { phase: 'checking' }, peers: [peer(1, 'checking')], want: 'checking' },
  { name: 'all with one passphrase are the same', crypto: {}, peers: [peer(1, 'up'), peer(9, 'up')], want: 'same' },
  { name: 'a lost connection makes nobody new', crypto: {}, peers: [peer(1, 'reconnecting')], want: 'same' },
  { name: 'somebody who is being checked is a newcomer', crypto: {}, peers: [peer(1, 'up'), peer(9, 'checking')], want: 'newcomer' },
  { name: 'a list that is not everywhere yet is a newcomer', crypto: { agreement: 'updating' }, peers: [peer(1, 'up')], want: 'newcomer' },
  { name: 'another passphrase is told before a newcomer', crypto: { different: 1, agreement: 'updating' }, peers: [peer(1, 'up'), peer(9, 'different')], want: 'different' },
  { name: 'a split that was accepted is told before anything else', crypto: { different: 1, agreement: 'differ' }, want: 'differ' },
  { name: 'a split pauses', crypto: { phase: 'split', agreement: 'differ' }, want: 'split' },
  { name: 'the first who was asked has another: mine may be wrong', crypto: { phase: 'mismatch', with: 1, different: 1 }, want: 'mismatch' },
  { name: 'nobody has mine, and I came last: mine is wrong', crypto: { phase: 'alone', different: 1 }, peers: [peer(1, 'different')], want: 'mismatch' },
  { name: 'nobody has mine, and I came first: theirs may be wrong', crypto: { phase: 'alone', different: 1 }, peers: [peer(9, 'different')], want: 'different' },
  { name: 'too many attempts lock', crypto: { phase: 'locked', attempts: 20 }, want: 'locked' },
];
for (const { name, crypto: change, peers = [], want } of cases) {
  test(name, () => assert.equal(safetyOf(crypto(change), me, peers), want));
}

test('every state of the meeting and of its members has its words', () => {
  const safeties = Object.keys(toneOf);
  assert.ok(cases.every(({ want }) => safeties.includes(want)));
  assert.deepEqual(new Set(cases.map(({ want }) => want)), new Set(safeties), 'each is tested');
  for (const safety of safeties) for (const key of [`safety.${safety}`, `safetyMore.${safety}`]) assert.ok(isKey(key), key);
  // A new state of a member in wasm/conf must be thought of here.
  const states = [...read('wasm/conf/view.go').matchAll(/PeerCrypto = "(\w*)"/g)].map((m) => m[1] as Peer['crypto']);
  assert.ok(states.length >= 7);
  for (const state of states.filter((one) => !isIn(peer(9, one)))) assert.ok(isKey(whyOutside(peer(9, state), me)), state);
  const phases = [...read('wasm/conf/view.go').matchAll(/CryptoPhase = "(\w+)"/g)].map((m) => m[1] as Crypto['phase']);
  assert.ok(phases.length >= 9);
  for (const phase of phases) assert.ok(safeties.includes(safetyOf(crypto({ phase }), me, [])), phase);
});

test('of a member who is not in, nothing shows but that it is there', () => {
  for (const state of ['waiting', 'checking', 'different', 'failed'] as const) {
    const seen = asSeen(peer(9, state));
    assert.deepEqual([seen.cam, seen.screen, seen.speaks, seen.hand, seen.away], [{ on: false }, { on: false }, false, 0, false], state);
  }
  for (const state of ['', 'up', 'reconnecting'] as const) assert.deepEqual(asSeen(peer(9, state)), peer(9, state));
});

test('whoever came before me waits for nobody', () => {
  assert.equal(whyOutside(peer(1, 'waiting'), me), 'tile.closed');
  assert.equal(whyOutside(peer(9, 'waiting'), me), 'tile.waiting');
  assert.equal(whyOutside(peer(1, 'different'), me), 'tile.different');
});

test('another passphrase can be tried until somebody has shown to have mine', () => {
  const phases = ['passphrase', 'mismatch', 'checking'] as const;
  for (const phase of phases) assert.ok(canRetry(crypto({ phase })), phase);
  assert.ok(canRetry(crypto({ phase: 'alone', different: 1 })));
  for (const phase of ['alone', 'up', 'locked', 'split', 'starting'] as const) assert.ok(!canRetry(crypto({ phase })), phase);
});

test('an encrypted message is counted in characters and in bytes', () => {
  assert.equal(charactersLeft('', true), mostCharacters);
  for (const [letter, most] of [['a', mostCharacters], ['é', 1910], ['字', 1273], ['👍', 955]] as const) {
    assert.equal(charactersLeft(letter.repeat(most), true), 0, letter);
    assert.equal(charactersLeft(letter.repeat(most + 1), true), -1, letter);
    assert.equal(charactersLeft(letter.repeat(most - 9), true), 9, letter);
    assert.equal(charactersLeft(letter.repeat(100), false), mostCharacters - 100, 'in clear only characters count');
  }
  assert.equal(charactersLeft('字'.repeat(1273) + 'aa', true), 0);
  assert.equal(charactersLeft('字'.repeat(1274) + 'aa', true), -3, 'all that no longer fits');
});

test('an encrypted message may be as long as its record', () => {
  const source = read('shared/e2ee/channel/body.go') + read('shared/e2ee/channel/channel.go');
  const value = (name: string) => Number(new RegExp(`${name}\\s+= (\\d+)`).exec(source)?.[1]);
  assert.match(source, /MaxText = 15\*blockChat - headerSize - chatHead/);
  assert.equal(mostBytes, 15 * value('blockChat') - value('headerSize') - value('chatHead'));
});

test('somebody whose name cannot be shown is somebody', () => {
  assert.equal(noteText('crypto.changed', { name: '' }), `${nameOf({ name: '' })} changed the passphrase`);
  assert.equal(noteText('crypto.changed', { name: 'Ana' }), 'Ana changed the passphrase');
  assert.equal(nameOf({ name: 'Ana' }), 'Ana');
});

test('a code of the worker is a text', () => {
  const codes = [...(read('shared/e2ee/seat/commands.go') + read('wasm/conf/crypto.go')).matchAll(/"((?:chat|member|crypto)\.\w+)"/g)];
  assert.ok(codes.length >= 4);
  for (const [, code] of codes) if (!isKey(code as string)) assert.ok(isKey(`error.${code}`), code);
  assert.notEqual(t('safety.locked', { count: 20 }), 'safety.locked');
});
