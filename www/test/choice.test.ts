import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { View } from '../src/core/api.gen';
import { emptyView } from '../src/core/core';
import { choiceOf } from '../src/screens/choice';

const before = (e2ee: boolean, code = ''): View => {
  const view = emptyView('my-room', e2ee);
  return { ...view, crypto: { ...view.crypto, problem: { code } } };
};
const host = (view: View): View => ({ ...view, auth: { ...view.auth, name: 'ada' } });
const own = true;
const others = false;

test('who chose the name may encrypt the room, and makes its passphrase', () => {
  assert.deepEqual(choiceOf(before(false), false, own, false), { encrypted: false, offered: false, makes: true, required: false });
  assert.deepEqual(choiceOf(before(true), true, own, false), { encrypted: true, offered: false, makes: true, required: false });
});

test('who follows a link types the passphrase of others', () => {
  assert.deepEqual(choiceOf(before(true), true, others, false), { encrypted: true, offered: false, makes: false, required: false });
  assert.deepEqual(choiceOf(before(false), true, others, false).encrypted, true, 'before the core has heard of it');
});

test('the moment that the relay says that the room is encrypted, nobody makes a passphrase for it', () => {
  const asked = { encrypted: true, offered: false, makes: false, required: true };
  assert.deepEqual(choiceOf(before(true, 'e2ee.required'), false, own, false), asked);
  assert.deepEqual(choiceOf(before(true), false, own, true), asked, 'nor when another problem is told of');
});

test('a host may encrypt a room of others, as long as it is not', () => {
  assert.equal(choiceOf(host(before(false)), false, others, false).offered, true);
  assert.equal(choiceOf(before(false), false, others, false).offered, false, 'nobody else');
  assert.equal(choiceOf(host(before(true)), true, others, false).offered, false);
  assert.equal(choiceOf(host(before(true, 'e2ee.required')), false, own, false).offered, false);
});
