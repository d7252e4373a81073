import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import en from '../src/i18n/en.json';
import { duration, errorText, isKey, t } from '../src/i18n/t';
import { crowdText, gather, noteText, type Crowd } from '../src/ui/noteText';

/** The repository's folder, from run.mjs. */
declare const REPOSITORY: string;
const read = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');

/** Values of Go string constants whose names begin with prefix. */
function constants(source: string, prefix: string): string[] {
  return [...source.matchAll(new RegExp(`^\\s*${prefix}\\w*\\s+(?:\\w+\\s+)?=\\s+"([^"]+)"`, 'gm'))].map((m) => m[1] as string);
}

test('every code of the protocol has a text', () => {
  const codes = constants(read('shared/wire/errors.go'), 'Code');
  assert.ok(codes.length >= 20, `found only ${codes.length} codes`);
  for (const code of codes) assert.ok(isKey(`error.${code}`), `no text for ${code}`);
});

test('every code of accounts, of the core and of the screen share has a text', () => {
  const codes = ['bad', 'rate', 'link', 'name', 'password', 'taken', 'session', 'ticket'].map((code) => `auth.${code}`);
  for (const code of [...codes, 'srv.busy', 'net.ws', 'media.unsupported', 'share.denied', 'share.failed']) {
    assert.ok(isKey(`error.${code}`), `no text for ${code}`);
  }
});

test('every code of encryption has a text', () => {
  const codes = [
    ...['secret', 'crypto'].flatMap((name) => constants(read(`wasm/conf/${name}.go`), 'code')),
    ...[...read('shared/e2ee/seat/commands.go').matchAll(/return "([a-z.]+)"/g)].map((m) => m[1] as string),
  ];
  for (const code of ['crypto.weak', 'crypto.load', 'crypto.paused']) assert.ok(codes.includes(code), `${code} was not found`);
  for (const code of codes) assert.ok(isKey(`error.${code}`), `no text for ${code}`);
});

test('every reason against a room name has a text', () => {
  const source = read('shared/roomname/name.go');
  const reasons = [...source.matchAll(/Reason = "([^"]+)"/g)].map((m) => m[1] as string);
  assert.ok(reasons.length >= 4, `found only ${reasons.length} reasons`);
  for (const reason of reasons) assert.ok(isKey(`error.room.name.${reason}`), `no text for ${reason}`);
});

test('every note of the core has a text', () => {
  const sources = readdirSync(join(REPOSITORY, 'wasm/conf')).filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'));
  const keys = sources.flatMap((name) =>
    [...read(`wasm/conf/${name}`).matchAll(/Note\{T: "(?:announce|toast)", Key: "([^"]+)"[,}]/g)].map((m) => m[1] as string),
  );
  assert.ok(keys.length >= 5, `found only ${keys.length} notes`);
  for (const key of keys) assert.ok(noteText(key) !== null, `no text for ${key}`);
});

test('no text is empty, and every brace is a parameter', () => {
  for (const [key, text] of Object.entries(en)) {
    assert.notEqual(text.trim(), '', key);
    assert.equal(text.replace(/\{\w+\}/g, '').search(/[{}]/), -1, key);
  }
});

test('every plural has one and other', () => {
  const bases = Object.keys(en).filter((key) => key.includes('#')).map((key) => key.split('#')[0] as string);
  for (const base of bases) for (const form of ['one', 'other']) assert.ok(`${base}#${form}` in en, `${base}#${form}`);
});

test('parameters and plurals are filled in', () => {
  assert.equal(t('app.waitSeconds', { count: 1 }), 'Wait 1 second.');
  assert.equal(t('app.waitSeconds', { count: 30 }), 'Wait 30 seconds.');
  assert.equal(t('call.title', { room: 'a{b}' }), 'Meeting a{b}');
});

test('an unknown code gives the general text with the code in it', () => {
  assert.match(errorText({ code: 'new.code' }), /new\.code/);
});

test('a refusal with a known reason is told with it', () => {
  assert.equal(errorText({ code: 'room.name', params: { why: 'too-long' } }), en['error.room.name.too-long']);
  assert.equal(errorText({ code: 'room.name', params: { why: 'new-reason' } }), en['error.room.name']);
  assert.equal(errorText({ code: 'room.name' }), en['error.room.name']);
});

test('durations read like a clock', () => {
  assert.equal(duration(0), '0:00');
  assert.equal(duration(24 * 60_000 + 7_000), '24:07');
  assert.equal(duration(3_600_000 + 2 * 60_000 + 33_000), '1:02:33');
  assert.equal(duration(-5), '0:00');
});

test('people who come within one moment are one sentence', () => {
  const crowds: Crowd[] = [];
  for (const name of ['Ana', 'Bo', 'Cy']) assert.ok(gather(crowds, { t: 'announce', key: 'say.joined', params: { name } }));
  assert.ok(gather(crowds, { t: 'announce', key: 'say.left', params: { name: 'Di' } }));
  assert.ok(!gather(crowds, { t: 'announce', key: 'say.hand' }));
  assert.deepEqual(crowds.map(crowdText), ['Ana and 2 others joined', 'Di left']);
});
