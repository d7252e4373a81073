import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rove } from '../src/a11y/roving';
import { shortcut, type Key, type Place } from '../src/a11y/shortcuts';

const key = (letter: string, more: Partial<Key> = {}): Key => ({
  key: letter,
  code: `Key${letter.toUpperCase()}`,
  repeat: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isComposing: false,
  ...more,
});
const free: Place = { typing: false, dialogOpen: false, textSelected: false };

const cases: { name: string; key: Key; place?: Partial<Place>; want: string | null }[] = [
  { name: 'M switches the microphone', key: key('m'), want: 'mic' },
  { name: 'a capital M does too', key: key('M'), want: 'mic' },
  { name: 'V switches the camera', key: key('v'), want: 'cam' },
  { name: 'D shares the screen', key: key('d'), want: 'share' },
  { name: 'C opens the chat', key: key('c'), want: 'chat' },
  { name: 'P opens the people', key: key('p'), want: 'people' },
  { name: 'R raises the hand', key: key('r'), want: 'hand' },
  { name: 'the key in the place of M works on a Cyrillic layout', key: key('ь', { code: 'KeyM' }), want: 'mic' },
  { name: 'what a Latin layout writes counts before the place', key: key('m', { code: 'Semicolon' }), want: 'mic' },
  { name: 'a held key counts once', key: key('m', { repeat: true }), want: null },
  { name: 'Ctrl+D is a bookmark', key: key('d', { ctrlKey: true }), want: null },
  { name: 'Cmd+C copies', key: key('c', { metaKey: true }), want: null },
  { name: 'Alt+C is no chat', key: key('c', { altKey: true }), want: null },
  { name: 'letters typed into a field are letters', key: key('m'), place: { typing: true }, want: null },
  { name: 'an open dialog takes the keys', key: key('m'), place: { dialogOpen: true }, want: null },
  { name: 'C with selected text is for copying', key: key('c'), place: { textSelected: true }, want: null },
  { name: 'selected text stops no other key', key: key('m'), place: { textSelected: true }, want: 'mic' },
  { name: 'composing a character is typing', key: key('m', { isComposing: true }), want: null },
  { name: 'other letters mean nothing', key: key('x'), want: null },
  { name: 'Enter means nothing', key: key('Enter', { code: 'Enter' }), want: null },
];
for (const { name, key: pressed, place, want } of cases) {
  test(name, () => assert.equal(shortcut(pressed, { ...free, ...place }), want));
}

const moves: { name: string; key: string; at: number; rtl?: boolean; want: number | null }[] = [
  { name: 'Right moves on', key: 'ArrowRight', at: 0, want: 1 },
  { name: 'Right wraps round', key: 'ArrowRight', at: 3, want: 0 },
  { name: 'Left wraps round', key: 'ArrowLeft', at: 0, want: 3 },
  { name: 'Right moves back where text runs from the right', key: 'ArrowRight', at: 2, rtl: true, want: 1 },
  { name: 'Home is the first', key: 'Home', at: 2, want: 0 },
  { name: 'End is the last', key: 'End', at: 1, want: 3 },
  { name: 'Tab leaves', key: 'Tab', at: 1, want: null },
];
for (const { name, key: pressed, at, rtl = false, want } of moves) {
  test(`in a toolbar ${name}`, () => assert.equal(rove(pressed, at, 4, rtl), want));
}
