import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { linkify } from '../src/call/linkify';
import { inTrouble, isOn } from '../src/media/input';
import { routeOf } from '../src/route';
import { troubleOf } from '../src/screens/trouble';
import { hue, hues, initials } from '../src/ui/initials';

declare const REPOSITORY: string;

const links: { name: string; text: string; want: (string | [string])[] }[] = [
  { name: 'plain text stays plain', text: 'no link here', want: ['no link here'] },
  { name: 'an address is a link', text: 'see https://a.example/x', want: ['see ', ['https://a.example/x']] },
  { name: 'a full stop ends the sentence, not the address', text: 'https://a.example/x. Bye', want: [['https://a.example/x'], '. Bye'] },
  { name: 'brackets around an address stay outside', text: '(https://a.example)', want: ['(', ['https://a.example'], ')'] },
  { name: 'brackets inside an address stay inside', text: 'https://a.example/b_(c)', want: [['https://a.example/b_(c)']] },
  { name: 'two addresses are two links', text: 'http://a.b http://c.d', want: [['http://a.b'], ' ', ['http://c.d']] },
  { name: 'a script is no address', text: 'javascript:alert(1)', want: ['javascript:alert(1)'] },
  { name: 'a scheme without a host is no address', text: 'https:// x', want: ['https:// x'] },
];
for (const { name, text, want } of links) {
  test(name, () => {
    const got = linkify(text).map((part) => (part.href === undefined ? part.text : [part.text]));
    assert.deepEqual(got, want);
    assert.equal(linkify(text).map((part) => part.text).join(''), text);
  });
}

test('initials are the first letters of the first and the last word, as people see letters', () => {
  assert.equal(initials('Ada Lovelace'), 'AL');
  assert.equal(initials('  Juan Carlos de la Vega '), 'JV');
  assert.equal(initials('ólafur'), 'Ó');
  assert.equal(initials('👩‍👩‍👧 family'), '👩‍👩‍👧F');
  assert.equal(initials(''), '');
});

test('a colour is one of twelve and stays with the person', () => {
  for (const name of ['Ada', 'Bo', '', '王小明']) {
    assert.equal(hue(name), hue(name));
    assert.ok(Number.isInteger(hue(name)) && hue(name) >= 0 && hue(name) < hues);
  }
});

test('addresses name pages', () => {
  assert.deepEqual(routeOf('/'), { page: 'home' });
  assert.deepEqual(routeOf('/my-room'), { page: 'room', room: 'my-room', e2ee: false });
  assert.deepEqual(routeOf('/My%20Room/'), { page: 'room', room: 'My%20Room', e2ee: false });
  assert.deepEqual(routeOf('/_/signin'), { page: 'signin' });
  assert.deepEqual(routeOf('/_/enrol'), { page: 'enrol' });
  assert.deepEqual(routeOf('/_/nothing'), { page: 'unknown' });
  assert.deepEqual(routeOf('/a/b'), { page: 'unknown' });
});

test('the worst trouble of two devices is told, in words that fit', () => {
  const is = (state: string) => ({ on: true, state, live: false });
  assert.equal(troubleOf(is('ready'), is('ready')), null);
  assert.equal(troubleOf(is('off'), is('starting')), null);
  assert.equal(troubleOf(is('denied'), is('denied'))?.title, 'devices.denied');
  assert.equal(troubleOf(is('denied'), is('ready'))?.title, 'devices.deniedMic');
  assert.equal(troubleOf(is('ready'), is('busy'))?.title, 'devices.busyCam');
  assert.equal(troubleOf(is('notFound'), is('denied'))?.title, 'devices.deniedCam');
  assert.equal(troubleOf(is('notFound'), is('ready'))?.retry, false);
  assert.equal(troubleOf(is('notFound'), is('notFound'))?.title, 'devices.none');
});

test('a device that cannot be had is not on, whatever was chosen', () => {
  const is = (on: boolean, state: string) => ({ on, state, live: false });
  assert.deepEqual([isOn(is(true, 'ready')), isOn(is(true, 'starting')), isOn(is(true, 'denied')), isOn(is(false, 'off'))], [true, true, false, false]);
  // The states of wasm/conf that are no trouble; a new one there must be thought of here.
  const states = [...readFileSync(join(REPOSITORY, 'wasm/conf/view.go'), 'utf8').matchAll(/InputState = "(\w+)"/g)].map((m) => m[1] as string);
  assert.deepEqual(states.filter((state) => !inTrouble(is(true, state))), ['off', 'starting', 'ready']);
});

test('styles know no left and right, and pages no inline code', () => {
  const folder = join(REPOSITORY, 'www/src/styles');
  const physical = /(?:^|[\s;{])(?:left|right|(?:margin|padding|border)-(?:left|right|top|bottom)|text-align:\s*(?:left|right)|float)\b/m;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.css'))) {
    assert.doesNotMatch(readFileSync(join(folder, name), 'utf8').replace(/\/\*[^]*?\*\//g, ''), physical, name);
  }
  const page = readFileSync(join(REPOSITORY, 'www/index.tmpl.html'), 'utf8');
  assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|<script>/);
});
